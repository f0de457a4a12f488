# SPDX-License-Identifier: GPL-2.0
"""Tests of reading and writing results."""

import io
import unittest

from luo import ktap, vm


def statuses(lines):
    """(name, status) of each case in a document."""
    return [(r.name, r.status) for r in ktap.parse(lines, "x")]


class Parse(unittest.TestCase):
    """ktap.parse()"""

    def test_flat(self):
        """Output of a kselftest."""
        self.assertEqual(
            statuses(["TAP version 13", "1..3", "ok 1 a", "not ok 2 b",
                      "ok 3 c # SKIP no device"]),
            [("x/a", "pass"), ("x/b", "fail"), ("x/c", "skip")])

    def test_nested(self):
        """Output of KUnit; only cases count."""
        self.assertEqual(
            statuses(["KTAP version 1", "1..1", "    KTAP version 1",
                      "    # Subtest: s", "    1..2", "    ok 1 a",
                      "    ok 2 b", "ok 1 s"]),
            [("x/s/a", "pass"), ("x/s/b", "pass")])

    def test_missing_result(self):
        """Fewer tests than planned are a failure."""
        found = statuses(["TAP version 13", "1..2", "ok 1 a"])
        self.assertIn(("x/a", "pass"), found)
        self.assertIn("fail", [status for _, status in found])

    def test_nothing(self):
        """No output is a failure."""
        self.assertEqual([s for _, s in statuses([])], ["fail"])
        self.assertEqual([s for _, s in statuses(["hello"])], ["fail"])


class Report(unittest.TestCase):
    """ktap.Reporter"""

    def report(self, *results):
        """(verdict, last line)"""
        out = io.StringIO()
        reporter = ktap.Reporter(out)
        for status in results:
            reporter.add(ktap.Result("r", status))
        return reporter.finish(), out.getvalue().splitlines()[-1]

    def test_sums(self):
        """The last line."""
        self.assertEqual(self.report("pass", "pass"),
                         (True, "2 passed, 0 failed"))
        self.assertEqual(self.report("pass", "fail", "skip"),
                         (False, "1 passed, 1 failed, 1 skipped"))

    def test_nothing_is_no_success(self):
        """Without a passed test there is no success; a skip is not a pass."""
        self.assertEqual(self.report(), (False, "0 passed, 0 failed"))
        self.assertEqual(self.report("skip"),
                         (False, "0 passed, 0 failed, 1 skipped"))

    def test_detail(self):
        """Diagnostics are printed before the result."""
        out = io.StringIO()
        ktap.Reporter(out).add(ktap.Result("r", "fail", "no", ["a", "b"]))
        self.assertEqual(out.getvalue().splitlines()[1:],
                         ["# r: a", "# r: b", "not ok 1 r # no"])


class Results(unittest.TestCase):
    """vm.results()"""

    GOOD = [vm.MARK + "boot release=6.18 boot_id=a stage=1",
            vm.MARK + "begin /bin/t", "TAP version 13", "1..1", "ok 1 a",
            vm.MARK + "end status=0", vm.MARK + "done"]

    def failures(self, test_log, kernel_log=(), **more):
        """Names of failed cases."""
        lines = [("K", line) for line in kernel_log]
        lines += [("T", line) for line in test_log]
        outcome = vm.Outcome(lines, **more)
        return [r.name for r in vm.results(outcome, "vm")
                if r.status == ktap.FAIL]

    def test_good(self):
        """Nothing fails."""
        self.assertEqual(self.failures(self.GOOD), [])

    def test_splat(self):
        """A splat fails the run, even if all tests pass."""
        self.assertEqual(self.failures(self.GOOD, ["[ 1.0] Call Trace:"]),
                         ["vm/run"])

    def test_time_limit(self):
        """A machine that hangs fails the run."""
        self.assertEqual(self.failures(self.GOOD[:-1], timed_out=True),
                         ["vm/run"])

    def test_exit_status(self):
        """A program that exits with an error but reports no failure fails."""
        log = [line.replace("status=0", "status=1") for line in self.GOOD]
        self.assertEqual(self.failures(log), ["vm/t/exit"])

    def test_did_not_end(self):
        """A program during which the machine stops fails."""
        self.assertIn("vm/t", self.failures(self.GOOD[:-2]))
