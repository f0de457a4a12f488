# SPDX-License-Identifier: GPL-2.0
"""Tests of runs that share a machine, of totals, and of build messages."""

import unittest
from unittest import mock

from luo import kernel, ktap, phases, process, runner, runs, vm

FIRST = runs.Job("plain", runs.Run("first", ("a", "b"), boots=2))
SECOND = runs.Job("plain", runs.Run("second", ("c",)))
OTHER = runs.Job("plain", runs.Run("other", ("d",), append="x=1"))
ALONE = runs.Job("plain", runs.Run("alone", ("e",), alone=True))

BOOT = vm.MARK + "boot release=6.18 cpus=2"


def program(name, *lines, status=0):
    """Output of luo_init for a program."""
    return [("T", vm.MARK + f"begin /bin/{name}"),
            ("T", "TAP version 13"), ("T", "1..1"),
            *[("T", line) for line in lines or ("ok 1 x",)],
            ("T", vm.MARK + f"end status={status}")]


def machine(*programs, tail=(("T", vm.MARK + "done"),), **more):
    """The Outcome of a machine that has booted twice."""
    lines = [("T", BOOT), *programs[0], ("T", BOOT)]
    for part in programs[1:]:
        lines += part
    return vm.Outcome([*lines, *tail], **more)


class Joining(unittest.TestCase):
    """runs.join()"""

    def test_equal_machines(self):
        """Runs share a machine if they need the same one."""
        self.assertEqual(runs.join([FIRST, OTHER, SECOND, ALONE]),
                         [[FIRST, SECOND], [OTHER], [ALONE]])

    def test_boots(self):
        """The number of boots of a machine is limited."""
        long = [runs.Job("plain", runs.Run(f"long{i}", ("a",), boots=8))
                for i in range(3)]
        self.assertEqual(runs.join(long), [[job] for job in long])

    def test_names(self):
        """An unknown name is reported with similar names."""
        self.assertEqual(runs.find("debug/uapi").name, "debug/uapi")
        with self.assertRaisesRegex(process.LuoError, "plain/kexec_kvm"):
            runs.find("debug/kexec_kvm")


class Shared(unittest.TestCase):
    """runner.run_joined()"""

    def results(self, outcome, alone=ktap.PASS):
        """{name: statuses} of a shared machine, and the jobs repeated alone."""
        repeated = []

        def run_alone(job):
            repeated.append(job.run.name)
            return [ktap.Result(f"{job.name}/again", alone)]

        log = mock.Mock()
        with mock.patch.object(runner, "Machine") as made, \
                mock.patch.object(runner, "run_alone", run_alone):
            made.return_value.boot.return_value = (outcome, log)
            found = runner.run_joined([FIRST, SECOND])
        return {job.run.name: [r.status for r in results]
                for job, results in found.items()}, repeated

    def test_good(self):
        """Without a failure nothing is repeated."""
        found, repeated = self.results(machine(
            program("a"), program("b"), program("c")))
        self.assertEqual(repeated, [])
        self.assertEqual(found, {"first": ["pass"] * 3, "second": ["pass"] * 2})

    def test_failed_case(self):
        """A failed run stays failed, even if it passes alone."""
        found, repeated = self.results(machine(
            program("a"), program("b"), program("c", "not ok 1 x")))
        self.assertEqual(repeated, ["second"])
        self.assertEqual(found["first"], ["pass"] * 3)
        self.assertEqual(found["second"], ["pass", "fail"])

    def test_splat_of_the_first(self):
        """A splat counts for the run during which it occurs."""
        splat = [("K", "[ 1.0] WARNING: at x"), *program("b")]
        found, repeated = self.results(machine(
            program("a"), splat, program("c")))
        self.assertEqual(repeated, ["first", "second"])
        self.assertIn("fail", found["first"])
        self.assertEqual(found["second"], ["pass"])

    def test_machine_that_hangs(self):
        """Runs that did not begin get machines of their own."""
        found, repeated = self.results(machine(
            program("a"), program("b")[:1], tail=(), timed_out=True))
        self.assertEqual(repeated, ["first", "second"])
        self.assertIn("fail", found["first"])
        self.assertEqual(found["second"], ["pass"])

    def test_machine_that_does_not_boot(self):
        """The failure counts for the first run."""
        found, repeated = self.results(vm.Outcome([], timed_out=True))
        self.assertEqual(repeated, ["first", "second"])
        self.assertEqual(found["first"], ["pass", "fail"])

    def test_missing_boot(self):
        """Missing boots are a failure."""
        outcome = machine(program("a"), program("b"), program("c"))
        outcome.lines.remove(("T", BOOT))
        found, _ = self.results(outcome)
        self.assertIn("fail", found["second"])

    def test_skip(self):
        """A skipped case is a failure."""
        found, _ = self.results(machine(
            program("a"), program("b"), program("c", "ok 1 x # SKIP")))
        self.assertIn("fail", found["second"])


class Sum(unittest.TestCase):
    """phases.summary()"""

    def test_counts(self):
        """Cases are counted, and tests without cases."""
        line, good = phases.summary({
            "a": {"cases": {"pass": 3, "fail": 0, "skip": 1},
                  "outcome": "passed"},
            "b": {"outcome": "passed"}, "c": {"unrun": True}})
        self.assertTrue(good)
        self.assertEqual(line, "4 passed, 0 failed, 1 skipped, "
                               "1 tests not run for want of time")

    def test_broken(self):
        """A test that breaks counts as one failure."""
        line, good = phases.summary({"a": {"outcome": "failed"}})
        self.assertFalse(good)
        self.assertEqual(line, "0 passed, 1 failed")

    def test_nothing(self):
        """Without a test there is no success."""
        self.assertFalse(phases.summary({})[1])


class Table(unittest.TestCase):
    """phases.table()"""

    def test_waiting_does_not_count(self):
        """A VM that waited for its kernel took no longer than it ran."""
        text = phases.table({
            "debug/a": {"begin": 5.0, "end": 105.0, "duration": 100,
                        "waited": 90},
            "kernel/debug": {"begin": 0.0, "end": 95.0, "duration": 95}}, 0, 105)
        self.assertRegex(text, r"debug/a +0:10\n")
        self.assertRegex(text, r"kernel/debug +1:35\n")
        self.assertRegex(text, r"VMs, debug +1 +0:10 +0:05 +1:45\n")


class Builds(unittest.TestCase):
    """Build messages and configurations."""

    def test_culprits(self):
        """The compiler's message is found in the log."""
        log = ["  CC a.o"] * 50 + ["b.c:1: error: no", " here", "  ^"] + \
            ["  CC c.o"] * 50
        self.assertEqual(process.culprits("\n".join(log)),
                         ["b.c:1: error: no", " here", "  ^"])

    def test_n_is_not_set(self):
        """Fragments are converted to kconfig's syntax."""
        with mock.patch.object(kernel.Path, "read_text",
                               return_value="CONFIG_A=n\nCONFIG_B=y\n"):
            self.assertEqual(kernel.fragment_text(["x"]),
                             "# CONFIG_A is not set\nCONFIG_B=y\n")
