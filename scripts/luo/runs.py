# SPDX-License-Identifier: GPL-2.0
"""The table of runs: tests in virtual machines, and the kernels they run on.

A run is named KIND/NAME, such as debug/kexec_memfd. `scripts/vm run` takes this
name, and does the same as "make test".
"""

import os
import time
from dataclasses import dataclass

from luo import kernel
from luo.process import LuoError

PLAIN = ("plain",)
DEBUG = ("debug",)
BOTH = ("plain", "debug")
NEVER = ()

# A debug kernel is several times slower, more so on a busy machine, and needs
# several times the memory, mostly for the shadow of KASAN, which is allocated
# from scratch memory.
DEBUG_SLOWER = 12
DEBUG_MEMORY = "2G"
SCRATCH = {"plain": "16M,128M,16M", "debug": "16M,512M,16M"}

# With more boots, joining machines does not pay off against unclear failures.
MOST_BOOTS = 12


@dataclass(frozen=True)
class Run:
    """Commands that are tested together, in one virtual machine."""
    name: str
    commands: tuple
    # Kinds of kernels on which "make test" and "make test-all" run it.
    test: tuple = BOTH
    kinds: tuple = BOTH
    append: str = ""
    memory: str = "1G"
    seconds: float = 60
    boots: int = 1
    # Kind of the kernel, if it is not that of the run.
    kernel: str = ""
    # KUnit suites that must be present.
    expect: tuple = ()
    # Additional arguments for QEMU.
    machine: tuple = ()
    # Other kernels in /boot: (name, kind).
    others: tuple = ()
    # Programs in addition to those of the commands.
    extra: tuple = ()
    host: tuple = ()
    nested: bool = False
    systemd: bool = False
    # Needs a machine of its own, in which no other run has run.
    alone: bool = False


@dataclass(frozen=True)
class Job:
    """A run on one kind of kernel."""
    kind: str
    run: Run

    @property
    def name(self):
        """The name that users see."""
        return f"{self.kind}/{self.run.name}"

    @property
    def tested(self):
        """True if it belongs to "make test"."""
        return self.kind in self.run.test

    @property
    def debug(self):
        """True on the debug kernel."""
        return self.kind == "debug"

    @property
    def kernel(self):
        """The kind for scripts/kernel. The debug kernel has the options of all
        tests."""
        return self.kind if self.debug else self.run.kernel or self.kind

    @property
    def memory(self):
        """Memory size of the machine."""
        return DEBUG_MEMORY if self.debug else self.run.memory

    @property
    def append(self):
        """Kernel parameters."""
        return (f"kho_scratch={SCRATCH[self.kind]} {self.run.append}"
                + (" luo.kmemleak=1" if self.debug else "")).strip()

    @property
    def seconds(self):
        """Time limit."""
        return self.run.seconds * (DEBUG_SLOWER if self.debug else 1)

    @property
    def acpi(self):
        """ACPI is off in debug kernels, as its interpreter takes most of their
        boot. Plain kernels test it, and NUMA nodes need it."""
        return not self.debug or bool(self.run.machine)

    @property
    def environment(self):
        """Properties that two jobs of a shared machine have in common."""
        run = self.run
        return (self.kind, self.kernel, self.memory, self.append, run.machine,
                run.others, run.host, run.nested, run.systemd)


def nodes(*sizes):
    """Arguments for QEMU: a node with one CPU for each memory size."""
    argv = ["-smp", f"sockets={len(sizes)}"]
    for node, size in enumerate(sizes):
        memory = ""
        if size:
            argv += ["-object", f"memory-backend-ram,id=m{node},size={size}"]
            memory = f",memdev=m{node}"
        argv += ["-numa", f"node,nodeid={node},cpus={node}{memory}"]
    return tuple(argv)


# Tests print the seed that they use.
SEED = os.environ.get("LUO_SEED") or str(int(time.time()))
os.environ.setdefault("LUO_SEED", SEED)

# Invalid values of kho_scratch=, which must not replace a valid one.
BAD_SCRATCH = ["", "%", "x", "0,0,0", "16M,16M", "16M,16M,16M,16M", "16M,,16M",
               "16Q,16M,16M", "0%", "10001%", "4294967297%", "-1,16M,16M",
               "18446744073709551616,16M,16M", "17179869184G,16M,16M",
               "9223372036854775807,9223372036854775807,2", "16M 16M 16M"]

BIG_SCRATCH = "kho_scratch=16M,512M,16M"
WRAPPERS = ("luo-qemu", "luo-memcached", "luo-counter.img")
PROGRAMS = {"memory": "2G", "append": "kho_scratch=32M,640M,32M",
            "seconds": 240, "boots": 2, "kinds": PLAIN,
            "host": ("qemu-system-x86_64", "memcached")}

RUNS = (
    Run("kunit", (), append="kunit.enable=1 luo.kunit=1", alone=True,
        expect=("kho_key", "kho_tracker", "kho_tree", "kho_vmalloc",
                "luo_catalog", "luo_chain", "luo_cmdline", "luo_flb", "luo_format",
                "luo_machine", "luo_register", "luo_subsystem")),
    # The userspace interface, in one kernel.
    Run("uapi", ("luo_uapi",)),
    Run("memfd", ("luo_memfd",)),
    Run("states", ("luo_states",)),
    Run("callbacks", ("luo_callbacks",), test=DEBUG),
    Run("frozen", ("luo_frozen",), test=DEBUG),
    Run("answers", ("luo_answers",), test=DEBUG),
    # 6.18 returns a huge page with a poisoned page to the page allocator, and
    # the next user of that page cannot preserve it.
    Run("poison", ("luo_poison",), test=DEBUG, alone=True),
    Run("formats", ("luo_formats",), test=PLAIN),
    Run("races", ("luo_races", "luo_duels"), test=DEBUG, seconds=120),
    Run("trace", ("luo_trace",), test=PLAIN),
    Run("fail_nth", ("luo_fail_nth",), kinds=DEBUG),
    # Sessions and files across several kernels.
    Run("kexec_memfd", ("luo_kexec_memfd",), boots=3),
    Run("kexec_memfd_folios", ("luo_kexec_memfd folios",), test=PLAIN,
        boots=3),
    Run("kexec_attributes", ("luo_kexec_attributes",), boots=2),
    Run("kexec_holes", ("luo_kexec_holes", "luo_kexec_holes folios"), boots=3),
    Run("kexec_sessions", ("luo_kexec_sessions",), boots=3),
    Run("kexec_onward", ("luo_kexec_onward",), boots=4),
    Run("kexec_empty", ("luo_kexec_empty",), test=PLAIN, boots=5),
    Run("kexec_callbacks", ("luo_kexec_callbacks",), test=DEBUG, boots=3),
    Run("kexec_killed", ("luo_kexec_killed",), test=DEBUG, boots=3),
    Run("kexec_duels", ("luo_kexec_duels",), test=DEBUG, boots=2),
    Run("kexec_locks", ("luo_kexec_locks",), kinds=DEBUG, boots=2),
    Run("kexec_fail_nth", ("luo_kexec_fail_nth",), kinds=DEBUG, boots=3),
    Run("kexec_memfd_test", ("luo_kexec_memfd_test",), test=PLAIN, boots=2),
    Run("kexec_memcg", ("luo_kexec_memcg", "luo_kexec_memcg folios"),
        test=PLAIN, boots=5, seconds=120),
    Run("kexec_poison", ("luo_kexec_poison", "luo_kexec_poison folios"),
        test=PLAIN, boots=3),
    Run("kexec_pinned", ("luo_kexec_pinned", "luo_kexec_pinned folios"),
        test=PLAIN, boots=3),
    Run("kexec_collapse", ("luo_kexec_collapse", "luo_kexec_collapse folios"),
        test=PLAIN, boots=3),
    # So much CMA that pages are allocated from it and have to be migrated. The
    # address that KASLR picks may leave no contiguous area of this size.
    Run("kexec_memfd_cma", ("luo_kexec_attributes", "luo_kexec_memfd"),
        kinds=PLAIN, boots=4, append=f"{BIG_SCRATCH} nokaslr"),
    Run("kexec_cma", ("luo_kexec_cma", "luo_kexec_cma folios"), kinds=PLAIN,
        boots=3, append=f"{BIG_SCRATCH} nokaslr"),
    # Expects that there was no update before.
    Run("kexec_timeline", ("luo_kexec_timeline",), test=PLAIN, boots=2,
        alone=True),
    Run("kexec_refused", ("luo_kexec_refused",), test=PLAIN, boots=2),
    # It leaves parameters on the command line.
    Run("kexec_gate", ("luo_kexec_gate",), test=PLAIN, boots=5, seconds=120,
        append="mem=1900M", memory="2G", alone=True),
    Run("kexec_gate_others", ("luo_kexec_gate others",), test=NEVER, boots=5,
        seconds=120, append="mem=1900M", memory="2G",
        others=(("kho", "kho"), ("off", "off")),
        alone=True),
    Run("kexec_formats", ("luo_kexec_formats",), test=NEVER, kinds=PLAIN,
        boots=3, kernel="testfiles", others=(("old", "oldfiles"),)),
    # The debug kernel has no allocation tags.
    Run("kexec_tags", ("luo_kexec_tags", "luo_kexec_tags folios",
                       "luo_kexec_callbacks"), test=NEVER, kinds=PLAIN,
        boots=5, kernel="host", seconds=120),
    Run("kexec_random", (f"luo_kexec_random {SEED} 5",), test=NEVER, boots=6),
    # test_kho preserves 8 MiB on every other boot.
    Run("kexec_soak", ("luo_kexec_soak 60",), test=NEVER, kinds=PLAIN, boots=61,
        seconds=360, append="nokaslr initcall_blacklist=kho_test_init",
        alone=True),
    # Memory, NUMA nodes and scratch.
    Run("kexec_kho", ("luo_kexec_kho",), boots=2, alone=True,
        append="reserve_mem=2M:4096:luo_kexec_kho "
               "reserve_mem=5000:64:luo_kexec_odd"),
    Run("kexec_handon", ("luo_kexec_handon",), test=DEBUG, boots=3,
        append="memtest=1", alone=True),
    Run("kexec_handon_nodes", ("luo_kexec_handon", "luo_kexec_memfd"),
        test=PLAIN, boots=5, append=BIG_SCRATCH, machine=nodes("1G", "1G"),
        memory="2G"),
    # Two nodes with a border at 1021 MiB, inside blocks of all orders from 9
    # on; a range that begins 3 pages below 1018 MiB and ends 5 pages above 1026
    # MiB.
    Run("kexec_nodes", ("luo_kexec_nodes 771 1285",), test=PLAIN, boots=2,
        append=f"{BIG_SCRATCH} nokaslr kho_kexec_nodes=8224K@0x3f9fd000",
        machine=nodes("1021M", "1027M"), memory="2G"),
    *[Run(f"kexec_damaged_{damage}", (f"luo_kexec_damaged {damage}",),
          test=PLAIN, boots=2, append=BIG_SCRATCH, memory="2G", alone=True)
      for damage in ("nowhere", "node", "overlap", "page")],
    Run("kexec_scratch_odd", ("luo_kexec_scratch areas=4M,616M",), test=PLAIN,
        boots=2, append="kho_scratch=1000000,0,642000001 "
                        "luo.next=reserve_mem=2M:4096:late", memory="2G"),
    Run("kexec_scratch_bad",
        (f"luo_kexec_scratch areas=16M,512M,16M ignored={len(BAD_SCRATCH)}",),
        test=PLAIN, boots=2, memory="2G",
        append=" ".join(f'"kho_scratch={size}"'
                        for size in ["16M,512M,16M", *BAD_SCRATCH])),
    Run("kexec_scratch_nodes",
        ("luo_kexec_scratch areas=16M,512M,16M,16M memory=0-1",), test=PLAIN,
        boots=2, append=BIG_SCRATCH, machine=nodes("1G", "1G"), memory="2G"),
    Run("kexec_scratch_memoryless",
        ("luo_kexec_scratch areas=16M,512M,16M memory=0",), test=PLAIN,
        boots=2, append=BIG_SCRATCH, machine=nodes("2G", 0), memory="2G"),
    Run("kexec_scratch_hugetlb", ("luo_kexec_scratch huge=2",), test=NEVER,
        kinds=PLAIN, boots=2, memory="3400M",
        append="kho_scratch=200% hugepagesz=1G hugepages=2"),
    Run("kexec_scratch_kept", ("luo_kexec_scratch huge=1",), test=NEVER,
        kinds=PLAIN, boots=2, memory="8G",
        append="kho_scratch=16M,2560M,16M hugepagesz=1G hugepages=1"),
    # The address that KASLR picks may leave no contiguous 2 GiB.
    Run("kexec_scratch_cma",
        ("luo_kexec_scratch cma=2048", "luo_kexec_handon"), test=NEVER,
        kinds=PLAIN, boots=4, memory="6G", append="nokaslr hugetlb_cma=2G"),
    # Neither hot-added memory nor a crash kernel takes part. The base does not
    # tag the memory map that hot-added memory contains itself, and warns.
    Run("kexec_hotplug", ("luo_kexec_hotplug",), test=NEVER, kinds=PLAIN,
        boots=2, kernel="host",
        append="memhp_default_state=online_kernel "
               "sysctl.vm.mem_profiling=never",
        memory="1G,slots=1,maxmem=4G",
        machine=("-object", "memory-backend-ram,id=dimm,size=512M",
                 "-device", "pc-dimm,memdev=dimm")),
    Run("kexec_crash", ("luo_kexec_crash",), test=NEVER, kinds=PLAIN, boots=2,
        append="kho=off luo.next=kho=on luo.next=elfcorehdr=2G"),
    Run("kexec_pagealloc", ("luo_kexec_memfd", "luo_kexec_handon"), test=NEVER,
        kinds=DEBUG, boots=5, append="debug_pagealloc=on"),
    # Programs.
    # Expects that there was no update before.
    Run("kexec_luoctl", ("luo_kexec_luoctl",), boots=2, alone=True,
        extra=("luoctl", "hello-memfd")),
    Run("luoctl_off", ("luo_kexec_luoctl off",), test=PLAIN,
        append="liveupdate=off", extra=("luoctl",)),
    Run("kexec_luod", ("luo_kexec_luod",), test=DEBUG, boots=2,
        extra=("luod",), seconds=90),
    Run("kexec_luod_charges", ("luo_kexec_luod charges",), test=PLAIN, boots=2,
        extra=("luod",), seconds=90),
    Run("luod_off", ("luo_kexec_luod_off",), test=PLAIN,
        append="liveupdate=off", extra=("luod",)),
    Run("kexec_clients", ("luo_kexec_clients",), test=PLAIN, boots=2,
        extra=("luod", "luoctl"), seconds=90),
    Run("kexec_beside", ("luo_kexec_beside",), test=PLAIN, boots=2,
        extra=("luod", "luoctl")),
    # QEMU in QEMU is slow.
    Run("kexec_programs", ("luo_kexec_programs",),
        extra=("luod", "luoctl", *WRAPPERS), **PROGRAMS),
    Run("kexec_programs_alone", ("luo_kexec_programs alone",), test=NEVER,
        alone=True, extra=("luoctl", *WRAPPERS), **PROGRAMS),
    # KVM in a debug kernel in an emulated machine is too slow.
    Run("kexec_kvm", ("luo_kexec_kvm",), test=NEVER, kinds=PLAIN, boots=3,
        kernel="host", nested=True, extra=("kvm-mini",), seconds=120),
    # Debian's systemd is the first process.
    Run("kexec_systemd", ("luo_kexec_systemd",), test=NEVER, kinds=PLAIN,
        boots=3, kernel="host", systemd=True, seconds=480,
        extra=("luod", "luoctl", "luo_keeper")),
)


def all_jobs():
    """All jobs: each run on each of its kinds."""
    return [Job(kind, run) for kind in BOTH for run in RUNS
            if kind in run.kinds]


def find(name):
    """The job with a name."""
    found = [job for job in all_jobs() if job.name == name]
    if not found:
        near = [job.name for job in all_jobs() if name.split("/")[-1] in job.name]
        raise LuoError(f"no run is called {name}"
                       + (f"; did you mean {' '.join(near)}?" if near else ""))
    return found[0]


def join(jobs):
    """Groups jobs that can share a machine: same kernel, memory, command line
    and devices."""
    groups, open_groups = [], {}
    for job in jobs:
        group = None if job.run.alone else open_groups.get(job.environment)
        if group is None or boots_of([*group, job]) > MOST_BOOTS:
            group = []
            groups.append(group)
            if not job.run.alone:
                open_groups[job.environment] = group
        group.append(job)
    return groups


def boots_of(jobs):
    """Number of kernels that run in a shared machine."""
    return 1 + sum(job.run.boots - 1 for job in jobs)


def kernels_of(jobs):
    """Kinds of kernels that jobs need."""
    kinds = {job.kernel for job in jobs}
    return kinds | {kind for job in jobs for _, kind in job.run.others}


assert all(kind in kernel.KINDS for kind in kernels_of(all_jobs()))
assert len({job.name for job in all_jobs()}) == len(all_jobs())
assert all(set(run.test) <= set(run.kinds) or set(run.test) == set(BOTH)
           for run in RUNS)
