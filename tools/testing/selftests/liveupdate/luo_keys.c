// SPDX-License-Identifier: GPL-2.0
/*
 * Keys of a memcached, see luo_keys.h.
 */

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "luo_keys.h"
#include "luo_util.h"

#define BATCH 100
#define VALUE_SIZE 64

static void say(int fd, const char *text)
{
	luo_check_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void read_line(FILE *from, char *line, size_t size)
{
	luo_check(fgets(line, size, from));
	line[strcspn(line, "\r\n")] = '\0';
}

static void make_value(int key, char value[VALUE_SIZE + 1])
{
	int i;

	for (i = 0; i < VALUE_SIZE; i++)
		value[i] = 'a' + (key * 31 + i * 7) % 26;
	value[VALUE_SIZE] = '\0';
}

/* Sends commands for a batch of keys from @first on, at once. */
static void ask_for(int fd, int first, bool set)
{
	static char text[BATCH * 256];
	char value[VALUE_SIZE + 1];
	size_t used = 0;
	int key;

	for (key = first; key < first + BATCH; key++) {
		make_value(key, value);
		used += set ?
			sprintf(text + used, "set key-%d 0 0 %d\r\n%s\r\n", key,
				VALUE_SIZE, value) :
			sprintf(text + used, "get key-%d\r\n", key);
	}
	say(fd, text);
}

void keys_set(int fd)
{
	FILE *from = fdopen(dup(fd), "r");
	char line[256];
	int key;

	for (key = 0; key < NR_KEYS; key++) {
		if (key % BATCH == 0)
			ask_for(fd, key, true);
		read_line(from, line, sizeof(line));
		luo_check(!strcmp(line, "STORED"));
	}
	fclose(from);
}

void keys_check(int fd)
{
	FILE *from = fdopen(dup(fd), "r");
	char line[256], value[VALUE_SIZE + 1];
	int key;

	for (key = 0; key < NR_KEYS; key++) {
		if (key % BATCH == 0)
			ask_for(fd, key, false);
		read_line(from, line, sizeof(line));
		luo_check(!strncmp(line, "VALUE ", 6));
		read_line(from, line, sizeof(line));
		make_value(key, value);
		luo_check(!strcmp(line, value));
		read_line(from, line, sizeof(line));
		luo_check(!strcmp(line, "END"));
	}
	fclose(from);
}
