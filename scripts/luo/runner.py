# SPDX-License-Identifier: GPL-2.0
"""Runs jobs in virtual machines, and determines their results.

Runs in a shared machine are separated by the lines that luo_init prints before
and after each command. If a run fails in a shared machine, it has failed. It is
then repeated alone, to report whether it also fails without the others, and the
runs after it get machines of their own.
"""

import time

from luo import fetch, guest, kernel, ktap, programs, runs, splat, vm
from luo.process import LuoError, Unavailable


class Machine:
    """The boot files and the options of a machine for some jobs."""

    def __init__(self, jobs, **overrides):
        first = jobs[0]
        self.jobs = jobs
        self.kernel = kernel.Kernel(first.kernel).build()
        self.programs = programs.build()
        self.files = {
            "images": {name: kernel.Kernel(kind).build()
                       for name, kind in first.run.others},
            "extra": tuple(sorted({e for j in jobs for e in j.run.extra})),
            "host": first.run.host,
            "base": fetch.systemd() if first.run.systemd else None,
        }
        self.options = {
            "memory": first.memory, "append": first.append,
            "machine": list(first.run.machine), "nested": first.run.nested,
            "acpi": first.acpi, "seconds": sum(job.seconds for job in jobs),
            **overrides}

    @property
    def name(self):
        """Name of the log."""
        first = self.jobs[0].name.replace("/", "-")
        return first if len(self.jobs) == 1 else \
            f"{first}-and-{len(self.jobs) - 1}-more"

    def commands(self):
        """Commands for luo_init."""
        return [command for job in self.jobs for command in job.run.commands]

    def boot(self, follow=None):
        """Runs the machine to the end; returns an Outcome and the log."""
        return guest.run(self.name, self.kernel, self.programs,
                         self.commands(), follow, **self.files, **self.options)


def check_boots(boots, count, name):
    """Checks the number of boots, and the number of CPUs in each."""
    results = []
    if len(boots) != count:
        results.append(ktap.Result(f"{name}/boots", ktap.FAIL,
                                   f"{len(boots)} boots instead of {count}"))
    # Tests of races need more than one CPU.
    cpus = [boot.get("cpus") for boot in boots]
    if cpus != [str(vm.Guest.cpus)] * len(boots):
        results.append(ktap.Result(f"{name}/cpus", ktap.FAIL,
                                   f"CPUs of the boots: {cpus}"))
    return results


def judge(job, outcome):
    """Results of a machine with one job."""
    name = job.name
    results = vm.results(outcome, name)
    for suite in job.run.expect:
        if not any(f"/{suite}/" in r.name for r in results):
            results.append(ktap.Result(f"{name}/{suite}", ktap.FAIL,
                                       "is not in the kernel"))
    ktap.fail_skips(results)
    return results + check_boots(outcome.boots(), job.run.boots, name)


def failed(results):
    """True if a result is a failure."""
    return any(result.status == ktap.FAIL for result in results)


def run_alone(job):
    """Results of a job, in a machine of its own."""
    try:
        machine = Machine([job])
    except Unavailable as err:
        return [ktap.Result(f"{job.name}/run", ktap.SKIP, str(err))]
    outcome, log = machine.boot()
    results = judge(job, outcome)
    if failed(results):
        results[-1].note += f" (log: {log})"
    else:
        log.unlink()
    return results


def split_outcome(jobs, outcome):
    """{job: Outcome} of a shared machine: each job gets the lines that were
    printed while its commands ran."""
    parts = {job: vm.Outcome() for job in jobs}
    owners = [job for job in jobs for _ in job.run.commands]
    current, begun = jobs[0], -1
    for port, line in outcome.lines:
        if port == "T" and line.startswith(vm.MARK + "begin "):
            begun += 1
            current = owners[min(begun, len(owners) - 1)]
        parts[current].add(port, line)
    return parts


def judge_part(job, part, is_last, outcome):
    """Results of one job of a shared machine; None if it did not begin."""
    if not any(line.startswith(vm.MARK + "begin ") for line in part.test_log):
        return None
    complete = sum(line.startswith(vm.MARK + "end ")
                   for line in part.test_log) == len(job.run.commands)
    results = vm.program_results(part, job.name)
    ktap.fail_skips(results)
    splats = splat.find(part.kernel_log)
    if splats:
        results.append(ktap.Result(f"{job.name}/run", ktap.FAIL,
                                   f"kernel splat: {splats[0]}"))
    elif outcome.timed_out and not complete:
        results.append(ktap.Result(f"{job.name}/run", ktap.FAIL, "time limit"))
    elif not complete or (is_last and not outcome.done()):
        results.append(ktap.Result(f"{job.name}/run", ktap.FAIL,
                                   "did not come to its end"))
    else:
        results.append(ktap.Result(f"{job.name}/run", ktap.PASS,
                                   f"{len(part.boots())} boots"))
    return results


def build_kernels(jobs):
    """Builds the kernels of jobs, or waits until another process has done so.
    Returns the seconds that this took. Errors are reported by run_joined()."""
    begin = time.time()
    try:
        for kind in sorted(runs.kernels_of(jobs)):
            kernel.Kernel(kind).build()
    except LuoError:
        pass
    return time.time() - begin


def run_joined(jobs):
    """{job: results} of a shared machine."""
    if len(jobs) == 1:
        return {jobs[0]: run_alone(jobs[0])}
    outcome, log = Machine(jobs).boot()
    parts = split_outcome(jobs, outcome)
    found = {job: judge_part(job, parts[job], job is jobs[-1], outcome)
             for job in jobs}
    boots = check_boots(outcome.boots(), runs.boots_of(jobs), jobs[0].name)
    if boots and not any(r is None or failed(r) for r in found.values()):
        found[jobs[-1]] += boots
    broken = next((job for job in jobs
                   if found[job] is None or failed(found[job])), None)
    if broken is None:
        log.unlink()
        return found
    return repeat_alone(jobs, found, broken, log)


def repeat_alone(jobs, found, broken, log):
    """Repeats a job that failed in a shared machine, and runs the jobs after
    it."""
    first = jobs.index(broken)
    for job in jobs[first:]:
        shared = found[job]
        found[job] = run_alone(job)
        if job is broken and not failed(found[job]):
            # A failure stays a failure, even if the job passes alone.
            culprit = next(
                (r for r in shared or () if r.status == ktap.FAIL),
                ktap.Result(f"{job.name}/run", ktap.FAIL, "was not begun"))
            before = " ".join(j.run.name for j in jobs[:first])
            found[job].append(ktap.Result(
                culprit.name, ktap.FAIL,
                f"{culprit.note}; passes alone, failed after "
                f"{before or 'nothing'} (log: {log})", culprit.detail))
    return found
