# SPDX-License-Identifier: GPL-2.0
"""Tests of the source tree and of patch files."""

import subprocess
import tempfile
import unittest
from pathlib import Path

from luo import gitrepo, patchfile, tree

PATCH = """Subject: one: change a word
Files: kernel/new.c

Because.

diff --git a/kernel/old.c b/kernel/old.c
--- a/kernel/old.c
+++ b/kernel/old.c
@@ -1,3 +1,3 @@
 one
-two
+zwei
 three
"""


class Sync(unittest.TestCase):
    """tree.sync()"""

    def setUp(self):
        tmp = tempfile.TemporaryDirectory()
        self.addCleanup(tmp.cleanup)
        self.top = Path(tmp.name) / "top"
        self.base = Path(tmp.name) / "base"
        self.tree = Path(tmp.name) / "work/linux"
        self.write(self.base / "kernel/old.c", "one\ntwo\nthree\n")
        self.write(self.base / "kernel/other.c", "other\n")
        self.write(self.top / "patches/0001-one.patch", PATCH)
        self.write(self.top / "kernel/new.c", "new\n")
        subprocess.run(["git", "init", "-q", str(self.top)], check=True)

    @staticmethod
    def write(path, text):
        """Writes a file, and creates its directories."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def sync(self):
        """Updates the tree; returns its hash."""
        want = tree.expected_files(self.base, self.top)
        tree.sync(self.base, self.tree, want)
        self.assertTrue(tree.is_synced(self.base, self.tree, want))
        return tree.digest(want)

    def read(self, path):
        """Contents of a file of the tree, or None."""
        path = self.tree / path
        return path.read_text() if path.exists() else None

    def test_patched_and_new(self):
        """The tree has base, patches and new files."""
        self.sync()
        self.assertEqual(self.read("kernel/old.c"), "one\nzwei\nthree\n")
        self.assertEqual(self.read("kernel/new.c"), "new\n")
        self.assertEqual(self.read("kernel/other.c"), "other\n")

    def test_base_stays_pristine(self):
        """The base stays pristine, although the tree is hard links to it."""
        self.sync()
        self.assertEqual((self.base / "kernel/old.c").read_text(),
                         "one\ntwo\nthree\n")

    def test_nothing_is_written_twice(self):
        """A second run keeps time stamps, so that nothing is rebuilt."""
        first = self.sync()
        before = (self.tree / "kernel/old.c").stat()
        self.assertEqual(self.sync(), first)
        after = (self.tree / "kernel/old.c").stat()
        self.assertEqual((before.st_ino, before.st_mtime_ns),
                         (after.st_ino, after.st_mtime_ns))

    def test_edit_changes_one_file(self):
        """The hash changes with the contents."""
        first = self.sync()
        before = (self.tree / "kernel/old.c").stat().st_mtime_ns
        self.write(self.top / "kernel/new.c", "newer\n")
        self.assertNotEqual(self.sync(), first)
        self.assertEqual(self.read("kernel/new.c"), "newer\n")
        self.assertEqual((self.tree / "kernel/old.c").stat().st_mtime_ns,
                         before)

    def test_removed(self):
        """Files that are no longer managed are as in the base, or removed."""
        self.sync()
        (self.top / "patches/0001-one.patch").unlink()
        (self.top / "kernel/new.c").unlink()
        self.sync()
        self.assertEqual(self.read("kernel/old.c"), "one\ntwo\nthree\n")
        self.assertIsNone(self.read("kernel/new.c"))

    def test_new_file_of_the_base(self):
        """A new file must not replace a file of the base."""
        self.write(self.top / "kernel/other.c", "mine\n")
        with self.assertRaisesRegex(tree.TreeError, "kernel/other.c"):
            self.sync()

    def test_patch_that_does_not_apply(self):
        """The error names the patch."""
        self.write(self.base / "kernel/old.c", "completely\ndifferent\n")
        with self.assertRaisesRegex(tree.TreeError, "one: change a word"):
            self.sync()


class PatchFile(unittest.TestCase):
    """patchfile"""

    def test_roundtrip(self):
        """A patch file that is read and written does not change."""
        patch = patchfile.parse(PATCH, "p")
        self.assertEqual(patch.subject, "one: change a word")
        self.assertEqual(patch.files, ["kernel/new.c"])
        self.assertEqual(patch.body, "Because.")
        self.assertEqual(patch.text(), PATCH)

    def test_bad_header(self):
        """An unknown header is an error."""
        with self.assertRaises(patchfile.PatchError):
            patchfile.parse("Subjekt: x\n\nbody\n", "p")


class Growing(unittest.TestCase):
    """Makefile and Kconfig in the middle of the series."""

    def test_makefile(self):
        """Lines for missing sources are dropped."""
        text = ("obj-$(CONFIG_A) += a.o\nobj-$(CONFIG_B) += b.o\n\n"
                "obj-$(CONFIG_T) += tests/\n")
        self.assertEqual(gitrepo.filter_makefile(text, "kernel",
                                                 {"kernel/a.c"}),
                         "obj-$(CONFIG_A) += a.o\n")

    def test_kconfig(self):
        """Unused entries are dropped."""
        text = ('menu "m"\n\nconfig A\n\tbool "a"\n\nconfig B\n\tbool "b"\n'
                "\thelp\n\t  Text.\n\nendmenu\n")
        self.assertEqual(gitrepo.filter_kconfig(text, {"A"}),
                         'menu "m"\n\nconfig A\n\tbool "a"\n\nendmenu\n')


class Maintainers(unittest.TestCase):
    """tree.add_maintainers()"""

    def test_alphabet(self):
        """The entry is inserted in alphabetical order."""
        text = "head\n\n3C59X\nM: a\n\nALPHA\nM: b\n\nZETA\nM: c\n"
        self.assertEqual(
            tree.add_maintainers(text, "LIVE\nM: l\n"),
            "head\n\n3C59X\nM: a\n\nALPHA\nM: b\n\nLIVE\nM: l\n\n"
            "ZETA\nM: c\n")
