# SPDX-License-Identifier: GPL-2.0
"""Runs the commands in README.md.

A code block that is marked "sh" is run; a block marked "sh test=NAME" is
covered by the test of that name; "vm" marks lines to type in `make shell`.
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

# Directory that `make edit` creates in README.md.
SERIES = "/tmp/luo-series"

# The shell queries the position of the cursor.
PROMPT = r"/ # (?:\x1b\[6n)?"
SHELL_SECONDS = 300


def blocks(language):
    """(test, lines) of the code blocks."""
    return [(test, text.splitlines()) for kind, test, text
            in BLOCK.findall(README.read_text("utf-8")) if kind == language]


def command_params():
    """A test for each code block."""
    for test, lines in blocks("sh"):
        if not test:
            name = "readme/" + " ".join(lines[0].split()[:3])
            yield pytest.param(lines, id=name, marks=[
                pytest.mark.name(name), pytest.mark.rest,
                pytest.mark.cost(120)])


def checkout_status():
    """What git finds changed in the checkout."""
    return subprocess.run(["git", "status", "--porcelain"], cwd=paths.TOP,
                          stdout=subprocess.PIPE, text=True,
                          check=True).stdout.splitlines()


@pytest.mark.parametrize("lines", command_params())
def test_command(lines, report):
    """Runs a block of shell commands."""
    shutil.rmtree(SERIES, ignore_errors=True)
    before = checkout_status()
    try:
        done = subprocess.run(["bash", "-ec", "\n".join(lines)], cwd=paths.TOP,
                              stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              check=False)
    finally:
        shutil.rmtree(SERIES, ignore_errors=True)
    report([ktap.Result(
        lines[0], ktap.FAIL if done.returncode else ktap.PASS,
        detail=done.stdout.splitlines()[-40:] if done.returncode else [])]
           + [ktap.Result(f"{lines[0]}: the checkout has changed", ktap.FAIL,
                          detail=after)
              for after in [checkout_status()] if after != before])


class Shell:
    """A shell prompt in a virtual machine."""

    def __init__(self):
        self.child = pexpect.spawn(
            sys.executable, [str(paths.TOP / "scripts/vm"), "shell"],
            encoding="utf-8", codec_errors="replace", timeout=SHELL_SECONDS)
        self.child.expect(PROMPT)
        self.greeting = self.child.before

    def run(self, line):
        """Types a line and returns its output. After a kexec, it waits for the
        prompt of the next kernel."""
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
        """Shuts the machine down."""
        self.child.sendline("exit")
        self.child.expect(pexpect.EOF)


@pytest.mark.name("readme/shell")
@pytest.mark.cost(40)
def test_shell(report):
    """Runs the example of an update by hand, line by line."""
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
            raise LuoError(f"{line}: output differs from the preserved file:\n"
                           f"{output}")
    shell.close()
    report(results)


@pytest.mark.name("demo")
@pytest.mark.rest
@pytest.mark.cost(90)
def test_demo(report):
    """Runs the demo."""
    done = subprocess.run([paths.TOP / "scripts/demo"], text=True, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    report([ktap.Result("demo", ktap.FAIL if done.returncode else ktap.PASS,
                        detail=done.stdout.splitlines()
                        if done.returncode else [])])
