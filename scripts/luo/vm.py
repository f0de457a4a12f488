# SPDX-License-Identifier: GPL-2.0
"""Boots a kernel in QEMU and follows it through any number of kexecs.

The guest has two serial ports. The first is the kernel's console, the second is
for the output of test programs, so that lines of the two are not mixed.
luo_init, the first process of the guest, encloses the output of each program in
lines that begin with MARK.
"""

import os
import re
import selectors
import subprocess
import tempfile
import time
from dataclasses import dataclass, field

from luo import accel, ktap, splat

MARK = "luo-vm: "

# All features of the accelerator except 5-level page tables: with them, KASAN
# reports a wild access for an interrupt in identify_cpu(), which clears the CPU
# features temporarily (seen on 6.18.15).
CPU = "max,la57=off"

# With SVM, which TCG emulates, for kernels that run guests. With several
# threads, such guests were seen to hang now and then.
NESTED_CPU = CPU + ",vendor=AuthenticAMD,svm=on"
NESTED_ACCEL = "tcg,thread=single"

# Boot without ACPI. Only ACPI reports the address of the power management
# timer, and on a busy host nothing else calibrates the TSC reliably; without
# that, time advances by ticks. SeaBIOS uses this address. There is no
# clocksource to verify the TSC with later.
NO_ACPI = "acpi=off pmtmr=0x608 tsc=reliable "

# Factor by which a run may be slower than TCG on an idle machine. Time limits
# are chosen for TCG.
SLOWNESS = float(os.environ.get("LUO_SLOWNESS", "1"))


@dataclass
class Guest:
    """What is booted, and in which machine."""
    kernel: object
    initrd: object
    memory: str = "512M"
    cpus: int = 2
    append: str = ""
    seconds: float = 60
    icount: bool = False
    nested: bool = False
    acpi: bool = True
    machine: list = field(default_factory=list)

    def command(self):
        """The command line of QEMU, without the serial ports."""
        kind = accel.accelerator(self.kernel)
        if self.icount:
            kind = "tcg"
        elif self.nested:
            kind = NESTED_ACCEL
        argv = ["qemu-system-x86_64",
                "-cpu", NESTED_CPU if self.nested else CPU, "-m", self.memory,
                "-display", "none", "-nodefaults", "-no-reboot",
                "-kernel", str(self.kernel), "-initrd", str(self.initrd),
                *self.machine]
        if self.icount:
            argv += ["-smp", "1", "-accel", "tcg,thread=single",
                     "-icount", "shift=0,sleep=off"]
        else:
            # Without ACPI a kernel finds only one CPU per socket; with ACPI it
            # does not trust the TSC of several sockets.
            sockets = "" if self.acpi else f",sockets={self.cpus}"
            argv += ["-smp", f"{self.cpus}{sockets}", "-accel", kind]
        append = ("console=ttyS0 kho=on liveupdate=on retain_initrd "
                  # Marks a machine for tests, see luo_is_test_machine().
                  "luo.test=0 "
                  # Panic on oops, instead of waiting for the time limit.
                  "oops=panic panic=-1 "
                  # The timer check can fail on a busy host.
                  "no_timer_check "
                  + ("" if self.acpi else NO_ACPI)
                  + self.append)
        return argv + ["-append", append]


@dataclass
class Outcome:
    """Result of a machine."""
    # (port, line) in the order of arrival: K is the console, T is the port of
    # the tests, Q is QEMU itself.
    lines: list = field(default_factory=list)
    timed_out: bool = False
    exit_status: int = 0

    def add(self, port, line):
        """Adds a line."""
        self.lines.append((port, line))

    @property
    def kernel_log(self):
        """Lines of the kernel."""
        return [line for port, line in self.lines if port == "K"]

    @property
    def test_log(self):
        """Lines of the tests, and of QEMU."""
        return [line for port, line in self.lines if port != "K"]

    def boots(self):
        """A dictionary for each start of luo_init."""
        return [dict(re.findall(r"(\w+)=(\S+)", line))
                for line in self.test_log if line.startswith(MARK + "boot ")]

    def done(self):
        """True if luo_init has run all commands."""
        return any(line.startswith(MARK + "done") for line in self.test_log)


class _Lines:
    """Splits a byte stream into lines."""

    def __init__(self):
        self._rest = b""

    def feed(self, data):
        """Lines that are complete so far."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [l.decode("utf-8", "replace").rstrip("\r") for l in lines]


class _Log:
    """The log file: lines of both ports, in the order of arrival."""

    def __init__(self, path, outcome, follow):
        self._file = open(path, "w", encoding="utf-8")  # pylint: disable=R1732
        self._outcome = outcome
        self._follow = follow
        self._start = time.monotonic()

    def add(self, port, line):
        """Writes a line."""
        self._outcome.add(port, line)
        stamp = time.monotonic() - self._start
        self._file.write(f"{stamp:8.3f} {port} {line}\n")
        self._file.flush()
        if self._follow:
            self._follow(port, line)

    def close(self):
        """Closes the file."""
        self._file.close()


def _pump(ports, log, proc, deadline):
    """Copies lines from the ports to the log; False at the time limit."""
    with selectors.DefaultSelector() as sel:
        for name, fd in ports.items():
            sel.register(fd, selectors.EVENT_READ, (name, _Lines()))
        while sel.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            for key, _ in sel.select(min(left, 1)):
                name, lines = key.data
                data = os.read(key.fd, 65536)
                if not data:
                    sel.unregister(key.fd)
                for line in lines.feed(data):
                    log.add(name, line)
            if proc.poll() is not None and not sel.select(0):
                break
    return True


def run(guest, log_path, follow=None):
    """Runs a guest to its end and returns the Outcome.

    follow(port, line) is called for each line while it runs.
    """
    outcome = Outcome()
    log = _Log(log_path, outcome, follow)
    with tempfile.TemporaryDirectory() as name:
        fifos = {"K": os.path.join(name, "console"),
                 "T": os.path.join(name, "tests")}
        argv = guest.command()
        for port, fifo in fifos.items():
            # QEMU's pipe chardev wants NAME.in and NAME.out.
            os.mkfifo(fifo + ".in")
            os.mkfifo(fifo + ".out")
            argv += ["-chardev", f"pipe,id={port},path={fifo}",
                     "-serial", f"chardev:{port}"]
        fds = {port: os.open(fifo + ".out", os.O_RDONLY | os.O_NONBLOCK)
               for port, fifo in fifos.items()}
        # Keep it open for writing, so that a reader sees no end of file before
        # QEMU opens it.
        holders = [os.open(fifo + ".out", os.O_WRONLY)
                   for fifo in fifos.values()]
        with subprocess.Popen(argv, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT) as proc:
            fds["Q"] = proc.stdout.fileno()
            deadline = time.monotonic() + guest.seconds * SLOWNESS
            outcome.timed_out = not _pump(fds, log, proc, deadline)
            if outcome.timed_out:
                proc.kill()
            outcome.exit_status = proc.wait()
        for fd in [fds["K"], fds["T"], *holders]:
            os.close(fd)
    log.close()
    return outcome


def _program_results(name, lines, status, prefix):
    """Results of one program: its KTAP, and its exit status."""
    results = ktap.parse(lines, f"{prefix}/{name}")
    clean = status in ("0", "4") or any(r.status == ktap.FAIL
                                        for r in results)
    if not clean:
        results.append(ktap.Result(f"{prefix}/{name}/exit", ktap.FAIL,
                                   f"ended with status {status}"))
    return results


def _label(command):
    """Name of a command: program and arguments, without directories."""
    program, *args = command.split()
    # Names of KUnit results already start with the suite.
    if program == "kunit":
        return program
    return "_".join([os.path.basename(program), *args])


def program_results(outcome, prefix):
    """Results of all programs of a run."""
    found, lines, name = [], [], None
    for line in outcome.test_log:
        if line.startswith(MARK + "begin "):
            name, lines = line[len(MARK + "begin "):], []
        elif line.startswith(MARK + "end "):
            found += _program_results(_label(name), lines,
                                      line.split("status=")[1], prefix)
            name = None
        elif name and not line.startswith(MARK):
            lines.append(line)
    if name:
        found.append(ktap.Result(f"{prefix}/{_label(name)}", ktap.FAIL,
                                 "did not end"))
    return found


def results(outcome, prefix):
    """All results of a run, with the verdict on the run itself last."""
    return [*program_results(outcome, prefix),
            ktap.Result(f"{prefix}/run", *verdict(outcome))]


def verdict(outcome):
    """(status, note) of the run as a whole."""
    splats = splat.find(outcome.kernel_log)
    if outcome.timed_out:
        return ktap.FAIL, "time limit"
    if splats:
        return ktap.FAIL, f"kernel splat: {splats[0]}"
    if not outcome.done():
        return ktap.FAIL, "the guest did not finish its list of commands"
    return ktap.PASS, f"{len(outcome.boots())} boots"
