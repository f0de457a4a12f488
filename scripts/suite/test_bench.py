# SPDX-License-Identifier: GPL-2.0
"""From what the guest prints to the table of the bench."""

import json
import unittest

from luo import bench

GUEST = ["TAP version 13", "bench: loop_instructions=20000",
         "bench: loop_ticks=20005", "bench: pieces=100",
         "bench: jump_tsc=1000000", "ok 1 preserved",
         "bench: init_tsc=51000000", "bench: retrieve=7", "bench: odd=x"]


def kernel(name, **black_outs):
    """A kernel with nothing but black-outs, in millions."""
    return bench.Kernel(name, None, "6.18", {
        case.replace("_", " "): {"black_out": value * 10**6, "pieces": 100}
        for case, value in black_outs.items()})


class Parse(unittest.TestCase):
    """bench.parse()"""

    def test_figures(self):
        """Numbers by name, and the black-out."""
        figures = bench.parse(GUEST)
        self.assertEqual(figures["black_out"], 50000000)
        self.assertEqual(figures["retrieve"], 7)
        self.assertNotIn("odd", figures)

    def test_no_jump(self):
        """A guest that did not come to the other side."""
        with self.assertRaises(bench.BenchError):
            bench.parse(GUEST[:5])

    def test_ticks_are_no_instructions(self):
        """Then nothing that was measured is worth anything."""
        with self.assertRaisesRegex(bench.BenchError, "1.500 ticks"):
            bench.parse([line.replace("ticks=20005", "ticks=30000")
                         for line in GUEST])


class Rows(unittest.TestCase):
    """From figures to numbers."""

    def number(self, what, ours, mainline=None):
        """The line that says something."""
        return next(line for line in bench.lines_of(ours, mainline)
                    if line.row.what == what)

    def test_percent(self):
        """More than a plain kexec, and whether that is too much."""
        line = self.number("over plain", kernel("ours", plain=100, empty=102))
        self.assertAlmostEqual(line.ours, 2)
        self.assertIs(line.met(), False)

    def test_each_piece(self):
        """The black-out over that of the empty case, by pieces."""
        name = bench.frag(32)
        ours = kernel("ours", empty=100)
        ours.figures[name] = {"black_out": 100100000, "pieces": 100}
        line = self.number("the same for each piece", ours)
        self.assertAlmostEqual(line.ours, 1000)
        self.assertIs(line.met(), True)

    def test_ratio(self):
        """Only where both kernels have a number."""
        ours = kernel("ours", plain=50)
        self.assertIsNone(self.number("black-out", ours).ratio())
        line = self.number("black-out", ours, kernel("mainline", plain=100))
        self.assertEqual(line.ratio(), 0.5)
        self.assertIsNone(line.met())

    def test_no_figures(self):
        """What was not measured is not in the table."""
        self.assertEqual(bench.lines_of(kernel("ours")), [])


class Table(unittest.TestCase):
    """How it looks."""

    def test_numbers(self):
        """About four digits, and a unit."""
        for value, unit, text in (
                (None, "M", "-"), (0.123, "%", "0.12 %"), (3, "", "3"),
                (-0.001, "%", "0.00 %"), (123.45, "M", "123.5 M"), (20712.3, "M", "20 712 M")):
            self.assertEqual(bench.show_number(value, unit), text)

    def test_table(self):
        """A case is named once."""
        lines = bench.lines_of(kernel("ours", plain=100, empty=100.5))
        text = bench.table(lines).splitlines()
        self.assertEqual(len(text), 2 + len(lines))
        self.assertEqual(sum(line.startswith("empty") for line in text), 1)
        self.assertTrue(text[-1].endswith("<= 1 %  yes"))

    def test_document(self):
        """The same for machines."""
        ours = kernel("ours", plain=100, empty=102)
        found = json.loads(json.dumps(bench.document(
            {"qemu": "7"}, [ours], bench.lines_of(ours))))
        self.assertEqual(found["kernels"], {"ours": "6.18"})
        self.assertIs(found["rows"][-1]["met"], False)


class Cases(unittest.TestCase):
    """The lists."""

    def test_names(self):
        """Each case has a name of its own, and each row is of a case."""
        names = [case.name for case in bench.CASES]
        self.assertEqual(len(names), len(set(names)))
        self.assertLessEqual({row.case for row in bench.ROWS}, set(names))
