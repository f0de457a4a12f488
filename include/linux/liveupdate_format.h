/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Formats of the data that one kernel hands over to the next.
 *
 * The format catalog lists the formats that a kernel reads and writes as lines
 * of text. It can be read from sysfs, from the kernel image and the file beside
 * it, and from modules. This tells before a kexec whether the next kernel
 * understands the data of this one:
 *
 *	luo-format:1 KIND OWNER NAME DIR RANK ATTRS
 *	luo-format:1 file memfd memfd-v2 rw 2 needs:kho-vmalloc-v1
 *	luo-format:1 end
 *
 * The words are the fields of &struct liveupdate_format. The last line
 * distinguishes a kernel without any formats from one without a catalog, and
 * from a catalog that is cut off.
 */

#ifndef _LINUX_LIVEUPDATE_FORMAT_H
#define _LINUX_LIVEUPDATE_FORMAT_H

#include <linux/compiler.h>
#include <linux/list.h>
#include <linux/moduleparam.h>
#include <linux/stringify.h>
#include <linux/types.h>

struct kobject;

/* Prefix of each line; the number is the version of the catalog. */
#define LIVEUPDATE_FORMAT_LINE	"luo-format:1 "

/**
 * struct liveupdate_format - a format of handed-over data
 * @kind: type of data: "kho", "container", "core", "subsystem", "flb" or "file"
 * @owner: provider of the format; the formats of one owner are alternatives
 * @name: name of the format, at most 47 characters, unique within its kind. It
 *	  ends in a version that changes with the layout, and begins with "x-"
 *	  if mainline has no such format
 * @dir: "rw", "r" if this kernel only reads the format, "w" if it only writes
 *	 it
 * @rank: order of preference when the owner writes: 1 is preferred, then 2, and
 *	  so on
 * @attrs: comma-separated attributes: "needs:NAME" names a format embedded in
 *	   this one, "lossy" means that other formats preserve more, "optional"
 *	   means that a next kernel without the format loses only time,
 *	   "default-off" means that the command line has to enable it; "-" if
 *	   there are none
 * @modular: the format is in a module, so the catalog of a kernel image does
 *	     not tell whether that kernel knows it
 *
 * The strings consist of lower case letters, digits and ``. _ : , -``.
 */
struct liveupdate_format {
	const char *kind;
	const char *owner;
	const char *name;
	const char *dir;
	unsigned int rank;
	const char *attrs;
	bool modular;
	/* private: luo_format.c */
	struct list_head list;
	unsigned long in_use;
	bool off;
	struct kobject *kobj;
};

#ifdef MODULE
#define LIVEUPDATE_FORMAT_MODULAR	true
#else
#define LIVEUPDATE_FORMAT_MODULAR	false
#endif

/**
 * LIVEUPDATE_FORMAT_RECORD - add a format to the catalog in the kernel image
 * @_var: name for the record, unique in this file
 * @_kind: as in &struct liveupdate_format; the same applies to the others
 * @_owner: provider of the format
 * @_name: name of the format
 * @_dir: "rw", "r" or "w"
 * @_rank: order of preference, a number
 * @_attrs: attributes
 */
#define LIVEUPDATE_FORMAT_RECORD(_var, _kind, _owner, _name, _dir, _rank, _attrs) \
	static const char _var##_record[] __used =			\
		LIVEUPDATE_FORMAT_LINE _kind " " _owner " " _name " "	\
		_dir " " __stringify(_rank) " " _attrs;			\
	MODULE_INFO(liveupdate, _kind " " _owner " " _name " "		\
		    _dir " " __stringify(_rank) " " _attrs)

/**
 * LIVEUPDATE_FORMAT - define a format, and add it to the catalog
 * @_var: name of the variable
 * @_kind: as in &struct liveupdate_format; the same applies to the others
 * @_owner: provider of the format
 * @_name: name of the format
 * @_dir: "rw", "r" or "w"
 * @_rank: order of preference, a number
 * @_attrs: attributes
 */
#define LIVEUPDATE_FORMAT(_var, _kind, _owner, _name, _dir, _rank, _attrs) \
	LIVEUPDATE_FORMAT_RECORD(_var, _kind, _owner, _name, _dir,	\
				 _rank, _attrs);			\
	static struct liveupdate_format _var = {			\
		.kind = _kind,						\
		.owner = _owner,					\
		.name = _name,						\
		.dir = _dir,						\
		.rank = _rank,						\
		.attrs = _attrs,					\
		.modular = LIVEUPDATE_FORMAT_MODULAR,			\
	}

#endif /* _LINUX_LIVEUPDATE_FORMAT_H */
