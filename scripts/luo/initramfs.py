# SPDX-License-Identifier: GPL-2.0
"""Creates an initramfs from single files and an optional base directory."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path


class Initramfs:
    """Files and their paths in the guest, written on demand.

    They are added to, or replace, files of the base directory.
    """

    def __init__(self, base=None):
        self._base = base
        self._links = {}
        self._files = {}
        self._texts = {}

    def add(self, path, source):
        """Adds a file of the host, and keeps it executable."""
        source = Path(source)
        if not source.is_file():
            raise FileNotFoundError(f"no such file for the initramfs: {source}")
        self._files[path] = source

    def add_text(self, path, text, executable=False):
        """Adds a file with the given text."""
        self._texts[path] = (text, 0o755 if executable else 0o644)

    def add_link(self, path, target):
        """Adds a symbolic link."""
        self._links[path] = target

    def write(self, target):
        """Writes the cpio archive."""
        with tempfile.TemporaryDirectory() as name:
            root = Path(name)
            if self._base:
                shutil.copytree(self._base, root, symlinks=True,
                                dirs_exist_ok=True)
            for sub in ("proc", "sys", "dev", "tmp", "root"):
                (root / sub).mkdir()
            for path, source in self._files.items():
                dst = root / path.lstrip("/")
                dst.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, dst)
            for path, (text, mode) in self._texts.items():
                dst = root / path.lstrip("/")
                dst.parent.mkdir(parents=True, exist_ok=True)
                dst.write_text(text)
                dst.chmod(mode)
            for path, where in self._links.items():
                dst = root / path.lstrip("/")
                dst.parent.mkdir(parents=True, exist_ok=True)
                dst.symlink_to(where)
            names = sorted(str(p.relative_to(root)) for p in root.rglob("*"))
            for item in names:
                os.utime(root / item, (0, 0), follow_symlinks=False)
            with open(target, "wb") as out:
                subprocess.run(
                    ["cpio", "-o", "-H", "newc", "-R", "0:0", "--quiet",
                     "--reproducible"],
                    cwd=root, input="\n".join(names).encode(), stdout=out,
                    check=True)
