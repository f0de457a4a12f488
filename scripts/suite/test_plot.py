# SPDX-License-Identifier: GPL-2.0
"""Tests of the plot of the bench."""

import unittest
from xml.etree import ElementTree as ET

from luo import bench, plot

SVG = "{http://www.w3.org/2000/svg}"


def line(ours, mainline=None, target=10.0):
    """Creates a line of the table."""
    return bench.Line(bench.Row("case", "what", "M", None, target), ours,
                      mainline)


def bars(lines):
    """Widths of bars, by colour."""
    root = ET.fromstring(plot.svg(lines))
    colours = {colour: name for name, colour in plot.COLOURS.items()}
    return [(colours[e.get("fill")], float(e.get("width")))
            for e in root.iter(f"{SVG}rect") if e.get("fill") in colours]


class Plot(unittest.TestCase):
    """plot.svg()"""

    def test_only_rows_with_a_target(self):
        """Rows without a target are not plotted."""
        found = bars([line(5.0), line(5.0, target=None), line(None)])
        self.assertEqual([name for name, _ in found], ["ours"])

    def test_both_kernels(self):
        """A larger number has a longer bar."""
        (ours, short), (mainline, longer) = bars([line(5.0, 500.0)])
        self.assertEqual((ours, mainline), ("ours", "mainline"))
        self.assertLess(short, longer)

    def test_all_of_it_is_in_the_picture(self):
        """Very large and very small numbers are within the plot."""
        for value in (0.0, 1e-9, 1e9):
            (_, width), = bars([line(value)])
            self.assertGreater(width, 0)
            self.assertLessEqual(width + plot.LABEL, plot.WIDTH)

    def test_equal_to_the_target(self):
        """A bar of the target's value ends at its line."""
        (_, width), = bars([line(10.0)])
        root = ET.fromstring(plot.svg([line(10.0)]))
        black = [e for e in root.iter(f"{SVG}line")
                 if e.get("stroke") == "black"]
        self.assertEqual(len(black), 1)
        self.assertAlmostEqual(float(black[0].get("x1")), plot.LABEL + width)


if __name__ == "__main__":
    unittest.main()
