/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Physical addresses of pages; needs root and CONFIG_PROC_PAGE_MONITOR.
 */

#ifndef LUO_FRAMES_H
#define LUO_FRAMES_H

#include <stddef.h>
#include <stdint.h>

/* Returns an fd for luo_frame(), or a negative errno. */
int luo_frames_open(void);

/* Frame number of a page, which has to be mapped. */
uint64_t luo_frame(int frames, const void *at);

/*
 * Creates a memfd whose first page is in a frame with an odd number, and whose
 * second page is in the next frame. They cannot become a larger folio in place.
 */
int luo_memfd_odd(const char *name, size_t size, uint64_t seed);

#endif /* LUO_FRAMES_H */
