/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel that a live update leads to.
 */

#ifndef _LINUX_LIVEUPDATE_LUO_IMAGE_H
#define _LINUX_LIVEUPDATE_LUO_IMAGE_H

#include <linux/init.h>

struct kimage;

int luo_image_check(const struct kimage *image);
int __init luo_image_init(void);

#endif /* _LINUX_LIVEUPDATE_LUO_IMAGE_H */
