# SPDX-License-Identifier: GPL-2.0
"""Makes an initramfs of single files."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path


class Initramfs:
    """A list of files and their paths in the guest, written out on demand."""

    def __init__(self):
        self._files = {}
        self._texts = {}

    def add(self, path, source):
        """Adds a file of the host; a program stays executable."""
        source = Path(source)
        if not source.is_file():
            raise FileNotFoundError(f"no such file for the initramfs: {source}")
        self._files[path] = source

    def add_text(self, path, text, executable=False):
        """Adds a file with the given text."""
        self._texts[path] = (text, 0o755 if executable else 0o644)

    def write(self, target):
        """Writes the cpio archive."""
        with tempfile.TemporaryDirectory() as name:
            root = Path(name)
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
            names = sorted(str(p.relative_to(root)) for p in root.rglob("*"))
            for item in names:
                os.utime(root / item, (0, 0))
            with open(target, "wb") as out:
                subprocess.run(
                    ["cpio", "-o", "-H", "newc", "-R", "0:0", "--quiet",
                     "--reproducible"],
                    cwd=root, input="\n".join(names).encode(), stdout=out,
                    check=True)
