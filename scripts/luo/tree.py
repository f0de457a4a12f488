# SPDX-License-Identifier: GPL-2.0
"""Keeps a source tree equal to base + patches/ + the new files.

The tree starts as hard links to the base. A file is only ever replaced,
never written in place, and only when its content changes: so the base stays
pristine, and editing one file rebuilds one object.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from luo import patchfile

# New files of the kernel tree live below these; the rest of the checkout
# (the driver, its scripts, its documentation) stays out of the tree.
OVERLAY = ("Documentation", "arch", "fs", "include", "kernel", "lib", "mm",
           "tools")

# Holds the entry that the series adds, not the whole file of the kernel.
MAINTAINERS = "MAINTAINERS"


class TreeError(Exception):
    """Something that the person at the terminal has to mend."""


def new_files(top):
    """Paths of the new files: tracked, or not ignored and not yet tracked."""
    out = subprocess.run(
        ["git", "-C", str(top), "ls-files", "-z", "--cached", "--others",
         "--exclude-standard", "--", *OVERLAY],
        check=True, stdout=subprocess.PIPE).stdout.decode()
    return sorted(p for p in out.split("\0") if p and (top / p).is_file())


def git_apply(diff, directory):
    """Applies a diff, all of it or nothing, without fuzz."""
    env = dict(os.environ, GIT_CEILING_DIRECTORIES=str(directory.parent))
    env.pop("GIT_DIR", None)
    env.pop("GIT_WORK_TREE", None)
    run = subprocess.run(["git", "apply", "--whitespace=nowarn", "-"],
                         cwd=directory, env=env, input=diff.encode(),
                         stderr=subprocess.PIPE, check=False)
    if run.returncode:
        raise TreeError(run.stderr.decode().strip())


def patched_files(base, patches):
    """Maps each path that the patches touch to its bytes, or None: removed."""
    paths = set()
    for patch in patches:
        paths |= patchfile.touched_paths(patch.diff)
    with tempfile.TemporaryDirectory() as name:
        tmp = Path(name) / "tree"
        tmp.mkdir()
        for path in paths:
            if (base / path).is_file():
                (tmp / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(base / path, tmp / path)
        for patch in patches:
            if patch.diff:
                try:
                    git_apply(patch.diff, tmp)
                except TreeError as err:
                    raise TreeError(f"patch \"{patch.subject}\" does not "
                                    f"apply to {base.name}:\n{err}") from err
        return {path: (tmp / path).read_bytes() if (tmp / path).is_file()
                else None for path in paths}


def entry_name(entry):
    """The first line of a MAINTAINERS entry."""
    return entry.split("\n", 1)[0]


def add_maintainers(text, entry):
    """Puts our entry where the alphabet wants it."""
    blocks = text.split("\n\n")
    first = next(i for i, b in enumerate(blocks)
                 if entry_name(b).startswith("3C59X"))
    for i in range(first, len(blocks)):
        if entry_name(blocks[i]) > entry_name(entry):
            blocks.insert(i, entry.strip("\n"))
            return "\n\n".join(blocks)
    raise TreeError("no place found for our entry in MAINTAINERS")


def mode_of(path):
    """The permission bits that git keeps: executable or not."""
    return 0o755 if os.access(path, os.X_OK) else 0o644


def expected_files(base, top):
    """Maps each managed path to (bytes, mode), or None where it is removed."""
    want = {}
    patches = patchfile.load_all(top / "patches")
    for path, data in patched_files(base, patches).items():
        mode = mode_of(base / path) if (base / path).exists() else 0o644
        want[path] = None if data is None else (data, mode)
    for path in new_files(top):
        if (base / path).exists():
            raise TreeError(f"{path} is a file of the base: edit it by a patch")
        if want.get(path):
            raise TreeError(f"{path} is made by a patch and is a new file, too")
        want[path] = ((top / path).read_bytes(), mode_of(top / path))
    if (top / MAINTAINERS).exists():
        data = want.get(MAINTAINERS, ((base / MAINTAINERS).read_bytes(),))[0]
        text = add_maintainers(data.decode(), (top / MAINTAINERS).read_text())
        want[MAINTAINERS] = (text.encode(), 0o644)
    return want


def replace_file(path, data, mode):
    """Writes a file by renaming, so that a hard link to the base is cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tmp = path.with_name(path.name + ".luo-new")
    tmp.write_bytes(data)
    tmp.chmod(mode)
    tmp.rename(path)


def put_file(base, tree, path, want):
    """Makes one path of the tree as it should be; True if that took a change."""
    dst = tree / path
    if want is None:
        if not dst.exists():
            return False
        dst.unlink()
        return True
    data, mode = want
    if (dst.is_file() and dst.read_bytes() == data and mode_of(dst) == mode):
        return False
    replace_file(dst, data, mode)
    return True


def base_file(base, path):
    """What the tree holds at a path that is not ours any more."""
    src = base / path
    return (src.read_bytes(), mode_of(src)) if src.is_file() else None


def create_tree(base, tree):
    """Hard-links the base; complete or not there at all."""
    tmp = tree.with_name(tree.name + ".tmp")
    shutil.rmtree(tmp, ignore_errors=True)
    tree.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-al", str(base), str(tmp)], check=True)
    tmp.rename(tree)


def load_state(path, base):
    """What the last run left: managed paths and a hash of what is in them; None
    if the tree has another base."""
    try:
        state = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return state if state["base"] == str(base) else None


def digest(want):
    """One hash over all that is ours in the tree."""
    h = hashlib.sha256()
    for path in sorted(want):
        data, mode = want[path] or (b"", 0)
        h.update(f"{path}\0{mode:o}\0{len(data)}\0".encode())
        h.update(data)
    return h.hexdigest()


def state_path(tree):
    """Where the state of a tree lies."""
    return tree.with_name(tree.name + ".state")


def is_synced(base, tree, want):
    """True if the last run made the tree of the same files."""
    state = load_state(state_path(tree), base) if tree.exists() else None
    return bool(state) and state.get("digest") == digest(want)


def sync(base, tree, want):
    """Brings the tree up to date with the files that expected_files() says."""
    state_file = state_path(tree)
    state = load_state(state_file, base) if tree.exists() else None
    if state is None:
        shutil.rmtree(tree, ignore_errors=True)
        create_tree(base, tree)
    managed = state["paths"] if state else []

    # Recorded before the first change, so that the next run completes one that
    # was interrupted.
    state_file.write_text(json.dumps(
        {"base": str(base), "paths": sorted(set(managed) | set(want))}))
    for path in sorted(set(managed) - set(want)):
        put_file(base, tree, path, base_file(base, path))
    changed = [path for path in sorted(want)
               if put_file(base, tree, path, want[path])]
    if managed and changed:
        print(f"luo: changed: {changed[0]}"
              + (f" and {len(changed) - 1} more" if changed[1:] else ""),
              file=sys.stderr)
    state_file.write_text(json.dumps(
        {"base": str(base), "paths": sorted(want), "digest": digest(want)}))
