# SPDX-License-Identifier: GPL-2.0
"""Keeps the table of states in the documentation equal to the kernel's."""

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
    """The transitions, as the documentation puts them."""
    found = re.findall(r"^LUO_TRANSITION\((\w+), (\w+), (\w+), (\w+)\)$",
                       SOURCE.read_text(), re.M)
    for kind, state, event, following in found:
        if following == "BACK":
            following = "state before PREPARE"
        yield WHAT[kind], state, event, following


def table():
    """The table as lines of reStructuredText."""
    rule = " ".join("=" * width for width in WIDTHS)
    lines = [rule, ("what", "in state", "event", "goes to"), rule, *rows(),
             rule]
    for line in lines:
        if not isinstance(line, str):
            line = " ".join(f"{cell:{width}}"
                            for cell, width in zip(line, WIDTHS)).rstrip()
        yield line + "\n"


def pages():
    """The page as it is, and as it ought to be."""
    page = PAGE.read_text()
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise LuoError(f"{PAGE.name} has no place for the table of states")
    return page, head + BEGIN + "\n" + "".join(table()) + "\n" + END + tail


def check():
    """Complains if the table is not the kernel's."""
    page, wanted = pages()
    return [] if page == wanted else [
        f"the table of states in {PAGE.name} differs from the kernel's; "
        "scripts/transitions writes it"]


def write():
    """Writes the table."""
    PAGE.write_text(pages()[1])
