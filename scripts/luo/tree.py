# SPDX-License-Identifier: GPL-2.0
"""Keeps a source tree equal to base + patches/ + new files.

The tree starts as hard links to the base. Files are replaced and never written
in place, and only if their contents change: the base stays pristine, and
editing one file rebuilds one object.
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

# Directories with new files of the kernel tree; other files of the checkout,
# such as the scripts, are not part of the tree.
OVERLAY = ("Documentation", "arch", "fs", "include", "kernel", "lib", "mm",
           "tools")

# In the checkout this file has only the entry that the series adds.
MAINTAINERS = "MAINTAINERS"


class TreeError(Exception):
    """An error that the user has to fix."""


def new_files(top):
    """Paths of new files: tracked, or untracked and not ignored."""
    out = subprocess.run(
        ["git", "-C", str(top), "ls-files", "-z", "--cached", "--others",
         "--exclude-standard", "--", *OVERLAY],
        check=True, stdout=subprocess.PIPE).stdout.decode()
    return sorted(p for p in out.split("\0") if p and (top / p).is_file())


def git_apply(diff, directory):
    """Applies a diff completely or not at all, without fuzz."""
    env = dict(os.environ, GIT_CEILING_DIRECTORIES=str(directory.parent))
    env.pop("GIT_DIR", None)
    env.pop("GIT_WORK_TREE", None)
    run = subprocess.run(["git", "apply", "--whitespace=nowarn", "-"],
                         cwd=directory, env=env, input=diff.encode(),
                         stderr=subprocess.PIPE, check=False)
    if run.returncode:
        raise TreeError(run.stderr.decode().strip())


def patched_files(base, patches):
    """Maps each path of the patches to its contents, or None if removed."""
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
    """Inserts our entry in alphabetical order."""
    blocks = text.split("\n\n")
    first = next(i for i, b in enumerate(blocks)
                 if entry_name(b).startswith("3C59X"))
    for i in range(first, len(blocks)):
        if entry_name(blocks[i]) > entry_name(entry):
            blocks.insert(i, entry.strip("\n"))
            return "\n\n".join(blocks)
    raise TreeError("no place for our entry in MAINTAINERS")


def mode_of(path):
    """The permissions that git records: executable or not."""
    return 0o755 if os.access(path, os.X_OK) else 0o644


def expected_files(base, top):
    """Maps each managed path to (contents, mode), or None if it is removed."""
    want = {}
    patches = patchfile.load_all(top / "patches")
    for path, data in patched_files(base, patches).items():
        mode = mode_of(base / path) if (base / path).exists() else 0o644
        want[path] = None if data is None else (data, mode)
    for path in new_files(top):
        if (base / path).exists():
            raise TreeError(f"{path} is a file of the base: edit it by a patch")
        if want.get(path):
            raise TreeError(f"{path} is both a new file and added by a patch")
        want[path] = ((top / path).read_bytes(), mode_of(top / path))
    if (top / MAINTAINERS).exists():
        data = want.get(MAINTAINERS, ((base / MAINTAINERS).read_bytes(),))[0]
        text = add_maintainers(data.decode(), (top / MAINTAINERS).read_text())
        want[MAINTAINERS] = (text.encode(), 0o644)
    return want


def replace_file(path, data, mode):
    """Replaces a file by rename, so that a hard link to the base is broken."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tmp = path.with_name(path.name + ".luo-new")
    tmp.write_bytes(data)
    tmp.chmod(mode)
    tmp.rename(path)


def put_file(base, tree, path, want):
    """Updates one path of the tree; True if it has changed."""
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
    """Contents of the base at a path that is no longer managed."""
    src = base / path
    return (src.read_bytes(), mode_of(src)) if src.is_file() else None


def create_tree(base, tree):
    """Creates hard links to the base; an incomplete tree is not visible."""
    tmp = tree.with_name(tree.name + ".tmp")
    shutil.rmtree(tmp, ignore_errors=True)
    tree.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-al", str(base), str(tmp)], check=True)
    tmp.rename(tree)


def load_state(path, base):
    """State after the last run: managed paths and a hash of their contents;
    None if the tree has a different base."""
    try:
        state = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return state if state["base"] == str(base) else None


def digest(want):
    """A hash of all managed files of the tree."""
    h = hashlib.sha256()
    for path in sorted(want):
        data, mode = want[path] or (b"", 0)
        h.update(f"{path}\0{mode:o}\0{len(data)}\0".encode())
        h.update(data)
    return h.hexdigest()


def state_path(tree):
    """Path of the state of a tree."""
    return tree.with_name(tree.name + ".state")


def is_synced(base, tree, want):
    """True if the last run used the same files."""
    state = load_state(state_path(tree), base) if tree.exists() else None
    return bool(state) and state.get("digest") == digest(want)


def sync(base, tree, want):
    """Updates the tree to the files of expected_files()."""
    state_file = state_path(tree)
    state = load_state(state_file, base) if tree.exists() else None
    if state is None:
        shutil.rmtree(tree, ignore_errors=True)
        create_tree(base, tree)
    managed = state["paths"] if state else []

    # Record the paths before the first change, so that the next run completes
    # an interrupted one.
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
