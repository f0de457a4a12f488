# SPDX-License-Identifier: GPL-2.0
"""Runs in virtual machines."""

import pytest

from luo import khotest, runner, runs

# Estimated time of a boot and of its tests, in seconds.
BOOT_COST = {"plain": 7, "debug": 25}


def params():
    """A test for each run on each kind of kernel."""
    for job in runs.all_jobs():
        marks = [pytest.mark.name(job.name),
                 pytest.mark.cost(BOOT_COST[job.kind] * job.run.boots)]
        if not job.tested:
            marks.append(pytest.mark.rest)
        yield pytest.param(job, id=job.name, marks=marks)


@pytest.fixture(scope="session", name="machines")
def fixture_machines():
    """Results of machines that have run, by job."""
    return {}


@pytest.mark.parametrize("job", params())
def test_run(job, request, machines, report):
    """A run, in a machine that it may share."""
    if job not in machines:
        shared = request.node.shared_with
        request.node.user_properties.append(
            ("waited", runner.build_kernels(shared)))
        machines.update(runner.run_joined(shared))
    report(machines[job])


@pytest.mark.name("plain/selftests_kho")
@pytest.mark.cost(2 * BOOT_COST["plain"])
def test_kho(report):
    """The base kernel's own test of KHO."""
    report([khotest.run("plain/selftests_kho")])
