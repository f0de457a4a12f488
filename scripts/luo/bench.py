# SPDX-License-Identifier: GPL-2.0
"""What is measured, how it is measured, and the table that comes out.

A case is what luo_bench does in a virtual machine of its own; it leaves
figures. A row of the table is computed from the figures of some cases. A new
measurement is a case, or a few rows, in the lists here.

QEMU counts instructions, so nothing depends on the speed of the host or on
what else it does; several machines can run at the same time.
"""

import re
from dataclasses import dataclass, field
from typing import Callable, Optional

from luo import guest, ktap, vm

# The same for all cases: the black-out depends on them. KASLR would put the
# kernel somewhere else each time.
MEMORY = "2G"
APPEND = "kho_scratch=16M,128M,16M nokaslr"

FRAG_MIB = (32, 64, 128, 256)
SESSIONS = (500, 2000, 8000)

# How far ticks and instructions may be apart, in a loop of known length.
LOOP_TOLERANCE = 0.01


class BenchError(Exception):
    """A run that did not work."""


@dataclass(frozen=True)
class Case:
    """Something that luo_bench does in a machine of its own."""
    name: str
    command: str
    append: str = ""
    slow_mainline: bool = False


@dataclass(frozen=True)
class Row:
    """A line of the table: a number that is computed from figures."""
    case: str
    what: str
    unit: str
    value: Callable
    target: Optional[float] = None


@dataclass
class Line:
    """A row with the numbers filled in; None where there is no number."""
    row: Row
    ours: Optional[float] = None
    mainline: Optional[float] = None

    def ratio(self):
        """Ours by mainline's, where that means something."""
        if self.ours is None or not self.mainline or self.row.unit == "%":
            return None
        return self.ours / self.mainline

    def met(self):
        """True or False where there is a target."""
        if self.row.target is None or self.ours is None:
            return None
        return self.ours <= self.row.target


@dataclass
class Kernel:
    """A kernel that is measured, and what came out: figures by case."""
    name: str
    image: object
    release: str = ""
    figures: dict = field(default_factory=dict)


def frag(mib):
    """Name of a case."""
    return f"frag {mib} MiB"


# Those that take longest come last. Mainline takes the square of the number of
# pieces, a quarter of an hour for the largest case.
CASES = [
    Case("plain, kho=off", "plain", append="kho=off"),
    Case("plain", "plain"),
    Case("empty", "empty"),
    Case("dense", "dense 512"),
    Case("thp", "thp 512"),
    Case("sparse", "sparse 1024"),
    Case("files", "files 1000"),
    *[Case(f"sessions {nr}", f"sessions {nr}") for nr in SESSIONS],
    *[Case(frag(mib), f"frag {mib}", slow_mainline=mib > 128)
      for mib in FRAG_MIB],
]


def black_out(case):
    """Instructions from reboot(2) to the next init, in millions."""
    return lambda figures: figures[case]["black_out"] / 1e6


def over(case, other):
    """How much more black-out than another case has, in millions."""
    return lambda figures: black_out(case)(figures) - black_out(other)(figures)


def over_percent(case, other):
    """The same in percent."""
    return lambda figures: (100 * over(case, other)(figures)
                            / black_out(other)(figures))


def each(value, case, unit):
    """A number in millions, divided by what a case has of something."""
    return lambda figures: value(figures) * 1e6 / figures[case][unit]


def ticks(case, what):
    """Instructions that a figure says, in millions."""
    return lambda figures: figures[case][what] / 1e6


def both_ways(case, unit, preserve, retrieve):
    """What is said of files that are preserved and retrieved, with targets."""
    rows = []
    for what, target in (("preserve", preserve), ("retrieve", retrieve)):
        value = ticks(case, what)
        rows.append(Row(case, what, "M", value, target))
        if unit:
            rows.append(Row(case, f"{what}, each of {unit}", "",
                            each(value, case, unit)))
    return rows + [Row(case, "black-out over empty", "M", over(case, "empty"))]


def session_rows(count):
    """What is said of many sessions."""
    case = f"sessions {count}"
    return [Row(case, "black-out over empty", "M", over(case, "empty")),
            Row(case, "create, each", "",
                lambda figures: figures[case]["create"] / count),
            Row(case, "retrieve and finish, each", "",
                lambda figures: figures[case]["take"] / count)]


def frag_rows(mib):
    """What is said of memory in small pieces."""
    case = frag(mib)
    extra = over(case, "empty")
    return [
        Row(case, "black-out over empty", "M", extra,
            target=50 if mib == 128 else None),
        Row(case, "the same for each piece", "", each(extra, case, "pieces"),
            target=1500),
        Row(case, "pieces", "", lambda figures: figures[case]["pieces"]),
    ]


def record_rows(case, mib):
    """What is said of the memory that preserving takes beside the contents:
    64 KiB a GiB, and a fixed amount."""
    return [Row(case, "records and map", "KiB",
                lambda figures: figures[case]["records"] / 1024,
                target=64 * mib / 1024 + 1024)]


ROWS = [
    Row("plain, kho=off", "black-out", "M", black_out("plain, kho=off")),
    Row("plain", "black-out", "M", black_out("plain")),
    Row("empty", "black-out", "M", black_out("empty")),
    Row("empty", "over plain", "%", over_percent("empty", "plain"), target=1),
    Row("empty", "finish", "k", lambda figures: figures["empty"]["finish"] / 1e3),
    *[row for mib in FRAG_MIB for row in frag_rows(mib)],
    *both_ways("dense", "pages", 13, 22),
    *record_rows("dense", 512),
    Row("dense", "pieces", "", lambda figures: figures["dense"]["pieces"]),
    *both_ways("thp", "folios", 0.9, 1.5),
    *record_rows("thp", 512),
    *both_ways("sparse", "pages", 5, None),
    Row("sparse", "holes filled", "MiB",
        lambda figures: figures["sparse"]["filled_kb"] / 1024, 0),
    *both_ways("files", "", 35, 100),
    *[row for nr in SESSIONS for row in session_rows(nr)],
]


def parse(lines):
    """Figures in what luo_bench prints; the black-out is computed."""
    figures = {}
    for line in lines:
        match = re.match(r"bench: (\w+)=(\d+)$", line)
        if match:
            figures[match.group(1)] = int(match.group(2))
    if "init_tsc" not in figures or "jump_tsc" not in figures:
        raise BenchError("the guest says nothing about the jump")
    figures["black_out"] = figures["init_tsc"] - figures["jump_tsc"]
    check_loop(figures)
    return figures


def check_loop(figures):
    """A tick of the guest's clock has to be an instruction."""
    if "loop_ticks" not in figures:
        return
    ratio = figures["loop_ticks"] / figures["loop_instructions"]
    if abs(ratio - 1) > LOOP_TOLERANCE:
        raise BenchError(f"an instruction takes {ratio:.3f} ticks, not one")


def measure(kernel, programs, case):
    """Runs a case and puts its figures into the kernel."""
    name = re.sub(r"\W+", "-", f"bench {kernel.name} {case.name}")
    outcome, log = guest.run(
        name, kernel.image, programs, [f"luo_bench {case.command}"],
        memory=MEMORY, append=f"{APPEND} {case.append}".strip(),
        seconds=1800, icount=True)
    for result in vm.results(outcome, case.name):
        if result.status != ktap.PASS:
            raise BenchError(f"{result.name}: {result.note or 'failed'} "
                             f"(log: {log})")
    kernel.figures[case.name] = parse(outcome.test_log)
    kernel.release = outcome.boots()[-1]["release"]


def compute(row, kernel):
    """The row's number for a kernel, or None."""
    try:
        return row.value(kernel.figures) if kernel else None
    except KeyError:
        return None


def lines_of(ours, mainline=None):
    """Rows with numbers; those without any are left out."""
    lines = [Line(row, compute(row, ours), compute(row, mainline))
             for row in ROWS]
    return [line for line in lines
            if line.ours is not None or line.mainline is not None]


def show_number(value, unit=""):
    """A number with its unit, about four digits of it."""
    if value is None:
        return "-"
    digits = 0 if abs(value) >= 1000 or value == int(value) else \
        1 if abs(value) >= 100 else 2
    # No number is -0.00.
    value = round(value, digits) + 0.0
    return f"{value:,.{digits}f}".replace(",", " ") + (unit and f" {unit}")


def show_line(line):
    """The cells of a line."""
    ratio, met, row = line.ratio(), line.met(), line.row
    return [row.case, row.what,
            show_number(line.ours, row.unit),
            show_number(line.mainline, row.unit),
            "-" if ratio is None else f"{ratio:.3f}",
            "-" if row.target is None else
            f"<= {show_number(row.target, row.unit)}",
            {None: "-", True: "yes", False: "NO"}[met]]


HEAD = ["case", "what", "ours", "mainline", "ratio", "target", "met"]


def table(lines):
    """The table as text; a case's name stands in the first of its lines."""
    cells = [HEAD, *[show_line(line) for line in lines]]
    for previous, this in reversed(list(zip(cells, cells[1:]))):
        if this[0] == previous[0]:
            this[0] = ""
    widths = [max(len(row[i]) for row in cells) for i in range(len(HEAD))]
    text = []
    for row in cells:
        text.append("  ".join(
            cell.ljust(width) if i < 2 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths))).rstrip())
    text.insert(1, "-" * (sum(widths) + 2 * (len(HEAD) - 1)))
    return "\n".join(text) + "\n"


def document(conditions, kernels, lines):
    """The same for machines."""
    return {
        "conditions": conditions,
        "kernels": {k.name: k.release for k in kernels},
        "figures": {k.name: k.figures for k in kernels},
        "rows": [{"case": line.row.case, "what": line.row.what,
                  "unit": line.row.unit, "ours": line.ours,
                  "mainline": line.mainline, "ratio": line.ratio(),
                  "target": line.row.target, "met": line.met()}
                 for line in lines],
    }
