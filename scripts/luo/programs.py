# SPDX-License-Identifier: GPL-2.0
"""Builds the userspace programs, and runs tests that need no virtual machine.

All builds use the source tree, and write into the cache.
"""

import re
import shutil
import subprocess

from luo import kernel, paths
from luo.process import (LuoError, ccache_env, jobs, locked, run_logged,
                         shared)

# In "make test" a fuzzer always runs the same inputs.
FUZZ_RUNS = 25000
FUZZ_MAX_INPUT = 512

# Files that userspace tests of the base kernel need, besides their directories.
BASE_COMMON = ("arch/x86/include", "include", "lib", "tools/arch/x86/include",
               "tools/include", "tools/lib", "tools/scripts",
               "tools/testing/selftests/kselftest.h")
BASE_MEMBLOCK = ("mm/memblock.c", "tools/testing/memblock")
BASE_XARRAY = ("tools/testing/radix-tree", "tools/testing/shared")
BASE_TESTS = {
    "xarray": (BASE_XARRAY, "SHIFT=6"),
    "xarray-small": (BASE_XARRAY, "SHIFT=4"),
    "memblock": (BASE_MEMBLOCK, "NUMA=0"),
    "memblock-numa": (BASE_MEMBLOCK, "NUMA=1"),
    "memblock-32bit": (BASE_MEMBLOCK, "32BIT_PHYS_ADDR_T=1"),
}


def run(what, argv, **options):
    """Runs a command; raises an error with its output if it fails."""
    done = subprocess.run([str(a) for a in argv], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", check=False, **options)
    if done.returncode:
        tail = "\n".join(done.stdout.splitlines()[-60:])
        raise LuoError(f"{what}: exit status {done.returncode}\n{tail}")
    return done.stdout


def build():
    """Builds static binaries for virtual machines; returns their directory."""
    headers = kernel.Kernel().headers()
    out = paths.work_dir() / "user"
    tree = paths.tree_dir()
    with shared(kernel.tree_lock()), locked(paths.work_dir() / "user.lock"):
        out.mkdir(exist_ok=True)
        for name, argv in (
                ("selftests", [
                    "-C", tree / "tools/testing/selftests/liveupdate",
                    f"OUTPUT={out}", f"KHDR_INCLUDES=-isystem {headers}",
                    "USERCFLAGS=-Werror", "USERLDFLAGS=-static", "all"]),
                ("tools", [
                    "-C", tree / "tools/liveupdate", f"OUTPUT={out}/",
                    f"UAPI={headers}", "WERROR=1", "LDFLAGS=-static",
                    "programs"])):
            run_logged(f"building the programs ({name})",
                       out / f".build-{name}.log",
                       ["make", "-s", jobs(), "CC=ccache gcc", *argv],
                       quiet=True, env=ccache_env())
    return out


def make_tests(what, directory, out, *goals):
    """Builds and runs goals of a test Makefile in the source tree."""
    with shared(kernel.tree_lock()), locked(out / "lock"):
        return run(what, ["make", "-C", paths.tree_dir() / directory, jobs(),
                          f"O={out}", *goals])


def tool_tests():
    """Names of the tests of tools/liveupdate."""
    makefile = paths.TOP / "tools/liveupdate/tests/Makefile"
    return re.findall(r"^check-([a-z]+):", makefile.read_text("utf-8"), re.M)


def run_tool_test(name):
    """Runs a test of tools/liveupdate."""
    headers = kernel.Kernel().headers()
    make_tests(f"tools/{name}", "tools/liveupdate/tests",
               paths.work_dir() / "tools", f"UAPI={headers}", f"check-{name}")


def decoders_dir():
    """Output directory of tools/testing/kho."""
    return paths.work_dir() / "kho"


def build_decoders(goal):
    """Builds the tests or the fuzzers of tools/testing/kho."""
    kernel.sync()
    make_tests(f"decoders/{goal}", "tools/testing/kho", decoders_dir(),
               "WERROR=1", goal)


def run_decoder_tests():
    """Runs the tests of tools/testing/kho, with a new seed each time."""
    build_decoders("tests")
    return run("decoders/tests", [decoders_dir() / "tests"])


def fuzzers():
    """Names of the fuzzers of tools/testing/kho."""
    return sorted(path.stem.removeprefix("fuzz_") for path in
                  (paths.TOP / "tools/testing/kho").glob("fuzz_*.c"))


def fuzz(name, seconds=0):
    """Runs a fuzzer for some seconds with its stored corpus, or for a fixed
    number of inputs without one. Returns the last line of its output."""
    out = decoders_dir()
    found = out / "found"
    found.mkdir(parents=True, exist_ok=True)
    log = out / f"fuzz-{name}.log"
    before = set(found.iterdir())
    how = [f"-runs={FUZZ_RUNS}", "-seed=1"]
    if seconds:
        corpus = out / f"corpus-{name}"
        corpus.mkdir(exist_ok=True)
        how = [f"-max_total_time={seconds}", corpus]
    with open(log, "wb") as output:
        status = subprocess.run(
            [out / f"fuzz-{name}", f"-max_len={FUZZ_MAX_INPUT}", "-timeout=30",
             "-use_value_profile=1", f"-artifact_prefix={found}/{name}-", *how],
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            check=False).returncode
    lines = log.read_text(errors="replace").splitlines()
    if not status:
        return lines[-1]
    said = [line for line in lines if not line.startswith("#")][-40:]
    inputs = sorted(str(p) for p in set(found.iterdir()) - before)
    raise LuoError("\n".join([*said, f"fuzz {name}: failed; this runs the "
                              "input again:", f"  {out}/fuzz-{name} "
                              + " ".join(inputs)]))


def run_base_test(name):
    """Builds and runs a userspace test of the base kernel, in a copy of the
    files that it needs, because it is built in place."""
    parts, option = BASE_TESTS[name]
    kernel.sync()
    copy = paths.work_dir() / "base-tests" / name
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir(parents=True)
    # Hard links to files of the tree, which the build does not modify.
    subprocess.run(["cp", "-al", "--parents", *BASE_COMMON, *parts, copy],
                   cwd=paths.tree_dir(), check=True)
    directory = copy / parts[-1 if "memblock" in name else 0]
    goal = "main" if "memblock" in name else "xarray"
    env = ccache_env(CCACHE_BASEDIR=str(copy))
    if goal == "main":
        # liburcu is header-only here, so it also serves the 32-bit build.
        machine = run("gcc", ["gcc", "-print-multiarch"]).strip()
        env["CFLAGS"] = f"-Werror -idirafter /usr/include/{machine}"
    run(f"base/{name}", ["make", "-C", directory, jobs(), "CC=ccache gcc",
                         option, goal], env=env)
    if goal == "main":
        run(f"base/{name}", ["./main", "-v"], cwd=directory)
        run(f"base/{name}", ["./main", "-m"], cwd=directory)
    else:
        check_xarray(name, run(f"base/{name}", ["./xarray"], cwd=directory))


def check_xarray(name, output):
    """Checks the output: main exits with 0 even if tests fail or leak."""
    sums = re.search(r"^XArray: (\d+) of (\d+) tests passed$", output, re.M)
    if not sums or sums[1] != sums[2] or int(sums[1]) == 0 or \
            re.search(r"^nr_allocated", output, re.M):
        raise LuoError(f"base/{name}: failed\n{output[-4000:]}")


MODEL = "tools/testing/liveupdate-model/check.sh"


def model_parts():
    """Names of the parts of the model."""
    return run("model", [paths.TOP / MODEL, "--list"]).split()


def run_model(part):
    """Explores all states of a part of the model."""
    run(f"model/{part}", ["env", f"O={paths.work_dir()}/model",
                          paths.TOP / MODEL, part])
