# SPDX-License-Identifier: GPL-2.0
"""Reads and writes KTAP.

Reading is done by the kernel's own parser, tools/testing/kunit, out of the
base kernel's tree.
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
    """The base kernel's kunit_parser module."""
    where = str(paths.cache_dir() / "base/current/tools/testing/kunit")
    if where not in sys.path:
        sys.path.insert(0, where)
    return (importlib.import_module("kunit_parser"),
            importlib.import_module("kunit_printer"))


def _leaves(test, prefix):
    """Yields (name, test) for the cases that have no cases below them."""
    name = f"{prefix}/{test.name}" if test.name and test.name != "main" \
        else prefix
    if not test.subtests:
        yield name, test
    for sub in test.subtests:
        yield from _leaves(sub, name)


def parse(lines, prefix):
    """Results of one KTAP document; a damaged one has a failure more."""
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
    """Makes failures of skipped cases, where everything that a test may look
    for is there."""
    for result in results:
        if result.status == SKIP:
            result.status = FAIL
            result.note = f"skipped: {result.note}"


class Reporter:
    """Prints results as KTAP while they come in, and counts them."""

    def __init__(self, out=sys.stdout):
        self.out = out
        self.counts = {PASS: 0, FAIL: 0, SKIP: 0}
        self.failed = []
        print("KTAP version 1", file=out, flush=True)

    def add(self, result):
        """Prints one result, with what there is to say of it before."""
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
        """Prints plan and sums; True if there was a pass and no failure."""
        print(f"1..{sum(self.counts.values())}", file=self.out)
        for result in self.failed:
            self.note(f"failed: {result.name} {result.note}".rstrip())
        line = f"{self.counts[PASS]} passed, {self.counts[FAIL]} failed"
        if self.counts[SKIP]:
            line += f", {self.counts[SKIP]} skipped"
        print(line, file=self.out, flush=True)
        return self.counts[PASS] > 0 and not self.failed
