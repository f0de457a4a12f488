# SPDX-License-Identifier: GPL-2.0
"""Keeps the state table in the documentation equal to the kernel's."""

import re

from luo import paths
from luo.process import LuoError

SOURCE = paths.TOP / "kernel/liveupdate/luo_transitions.h"
PAGE = paths.TOP / "Documentation/userspace-api/liveupdate.rst"
BEGIN = ".. begin of the table of kernel/liveupdate/luo_transitions.h\n"
END = ".. end of the table\n"
WHAT = {"WHOLE": "global state", "OUTGOING": "outgoing session",
        "INCOMING": "incoming session"}
WIDTHS = (16, 8, 8, 28)


def rows():
    """The transitions, in the words of the documentation."""
    found = re.findall(r"^LUO_TRANSITION\((\w+), (\w+), (\w+), (\w+)\)$",
                       SOURCE.read_text(), re.M)
    for kind, state, event, following in found:
        if following == "BACK":
            following = "state before PREPARE"
        yield WHAT[kind], state, event, following


def table():
    """The table as reStructuredText."""
    rule = " ".join("=" * width for width in WIDTHS)
    lines = [rule, ("what", "in state", "event", "goes to"), rule, *rows(),
             rule]
    for line in lines:
        if not isinstance(line, str):
            line = " ".join(f"{cell:{width}}"
                            for cell, width in zip(line, WIDTHS)).rstrip()
        yield line + "\n"


def pages():
    """The page, and the page with an up-to-date table."""
    page = PAGE.read_text()
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise LuoError(f"{PAGE.name} has no markers for the state table")
    return page, head + BEGIN + "\n" + "".join(table()) + "\n" + END + tail


def check():
    """Compares the table with the kernel's."""
    page, wanted = pages()
    return [] if page == wanted else [
        f"the state table in {PAGE.name} differs from the kernel's; "
        "run scripts/transitions"]


def write():
    """Writes the table."""
    PAGE.write_text(pages()[1])
