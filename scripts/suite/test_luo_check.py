# SPDX-License-Identifier: GPL-2.0
"""Tests of luo-check with catalogs of different kernels."""

import gzip
import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from luo import paths

CHECK = paths.TOP / "tools/liveupdate/check"

BASE = """\
luo-format:1 kho kho kho-v4 rw 1 default-off
luo-format:1 kho page page-shift-12 rw 1 -
luo-format:1 container kho kho-vmalloc-v1 rw 1 -
luo-format:1 container luo luo-chain-v1 rw 1 -
luo-format:1 core luo luo-v5 rw 1 needs:luo-chain-v1
"""
EXTRA = "luo-format:1 core x-luo x-luo-1 rw 1 needs:luo-chain-v1,optional\n"
MEMFD_V2 = "luo-format:1 file memfd memfd-v2 rw {} needs:kho-vmalloc-v1\n"
EXTENTS = "luo-format:1 file memfd x-memfd-extents-v1 rw 1 -\n"
END = "luo-format:1 end\n"

OLD = BASE + EXTRA + MEMFD_V2.format(1) + END
NEW = BASE + EXTRA + EXTENTS + MEMFD_V2.format(2) + END


class CheckTest(unittest.TestCase):
    """Runs luo-check, built with sanitizers."""

    @classmethod
    def setUpClass(cls):
        # pylint: disable=consider-using-with
        cls.tmp = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.tmp.cleanup)
        cls.dir = Path(cls.tmp.name)
        subprocess.run(
            ["make", "-s", "-C", paths.tree_dir() / "tools/liveupdate/check",
             f"OUTPUT={cls.dir}/",
             "CFLAGS=-Werror -fsanitize=address,undefined"
             " -fno-sanitize-recover=all"], check=True)

    def write(self, name, data):
        """Creates a file for a test."""
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return str(path)

    def run_check(self, *args, running=""):
        """Exit status, standard output, standard error."""
        env = dict(os.environ, LUO_CHECK_SYSFS=str(self.dir / "sysfs"))
        if running:
            self.write("sysfs", running)
        done = subprocess.run([self.dir / "luo-check", *args], check=False,
                              text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=env)
        return done.returncode, done.stdout, done.stderr

    def compare(self, old, new, *args):
        """Exit status, and both directions as JSON."""
        status, out, err = self.run_check(
            "--json", *args, self.write("old", old), self.write("new", new))
        self.assertEqual(err, "")
        return status, json.loads(out)

    def verdicts(self, way):
        """Verdict by format."""
        return {f["format"]: f["verdict"] for f in way["formats"]}


class Ways(CheckTest):
    """Pairs of kernels."""

    def test_same(self):
        """A kernel reads its own formats."""
        status, ways = self.compare(NEW, NEW)
        self.assertEqual(status, 0)
        self.assertEqual({way["verdict"] for way in ways.values()}, {"OK"})
        self.assertEqual(self.verdicts(ways["there"])["x-memfd-extents-v1"],
                         "OK")

    def test_upgrade(self):
        """The way back requires a format to be switched off."""
        status, ways = self.compare(OLD, NEW)
        self.assertEqual(status, 0)
        self.assertEqual(ways["there"]["verdict"], "OK")
        self.assertEqual(ways["back"]["verdict"], "DOWNGRADE")
        self.assertEqual(self.compare(OLD, NEW, "--back")[0], 3)

    def test_downgrade(self):
        """The format to switch off, and the one that is written instead."""
        status, ways = self.compare(NEW, OLD)
        self.assertEqual(status, 3)
        found = [f for f in ways["there"]["formats"]
                 if f["verdict"] == "DOWNGRADE"]
        self.assertEqual(len(found), 1)
        self.assertEqual(found[0]["switch_off"], ["x-memfd-extents-v1"])
        self.assertEqual(found[0]["instead"], "memfd-v2")
        self.assertFalse(found[0]["in_use"])

    def test_mainline(self):
        """On the way to mainline only optional formats are not read."""
        status, ways = self.compare(
            OLD, (CHECK / "mainline-7.3.formats").read_text())
        self.assertEqual(status, 0)
        self.assertEqual(ways["there"]["verdict"], "LOST-BUT-OPTIONAL")
        self.assertEqual(self.verdicts(ways["there"])["x-luo-1"],
                         "LOST-BUT-OPTIONAL")
        self.assertEqual(ways["back"]["verdict"], "OK")

    def test_container(self):
        """Formats that a format contains have to be read, too."""
        other = OLD.replace("kho-vmalloc-v1 rw", "kho-vmalloc-v2 rw")
        status, ways = self.compare(OLD, other)
        self.assertEqual(status, 4)
        found = [f for f in ways["there"]["formats"]
                 if f["format"] == "memfd-v2"]
        self.assertEqual(found[0]["missing"], "kho-vmalloc-v1")

    def test_other_pages(self):
        """A different page size."""
        status, _ = self.compare(OLD, OLD.replace("shift-12", "shift-16"))
        self.assertEqual(status, 4)

    def test_no_handover(self):
        """A kernel with an empty catalog reads nothing."""
        status, ways = self.compare(OLD, END)
        self.assertEqual(status, 4)
        self.assertEqual(ways["back"]["verdict"], "OK")

    def test_directions(self):
        """A format may be read only, or written only."""
        writer = OLD.replace("memfd-v2 rw", "memfd-v2 w")
        reader = OLD.replace("memfd-v2 rw", "memfd-v2 r")
        self.assertEqual(self.compare(writer, reader)[0], 0)
        self.assertEqual(self.compare(OLD, writer)[0], 4)
        self.assertEqual(self.compare(reader, writer)[0], 0)


class Running(CheckTest):
    """The running kernel."""

    def test_switched_off(self):
        """Formats that are switched off are ignored."""
        new = self.write("new", OLD)
        status, out, _ = self.run_check(
            "running", new, running=NEW.replace("v1 rw 1 -\nluo-format:1 file "
                                                "memfd memfd-v2",
                                                "v1 rw 1 -,off\nluo-format:1 "
                                                "file memfd memfd-v2"))
        self.assertEqual(status, 0, out)

    def test_in_use(self):
        """Files preserved in a format have to be unpreserved first."""
        new = self.write("new", OLD)
        status, out, _ = self.run_check(
            "running", new,
            running=NEW.replace("extents-v1 rw 1 -",
                                "extents-v1 rw 1 -,in-use:3"))
        self.assertEqual(status, 3)
        self.assertIn("something is preserved in it", out)
        self.assertIn("echo 0 > /sys/kernel/liveupdate/formats/file/"
                      "x-memfd-extents-v1/enable_write", out)

    def test_cut_off(self):
        """A catalog without an end is incomplete."""
        new = self.write("new", OLD)
        status, _, err = self.run_check("running", new, running=NEW[:-5])
        self.assertEqual(status, 5)
        self.assertIn("has no complete format catalog", err)


class Sources(CheckTest):
    """Sources of catalogs."""

    def test_image(self):
        """NUL-terminated lines anywhere in a file, between other bytes."""
        noise = os.urandom(100000) + b"luo-format:1 %s %s\0luo-format:1 \0"
        image = noise + b"\0".join(OLD.encode().split(b"\n")) + b"\0" + noise
        status, out, err = self.run_check(self.write("image", image),
                                          self.write("text", OLD))
        self.assertEqual((status, err), (0, ""))
        self.assertIn("there: ", out)
        self.assertNotIn("%s", out)

    def test_compressed(self):
        """A compressed image whose catalog cannot be found."""
        path = self.write("image.gz", gzip.compress(OLD.encode()))
        status, _, err = self.run_check(path, self.write("text", OLD))
        self.assertEqual(status, 5)
        self.assertIn("image.gz has no complete format catalog", err)

    def test_modules(self):
        """A directory: formats that are built in, and those of modules."""
        builtin = "".join("x.liveupdate=" + line.split(" ", 1)[1] + "\0"
                          for line in OLD.splitlines()[:-1])
        self.write("modules/modules.builtin.modinfo", "x.license=GPL\0" + builtin)
        self.write("modules/kernel/a.ko",
                   "\0luo-format:1 file a a-v1 rw 1 -\0")
        old = self.write("with", OLD + "luo-format:1 file a a-v1 rw 1 -\n")
        modules = str(self.dir / "modules")
        self.assertEqual(self.run_check(old, modules)[0], 0)
        self.assertEqual(self.run_check(modules, self.write("text", OLD))[0], 4)

    def test_bad_lines(self):
        """Malformed lines are ignored."""
        for line in ("file memfd memfd-v3 rw 0 -", "file memfd memfd-v3 x 1 -",
                     "file memfd memfd-v3 rw 1", "file memfd MEMFD rw 1 -",
                     "file memfd memfd-v3 rw 1 - more",
                     "file memfd " + 60 * "m" + " rw 1 -",
                     "file memfd memfd-v3 rw 1 " + 300 * "a"):
            status, ways = self.compare(OLD + f"luo-format:1 {line}\n", OLD)
            self.assertEqual(status, 0, line)
            self.assertEqual(len(ways["there"]["formats"]), 5, line)


class Usage(CheckTest):
    """Invalid usage and input."""

    def test_usage(self):
        """Wrong number of arguments, unknown options."""
        self.assertEqual(self.run_check("one")[0], 2)
        self.assertEqual(self.run_check("one", "two", "three")[0], 2)
        self.assertEqual(self.run_check("--none", "one", "two")[0], 2)
        self.assertEqual(self.run_check("--help")[0], 0)

    def test_missing(self):
        """Missing or empty files."""
        status, _, err = self.run_check("/nonexistent", "/nonexistent")
        self.assertEqual(status, 1)
        self.assertIn("/nonexistent: No such file", err)
        empty = self.write("empty", b"")
        self.assertEqual(self.run_check(empty, empty)[0], 5)


if __name__ == "__main__":
    unittest.main()
