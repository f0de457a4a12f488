// SPDX-License-Identifier: GPL-2.0
/*
 * luo_guest.c - the init process of a guest that survives an update
 *
 * It prints consecutive numbers on its console, and checks its memory
 * meanwhile. If a page is corrupted, it prints an error and stops.
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
	printf("guest memory is corrupted\n");
	for (;;)
		pause();
}
