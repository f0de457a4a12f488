// SPDX-License-Identifier: GPL-2.0
/*
 * Parses a command line as the kernel that is started with it does: by
 * parse_args(), and with the rules of the early parameters for invalid values.
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
 * struct luo_cmdline_reader - state while a command line is parsed
 * @said: the result
 * @memory: writes @said->memory
 */
struct luo_cmdline_reader {
	struct luo_cmdline *said;
	struct seq_buf memory;
};

/* An invalid value does not change the result. */
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
 * Parameters that change the memory map, reserve memory at a fixed address, or
 * change how memory is encrypted.
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
 * luo_cmdline_read - parse a command line
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
	/* Arguments after "--" are for init. */
	parse_args("command line of the next kernel", copy, NULL, 0, 0, 0,
		   &reader, take_param);
	kfree(copy);
	return 0;
}

/* Without these parameters, the kernel lacks memory or misreads it. */
static bool needs_same_memory(const char *params)
{
	/* memmap=SIZE@ADDRESS and memmap=SIZE%ADDRESS-OLD+NEW add RAM. */
	return strstr(params, "mem_encrypt=") ||
	       (strstr(params, "memmap=") && strpbrk(params, "@%"));
}

/**
 * luo_cmdline_keeps_memory - compare the parameters that concern memory
 * @next: the command line of the next kernel
 * @own: the command line of this kernel
 *
 * With the parameters of this kernel, the next kernel has the same memory.
 * Without any of them it has all memory, except what @own adds.
 *
 * Return: true if the next kernel has and can read all memory of this kernel.
 */
bool luo_cmdline_keeps_memory(const struct luo_cmdline *next,
			      const struct luo_cmdline *own)
{
	if (!*next->memory && !needs_same_memory(own->memory))
		return true;
	return !strcmp(next->memory, own->memory);
}

/**
 * luo_cmdline_free - free what luo_cmdline_read() allocated
 * @said: what was read; may be zeroed instead
 */
void luo_cmdline_free(struct luo_cmdline *said)
{
	kfree(said->memory);
}
