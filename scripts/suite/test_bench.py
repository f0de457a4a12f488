# SPDX-License-Identifier: GPL-2.0
"""Tests of the bench: parsing the output of the guest, and the table."""

import json
import unittest

from luo import bench

GUEST = ["TAP version 13", "bench: loop_instructions=20000",
         "bench: loop_ticks=20005", "bench: pieces=100",
         "bench: jump_tsc=1000000", "ok 1 preserved",
         "bench: init_tsc=51000000", "bench: retrieve=7", "bench: odd=x"]


def kernel(name, **blackouts):
    """A kernel with only blackouts, in millions."""
    return bench.Kernel(name, None, "6.18", {
        case.replace("_", " "): {"blackout": value * 10**6, "pieces": 100}
        for case, value in blackouts.items()})


class Parse(unittest.TestCase):
    """bench.parse()"""

    def test_figures(self):
        """Figures by name, and the computed blackout."""
        figures = bench.parse(GUEST)
        self.assertEqual(figures["blackout"], 50000000)
        self.assertEqual(figures["retrieve"], 7)
        self.assertNotIn("odd", figures)

    def test_no_jump(self):
        """A guest whose next kernel did not boot is an error."""
        with self.assertRaises(bench.BenchError):
            bench.parse(GUEST[:5])

    def test_ticks_are_no_instructions(self):
        """Ticks that are not instructions are an error."""
        with self.assertRaisesRegex(bench.BenchError, "1.500 ticks"):
            bench.parse([line.replace("ticks=20005", "ticks=30000")
                         for line in GUEST])


class Rows(unittest.TestCase):
    """Computing rows from figures."""

    def number(self, what, ours, mainline=None):
        """Returns the line of a row."""
        return next(line for line in bench.lines_of(ours, mainline)
                    if line.row.what == what)

    def test_percent(self):
        """Overhead over a plain kexec, and whether the target is met."""
        line = self.number("over plain", kernel("ours", plain=100, empty=102))
        self.assertAlmostEqual(line.ours, 2)
        self.assertIs(line.met(), False)

    def test_each_piece(self):
        """Blackout over that of the empty case, per run of pages."""
        name = bench.frag(32)
        ours = kernel("ours", empty=100)
        ours.figures[name] = {"blackout": 100100000, "pieces": 100}
        line = self.number("blackout over empty, per run", ours)
        self.assertAlmostEqual(line.ours, 1000)
        self.assertIs(line.met(), True)

    def test_ratio(self):
        """There is a ratio only if both kernels have a number."""
        ours = kernel("ours", plain=50)
        self.assertIsNone(self.number("blackout", ours).ratio())
        line = self.number("blackout", ours, kernel("mainline", plain=100))
        self.assertEqual(line.ratio(), 0.5)
        self.assertIsNone(line.met())

    def test_no_figures(self):
        """Rows without figures are not in the table."""
        self.assertEqual(bench.lines_of(kernel("ours")), [])


class Table(unittest.TestCase):
    """Formatting."""

    def test_numbers(self):
        """About four digits, with a unit."""
        for value, unit, text in (
                (None, "M", "-"), (0.123, "%", "0.12 %"), (3, "", "3"),
                (-0.001, "%", "0.00 %"), (123.45, "M", "123.5 M"), (20712.3, "M", "20 712 M")):
            self.assertEqual(bench.show_number(value, unit), text)

    def test_table(self):
        """The name of a case is printed once."""
        lines = bench.lines_of(kernel("ours", plain=100, empty=100.5))
        text = bench.table(lines).splitlines()
        self.assertEqual(len(text), 2 + len(lines))
        self.assertEqual(sum(line.startswith("empty") for line in text), 1)
        self.assertTrue(text[-1].endswith("<= 1 %  yes"))

    def test_document(self):
        """The table as JSON."""
        ours = kernel("ours", plain=100, empty=102)
        found = json.loads(json.dumps(bench.document(
            {"qemu": "7"}, [ours], bench.lines_of(ours))))
        self.assertEqual(found["kernels"], {"ours": "6.18"})
        self.assertIs(found["rows"][-1]["met"], False)


class Cases(unittest.TestCase):
    """The lists of cases and rows."""

    def test_names(self):
        """Names of cases are unique, and each row belongs to a case."""
        names = [case.name for case in bench.CASES]
        self.assertEqual(len(names), len(set(names)))
        self.assertLessEqual({row.case for row in bench.ROWS}, set(names))
