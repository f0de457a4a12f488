# SPDX-License-Identifier: GPL-2.0
"""The driver's Python parts: virtual machines, initramfs images, results."""
