# SPDX-License-Identifier: GPL-2.0
"""The commands that README.md prints work as they stand.

A block of it that is marked "sh" is run; one that is marked "sh test=NAME" is
what the test of that name does; "vm" stands for lines that are typed in
`make shell`.
"""

import re
import shutil
import subprocess
import sys

import pexpect
import pytest

from luo import ktap, paths
from luo.process import LuoError

README = paths.TOP / "README.md"
BLOCK = re.compile(r"^```(sh|vm)(?: test=(\S+))?\n(.*?)^```$", re.M | re.S)

# A directory of the README's that make edit makes.
SERIES = "/tmp/luo-series"

# The shell asks the terminal where its cursor is.
PROMPT = r"/ # (?:\x1b\[6n)?"
SHELL_SECONDS = 300


def blocks(language):
    """(test, lines) of the README's blocks."""
    return [(test, text.splitlines()) for kind, test, text
            in BLOCK.findall(README.read_text("utf-8")) if kind == language]


def command_params():
    """One test of each block."""
    for test, lines in blocks("sh"):
        if not test:
            name = "readme/" + " ".join(lines[0].split()[:3])
            yield pytest.param(lines, id=name, marks=[
                pytest.mark.name(name), pytest.mark.rest,
                pytest.mark.cost(120)])


@pytest.mark.parametrize("lines", command_params())
def test_command(lines, report):
    """A block of shell commands."""
    shutil.rmtree(SERIES, ignore_errors=True)
    try:
        done = subprocess.run(["bash", "-ec", "\n".join(lines)], cwd=paths.TOP,
                              stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              check=False)
    finally:
        shutil.rmtree(SERIES, ignore_errors=True)
    report([ktap.Result(
        lines[0], ktap.FAIL if done.returncode else ktap.PASS,
        detail=done.stdout.splitlines()[-40:] if done.returncode else [])])


class Shell:
    """A prompt in a virtual machine."""

    def __init__(self):
        self.child = pexpect.spawn(
            sys.executable, [str(paths.TOP / "scripts/vm"), "shell"],
            encoding="utf-8", codec_errors="replace", timeout=SHELL_SECONDS)
        self.child.expect(PROMPT)
        self.greeting = self.child.before

    def run(self, line):
        """Types a line; returns what it prints. A kexec ends at the prompt of
        the next kernel."""
        self.child.sendline(line)
        self.child.expect(PROMPT)
        output = self.child.before.partition("\n")[2]
        self.child.sendline("echo status=$?")
        self.child.expect(r"status=(\d+)\r+\n" + PROMPT)
        status = int(self.child.match.group(1))
        if status:
            raise LuoError(f"{line}: exit status {status}\n{output}")
        return output

    def close(self):
        """Leaves the machine."""
        self.child.sendline("exit")
        self.child.expect(pexpect.EOF)


@pytest.mark.name("readme/shell")
@pytest.mark.cost(40)
def test_shell(report):
    """The example of an update by hand, line by line."""
    (_, lines), = blocks("vm")
    shell = Shell()
    results = []
    if re.search(r"error|warning", shell.greeting, re.I):
        results.append(ktap.Result("a clean prompt", ktap.FAIL,
                                   detail=shell.greeting.splitlines()))
    for line in lines:
        results.append(ktap.Result(line, ktap.PASS))
        output = shell.run(line)
        if line.startswith("luoctl list") and "mine" not in output:
            raise LuoError(f"{line}: no session in\n{output}")
        if line.startswith("luoctl cat") and "root:" not in output:
            raise LuoError(f"{line}: not what was kept:\n{output}")
    shell.close()
    report(results)


@pytest.mark.name("demo")
@pytest.mark.rest
@pytest.mark.cost(90)
def test_demo(report):
    """The demonstration."""
    done = subprocess.run([paths.TOP / "scripts/demo"], text=True, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    report([ktap.Result("demo", ktap.FAIL if done.returncode else ktap.PASS,
                        detail=done.stdout.splitlines()
                        if done.returncode else [])])
