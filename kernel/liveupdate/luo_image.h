/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Checks of the kernel image that a live update boots.
 */

#ifndef _LINUX_LIVEUPDATE_LUO_IMAGE_H
#define _LINUX_LIVEUPDATE_LUO_IMAGE_H

#include <linux/init.h>

struct kimage;

int luo_image_check(const struct kimage *image);
int __init luo_image_init(void);

#endif /* _LINUX_LIVEUPDATE_LUO_IMAGE_H */
