# SPDX-License-Identifier: GPL-2.0
"""Tests of which messages count as splats."""

import unittest

from luo import splat

# Lines as kernels print them.
SPLATS = [
    "[    1.4] BUG: KASAN: use-after-free in luo_files_read+0x1/0x2",
    "[    1.4] WARNING: CPU: 0 PID: 1 at mm/slub.c:4 kfree+0x1/0x2",
    "[    1.4] WARNING: possible circular locking dependency detected",
    "[    1.4] Call Trace:",
    "[    1.4] Oops: general protection fault, probably for non-canonical",
    "[    1.4] Kernel panic - not syncing: Fatal exception",
    "[    1.4] INFO: task luo_uapi:42 blocked for more than 120 seconds.",
    "[    1.4] kmemleak: 3 new suspected memory leaks (see /sys/kernel/...)",
    "[    1.4] UBSAN: shift-out-of-bounds in kernel/liveupdate/kho_boot.c",
    "[    1.4] BUG: Bad page state in process luo_uapi  pfn:12345",
    "[    1.4] rcu: INFO: rcu_preempt self-detected stall on CPU",
    "[    1.4] luo_memfd: page allocation failure: order:0, mode:0xcc0",
]

HARMLESS = [
    "[    0.0] Linux version 6.18.15 (luo@luo) (gcc) #1 SMP",
    "[    0.1] KHO: 5999 pages preserved by the previous kernel",
    "[    0.3] debug: ignoring loglevel setting.",
    "[    1.4] kmemleak: 0 new suspected memory leaks",
    "[    1.4] LUO: session \"x\": cannot read its files: -5",
]


class Splat(unittest.TestCase):
    """splat.find()"""

    def test_splats_are_found(self):
        """Each splat is found among other lines."""
        self.assertEqual(splat.find(HARMLESS + SPLATS), SPLATS)

    def test_harmless_lines_are_not(self):
        """Other messages are not reported."""
        self.assertEqual(splat.find(HARMLESS), [])
