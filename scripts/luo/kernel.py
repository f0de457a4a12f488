# SPDX-License-Identifier: GPL-2.0
"""Builds kernels from tinyconfig and config fragments, each kind in a build
directory of its own."""

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

from luo import fetch, layouts, patchfile, paths, tree
from luo.process import (LuoError, ccache_env, jobs, locked, run_logged, say,
                         shared)

CONFIGS = paths.TOP / "scripts/configs"

PLAIN = ("vm", "liveupdate", "big", "memory", "trace")

# Config fragments of each kind of kernel; the last one that sets an option
# wins.
KINDS = {
    # For demo, bench, shell, and most tests.
    "plain": PLAIN,
    "debug": (*PLAIN, "debug"),
    # With KVM, options for systemd, and allocation tags.
    "host": (*PLAIN, "host", "tags"),
    # With format catalogs of other kernels.
    "testfiles": (*PLAIN, "testfiles"),
    "oldfiles": (*PLAIN, "oldfiles"),
    # Without live update, and without KHO.
    "kho": (*PLAIN, "kho"),
    "off": (*PLAIN, "off"),
    # For a guest inside the guest.
    "guest": ("guest",),
    # Mainline.
    "mainline": (*PLAIN, "mainline"),
}

# Kinds that differ from plain in options that few objects depend on.
COPIES_OF_PLAIN = ("host", "testfiles", "oldfiles", "kho", "off")

# Objects that depend on CONFIG_LIVEUPDATE or CONFIG_KEXEC_HANDOVER.
STUB_OBJECTS = ("kernel/liveupdate/", "mm/memblock.o", "mm/shmem.o",
                "mm/memfd.o", "mm/hugetlb.o", "mm/cma.o", "mm/mm_init.o",
                "kernel/kexec_core.o", "kernel/kexec_file.o",
                "kernel/reboot.o", "arch/x86/kernel/setup.o",
                "arch/x86/kernel/kexec-bzimage64.o")

OUR_DIRS = re.compile(r"^(kernel|mm|lib|fs|arch/x86)/")

# Environment variable by which "make test" tells its workers that the tree is
# up to date and will not change.
SYNCED = "LUO_SYNCED_TREE"


def sync():
    """Updates the source tree; returns a hash of our files."""
    synced = os.environ.get(SYNCED)
    if synced:
        return synced
    base = fetch.base()
    work = paths.work_dir()
    work.mkdir(parents=True, exist_ok=True)
    (work / "checkout").write_text(f"{paths.TOP}\n", encoding="utf-8")
    drop_stale_work()
    try:
        want = tree.expected_files(base, paths.TOP)
        if not tree.is_synced(base, paths.tree_dir(), want):
            with locked(tree_lock(), "waiting for another build in this "
                        "checkout"):
                tree.sync(base, paths.tree_dir(), want)
        return tree.digest(want)
    except (tree.TreeError, patchfile.PatchError) as err:
        raise LuoError(str(err)) from err


def tree_lock():
    """Lock of the tree: sync() takes it for writing, builds for reading."""
    return paths.work_dir() / "linux.lock"


def drop_stale_work():
    """Removes builds of checkouts that do not exist any more."""
    for checkout in (paths.cache_dir() / "work").glob("*/checkout"):
        if not Path(checkout.read_text("utf-8").strip()).is_dir():
            shutil.rmtree(checkout.parent, ignore_errors=True)


def fragment_text(files):
    """Lines of config fragments; CONFIG_X=n becomes "# CONFIG_X is not set"."""
    text = "".join(Path(f).read_text(encoding="utf-8") for f in files)
    return re.sub(r"^(CONFIG_\w+)=n$", r"# \1 is not set", text, flags=re.M)


class Kernel:
    """A kernel of some kind, with optional fragments of the user."""

    def __init__(self, kind="plain", extra=()):
        for path in extra:
            if not Path(path).is_file():
                raise LuoError(f"no such config fragment: {path}")
        self.kind = kind
        self.extra = [Path(path).resolve() for path in extra]
        self.fragments = fragment_text(
            [CONFIGS / f"{name}.config" for name in KINDS[kind]] + self.extra)

    @property
    def name(self):
        """The kind, and a hash of the user's fragments."""
        if not self.extra:
            return self.kind
        digest = hashlib.sha256(fragment_text(self.extra).encode())
        return f"{self.kind}-{digest.hexdigest()[:8]}"

    @property
    def tree(self):
        """The source tree."""
        return fetch.mainline() if self.kind == "mainline" else \
            paths.tree_dir()

    @property
    def dir(self):
        """The build directory. It is a child of the source tree, so that kbuild
        uses relative paths and ccache hits for every checkout."""
        return self.tree / f"b-{self.name}"

    @property
    def image(self):
        """Path of the bzImage."""
        return self.dir / "arch/x86/boot/bzImage"

    def make_argv(self, *targets, build=None):
        """The make command."""
        return ["make", "-C", self.tree, f"O={build or self.dir}",
                "ARCH=x86_64", "CC=ccache gcc", "HOSTCC=ccache gcc", jobs(),
                *targets]

    def environment(self, **more):
        """The environment of make."""
        return ccache_env(CCACHE_BASEDIR=str(self.tree), **more)

    def configure(self, build):
        """Creates .config, and checks that it has all lines of the fragments."""
        stamp = build / ".luo-config"
        if stamp.is_file() and stamp.read_text("utf-8") == self.fragments:
            return
        say(f"configuring {build.name}")
        stamp.unlink(missing_ok=True)
        build.mkdir(parents=True, exist_ok=True)
        (build / ".luo-fragments").write_text(self.fragments, encoding="utf-8")
        merge = ["../scripts/kconfig/merge_config.sh", "-m", "-Q", ".config",
                 ".luo-fragments"]
        log = ""
        for argv, where in (
                (self.make_argv("-s", "tinyconfig", build=build), None),
                (merge, build),
                (self.make_argv("-s", "olddefconfig", build=build), None)):
            done = subprocess.run(argv, cwd=where, env=self.environment(),
                                  stdout=subprocess.PIPE, text=True,
                                  stderr=subprocess.STDOUT, check=False)
            log += done.stdout
            if done.returncode:
                raise LuoError(f"cannot configure the kernel:\n{log}")
        if self.kind != "mainline":
            verify_config(build / ".config", self.fragments)
        stamp.write_text(self.fragments, encoding="utf-8")

    def build(self):
        """Builds image and modules if something has changed; returns the path
        of the image."""
        synced = self.source_id()
        with shared(tree_lock()), \
                locked(self.tree / f".luo-{self.name}.lock",
                       f"waiting for another build of {self.name}"):
            self.build_target("bzImage", synced, "bzImage", "modules")
        return self.image

    def headers(self):
        """Exports the headers; returns their directory."""
        synced = self.source_id()
        # Not the lock of build(), which may be held for minutes.
        build = self.tree / "b-headers"
        with shared(tree_lock()), locked(self.tree / ".luo-headers.lock"):
            stamp = build / ".luo-built-headers"
            if not stamp.is_file() or stamp.read_text() != synced:
                build.mkdir(exist_ok=True)
                run_logged("exporting the headers", build / ".luo-build.log",
                           self.make_argv("headers", build=build),
                           env=self.environment())
                stamp.write_text(synced, encoding="ascii")
        return build / "usr/include"

    def source_id(self):
        """Identifies the version of the source."""
        return self.tree.name if self.kind == "mainline" else sync()

    def build_target(self, target, synced, *goals):
        """Runs make in the build directory; the caller holds its lock."""
        stamp = self.dir / f".luo-built-{target}"
        identity = build_id(synced, self.fragments)
        if stamp.is_file() and stamp.read_text() == identity:
            return
        if self.kind != "mainline":
            layouts.check()
            self.copy_plain()
        self.configure(self.dir)
        run_logged(f"building the kernel, {target} ({self.name})",
                   self.dir / ".luo-build.log", self.make_argv(*goals),
                   env=self.environment())
        stamp.write_text(identity, encoding="ascii")

    def copy_plain(self):
        """Starts from a copy of the plain kernel's build. kbuild knows the
        config options that each object depends on, and rebuilds only objects
        whose options differ."""
        plain = Kernel("plain").dir
        if self.dir.exists() or not (plain / ".luo-built-bzImage").exists() or \
                not (self.kind in COPIES_OF_PLAIN
                     or (self.kind == "plain" and self.extra)):
            return
        new = self.dir.with_name(self.dir.name + ".new")
        shutil.rmtree(new, ignore_errors=True)
        subprocess.run(["cp", "-a", plain, new], check=True)
        for stamp in new.glob(".luo-*"):
            stamp.unlink()
        # All objects depend on these tools, whose paths are absolute.
        for command in (new / "tools").rglob(".*.cmd"):
            text = command.read_text(errors="surrogateescape")
            command.write_text(text.replace(f"{plain}/", f"{self.dir}/"),
                               errors="surrogateescape")
        # Stale if the module is built in now.
        for module in new.rglob("*.ko"):
            module.unlink()
        new.rename(self.dir)

    def objects(self, suffix, goals, **variables):
        """Builds objects with other flags, in a separate build directory;
        returns the log."""
        sync()
        build = self.dir.with_name(f"{self.dir.name}-{suffix}")
        log = build / ".luo-objects.log"
        with shared(tree_lock()), \
                locked(self.tree / f".luo-{build.name}.lock"):
            self.configure(build)
            for goal in goals:
                if goal.endswith(".o"):
                    (build / goal).unlink(missing_ok=True)
            run_logged(
                f"building {len(goals)} objects ({build.name})", log,
                self.make_argv(*[f"{k}={v}" for k, v in variables.items()],
                               *goals, build=build), env=self.environment())
        return log.read_text(errors="replace")


def build_id(synced, fragments):
    """Identifies the inputs of a build."""
    gcc = subprocess.run(["gcc", "--version"], stdout=subprocess.PIPE,
                         check=True).stdout
    return hashlib.sha256(synced.encode() + gcc + fragments.encode()) \
        .hexdigest()


def verify_config(config, fragments):
    """Checks the options of fragments: olddefconfig silently drops options that
    do not exist, or whose dependencies are not met."""
    have = config.read_text(encoding="utf-8").splitlines()
    wanted = {}
    for line in fragments.splitlines():
        match = re.match(r"(?:# )?(CONFIG_\w+)(?:=| is not set$)", line)
        if match:
            wanted[match.group(1)] = line
    bad = [line for option, line in wanted.items()
           if (any(h.startswith(f"{option}=") for h in have)
               if line.startswith("#") else line not in have)]
    if bad:
        config.unlink()
        raise LuoError("the kernel has no such configuration; not in the "
                       "resulting .config:\n" + "\n".join(bad))


def our_objects():
    """Our objects, and objects of the base that the patches modify."""
    found = {path for path in tree.new_files(paths.TOP)
             if path.endswith(".c")}
    for patch in patchfile.load_all(paths.TOP / "patches"):
        found |= {path for path in patchfile.touched_paths(patch.diff)
                  if path.endswith(".c")}
    present = {path for path in found if OUR_DIRS.match(path)
               and (paths.tree_dir() / path).is_file()}
    return sorted(path[:-2] + ".o" for path in present)


def check_warnings():
    """Warnings of gcc W=1 and of sparse about our objects, in a kernel with all
    options that our changes to base files need."""
    log = Kernel("plain").objects("check", our_objects(), W="1", C="1",
                                  CHECK="sparse")
    # Warnings of the base: lock annotations that sparse does not follow, and
    # two lines of its xarray test.
    known = re.compile(r"context imbalance|"
                       r"test_xarray.c:.*(different base types|"
                       r"plain integer as NULL)")
    return [line for line in log.splitlines()
            if re.search(r"warning:|error:", line) and not known.search(line)]


def check_stubs(kind):
    """Compiles the objects that use stubs if the options of a kind are off."""
    Kernel(kind).objects("stubs", STUB_OBJECTS, KCFLAGS="-Werror")
