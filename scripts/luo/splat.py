# SPDX-License-Identifier: GPL-2.0
"""Finds kernel messages that report a problem."""

import re

# Each of these messages fails a run. Tests silence messages that they provoke
# on purpose, such as reports of fault injection.
SPLAT = re.compile(
    r"BUG:|WARNING:|Call Trace:|Oops|general protection fault|"
    r"Kernel panic|UBSAN:|KASAN:|KFENCE:|KCSAN:|"
    r"INFO: task .* blocked|INFO: possible |INFO: rcu|rcu: INFO:|"
    r"INFO: suspicious |inconsistent lock state|"
    r"possible recursive locking|possible circular locking|"
    r"Possible unsafe locking|suspicious RCU usage|"
    r"sleeping function called from invalid context|"
    r"unreferenced object 0x|[1-9]\d* new suspected memory leaks|"
    r"Bad page state|Bad rss-counter|stack guard page was hit|"
    r"refcount_t: |list_(add|del) corruption|double free|"
    r"page allocation failure|Out of memory:|soft lockup|hard LOCKUP|"
    r"ODEBUG:|nobody cared|DEBUG_LOCKS_WARN_ON")


def find(lines):
    """The lines that are splats."""
    return [line for line in lines if SPLAT.search(line)]
