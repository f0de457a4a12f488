# SPDX-License-Identifier: GPL-2.0
"""Reads and writes KTAP.

Documents are read by the kernel's own parser, tools/testing/kunit of the base
kernel.
"""

import importlib
import sys
from dataclasses import dataclass, field

from luo import paths

PASS, FAIL, SKIP = "pass", "fail", "skip"


@dataclass
class Result:
    """One test case."""
    name: str
    status: str
    note: str = ""
    detail: list = field(default_factory=list)


def _parser():
    """The kunit_parser module of the base kernel."""
    where = str(paths.cache_dir() / "base/current/tools/testing/kunit")
    if where not in sys.path:
        sys.path.insert(0, where)
    return (importlib.import_module("kunit_parser"),
            importlib.import_module("kunit_printer"))


def _leaves(test, prefix):
    """Yields (name, test) for leaf test cases."""
    name = f"{prefix}/{test.name}" if test.name and test.name != "main" \
        else prefix
    if not test.subtests:
        yield name, test
    for sub in test.subtests:
        yield from _leaves(sub, name)


def parse(lines, prefix):
    """Results of a KTAP document; a malformed one has an additional failure."""
    kunit_parser, kunit_printer = _parser()
    root = kunit_parser.parse_run_tests(iter(lines),
                                        kunit_printer.null_printer)
    status = kunit_parser.TestStatus
    results = []
    for name, test in _leaves(root, prefix):
        if test is root:
            break
        if test.status == status.SUCCESS:
            results.append(Result(name, PASS))
        elif test.status == status.SKIPPED:
            results.append(Result(name, SKIP))
        else:
            results.append(Result(name, FAIL, test.status.name.lower()))
    if not results:
        results.append(Result(prefix, FAIL, "reported no test"))
    elif root.counts.errors:
        results.append(Result(f"{prefix}/report", FAIL,
                              f"{root.counts.errors} errors in its KTAP"))
    return results


def fail_skips(results):
    """Turns skipped cases into failures, for runs in which everything that a
    test needs is available."""
    for result in results:
        if result.status == SKIP:
            result.status = FAIL
            result.note = f"skipped: {result.note}"


class Reporter:
    """Prints results as KTAP as they arrive, and counts them."""

    def __init__(self, out=sys.stdout):
        self.out = out
        self.counts = {PASS: 0, FAIL: 0, SKIP: 0}
        self.failed = []
        print("KTAP version 1", file=out, flush=True)

    def add(self, result):
        """Prints a result, after its diagnostics."""
        for text in result.detail:
            self.note(f"{result.name}: {text}")
        self.counts[result.status] += 1
        line = "not ok" if result.status == FAIL else "ok"
        line += f" {sum(self.counts.values())} {result.name}"
        if result.status == SKIP:
            line += f" # SKIP {result.note}"
        elif result.note:
            line += f" # {result.note}"
        if result.status == FAIL:
            self.failed.append(result)
        print(line, file=self.out, flush=True)

    def note(self, text):
        """Prints a diagnostic line."""
        for line in text.splitlines():
            print(f"# {line}", file=self.out, flush=True)

    def finish(self):
        """Prints plan and totals; True if a test passed and none failed."""
        print(f"1..{sum(self.counts.values())}", file=self.out)
        for result in self.failed:
            self.note(f"failed: {result.name} {result.note}".rstrip())
        line = f"{self.counts[PASS]} passed, {self.counts[FAIL]} failed"
        if self.counts[SKIP]:
            line += f", {self.counts[SKIP]} skipped"
        print(line, file=self.out, flush=True)
        return self.counts[PASS] > 0 and not self.failed
