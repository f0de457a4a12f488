# SPDX-License-Identifier: GPL-2.0
"""Builds Debian packages of the tools, and checks them."""

import shutil
import subprocess

from luo import kernel, paths, tree
from luo.process import LuoError, run_logged

NAME = "liveupdate-tools"
MAINTAINER = "Live Update maintainers <kexec@lists.infradead.org>"

# Files of each kind that the packages must contain.
EXPECTED = ("usr/share/man/man8/luoctl.8.gz", "usr/include/libluo.h",
            "usr/share/man/man3/luo_device_open.3.gz")


def output_of(*argv, **options):
    """Output of a command."""
    return subprocess.run([str(a) for a in argv], check=True, text=True,
                          stdout=subprocess.PIPE, **options).stdout


def git(*args):
    """Output of a git command in the checkout."""
    return output_of("git", "-C", paths.TOP, *args).strip()


def changelog():
    """A changelog; the version names the commit, and says if it is modified."""
    when = git("log", "-1", "--format=%cd", "--date=format:%Y%m%d.%H%M%S")
    commit = git("describe", "--always", "--dirty=+changed")
    return (f"{NAME} (1.0~{when}.{commit.replace('-', '+')}) unstable; "
            "urgency=medium\n\n  * A snapshot.\n\n"
            f" -- {MAINTAINER}  {git('log', '-1', '--format=%cD')}\n")


def make_source(src):
    """Creates the source: the tools, kernel files that they need, debian/."""
    headers = kernel.Kernel().headers()
    (src / "tools/scripts").mkdir(parents=True)
    for path in (paths.tree_dir() / "tools/scripts").glob("Makefile.*"):
        shutil.copy(path, src / "tools/scripts")
    for name in tree.new_files(paths.TOP):
        if name.startswith("tools/liveupdate/"):
            (src / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(paths.TOP / name, src / name)
    (src / "uapi/linux").mkdir(parents=True)
    shutil.copy(headers / "linux/liveupdate.h", src / "uapi/linux")
    shutil.copytree(paths.TOP / "scripts/debian", src / "debian")
    (src / "debian/changelog").write_text(changelog(), encoding="utf-8")


def build():
    """Builds the packages; returns their directory."""
    out = paths.work_dir() / "deb"
    shutil.rmtree(out, ignore_errors=True)
    src = out / NAME
    make_source(src)
    run_logged("building the packages", paths.log_dir() / "deb.log",
               ["dpkg-buildpackage", "-us", "-uc", "-b"], cwd=src)
    shutil.rmtree(src)
    return out


def look_into(out):
    """Checks that files exist, and that luoctl runs with the library."""
    root = out / "root"
    for package in out.glob("*.deb"):
        if "-dbgsym_" not in package.name:
            subprocess.run(["dpkg-deb", "-x", package, root], check=True)
    missing = [name for name in EXPECTED if not (root / name).exists()]
    if missing:
        raise LuoError(f"deb: missing: {' '.join(missing)}")
    library = next((root / "usr/lib").rglob("libluo.so.1")).parent
    luoctl = root / "usr/sbin/luoctl"
    said = output_of(luoctl, "--version", env={"LD_LIBRARY_PATH": str(library)})
    if not said.startswith("luoctl "):
        raise LuoError(f"deb: unexpected output of luoctl --version: {said}")
    if "libluo.so.1" not in output_of("readelf", "-d", luoctl):
        raise LuoError("deb: luoctl does not use the shared library")
    tools = next(out.glob("luo-tools_*.deb"))
    if "libluo1" not in output_of("dpkg-deb", "-f", tools, "Depends"):
        raise LuoError("deb: luo-tools does not depend on libluo1")
    shutil.rmtree(root)


def check():
    """Builds the packages, and fails if lintian or a check complains."""
    out = build()
    look_into(out)
    done = subprocess.run(
        ["lintian", "--allow-root", "--fail-on", "error,warning",
         *out.glob("*.changes")], stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise LuoError(f"lintian has complaints:\n{done.stdout}")
