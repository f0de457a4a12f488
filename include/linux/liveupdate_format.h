/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The forms in which one kernel leaves something for the next.
 *
 * A kernel says which formats it reads and writes in lines of text, which are
 * in sysfs, in the image of the kernel, beside it and in its modules. So it is
 * known before a kexec whether the next kernel understands this one:
 *
 *	luo-format:1 KIND OWNER NAME DIR RANK ATTRS
 *	luo-format:1 file memfd memfd-v2 rw 2 needs:kho-vmalloc-v1
 *	luo-format:1 end
 *
 * The words are those of &struct liveupdate_format. The last line tells a kernel
 * that hands nothing over from one that says nothing of what it does.
 */

#ifndef _LINUX_LIVEUPDATE_FORMAT_H
#define _LINUX_LIVEUPDATE_FORMAT_H

#include <linux/compiler.h>
#include <linux/list.h>
#include <linux/moduleparam.h>
#include <linux/stringify.h>
#include <linux/types.h>

struct kobject;

/* What each line of text begins with; the number is the version of the text. */
#define LIVEUPDATE_FORMAT_LINE	"luo-format:1 "

/**
 * struct liveupdate_format - a form in which something goes to the next kernel
 * @kind: what goes: "kho", "container", "core", "subsystem", "flb" or "file"
 * @owner: whose format it is; the formats of one owner stand for each other
 * @name: name of the format, at most 47 characters, unique of its kind. It ends
 *	  in a version, which changes with the layout, and begins with "x-" if
 *	  mainline has no such format
 * @dir: "rw", "r" if this kernel does not write it any more, "w" if it does not
 *	 read it
 * @rank: 1 for the format that the owner writes rather than others, 2 for the
 *	  next one, and so on
 * @attrs: more that is to be known, with commas between: "needs:NAME" of a
 *	   format that this one contains, "lossy" if something does not come
 *	   through that others carry, "optional" if it is only time that is lost
 *	   when the next kernel cannot read it, "default-off" if the command
 *	   line has to ask for it; "-" if there is nothing
 * @modular: the image of a kernel does not tell whether the kernel knows the
 *	     format, which comes with a module
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
 * LIVEUPDATE_FORMAT_RECORD - put a format into the image of the kernel
 * @_var: a name for it in this file
 * @_kind: as in &struct liveupdate_format, and the others, too
 * @_owner: whose format
 * @_name: name of the format
 * @_dir: what is done with it
 * @_rank: its place in the order, a number
 * @_attrs: more
 */
#define LIVEUPDATE_FORMAT_RECORD(_var, _kind, _owner, _name, _dir, _rank, _attrs) \
	static const char _var##_record[] __used =			\
		LIVEUPDATE_FORMAT_LINE _kind " " _owner " " _name " "	\
		_dir " " __stringify(_rank) " " _attrs;			\
	MODULE_INFO(liveupdate, _kind " " _owner " " _name " "		\
		    _dir " " __stringify(_rank) " " _attrs)

/**
 * LIVEUPDATE_FORMAT - define a format
 * @_var: the variable
 * @_kind: as in &struct liveupdate_format, and the others, too
 * @_owner: whose format
 * @_name: name of the format
 * @_dir: what is done with it
 * @_rank: its place in the order, a number
 * @_attrs: more
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
