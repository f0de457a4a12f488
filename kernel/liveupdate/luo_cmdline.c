// SPDX-License-Identifier: GPL-2.0
/*
 * Reads a command line as the kernel that gets it will: with parse_args(), and
 * with the rules of the early parameters for values that make no sense.
 */

#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/kstrtox.h>
#include <linux/moduleparam.h>
#include <linux/seq_buf.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "luo_cmdline.h"

/**
 * struct luo_cmdline_reader - a command line that is being read
 * @said: what it says
 * @memory: writes @said->memory
 */
struct luo_cmdline_reader {
	struct luo_cmdline *said;
	struct seq_buf memory;
};

/* A value that makes no sense leaves what was said before. */
static void take_choice(enum luo_choice *choice, const char *value)
{
	bool on;

	if (!kstrtobool(value, &on))
		*choice = on ? LUO_SAID_ON : LUO_SAID_OFF;
}

static void take_liveupdate(enum luo_choice *choice, const char *value)
{
	if (value && !strcmp(value, "strict"))
		*choice = LUO_SAID_ON;
	else
		take_choice(choice, value);
}

/*
 * Parameters by which a kernel has other memory than its firmware says, uses
 * some of it at a fixed address, or reads it in another way.
 */
static bool is_about_memory(const char *param, const char *value)
{
	if (parameq(param, "cma"))
		return strchr(value, '@');
	return parameq(param, "mem") || parameq(param, "memmap") ||
	       parameq(param, "mem_encrypt");
}

static int take_param(char *param, char *value, const char *doing, void *arg)
{
	struct luo_cmdline_reader *reader = arg;

	if (parameq(param, "kho"))
		take_choice(&reader->said->kho, value);
	else if (parameq(param, "liveupdate"))
		take_liveupdate(&reader->said->luo, value);
	else if (value && is_about_memory(param, value))
		seq_buf_printf(&reader->memory, "%s=%s ", param, value);
	return 0;
}

/**
 * luo_cmdline_read - find out what a command line says
 * @said: filled in; to be freed with luo_cmdline_free() after success
 * @cmdline: the command line
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int luo_cmdline_read(struct luo_cmdline *said, const char *cmdline)
{
	/* Each parameter takes as much room as in @cmdline, but for a space. */
	const size_t size = strlen(cmdline) + 2;
	struct luo_cmdline_reader reader = { .said = said };
	char *copy = kstrdup(cmdline, GFP_KERNEL);

	memset(said, 0, sizeof(*said));
	said->memory = kzalloc(size, GFP_KERNEL);
	if (!copy || !said->memory) {
		kfree(said->memory);
		kfree(copy);
		return -ENOMEM;
	}
	seq_buf_init(&reader.memory, said->memory, size);
	/* What comes after "--" is not for the kernel. */
	parse_args("command line of the next kernel", copy, NULL, 0, 0, 0,
		   &reader, take_param);
	kfree(copy);
	return 0;
}

/**
 * luo_cmdline_free - free what luo_cmdline_read() allocated
 * @said: what was read; may be zeroed instead
 */
void luo_cmdline_free(struct luo_cmdline *said)
{
	kfree(said->memory);
}
