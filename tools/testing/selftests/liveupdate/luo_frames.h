/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where pages of a process lie in memory; needs root and CONFIG_PROC_PAGE_MONITOR.
 */

#ifndef LUO_FRAMES_H
#define LUO_FRAMES_H

#include <stddef.h>
#include <stdint.h>

/* An fd for luo_frame(), or a negative errno. */
int luo_frames_open(void);

/* Number of the frame that a page is in; the page has to be mapped. */
uint64_t luo_frame(int frames, const void *at);

/*
 * A memfd whose first page is in a frame with an odd number, and the second one
 * in the next frame. No folio of more than one page can be made of these where
 * they lie.
 */
int luo_memfd_odd(const char *name, size_t size, uint64_t seed);

#endif /* LUO_FRAMES_H */
