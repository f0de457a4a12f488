# SPDX-License-Identifier: GPL-2.0
"""Prepares what a virtual machine boots: kernel, initramfs, commands."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from luo import fetch, initramfs, kernel, paths, systemd, vm
from luo.process import LuoError

BUSYBOX_LINKS = ("sh", "ls", "cat", "mount", "dmesg", "ps", "sha256sum",
                 "grep", "head", "tail", "sleep", "echo", "dd", "free", "hexdump")


# Data files that programs of the host need besides libraries, if they exist.
HOST_DATA = {
    "qemu-system-x86_64": (
        "/usr/lib/x86_64-linux-gnu/qemu/accel-tcg-x86_64.so",
        "/usr/share/seabios/bios-256k.bin",
        "/usr/share/qemu/bios-256k.bin",
        "/usr/share/qemu/kvmvapic.bin",
        "/usr/share/qemu/linuxboot_dma.bin"),
    "memcached": (),
}

# For programs that look up user names.
PASSWD = "root:x:0:0:root:/root:/bin/sh\n"

# Programs that are not installed, because their packages start services.
FETCHED = ("memcached",)


def build_inner_guest(programs):
    """Builds the files that a nested guest boots; returns files for /boot."""
    image = initramfs.Initramfs()
    image.add("/init", programs / "luo_guest")
    cpio = paths.work_dir() / "guest.cpio"
    image.write(cpio)
    return {"guest": kernel.Kernel("guest").build(), "guest.cpio": cpio}


def busybox():
    """A statically linked busybox."""
    for path in ("/bin/busybox", "/usr/bin/busybox"):
        if Path(path).is_file():
            return Path(path)
    raise LuoError("no busybox; install it with scripts/deps vm")


def modules(image):
    """The modules of a kernel build."""
    return sorted(image.parents[3].rglob("*.ko"))


def libraries(program):
    """The shared libraries of a program, and the dynamic linker."""
    out = subprocess.run(["ldd", program], check=True, text=True,
                         stdout=subprocess.PIPE).stdout
    return re.findall(r"(/\S+) \(0x", out)


def add_host_program(image, name):
    """Adds a program of the host with its libraries and data."""
    program = shutil.which(name)
    if not program and name in FETCHED:
        program = fetch.program(name)
    if not program:
        raise LuoError(f"no {name}; install it with scripts/deps vm")
    data = [path for path in HOST_DATA[name] if Path(path).is_file()]
    image.add(f"/usr/bin/{name}", program)
    for path in [*data, *libraries(program)]:
        image.add(path, path)
    image.add_text("/etc/passwd", PASSWD)


def make_initramfs(target, image_path, programs, commands, shell=False,
                   images=None, extra=(), host=(), base=None):
    """Writes an initramfs with the kernel, its modules, the programs of the
    commands, extra programs, and the list of commands for luo_init. images are
    other kernels for /boot, host names programs of the host, and base is a
    directory with systemd, which then starts luo_init."""
    image = initramfs.Initramfs(base)
    if base:
        systemd.install(image, base)
    image.add(systemd.LUO_INIT if base else "/init", programs / "luo_init")
    for name, path in {"kernel": image_path, **(images or {})}.items():
        image.add(f"/boot/{name}", path)
    for path in modules(image_path):
        image.add(f"/lib/modules/{path.name}", path)
    image.add("/bin/busybox", busybox())
    image.add("/bin/sh", busybox())
    names = {Path(c.split()[0]).name for c in commands} | set(extra)
    for path in sorted(programs.iterdir()):
        if path.name in names or (shell and is_program(path)):
            image.add(f"/bin/{path.name}", path)
    for name in host:
        add_host_program(image, name)
    if shell:
        image.add_text("/etc/passwd", PASSWD)
        for name in BUSYBOX_LINKS[1:]:
            image.add_text(f"/bin/{name}",
                           f'#!/bin/sh\nexec /bin/busybox {name} "$@"\n',
                           executable=True)
    image.add_text("/tests", "".join(f"/bin/{c}\n" for c in commands))
    image.write(target)


def is_program(path):
    """True for a program of ours."""
    return path.is_file() and path.stat().st_mode & 0o111 and \
        not path.name.startswith(".")


def run(name, image_path, programs, commands, follow=None, images=None,
        extra=(), host=(), base=None, **options):
    """Runs commands in a guest; returns the Outcome and the path of the log."""
    directory = paths.work_dir() / "guests"
    directory.mkdir(parents=True, exist_ok=True)
    # The same run may be started twice at a time in a checkout.
    image = directory / f"{name}.{os.getpid()}.cpio"
    make_initramfs(image, image_path, programs, commands, images=images,
                   extra=extra, host=host, base=base)
    log = paths.log_dir() / f"{name}.log"
    try:
        return vm.run(vm.Guest(image_path, image, **options), log, follow), log
    finally:
        image.unlink()
