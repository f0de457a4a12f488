# SPDX-License-Identifier: GPL-2.0
"""Fetches external sources and packages: the base kernel, mainline, systemd.

They come from the mirrors in the configuration of the machine, by an apt with
its own state directory. This does not change the machine, and does not need
root. apt verifies the signature of the Release file, the hash of the index in
it, and the hash of the file in the index.
"""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from luo import paths
from luo.process import LuoError, Unavailable, locked, say

KEYRING = "/usr/share/keyrings/debian-archive-keyring"

# Version of the base kernel to which the series applies.
PIN = paths.TOP / "scripts/base.pin"
SERIES = "6.18"
BASE_SUITE = "trixie-backports"

MAINLINE_PACKAGE = "linux-source-7.3"
MAINLINE_SUITES = ("trixie-backports", "sid")

# The first systemd with support for live update. It needs libseccomp and
# mount(8) in addition to its dependencies.
SYSTEMD_OLDEST = 262
SYSTEMD_SUITES = ("forky", "sid")
SYSTEMD_PACKAGES = ("systemd", "libseccomp2", "mount")

# Not used by any test; kexec would have to load them.
SYSTEMD_UNUSED = ("usr/share/bash-completion", "usr/share/doc",
                  "usr/share/lintian", "usr/share/locale", "usr/share/man",
                  "usr/share/zsh", "usr/lib/x86_64-linux-gnu/gconv",
                  "usr/lib/systemd/catalog")


class Apt:
    """apt with its own state directory, for one suite of one mirror."""

    def __init__(self, directory):
        self.dir = directory
        self.env = dict(os.environ, APT_CONFIG=str(directory / "apt.conf"))

    def run(self, *argv, cwd=None):
        """Output of an apt command, or None if it failed."""
        done = subprocess.run(argv, cwd=cwd, env=self.env, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False)
        self.error = done.stderr.strip().splitlines()[-1:]
        return None if done.returncode else done.stdout

    def use(self, kind, uri, suite):
        """Selects a suite with packages ("deb") or sources ("deb-src"); False
        if the mirror does not have it."""
        for sub in ("lists/partial", "cache/archives/partial"):
            (self.dir / sub).mkdir(parents=True, exist_ok=True)
        keys = [f"{KEYRING}.{end}" for end in ("gpg", "pgp")
                if Path(f"{KEYRING}.{end}").exists()]
        signed = f"[signed-by={keys[0]}] " if keys else ""
        (self.dir / "apt.conf").write_text(
            f'Dir::State "{self.dir}";\n'
            f'Dir::State::Lists "{self.dir}/lists";\n'
            'Dir::State::status "/dev/null";\n'
            f'Dir::Cache "{self.dir}/cache";\n'
            f'Dir::Etc::sourcelist "{self.dir}/sources.list";\n'
            'Dir::Etc::sourceparts "/dev/null";\n'
            'APT::Sandbox::User "";\n', encoding="utf-8")
        (self.dir / "sources.list").write_text(
            f"{kind} {signed}{uri} {suite} main\n", encoding="utf-8")
        return self.run("apt-get", "update", "-qq") is not None

    def versions(self, command, package):
        """The versions of a package, newest first."""
        out = self.run("apt-cache", *command, package) or ""
        found = set(re.findall(r"^Version: (\S+)$", out, re.M))
        ordered = subprocess.run(["sort", "-rV"], input="\n".join(found),
                                 stdout=subprocess.PIPE, text=True, check=True)
        return ordered.stdout.split()

    def find(self, package, suites):
        """The newest version of a binary package in the first suite that has
        it, or None."""
        for uri in mirrors():
            for suite in suites:
                if self.use("deb", uri, suite):
                    for version in self.versions(("show",), package):
                        return version
        return None


def mirrors():
    """The mirrors in the machine's configuration, without security archives,
    which have no backports."""
    if not shutil.which("apt-get"):
        return []
    out = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI)"],
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                         text=True, check=False).stdout
    return sorted({uri for uri in out.split() if "security" not in uri})


def sha256(path):
    """Checksum of a file."""
    digest = hashlib.sha256()
    with open(path, "rb") as data:
        for block in iter(lambda: data.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def base_dir():
    """Directory of base kernels."""
    return paths.cache_dir() / "base"


def read_pin():
    """(version, checksum of the tarball) of the base kernel."""
    words = dict(line.split() for line in PIN.read_text("utf-8").splitlines()
                 if line and not line.startswith("#"))
    return words["version"], words["sha256"]


def write_pin(version, checksum):
    """Pins another tarball as the base kernel."""
    head = [line for line in PIN.read_text("utf-8").splitlines()
            if line.startswith("#")]
    PIN.write_text("\n".join([*head, f"version {version}",
                              f"sha256 {checksum}"]) + "\n", encoding="utf-8")


def version_of(tree):
    """Version of a kernel tree, from its Makefile."""
    makefile = (tree / "Makefile").read_text(encoding="utf-8")
    return ".".join(re.search(rf"^{key}\s*=\s*(\S+)", makefile, re.M).group(1)
                    for key in ("VERSION", "PATCHLEVEL", "SUBLEVEL"))


def unpack_base(tarball, checksum):
    """Unpacks a tarball; the tree is renamed when it is complete."""
    base_dir().mkdir(parents=True, exist_ok=True)
    say(f"unpacking {tarball.name}")
    with tempfile.TemporaryDirectory(dir=base_dir(), prefix="unpack.") as name:
        tree = Path(name) / "tree"
        tree.mkdir()
        done = subprocess.run(["tar", "-C", tree, "--strip-components=1", "-xf",
                               tarball], stderr=subprocess.DEVNULL, check=False)
        if done.returncode:
            raise Unavailable(f"{tarball.name} is not a valid tar archive")
        if not (tree / "kernel/kexec_handover.c").is_file():
            raise Unavailable(f"{tarball.name} does not contain linux "
                              f"{SERIES}.y")
        version = version_of(tree)
        if not version.startswith(f"{SERIES}."):
            raise Unavailable(
                f"{tarball.name} contains linux {version}, not {SERIES}.y")
        (tree / ".luo-tarball").write_text(checksum + "\n", encoding="ascii")
        target = base_dir() / f"linux-{version}"
        shutil.rmtree(target, ignore_errors=True)
        tree.rename(target)
    say(f"base kernel: linux {version}")
    return target


def have_base(checksum):
    """The unpacked tree of a tarball, or None."""
    for tree in base_dir().glob("linux-*"):
        stamp = tree / ".luo-tarball"
        if stamp.is_file() and stamp.read_text().strip() == checksum:
            return tree
    return None


def source_versions(apt):
    """{upstream version: version of the package} of linux 6.18.y, newest
    first."""
    for uri in mirrors():
        if apt.use("deb-src", uri, BASE_SUITE):
            found = apt.versions(("showsrc", "--only-source"), "linux")
            ours = [v for v in found if v.startswith(f"{SERIES}.")]
            if ours:
                return {v.split("-")[0]: v for v in ours}
    return {}


def download_source(apt, package_version):
    """The upstream tarball of a source package, or None."""
    cache = apt.dir / "cache"
    upstream = package_version.split("-")[0]
    say(f"fetching linux {upstream} (150 MiB)")
    apt.run("apt-get", "source", "--download-only", "--tar-only", "-qq",
            f"linux={package_version}", cwd=cache)
    tarball = cache / f"linux_{upstream}.orig.tar.xz"
    if tarball.is_file() and tarball.stat().st_size:
        return tarball
    say(f"cannot fetch linux {upstream}: {' '.join(apt.error)}")
    return None


def no_base(reason):
    """The error if there is no base kernel."""
    return Unavailable(
        f"{reason}\nA base kernel is needed: linux {SERIES}.y, the upstream "
        f"source. Without\nDebian's mirrors, get linux-{SERIES}.y.tar.xz "
        f"elsewhere and run\n  make BASE_TARBALL=/path/to/"
        f"linux-{SERIES}.y.tar.xz ...")


def fetch_base(wanted=None):
    """Fetches and unpacks a base kernel: the pinned version, or the newest one
    that can be fetched."""
    apt = Apt(paths.cache_dir() / "apt")
    listed = source_versions(apt)
    if not listed:
        raise no_base(f"none of the configured mirrors lists linux {SERIES}.y "
                      f"in {BASE_SUITE}")
    order = sorted(listed, key=lambda version: version != wanted)
    for version in order:
        # This version was fetched by an earlier run.
        tree = base_dir() / f"linux-{version}"
        if wanted and version != wanted and (tree / ".luo-tarball").is_file():
            return tree
        tarball = download_source(apt, listed[version])
        if tarball:
            tree = unpack_base(tarball, sha256(tarball))
            tarball.unlink()
            return tree
    raise no_base(f"cannot fetch any linux {SERIES}.y")


def use_tarball(name):
    """Unpacks the base kernel from $BASE_TARBALL."""
    tarball = Path(name)
    if not tarball.is_file():
        raise no_base(f"cannot read BASE_TARBALL={name}")
    checksum = sha256(tarball)
    return have_base(checksum) or unpack_base(tarball, checksum)


def pinned_base():
    """The base kernel that is pinned in scripts/base.pin."""
    version, checksum = read_pin()
    tree = have_base(checksum) or fetch_base(version)
    found = (tree / ".luo-tarball").read_text().strip()
    if found == checksum:
        return tree
    if version_of(tree) == version:
        raise LuoError(f"the checksum of linux {version} differs from "
                       f"scripts/base.pin: {found}")
    say(f"WARNING: the mirrors do not have linux {version}, which the series "
        f"is based on; using linux {version_of(tree)} instead")
    return tree


def base():
    """Directory of the unpacked, verified base kernel."""
    with locked(base_dir() / "lock", "waiting for another download"):
        tarball = os.environ.get("BASE_TARBALL")
        tree = use_tarball(tarball) if tarball else pinned_base()
        # The KTAP parser of the base kernel is imported from this path.
        link = base_dir() / "current"
        if not link.is_symlink() or os.readlink(link) != tree.name:
            link.unlink(missing_ok=True)
            link.symlink_to(tree.name)
        return tree


def update_base():
    """Pins the newest base kernel; returns a message for the user."""
    with locked(base_dir() / "lock", "waiting for another download"):
        old, _ = read_pin()
        tree = fetch_base()
        new = version_of(tree)
        write_pin(new, (tree / ".luo-tarball").read_text().strip())
    if new == old:
        return f"linux {old} is the newest one"
    return (f"base kernel: linux {old} -> linux {new}, in scripts/base.pin; "
            "run make series and make test before it is committed")


def mainline():
    """Directory of the mainline kernel for comparison."""
    top = paths.cache_dir() / "mainline"
    with locked(top / "lock", "waiting for another download"):
        if not (top / "current/Makefile").exists():
            fetch_mainline(top)
        return (top / "current").resolve()


def fetch_mainline(top):
    """Fetches and unpacks Debian's package with mainline's source."""
    say(f"looking for {MAINLINE_PACKAGE} in {' '.join(MAINLINE_SUITES)}")
    apt = Apt(top / "apt")
    version = apt.find(MAINLINE_PACKAGE, MAINLINE_SUITES)
    if not version:
        raise Unavailable("no mainline kernel: none of the configured mirrors "
                          f"has {MAINLINE_PACKAGE}")
    say(f"fetching {MAINLINE_PACKAGE} {version} (160 MiB)")
    cache = apt.dir / "cache"
    for old in cache.glob(f"{MAINLINE_PACKAGE}_*.deb"):
        old.unlink()
    if apt.run("apt-get", "download", "-qq", f"{MAINLINE_PACKAGE}={version}",
               cwd=cache) is None:
        raise Unavailable(f"cannot fetch {MAINLINE_PACKAGE} {version}: "
                          f"{' '.join(apt.error)}")
    deb = next(cache.glob(f"{MAINLINE_PACKAGE}_*.deb"))
    say(f"unpacking {MAINLINE_PACKAGE} {version}")
    with tempfile.TemporaryDirectory(dir=top, prefix="unpack.") as name:
        inner = Path(name) / "deb"
        subprocess.run(["dpkg-deb", "-x", deb, inner], check=True)
        tree = Path(name) / "tree"
        tree.mkdir()
        subprocess.run(
            ["tar", "-C", tree, "--strip-components=1", "-xf",
             inner / f"usr/src/{MAINLINE_PACKAGE}.tar.xz"], check=True)
        deb.unlink()
        publish(tree, top, f"linux-{version}")


def publish(tree, top, name):
    """Renames a complete directory to its final name."""
    shutil.rmtree(top / name, ignore_errors=True)
    tree.rename(top / name)
    (top / "current").unlink(missing_ok=True)
    (top / "current").symlink_to(name)


def systemd():
    """A small root file system with a systemd that supports live update."""
    top = paths.cache_dir() / "systemd"
    with locked(top / "lock", "waiting for another download"):
        if not (top / "current/usr/lib/systemd/systemd").exists():
            fetch_systemd(top)
        return (top / "current").resolve()


def fetch_systemd(top):
    """Unpacks systemd and its dependencies."""
    say(f"looking for systemd in {' '.join(SYSTEMD_SUITES)}")
    apt = Apt(top / "apt")
    version = apt.find("systemd", SYSTEMD_SUITES)
    if not version:
        raise Unavailable("no systemd: none of the configured mirrors has it "
                          f"in {' '.join(SYSTEMD_SUITES)}")
    if int(re.match(r"(?:\d+:)?(\d+)", version).group(1)) < SYSTEMD_OLDEST:
        raise Unavailable(f"no systemd: {version} is older than "
                          f"{SYSTEMD_OLDEST}")
    say(f"fetching systemd {version} and its dependencies (9 MiB)")
    archives = apt.dir / "cache/archives"
    for old in archives.glob("*.deb"):
        old.unlink()
    if apt.run("apt-get", "install", "-y", "-qq", "--download-only",
               "--no-install-recommends", *SYSTEMD_PACKAGES) is None:
        raise Unavailable(f"cannot fetch systemd {version}: "
                          f"{' '.join(apt.error)}")
    with tempfile.TemporaryDirectory(dir=top, prefix="unpack.") as name:
        tree = Path(name) / "tree"
        tree.mkdir()
        for deb in sorted(archives.glob("*.deb")):
            subprocess.run(["dpkg-deb", "-x", deb, tree], check=True)
            deb.unlink()
        for unused in SYSTEMD_UNUSED:
            shutil.rmtree(tree / unused, ignore_errors=True)
        for sub in ("bin", "sbin", "lib", "lib64"):
            (tree / sub).symlink_to(f"usr/{sub}")
        publish(tree, top, version)


def program(name):
    """A program from the Debian package of the same name. The package is not
    installed, because that would start a service."""
    found = paths.cache_dir() / "programs" / name / "usr/bin" / name
    with locked(paths.cache_dir() / "programs" / f"{name}.lock"):
        if found.is_file():
            return found
        top = found.parents[2]
        top.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(["apt-get", "download", "-qq", name], cwd=top,
                              stdin=subprocess.DEVNULL, check=False,
                              stdout=subprocess.DEVNULL)
        if done.returncode:
            raise Unavailable(f"cannot fetch the package {name}")
        for deb in top.glob("*.deb"):
            subprocess.run(["dpkg-deb", "-x", deb, top], check=True)
            deb.unlink()
        return found
