# SPDX-License-Identifier: GPL-2.0
"""The series as a git repository: one commit per patch file, on the base."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from luo import patchfile, paths, tree
from luo.process import locked

# Lines of a Makefile that build something, and the object or directory.
BUILDS = re.compile(r"^(?:obj|[\w-]+)-\S+\s*[+:]?=\s*(\S+\.o|\S+/)\s*$")
KCONFIG_ENTRY = re.compile(r"^(?:config|menuconfig)\s+(\w+)")
KCONFIG_OTHER = re.compile(r"^(?:menu|endmenu|source|if|endif|comment)\b")


def git(repo, *args, stdin=None, env=None):
    """Runs git and returns its output."""
    full = dict(os.environ, **(env or {}))
    if "GIT_DIR" not in (env or {}):
        full.pop("GIT_DIR", None)
    run = subprocess.run(["git", "-C", str(repo), *args], input=stdin,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         env=full, check=False)
    if run.returncode:
        raise tree.TreeError(f"git {' '.join(args[:2])}: "
                             f"{run.stderr.decode(errors='replace').strip()}")
    return run.stdout.decode(errors="surrogateescape")


def base_repo(base):
    """A bare repository with the base kernel as its only commit."""
    repo = paths.cache_dir() / "base" / (base.name + ".git")
    with locked(repo.with_suffix(".lock")):
        if (repo / "luo-complete").exists():
            return repo
        shutil.rmtree(repo, ignore_errors=True)
        git(base, "init", "--quiet", "--bare", str(repo))
        env = {"GIT_DIR": str(repo), "GIT_WORK_TREE": str(base),
               **identity("base", "base@localhost")}
        for args in (["add", "--all", "--force", "."],
                     ["rm", "--quiet", "--cached", ".luo-tarball"],
                     ["commit", "--quiet", "-m", base.name],
                     ["branch", "-M", "base"]):
            git(base, *args, env=env)
        (repo / "luo-complete").touch()
    return repo


def identity(name, email, when="@1700000000 +0000"):
    """Environment of git commit."""
    return {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER")
            for key, value in (("NAME", name), ("EMAIL", email),
                               ("DATE", when))}


def author():
    """(name, email) for commits: from git's configuration, or the author of the
    last commit of the checkout."""
    return [git(paths.TOP, "config", "--default",
                git(paths.TOP, "log", "-1", f"--format={last}").strip(),
                "--get", key).strip()
            for key, last in (("user.name", "%an"), ("user.email", "%ae"))]


class Index:
    """Creates commits on top of the base, without a work tree."""

    def __init__(self, base):
        self.repo = base_repo(base)
        self.file = self.repo / f"index.{os.getpid()}"
        self.head = git(self.repo, "rev-parse", "base").strip()
        self.author = author()
        self.run("read-tree", self.head)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.unlink(missing_ok=True)

    def run(self, *args, stdin=None):
        """Runs a git command on the index."""
        return git(self.repo, *args, stdin=stdin,
                   env={"GIT_DIR": str(self.repo),
                        "GIT_INDEX_FILE": str(self.file)})

    def paths(self):
        """Paths of all files."""
        return set(self.run("ls-files", "-z").split("\0"))

    def read(self, path):
        """Contents of a file."""
        return self.run("cat-file", "blob", f":{path}")

    def add(self, files):
        """Adds {path: (bytes, mode)}."""
        lines = []
        for path, (data, mode) in files.items():
            blob = self.run("hash-object", "-w", "--stdin", stdin=data).strip()
            lines.append(f"100{mode:o} {blob}\t{path}")
        self.run("update-index", "--add", "--index-info",
                 stdin="\n".join(lines).encode())

    def commit(self, subject, body):
        """Makes a commit, signed off by its author."""
        name, email = self.author
        message = f"{subject}\n\n{body}\n\nSigned-off-by: {name} <{email}>\n"
        made = git(self.repo, "commit-tree", self.run("write-tree").strip(),
                   "-p", self.head, "-F", "-", stdin=message.encode(),
                   env={"GIT_DIR": str(self.repo), **identity(name, email)})
        self.head = made.strip()


def has_source(text, name, directory, present):
    """True for an object whose source, or a part of it, is in @present."""
    if name.endswith("/"):
        return f"{directory}/{name}Makefile" in present
    parts = re.findall(rf"^{re.escape(name[:-2])}-y\s*[+:]?=\s*(\S+)\.o\s*$",
                       text, re.M)
    return any(f"{directory}/{part}.c" in present
               for part in parts or [name[:-2]])


def filter_makefile(text, directory, present):
    """Drops Makefile lines whose sources no commit has added yet."""
    lines = []
    for line in text.splitlines(keepends=True):
        match = BUILDS.match(line)
        if match and not has_source(text, match.group(1), directory, present):
            continue
        lines.append(line)
    return tidy("".join(lines))


def filter_kconfig(text, symbols):
    """Drops Kconfig entries that no file uses yet."""
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
    """Removes repeated empty lines, and those at the end."""
    return re.sub(r"\n{3,}", "\n\n", text).rstrip("\n") + "\n"


def is_growing(path):
    """True for files that several commits extend."""
    name = Path(path).name
    return name in ("Makefile", "Kconfig") and not path.startswith("tools/")


class Builder:
    """Creates one commit for each patch."""

    def __init__(self, base):
        self.index = Index(base)
        self.growing = []
        self.symbols = set()

    def note_symbols(self, path, text):
        """Records the config options that a file depends on."""
        if Path(path).name != "Kconfig":
            self.symbols |= set(re.findall(r"CONFIG_(\w+)", text))

    def put_growing(self):
        """Reduces Makefiles and Kconfigs to the files that exist so far."""
        if not self.growing:
            return
        present = self.index.paths()
        texts = {}
        for path in self.growing:
            text = (paths.TOP / path).read_text()
            if Path(path).name == "Makefile":
                texts[path] = filter_makefile(text, str(Path(path).parent),
                                              present)
                self.note_symbols(path, texts[path])
        for path in self.growing:
            if Path(path).name == "Kconfig":
                text = (paths.TOP / path).read_text()
                texts[path] = filter_kconfig(text, self.symbols)
        self.index.add({path: (text.encode(), 0o644)
                        for path, text in texts.items()})

    def put_maintainers(self):
        """Adds our entry to MAINTAINERS."""
        entry = (paths.TOP / tree.MAINTAINERS).read_text()
        text = tree.add_maintainers(self.index.read(tree.MAINTAINERS), entry)
        self.index.add({tree.MAINTAINERS: (text.encode(), 0o644)})

    def put(self, patch):
        """Creates one commit."""
        if patch.diff:
            self.index.run("apply", "--cached", "--whitespace=nowarn", "-",
                           stdin=patch.diff.encode())
            present = self.index.paths()
            for path in patchfile.touched_paths(patch.diff) & present:
                self.note_symbols(path, self.index.read(path))
        new = {}
        for path in patch.files:
            if path == tree.MAINTAINERS:
                self.put_maintainers()
                continue
            source = paths.TOP / path
            new[path] = (source.read_bytes(), tree.mode_of(source))
            if is_growing(path):
                self.growing.append(path)
            else:
                self.note_symbols(path, source.read_text(errors="replace"))
        if new:
            self.index.add(new)
        self.put_growing()
        self.index.commit(patch.subject, patch.body)


def make_commits(base):
    """Creates the commits of the series in the base's repository; returns the
    last commit and the patches."""
    patches = patchfile.load_all(paths.TOP / "patches")
    check_files(patches)
    builder = Builder(base)
    with builder.index as index:
        for patch in patches:
            builder.put(patch)
        return index.head, patches


def clone(base, target, commit):
    """A repository with a work tree, branches base and series."""
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    git(paths.TOP, "clone", "--quiet", "--shared", "--no-checkout", "--branch",
        "base", str(base_repo(base)), str(target))
    for key, value in zip(("user.name", "user.email"), author()):
        git(target, "config", key, value)
    git(target, "update-ref", "refs/heads/series", commit)
    git(target, "symbolic-ref", "HEAD", "refs/heads/series")


def export(base, target):
    """Creates a repository with one commit per patch, for editing with git."""
    commit, patches = make_commits(base)
    clone(base, target, commit)
    git(target, "reset", "--quiet", "--hard")
    git(target, "tag", "exported")
    return patches


def check_files(patches):
    """Checks that each new file belongs to exactly one commit."""
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
    """Paths that a commit creates by renaming a file."""
    out = git(repo, "show", "-M", "--format=", "--name-status", commit)
    return {line.split("\t")[2] for line in out.splitlines()
            if line.startswith("R")}


def added_paths(repo, commit):
    """Paths that a commit adds."""
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
    """Imports the commits of a repository into patches/ and the checkout."""
    commits = git(repo, "rev-list", "--reverse", "base..HEAD").split()
    new, moved = set(), set()
    for commit in commits:
        moved |= renamed_paths(repo, commit)
        new |= added_paths(repo, commit)
    new -= moved
    patchfile.store_all(paths.TOP / "patches",
                        [commit_patch(repo, c, new) for c in commits])
    # Only files changed in the repository: the checkout may be newer.
    changed = git(repo, "diff", "--name-only", "exported", "HEAD").splitlines()
    for path in sorted(new & set(changed)):
        src, dst = repo / path, paths.TOP / path
        if src.exists():
            dst.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(src, dst)
        else:
            dst.unlink(missing_ok=True)
