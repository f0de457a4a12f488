# SPDX-License-Identifier: GPL-2.0
"""Reads and writes the files in patches/.

A patch file is one commit of the series:

    Subject: kho: move to kernel/liveupdate
    Files: kernel/liveupdate/Kconfig
     kernel/liveupdate/Makefile

    Why, how, tested how.

    diff --git ...

Files: lists the new files that the commit adds; they are in the checkout at
their in-tree paths. The diff has the changes to files of the base, and is
optional.
"""

import re
from dataclasses import dataclass, field


class PatchError(Exception):
    """A malformed patch file."""


@dataclass
class PatchFile:
    """One commit of the series."""
    subject: str
    body: str
    files: list = field(default_factory=list)
    diff: str = ""

    def name(self, number):
        """File name, as git format-patch would choose it."""
        slug = re.sub(r"[^A-Za-z0-9._]+", "-", self.subject).strip("-.")
        return f"{number:04d}-{slug[:52].rstrip('-.')}.patch"

    def text(self):
        """Contents of the patch file."""
        head = f"Subject: {self.subject}\n"
        if self.files:
            head += "Files: " + "\n ".join(sorted(self.files)) + "\n"
        text = f"{head}\n{self.body.strip()}\n"
        return f"{text}\n{self.diff}" if self.diff else text


def parse(text, name):
    """Parses the contents of a patch file."""
    head, _, rest = text.partition("\n\n")
    subject, files, key = None, [], None
    for line in head.splitlines():
        if line.startswith(" "):
            value = line.strip()
        else:
            key, _, value = line.partition(": ")
        if key == "Subject":
            subject = value.strip()
        elif key == "Files":
            files += value.split()
        else:
            raise PatchError(f"{name}: unknown header: {line}")
    if not subject:
        raise PatchError(f"{name}: no Subject:")
    start = rest.find("diff --git ")
    if start > 0 and rest[start - 1] != "\n":
        raise PatchError(f"{name}: the diff does not begin on its own line")
    body, diff = (rest, "") if start < 0 else (rest[:start], rest[start:])
    return PatchFile(subject, body.strip(), files, diff)


def load_all(directory):
    """All patch files of a directory, in order."""
    return [parse(p.read_text(encoding="utf-8"), p.name)
            for p in sorted(directory.glob("[0-9]*.patch"))]


def store_all(directory, patches):
    """Replaces the patch files of a directory."""
    directory.mkdir(exist_ok=True)
    names = {p.name(i): p.text() for i, p in enumerate(patches, 1)}
    for old in directory.glob("[0-9]*.patch"):
        if old.name not in names:
            old.unlink()
    for name, text in names.items():
        path = directory / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def touched_paths(diff):
    """Paths that occur in a diff."""
    paths = set()
    for line in diff.splitlines():
        if line.startswith("diff --git a/"):
            old, new = line[len("diff --git a/"):].split(" b/", 1)
            paths.update((old, new))
    return paths
