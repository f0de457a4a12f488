# SPDX-License-Identifier: GPL-2.0
"""Where the time of a test run went, and the total of its cases."""

import os
import time

LONGEST = 20

# Phase of a test, by the first part of its name.
PHASES = (("kernel", "kernels"), ("stubs", "kernels"), ("plain", "VMs, plain"),
          ("debug", "VMs, debug"), ("pair", "VMs, mainline"),
          ("", "without a VM"))


def seconds_before():
    """Time between the start of make, which is in $LUO_BEGIN, and the start of
    this script."""
    begin = os.environ.get("LUO_BEGIN")
    return max(0, time.time() - float(begin)) if begin else 0


def phase_of(name):
    """The phase of a test."""
    first = name.split("/")[0]
    return next(phase for word, phase in PHASES if word in (first, ""))


def minutes(seconds):
    """Minutes and seconds."""
    return f"{int(seconds) // 60:3d}:{int(seconds) % 60:02d}"


def spent(test):
    """Seconds that a test took, without those in which it waited for a kernel
    that another test was building."""
    return max(0, test["duration"] - test.get("waited", 0))


def table(tests, setup, total):
    """Phases and the longest tests, as text. For each phase: the total time of
    its tests, which run side by side, the start of the first and the end of the
    last one. VMs wait for their kernels, which does not count."""
    ran = {name: test for name, test in tests.items() if "begin" in test
           and not test.get("unrun")}
    zero = min((test["begin"] for test in ran.values()), default=0)
    rows = [("phase", "tests", "together", "from", "to"),
            ("setup", "", minutes(setup), "", "")]
    for phase in dict.fromkeys(phase for _, phase in PHASES):
        of_it = [test for name, test in ran.items() if phase_of(name) == phase]
        if of_it:
            rows.append((
                phase, str(len(of_it)),
                minutes(sum(map(spent, of_it))),
                minutes(min(test["begin"] for test in of_it) - zero),
                minutes(max(test["end"] for test in of_it) - zero)))
    rows.append(("all", str(len(ran)), minutes(total), "", ""))
    lines = [f"{a:24} {b:>6} {c:>9} {d:>7} {e:>7}".rstrip()
             for a, b, c, d, e in rows]
    lines += ["", f"the {LONGEST} longest"]
    longest = sorted(ran, key=lambda name: -spent(ran[name]))[:LONGEST]
    lines += [f"{name:40} {minutes(spent(ran[name]))}"
              for name in longest]
    return "\n".join(["", *lines, ""])


def summary(tests):
    """The last line, and whether the run succeeded: a test passed, and none
    failed. A test that broke before its first case counts as one failure."""
    counts = {"pass": 0, "fail": 0, "skip": 0}
    unrun = 0
    for test in tests.values():
        if test.get("unrun"):
            unrun += 1
            continue
        for status, number in test.get("cases", {}).items():
            counts[status] += number
        if test.get("outcome") == "failed" and \
                not test.get("cases", {}).get("fail"):
            counts["fail"] += 1
        elif not test.get("cases") and test.get("outcome") in ("passed",
                                                               "skipped"):
            counts[{"passed": "pass"}.get(test["outcome"], "skip")] += 1
    line = f"{counts['pass']} passed, {counts['fail']} failed"
    if counts["skip"]:
        line += f", {counts['skip']} skipped"
    if unrun:
        line += f", {unrun} tests not run for want of time"
    return line, counts["pass"] > 0 and not counts["fail"]
