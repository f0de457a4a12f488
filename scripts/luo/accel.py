# SPDX-License-Identifier: GPL-2.0
"""Chooses QEMU's accelerator: KVM if it works with our kernel, otherwise TCG.

Even if /dev/kvm can be opened and runs a boot sector, a kernel may hang in its
first second. So KVM is used only if a kernel boots to the end within a few
seconds. The verdict is valid until the host reboots.
"""

import os
import subprocess
import tempfile
from pathlib import Path

from luo import paths

PROOF_SECONDS = 8

# The last message of a boot without an initramfs.
PROOF_LINE = b"Kernel panic - not syncing: No working init"


def run_briefly(argv, seconds):
    """Output of a command, up to a time limit.

    A process that hangs in the kernel cannot be killed, so it is not waited
    for.
    """
    with tempfile.TemporaryFile() as out:
        proc = subprocess.Popen(  # pylint: disable=consider-using-with
            argv, stdin=subprocess.DEVNULL, stdout=out,
            stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            proc.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            proc.kill()
            try:
                proc.wait(timeout=1)
            except subprocess.TimeoutExpired:
                pass
        out.seek(0)
        return out.read()


def boots(accel, kernel):
    """True if a kernel boots to the end with an accelerator."""
    out = run_briefly(
        ["qemu-system-x86_64", "-accel", accel, "-cpu", "max", "-m", "512",
         "-smp", "2", "-display", "none", "-nodefaults", "-no-reboot",
         "-serial", "stdio", "-kernel", str(kernel),
         "-append", "console=ttyS0 panic=-1"], PROOF_SECONDS)
    return PROOF_LINE in out


def verdict_file():
    """Identifies the boot of the host for which a verdict is valid."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    return paths.cache_dir() / f"accel-{boot}"


def accelerator(kernel):
    """"kvm" or "tcg"; $LUO_ACCEL overrides the check."""
    forced = os.environ.get("LUO_ACCEL")
    if forced:
        return forced
    path = verdict_file()
    if not path.exists():
        usable = os.access("/dev/kvm", os.R_OK | os.W_OK)
        verdict = "kvm" if usable and boots("kvm", kernel) else "tcg"
        for old in path.parent.glob("accel-*"):
            old.unlink(missing_ok=True)
        path.write_text(verdict, encoding="ascii")
    return path.read_text(encoding="ascii")
