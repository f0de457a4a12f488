# SPDX-License-Identifier: GPL-2.0
"""Plots the table of the bench: bars, relative to the target of each row.

The scale is logarithmic, to tell half of the target from a tenth of it.
"""

import math
from xml.etree import ElementTree as ET

WIDTH, LABEL, ROW, BAR, TOP = 900, 300, 34, 12, 40
COLOURS = {"ours": "#2a6f97", "mainline": "#c9803a"}

# Minimum range of the scale, as powers of ten.
DECADES = (-2, 2)


def columns(lines):
    """(label, {kernel: value divided by target}) of each row with a target."""
    return [(f"{line.row.case}: {line.row.what}",
             {"ours": line.ours / line.row.target,
              **({"mainline": line.mainline / line.row.target}
                 if line.mainline is not None else {})})
            for line in lines if line.row.target and line.ours is not None]


def decades(found):
    """Range of the scale."""
    logs = [math.log10(v) for _, values in found for v in values.values()
            if v > 0]
    return DECADES[0], max([DECADES[1], *[math.ceil(v) for v in logs]])


class Picture:
    """An SVG with a scale."""

    def __init__(self, height, low, high):
        self.low, self.high = low, high
        self.root = ET.Element("svg", {
            "xmlns": "http://www.w3.org/2000/svg", "width": str(WIDTH),
            "height": str(height), "font-family": "sans-serif",
            "font-size": "12"})
        self.add("rect", width="100%", height="100%", fill="white")

    def add(self, tag, text=None, **attributes):
        """Adds an element."""
        element = ET.SubElement(self.root, tag, {
            name.replace("_", "-"): str(value)
            for name, value in attributes.items()})
        element.text = text

    def place(self, value):
        """Position of a value on the scale."""
        log = math.log10(value) if value > 0 else self.low
        part = (max(log, self.low) - self.low) / (self.high - self.low)
        return LABEL + part * (WIDTH - LABEL - 20)

    def scale(self, height):
        """Adds a line for each power of ten; that of the target is black."""
        for decade in range(self.low, self.high + 1):
            at = self.place(10.0 ** decade)
            self.add("line", x1=at, x2=at, y1=TOP - 8, y2=height - 8,
                     stroke="#ccc" if decade else "black")
            self.add("text", f"{10.0 ** decade:g}" if decade else "target",
                     x=at, y=TOP - 14, text_anchor="middle")

    def bars(self, y, label, values):
        """Adds a row."""
        self.add("text", label, x=LABEL - 8, y=y + BAR, text_anchor="end")
        for i, (kernel, value) in enumerate(values.items()):
            self.add("rect", x=LABEL, y=y + i * BAR, height=BAR - 1,
                     width=max(self.place(value) - LABEL, 1),
                     fill=COLOURS[kernel])


def svg(lines):
    """The plot as SVG."""
    found = columns(lines)
    height = TOP + ROW * len(found) + 24
    picture = Picture(height, *decades(found))
    picture.scale(height - 16)
    for i, (label, values) in enumerate(found):
        picture.bars(TOP + ROW * i, label, values)
    for i, (kernel, colour) in enumerate(COLOURS.items()):
        picture.add("text", kernel, x=LABEL + i * 80, y=height - 8,
                    fill=colour)
    return ET.tostring(picture.root, encoding="unicode") + "\n"
