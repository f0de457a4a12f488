// SPDX-License-Identifier: GPL-2.0
/*
 * luo_guest.c - the first process of a guest that is carried over an update
 *
 * It counts on its console, a number a line, and looks at its memory while it
 * does: if a page is not as it was written, it says so, and stops.
 */

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096
#define PAGES 512

static unsigned char memory[PAGES][PAGE];

static void fill(unsigned char page[PAGE], unsigned int number)
{
	unsigned int i;

	for (i = 0; i < PAGE; i++)
		page[i] = number * 31 + i * 7;
}

static int is_filled(const unsigned char page[PAGE], unsigned int number)
{
	unsigned char want[PAGE];

	fill(want, number);
	return !memcmp(page, want, PAGE);
}

int main(void)
{
	const struct timespec nap = { .tv_nsec = 50 * 1000 * 1000 };
	unsigned int i;

	for (i = 0; i < PAGES; i++)
		fill(memory[i], i);
	for (i = 1; is_filled(memory[i % PAGES], i % PAGES); i++) {
		printf("%u\n", i);
		fflush(stdout);
		nanosleep(&nap, NULL);
	}
	printf("the memory of the guest is not what it was\n");
	for (;;)
		pause();
}
