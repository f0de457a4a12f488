// SPDX-License-Identifier: GPL-2.0
/*
 * Physical addresses of pages of a process.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest.h"
#include "luo_frames.h"
#include "luo_util.h"

#define PAGE 4096UL

/* Fields of an entry of /proc/PID/pagemap. */
#define PAGEMAP_PRESENT (1ULL << 63)
#define PAGEMAP_PFN ((1ULL << 55) - 1)

/* About half of all memfds begin in a frame with an odd number. */
#define ATTEMPTS 64

int luo_frames_open(void)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

uint64_t luo_frame(int frames, const void *at)
{
	off_t offset = (uintptr_t)at / PAGE * sizeof(uint64_t);
	uint64_t entry;

	luo_check_eq(pread(frames, &entry, sizeof(entry), offset),
		     sizeof(entry));
	luo_check(entry & PAGEMAP_PRESENT);
	return entry & PAGEMAP_PFN;
}

static bool begins_odd(int frames, int fd)
{
	unsigned char *map = mmap(NULL, 2 * PAGE, PROT_READ,
				  MAP_SHARED | MAP_POPULATE, fd, 0);
	uint64_t first, second;

	luo_check(map != MAP_FAILED);
	first = luo_frame(frames, map);
	second = luo_frame(frames, map + PAGE);
	munmap(map, 2 * PAGE);
	return first % 2 && second == first + 1;
}

int luo_memfd_odd(const char *name, size_t size, uint64_t seed)
{
	int frames = luo_get(luo_frames_open()), held[2 * ATTEMPTS];
	int nr = 0, fd = -1;

	/*
	 * Frames that were free for long are allocated in ascending order. So
	 * no file is closed meanwhile; allocating one more page makes the next
	 * frame an odd one.
	 */
	while (nr < 2 * ATTEMPTS) {
		fd = luo_get(luo_memfd_filled(name, size, seed));
		if (begins_odd(frames, fd))
			break;
		held[nr++] = fd;
		held[nr++] = luo_get(luo_memfd_filled("held", PAGE, 0));
		fd = -1;
	}
	while (nr)
		close(held[--nr]);
	close(frames);
	luo_check(fd >= 0);
	return fd;
}
