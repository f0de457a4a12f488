# SPDX-License-Identifier: GPL-2.0
"""Benchmark: cases, how they are measured, and the table of results.

A case is a command of luo_bench, run in a virtual machine of its own. It prints
figures. A row of the table is computed from the figures of some cases. To add a
measurement, add a case or rows to the lists below.

QEMU counts instructions, so results do not depend on the speed or the load of
the host, and several machines can run at the same time.
"""

import re
from dataclasses import dataclass, field
from typing import Callable, Optional

from luo import guest, ktap, vm

# Equal for all cases, because the blackout depends on them. KASLR would make it
# depend on the address of the kernel.
MEMORY = "2G"
APPEND = "kho_scratch=16M,128M,16M nokaslr"

FRAG_MIB = (32, 64, 128, 256)
SESSIONS = (500, 2000, 8000)

# Allowed difference between ticks and instructions, in a loop of known length.
LOOP_TOLERANCE = 0.01


class BenchError(Exception):
    """A measurement failed."""


@dataclass(frozen=True)
class Case:
    """A command of luo_bench, run in a machine of its own."""
    name: str
    command: str
    append: str = ""
    slow_mainline: bool = False


@dataclass(frozen=True)
class Row:
    """A row of the table: a number that is computed from figures."""
    case: str
    what: str
    unit: str
    value: Callable
    target: Optional[float] = None


@dataclass
class Line:
    """A row with its numbers; None where a number is missing."""
    row: Row
    ours: Optional[float] = None
    mainline: Optional[float] = None

    def ratio(self):
        """Our number divided by mainline's, or None."""
        if self.ours is None or not self.mainline or self.row.unit == "%":
            return None
        return self.ours / self.mainline

    def met(self):
        """Whether the target is met; None without a target."""
        if self.row.target is None or self.ours is None:
            return None
        return self.ours <= self.row.target


@dataclass
class Kernel:
    """A kernel that is measured, and its figures by case."""
    name: str
    image: object
    release: str = ""
    figures: dict = field(default_factory=dict)


def frag(mib):
    """Name of a fragmentation case."""
    return f"frag {mib} MiB"


# The longest cases are last. Mainline's time grows with the square of the
# number of runs; the largest case takes a quarter of an hour.
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


def blackout(case):
    """Instructions from reboot(2) to the next init, in millions."""
    return lambda figures: figures[case]["blackout"] / 1e6


def over(case, other):
    """Difference to the blackout of another case, in millions."""
    return lambda figures: blackout(case)(figures) - blackout(other)(figures)


def over_percent(case, other):
    """The same as a percentage of the other case."""
    return lambda figures: (100 * over(case, other)(figures)
                            / blackout(other)(figures))


def each(value, case, unit):
    """A number in millions, divided by the number of some unit in a case."""
    return lambda figures: value(figures) * 1e6 / figures[case][unit]


def ticks(case, what):
    """A figure of instructions, in millions."""
    return lambda figures: figures[case][what] / 1e6


def both_ways(case, unit, preserve, retrieve):
    """Rows for files that are preserved and retrieved, with targets."""
    rows = []
    for what, target in (("preserve", preserve), ("retrieve", retrieve)):
        value = ticks(case, what)
        rows.append(Row(case, what, "M", value, target))
        if unit:
            rows.append(Row(case, f"{what}, each of {unit}", "",
                            each(value, case, unit)))
    return rows + [Row(case, "blackout over empty", "M", over(case, "empty"))]


def session_rows(count):
    """Rows for many sessions."""
    case = f"sessions {count}"
    return [Row(case, "blackout over empty", "M", over(case, "empty")),
            Row(case, "create, each", "",
                lambda figures: figures[case]["create"] / count),
            Row(case, "retrieve and finish, each", "",
                lambda figures: figures[case]["take"] / count)]


def frag_rows(mib):
    """Rows for fragmented memory."""
    case = frag(mib)
    extra = over(case, "empty")
    return [
        Row(case, "blackout over empty", "M", extra,
            target=50 if mib == 128 else None),
        Row(case, "blackout over empty, per run", "",
            each(extra, case, "pieces"), target=1500),
        Row(case, "runs of pages", "", lambda figures: figures[case]["pieces"]),
    ]


def record_rows(case, mib):
    """Row for the memory overhead of preserving; the target is 64 KiB per GiB
    and a constant."""
    return [Row(case, "records and map", "KiB",
                lambda figures: figures[case]["records"] / 1024,
                target=64 * mib / 1024 + 1024)]


ROWS = [
    Row("plain, kho=off", "blackout", "M", blackout("plain, kho=off")),
    Row("plain", "blackout", "M", blackout("plain")),
    Row("empty", "blackout", "M", blackout("empty")),
    Row("empty", "over plain", "%", over_percent("empty", "plain"), target=1),
    Row("empty", "finish", "k", lambda figures: figures["empty"]["finish"] / 1e3),
    *[row for mib in FRAG_MIB for row in frag_rows(mib)],
    *both_ways("dense", "pages", 13, 22),
    *record_rows("dense", 512),
    Row("dense", "runs of pages", "",
        lambda figures: figures["dense"]["pieces"]),
    *both_ways("thp", "folios", 0.9, 1.5),
    *record_rows("thp", 512),
    *both_ways("sparse", "pages", 5, None),
    Row("sparse", "holes filled", "MiB",
        lambda figures: figures["sparse"]["filled_kb"] / 1024, 0),
    *both_ways("files", "", 35, 100),
    *[row for nr in SESSIONS for row in session_rows(nr)],
]


def parse(lines):
    """Parses the figures that luo_bench prints, and computes the blackout."""
    figures = {}
    for line in lines:
        match = re.match(r"bench: (\w+)=(\d+)$", line)
        if match:
            figures[match.group(1)] = int(match.group(2))
    if "init_tsc" not in figures or "jump_tsc" not in figures:
        raise BenchError("the guest printed no time stamps of the kexec")
    figures["blackout"] = figures["init_tsc"] - figures["jump_tsc"]
    check_loop(figures)
    return figures


def check_loop(figures):
    """Checks that one tick of the guest's clock is one instruction."""
    if "loop_ticks" not in figures:
        return
    ratio = figures["loop_ticks"] / figures["loop_instructions"]
    if abs(ratio - 1) > LOOP_TOLERANCE:
        raise BenchError(f"an instruction takes {ratio:.3f} ticks, not one")


def measure(kernel, programs, case):
    """Runs a case and stores its figures in the kernel."""
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
    """The number of a row for a kernel, or None."""
    try:
        return row.value(kernel.figures) if kernel else None
    except KeyError:
        return None


def lines_of(ours, mainline=None):
    """Rows that have numbers."""
    lines = [Line(row, compute(row, ours), compute(row, mainline))
             for row in ROWS]
    return [line for line in lines
            if line.ours is not None or line.mainline is not None]


def show_number(value, unit=""):
    """A number of about four digits, with its unit."""
    if value is None:
        return "-"
    digits = 0 if abs(value) >= 1000 or value == int(value) else \
        1 if abs(value) >= 100 else 2
    # Avoids -0.00.
    value = round(value, digits) + 0.0
    return f"{value:,.{digits}f}".replace(",", " ") + (unit and f" {unit}")


def show_line(line):
    """The cells of a row."""
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
    """The table as text; the name of a case is only in its first row."""
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
    """The table as JSON."""
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
