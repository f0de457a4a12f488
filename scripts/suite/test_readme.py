# SPDX-License-Identifier: GPL-2.0
"""The tests that the README of the selftests names exist."""

import re
import unittest

from luo import paths

SELFTESTS = paths.TOP / "tools/testing/selftests/liveupdate"
USERSPACE = paths.TOP / "tools/testing/kho"


def is_case(program, case):
    """True if a program has a test case of that name."""
    source = (SELFTESTS / f"{program}.c").read_text()
    return re.search(rf"^TEST(_F)?\((\w+, )?{case}\)", source, re.M) is not None


def is_userspace(name):
    """True for a test or fuzzer of tools/testing/kho."""
    if name.startswith("fuzz_"):
        return (USERSPACE / f"{name}.c").is_file()
    return f'"{name}"' in (USERSPACE / "main.c").read_text()


class Readme(unittest.TestCase):
    """The list of bugs and the tests that find them."""

    def setUp(self):
        self.lines = re.findall(r"^    (\S.*)$",
                                (SELFTESTS / "README").read_text(), re.M)

    def test_programs(self):
        """Each line begins with a program or a userspace test."""
        self.assertGreater(len(self.lines), 30)
        for line in self.lines:
            for name in re.findall(r"luo_\w+", line):
                self.assertTrue((SELFTESTS / f"{name}.c").is_file(), line)
            if not line.startswith("luo_"):
                self.assertTrue(is_userspace(line), line)

    def test_cases(self):
        """Each case exists in its program."""
        for line in self.lines:
            program, colon, case = line.partition(": ")
            if colon:
                self.assertTrue(is_case(program, case), line)


if __name__ == "__main__":
    unittest.main()
