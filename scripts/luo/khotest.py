# SPDX-License-Identifier: GPL-2.0
"""Runs the base kernel's own test of KHO, tools/testing/selftests/kho.

Its vmtest.sh builds a kernel, boots it, and passes if the second kernel logs that
it restored what the first one preserved. Here our kernel boots with the same
init, built with the same options.
"""

from luo import initramfs, kernel, ktap, paths, programs, runs, splat, vm
from luo.process import shared

DIRECTORY = "tools/testing/selftests/kho"
CFLAGS = ("-s", "-static", "-Os", "-nostdinc", "-nostdlib",
          "-fno-asynchronous-unwind-tables", "-fno-ident")
FOUND = "KHO restore succeeded"

# The second kernel has no initramfs: it panics, and that ends the run.
END = "VFS: Unable to mount root fs"


def build_init():
    """The first process, as vmtest.sh builds it."""
    headers = kernel.Kernel().headers()
    tree = paths.tree_dir()
    init = paths.work_dir() / "kho-init"
    with shared(kernel.tree_lock()):
        programs.run("selftests/kho", [
            "gcc", *CFLAGS, "-I", headers, "-I", tree / "tools/include/nolibc",
            "-o", init, tree / DIRECTORY / "init.c"])
    return init


def judge(outcome, name):
    """The result of a run that ended."""
    log = outcome.kernel_log
    end = next((i for i, line in enumerate(log) if END in line), len(log))
    boots = sum("Linux version " in line for line in log)
    splats = splat.find(log[:end])
    if outcome.timed_out:
        status, note = ktap.FAIL, "time limit"
    elif splats:
        status, note = ktap.FAIL, f"kernel splat: {splats[0]}"
    elif boots != 2:
        status, note = ktap.FAIL, f"{boots} boots instead of 2"
    elif not any(FOUND in line for line in log):
        status, note = ktap.FAIL, f"the second kernel did not say: {FOUND}"
    else:
        status, note = ktap.PASS, ""
    return ktap.Result(name, status, note)


def run(name):
    """Boots it; returns the result."""
    image = kernel.Kernel().build()
    root = initramfs.Initramfs()
    root.add("/init", build_init())
    root.add("/kernel", image)
    cpio = paths.work_dir() / "kho-init.cpio"
    root.write(cpio)
    log = paths.log_dir() / f"{name.replace('/', '-')}.log"
    guest = vm.Guest(image, cpio, memory="1G",
                     append=f"kho_scratch={runs.SCRATCH['plain']}")
    result = judge(vm.run(guest, log), name)
    if result.status == ktap.FAIL:
        result.note += f" (log: {log})"
    return result
