# SPDX-License-Identifier: GPL-2.0
"""The series as a git repository: one commit a patch file, on the base."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from luo import paths, patchfile, tree

# Lines of a Makefile that build something, and what they build.
BUILDS = re.compile(r"^(?:obj|[\w-]+)-\S+\s*[+:]?=\s*(\S+\.o|\S+/)\s*$")
KCONFIG_ENTRY = re.compile(r"^(?:config|menuconfig)\s+(\w+)")
KCONFIG_OTHER = re.compile(r"^(?:menu|endmenu|source|if|endif|comment)\b")


def git(repo, *args, stdin=None, env=None):
    """Runs git and returns what it prints."""
    full = dict(os.environ, **(env or {}))
    full.pop("GIT_DIR", None)
    run = subprocess.run(["git", "-C", str(repo), *args], input=stdin,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         env=full, check=False)
    if run.returncode:
        raise tree.TreeError(f"git {' '.join(args[:2])}: "
                             f"{run.stderr.decode(errors='replace').strip()}")
    return run.stdout.decode(errors="replace")


def base_repo(base):
    """A repository with the base kernel as its only commit; made once."""
    repo = paths.cache_dir() / "base" / (base.name + ".git")
    if (repo / "luo-complete").exists():
        return repo
    shutil.rmtree(repo, ignore_errors=True)
    git(base, "init", "--quiet", "--bare", str(repo))
    env = {"GIT_DIR": str(repo), "GIT_WORK_TREE": str(base),
           "GIT_AUTHOR_DATE": "@1700000000 +0000",
           "GIT_COMMITTER_DATE": "@1700000000 +0000",
           "GIT_AUTHOR_NAME": "base", "GIT_COMMITTER_NAME": "base",
           "GIT_AUTHOR_EMAIL": "base@localhost",
           "GIT_COMMITTER_EMAIL": "base@localhost"}
    for args in (["add", "--all", "--force", "."],
                 ["rm", "--quiet", "--cached", ".luo-tarball"],
                 ["commit", "--quiet", "-m", base.name],
                 ["branch", "-M", "base"]):
        subprocess.run(["git", *args], cwd=base, check=True,
                       env=dict(os.environ, **env))
    (repo / "luo-complete").touch()
    return repo


def clone_base(base, target):
    """A work tree of the pristine base."""
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    git(paths.TOP, "clone", "--quiet", "--shared", "--branch", "base",
        str(base_repo(base)), str(target))
    # Somebody who only tests may not have told git who he is.
    for key, last in (("user.name", "%an"), ("user.email", "%ae")):
        author = git(paths.TOP, "log", "-1", f"--format={last}").strip()
        value = git(paths.TOP, "config", "--default", author, "--get", key)
        git(target, "config", key, value.strip())
    git(target, "checkout", "--quiet", "-B", "series")


def has_source(text, name, directory):
    """True for an object whose source is there, or a part of it."""
    if name.endswith("/"):
        return (directory / name / "Makefile").exists()
    parts = re.findall(rf"^{re.escape(name[:-2])}-y\s*[+:]?=\s*(\S+)\.o\s*$",
                       text, re.M)
    return any((directory / f"{part}.c").exists()
               for part in parts or [name[:-2]])


def filter_makefile(text, directory):
    """Drops what cannot be built yet: sources that no commit has added."""
    lines = []
    for line in text.splitlines(keepends=True):
        match = BUILDS.match(line)
        if match and not has_source(text, match.group(1), directory):
            continue
        lines.append(line)
    return tidy("".join(lines))


def filter_kconfig(text, symbols):
    """Drops the entries that nothing uses yet."""
    blocks, keep = [], True
    for line in text.splitlines(keepends=True):
        entry = KCONFIG_ENTRY.match(line)
        if entry:
            keep = entry.group(1) in symbols
        elif KCONFIG_OTHER.match(line):
            keep = True
        if keep:
            blocks.append(line)
    return tidy("".join(blocks))


def tidy(text):
    """No two empty lines in a row, none at the end."""
    return re.sub(r"\n{3,}", "\n\n", text).rstrip("\n") + "\n"


def is_growing(path):
    """True for files that several commits add to."""
    name = Path(path).name
    return name in ("Makefile", "Kconfig") and not path.startswith("tools/")


def used_symbols(repo, files):
    """CONFIG_ symbols in the files that are there already."""
    symbols = set()
    for path in files:
        if (repo / path).exists() and Path(path).name != "Kconfig":
            text = (repo / path).read_text(errors="replace")
            symbols |= set(re.findall(r"CONFIG_(\w+)", text))
    return symbols


def write_growing(repo, files, edited):
    """Rewrites Makefiles and Kconfigs for the commits so far, which added
    files and edited others."""
    growing = [p for p in files if is_growing(p)]
    for path in growing:
        if Path(path).name == "Makefile":
            text = (paths.TOP / path).read_text()
            (repo / path).write_text(filter_makefile(text,
                                                     (repo / path).parent))
    symbols = used_symbols(repo, [*files, *edited])
    for path in growing:
        if Path(path).name == "Kconfig":
            text = (paths.TOP / path).read_text()
            (repo / path).write_text(filter_kconfig(text, symbols))


def put_maintainers(repo):
    """Adds our entry to the base's MAINTAINERS."""
    path = repo / tree.MAINTAINERS
    entry = (paths.TOP / tree.MAINTAINERS).read_text()
    path.write_text(tree.add_maintainers(path.read_text(), entry))


def put_commit(repo, patch, files, edited):
    """Makes one commit; files and edited gather what was touched so far."""
    if patch.diff:
        edited |= patchfile.touched_paths(patch.diff)
        git(repo, "apply", "--index", "--whitespace=nowarn", "-",
            stdin=patch.diff.encode())
    for path in patch.files:
        if path == tree.MAINTAINERS:
            put_maintainers(repo)
            continue
        dst = repo / path
        dst.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(paths.TOP / path, dst)
        files.append(path)
    write_growing(repo, files, edited)
    git(repo, "add", "--all", "--force", ".")
    git(repo, "commit", "--quiet", "--signoff", "--file=-",
        stdin=f"{patch.subject}\n\n{patch.body}\n".encode())


def export(base, target):
    """Makes the repository in a directory of its own."""
    patches = patchfile.load_all(paths.TOP / "patches")
    check_files(patches)
    clone_base(base, target)
    files, edited = [], set()
    for patch in patches:
        put_commit(target, patch, files, edited)
    git(target, "tag", "exported")
    return patches


def check_files(patches):
    """Each new file belongs to one commit."""
    named = [f for p in patches for f in p.files]
    twice = sorted({f for f in named if named.count(f) > 1})
    if twice:
        raise tree.TreeError(f"in Files: of two patches: {' '.join(twice)}")
    have = set(tree.new_files(paths.TOP)) | {tree.MAINTAINERS}
    if set(named) - have:
        raise tree.TreeError("in Files: of a patch, but not in the checkout: "
                             + " ".join(sorted(set(named) - have)))
    if have - set(named):
        raise tree.TreeError("new files that no patch's Files: names: "
                             + " ".join(sorted(have - set(named))))


def renamed_paths(repo, commit):
    """Paths that a commit made by renaming a file."""
    out = git(repo, "show", "-M", "--format=", "--name-status", commit)
    return {line.split("\t")[2] for line in out.splitlines()
            if line.startswith("R")}


def added_paths(repo, commit):
    """Paths that a commit made from nothing."""
    out = git(repo, "show", "-M", "--format=", "--name-status", commit)
    return {line.split("\t")[1] for line in out.splitlines()
            if line.startswith("A")}


def commit_patch(repo, commit, new):
    """A commit as a PatchFile; new is the set of all new files."""
    message = git(repo, "show", "--no-patch", "--format=%B", commit).strip()
    subject, _, body = message.partition("\n")
    body = "\n".join(line for line in body.splitlines()
                     if not line.startswith("Signed-off-by:"))
    files = sorted(added_paths(repo, commit) & new)
    exclude = [f":(exclude){p}" for p in sorted(new | {tree.MAINTAINERS})]
    diff = git(repo, "show", "-M", "--format=", "--no-color", "--full-index",
               "--abbrev=12", commit, "--", ".", *exclude)
    ours = git(repo, "show", "--format=", commit, "--", tree.MAINTAINERS)
    entry = (paths.TOP / tree.MAINTAINERS).read_text().splitlines()[0]
    if f"\n+{entry}\n" in ours:
        files.append(tree.MAINTAINERS)
    elif ours:
        diff = git(repo, "show", "-M", "--format=", "--no-color",
                   "--full-index", commit, "--", ".",
                   *[f":(exclude){p}" for p in sorted(new)])
    return patchfile.PatchFile(subject, body.strip(), files, diff)


def read_back(repo):
    """Writes the commits of a repository back into patches/ and the files."""
    commits = git(repo, "rev-list", "--reverse", "base..HEAD").split()
    new, moved = set(), set()
    for commit in commits:
        moved |= renamed_paths(repo, commit)
        new |= added_paths(repo, commit)
    new -= moved
    patchfile.store_all(paths.TOP / "patches",
                        [commit_patch(repo, c, new) for c in commits])
    # Only what was changed there: the checkout may have moved on since.
    changed = git(repo, "diff", "--name-only", "exported", "HEAD").splitlines()
    for path in sorted(new & set(changed)):
        src, dst = repo / path, paths.TOP / path
        if src.exists():
            dst.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(src, dst)
        else:
            dst.unlink(missing_ok=True)
