// SPDX-License-Identifier: GPL-2.0
/*
 * Checks of the image that is loaded for kexec: kexec_file_load(2) records its
 * format catalog and command line, and reboot(2) compares them with the formats
 * and the memory in use before anything is frozen.
 */

#define pr_fmt(fmt) "LUO: " fmt

#include <linux/init.h>
#include <linux/kexec.h>
#include <linux/kho/abi/kho.h>
#include <linux/kobject.h>
#include <linux/kstrtox.h>
#include <linux/liveupdate.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "luo_catalog.h"
#include "luo_cmdline.h"
#include "luo_format.h"
#include "luo_image.h"
#include "luo_internal.h"
#include "luo_sysfs.h"

/**
 * struct luo_image - what kexec_file_load(2) records of an image
 * @cmdline: relevant parameters of its command line
 * @catalog: its format catalog
 */
struct luo_image {
	struct luo_cmdline cmdline;
	struct luo_catalog catalog;
};

/* Set by the administrator: a failed check does not stop the kexec. */
static bool force;

/* Early parameters come from boot_command_line, not from a bootconfig. */
static const char *own_cmdline __ro_after_init;

/**
 * liveupdate_examine_image - record the format catalog and the command line
 * @image: the image; @image->kernel_buf must still be allocated
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int liveupdate_examine_image(struct kimage *image)
{
	struct luo_image *known;
	int err;

	if (!liveupdate_enabled() || image->type == KEXEC_TYPE_CRASH)
		return 0;
	known = kvzalloc(sizeof(*known), GFP_KERNEL);
	if (!known)
		return -ENOMEM;
	err = luo_cmdline_read(&known->cmdline, image->cmdline_buf ?: "");
	if (err) {
		kvfree(known);
		return err;
	}
	luo_catalog_scan(&known->catalog, image->kernel_buf,
			 image->kernel_buf_len);
	image->liveupdate = known;
	return 0;
}

/**
 * liveupdate_forget_image - free what liveupdate_examine_image() recorded
 * @image: the image, which is about to be freed
 */
void liveupdate_forget_image(struct kimage *image)
{
	if (!image->liveupdate)
		return;
	luo_cmdline_free(&image->liveupdate->cmdline);
	kvfree(image->liveupdate);
}

/* True if the kernel uses the format only if its command line enables it. */
static bool is_default_off(const struct luo_catalog *catalog, const char *kind,
			   const char *name)
{
	const struct luo_catalog_entry *entry =
		luo_catalog_find(catalog, kind, name);

	return entry && entry->default_off;
}

static int check_choices(const struct luo_image *known)
{
	const struct luo_catalog *catalog = &known->catalog;
	const struct luo_cmdline *said = &known->cmdline;

	if (said->kho == LUO_SAID_OFF ||
	    (said->kho == LUO_UNSAID &&
	     is_default_off(catalog, "kho", KHO_COMPATIBLE))) {
		pr_err("the command line of the loaded kernel lacks kho=on\n");
		return -ENOEXEC;
	}
	if (said->luo == LUO_SAID_OFF ||
	    (said->luo == LUO_UNSAID &&
	     is_default_off(catalog, "core", LUO_COMPATIBLE))) {
		pr_err("the command line of the loaded kernel lacks liveupdate=on\n");
		return -ENOEXEC;
	}
	return 0;
}

static int check_memory(const struct luo_cmdline *said)
{
	struct luo_cmdline own;
	int err;

	err = luo_cmdline_read(&own, own_cmdline);
	if (err)
		return err;
	if (!luo_cmdline_keeps_memory(said, &own)) {
		pr_err("the command line of the loaded image changes its memory: %s(this kernel: %s)\n",
		       said->memory, own.memory);
		err = -ENOEXEC;
	}
	luo_cmdline_free(&own);
	return err;
}

/**
 * struct luo_image_check - the check of an image
 * @catalog: its format catalog
 * @incoming: formats of files that are handed over unchanged
 */
struct luo_image_check {
	const struct luo_catalog *catalog;
	struct luo_tally incoming;
};

static bool is_handed_on(const struct luo_image_check *check,
			 const struct liveupdate_format *format)
{
	unsigned int i;

	if (strcmp(format->kind, "file"))
		return false;
	for (i = 0; i < check->incoming.count; i++) {
		if (!strcmp(check->incoming.entry[i].name, format->name))
			return true;
	}
	return false;
}

/*
 * True if the next kernel has to read the format. Formats of modules don't
 * count: the next kernel may have them in modules, which its catalog lacks.
 */
static bool is_needed(const struct luo_image_check *check,
		      const struct liveupdate_format *format)
{
	if (format->modular || luo_format_has(format, "optional"))
		return false;
	if (luo_format_in_use(format) || is_handed_on(check, format))
		return true;
	if (!strcmp(format->kind, "subsystem"))
		return luo_format_is_on(format);
	return !strcmp(format->kind, "kho") || !strcmp(format->kind, "core");
}

/* The next kernel must also read the formats that @format contains. */
static int check_needs(const struct luo_image_check *check,
		       const struct liveupdate_format *format)
{
	const char *at = format->attrs;
	char name[LUO_FORMAT_SIZE];

	while ((at = strstr(at, "needs:"))) {
		at += strlen("needs:");
		strscpy(name, at, min(sizeof(name), strcspn(at, ",") + 1));
		if (luo_catalog_reads(check->catalog, "container", name) ||
		    luo_catalog_reads(check->catalog, "core", name))
			continue;
		pr_err("the loaded kernel does not read %s, which %s %s contains; load another one\n",
		       name, format->kind, format->name);
		return -EPROTONOSUPPORT;
	}
	return 0;
}

static int check_format(const struct liveupdate_format *format, void *arg)
{
	const struct luo_image_check *check = arg;

	if (!is_needed(check, format))
		return 0;
	if (luo_catalog_reads(check->catalog, format->kind, format->name))
		return check_needs(check, format);
	if (!strcmp(format->kind, "kho") || !strcmp(format->kind, "core"))
		pr_err("the loaded kernel does not read %s; load another one\n",
		       format->name);
	else
		pr_err("the loaded kernel does not read %s %s; load another one, or unpreserve what is preserved in it, write 0 to formats/%s/%s/enable_write and preserve again\n",
		       format->kind, format->name, format->kind, format->name);
	return -EPROTONOSUPPORT;
}

static int check_formats(const struct luo_catalog *catalog)
{
	struct luo_image_check *check;
	int err;

	if (!luo_catalog_reads(catalog, "kho", KHO_COMPATIBLE)) {
		pr_err("the loaded kernel cannot take over memory in the format %s\n",
		       KHO_COMPATIBLE);
		return -ENOEXEC;
	}
	check = kzalloc(sizeof(*check), GFP_KERNEL);
	if (!check)
		return -ENOMEM;
	check->catalog = catalog;
	luo_sessions_tally(&check->incoming);
	err = luo_format_for_each(check_format, check);
	kfree(check);
	return err;
}

static int check_image(const struct luo_image *known)
{
	int err;

	err = check_choices(known);
	if (!err)
		err = check_memory(&known->cmdline);
	if (err)
		return err;
	if (!known->catalog.complete) {
		pr_err("the loaded image has no format catalog; write 1 to /sys/kernel/liveupdate/force if it reads everything that is preserved\n");
		return -ENOEXEC;
	}
	return check_formats(&known->catalog);
}

/*
 * Checks whether the kernel in @image can restore what is preserved. -ENOEXEC if
 * it accepts no handover, has no format catalog or other memory; -EPROTONOSUPPORT
 * if it does not read a format; -ENOMEM.
 */
int luo_image_check(const struct kimage *image)
{
	int err;

	if (!image->liveupdate)
		return 0;
	err = check_image(image->liveupdate);
	if (err && READ_ONCE(force)) {
		pr_warn("kexec is forced, preserved data may be lost\n");
		err = 0;
	}
	return err;
}

static ssize_t force_show(struct kobject *kobj, struct kobj_attribute *attr,
			  char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(force));
}

static ssize_t force_store(struct kobject *kobj, struct kobj_attribute *attr,
			   const char *buf, size_t size)
{
	bool on;
	int err;

	err = kstrtobool(buf, &on);
	if (err)
		return err;
	WRITE_ONCE(force, on);
	return size;
}

static struct kobj_attribute force_attr = __ATTR_RW(force);

static struct attribute *image_attrs[] = {
	&force_attr.attr,
	NULL
};

static const struct attribute_group image_group = {
	.attrs = image_attrs,
};

/* Needs luo_sysfs_init(). */
int __init luo_image_init(void)
{
	own_cmdline = kstrdup(boot_command_line, GFP_KERNEL);
	if (!own_cmdline)
		return -ENOMEM;
	return luo_sysfs_add(&image_group);
}
