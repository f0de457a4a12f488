# SPDX-License-Identifier: GPL-2.0
"""What all tests of "make test" have in common: which of them run, who shares a
virtual machine, and how results are summed up.

A test here is one run, check or build; what it found are its cases, which are
counted by themselves. scripts/test starts pytest and prints the sum.
"""

import hashlib
import json
import os
import time
from pathlib import Path

import pytest

from luo import ktap, paths, runs
from luo.process import LuoError

# A test that begins later than this before the deadline may end after it.
LAST_START = 240


def pytest_addoption(parser):
    """Options that scripts/test gives."""
    group = parser.getgroup("luo")
    group.addoption("--only", action="append", default=[],
                    help="names that have this in them")
    group.addoption("--tier", default="test",
                    choices=("test", "all", "rest", "mainline"),
                    help="rest is what is in all and not in test")
    group.addoption("--order", default="",
                    help="take the tests in an order chosen by this word")
    group.addoption("--deadline", type=float, default=0,
                    help="begin no test after that time")


def pytest_configure(config):
    """Markers."""
    config.addinivalue_line("markers", "name(text): what the user calls it")
    config.addinivalue_line("markers", "rest: not in make test")
    config.addinivalue_line("markers", "mainline: in make test-mainline only")
    config.addinivalue_line("markers", "cost(seconds): about how long it takes")


def name_of(item):
    """What the user calls a test: debug/kexec_x, check/shellcheck."""
    mark = item.get_closest_marker("name")
    if mark:
        return mark.args[0]
    # A unit test of the scripts.
    return "scripts/" + item.nodeid.split("::", 1)[-1].replace("::", ".")


def is_meant(name, word):
    """True if a word of the command line stands for a test: a word that is a
    name stands for that test alone."""
    return name == word if word in NAMES else word in name


def is_wanted(item, config):
    """True if the command line asks for a test."""
    rest = item.get_closest_marker("rest") is not None
    only = config.getoption("only")
    if only and not any(is_meant(name_of(item), word) for word in only):
        return False
    tier = config.getoption("tier")
    if (item.get_closest_marker("mainline") is not None) != (tier == "mainline"):
        return False
    return bool(only) or tier in ("all", "mainline") or rest == (tier == "rest")


def cost_of(item):
    """Seconds that a test takes, about."""
    mark = item.get_closest_marker("cost")
    return mark.args[0] if mark else 5


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Selects, joins runs, and puts the longest first."""
    NAMES.update(map(name_of, items))
    wanted = [item for item in items if is_wanted(item, config)]
    config.hook.pytest_deselected(
        items=[item for item in items if item not in wanted])
    units = join_runs(wanted)
    word = config.getoption("order")
    if word:
        units.sort(key=lambda unit: hashlib.sha256(
            (word + name_of(unit[0])).encode()).digest())
    else:
        # sort() is stable: what has the same place stays in order.
        units.sort(key=lambda unit: (not name_of(unit[0]).startswith("kernel/"),
                                     -sum(map(cost_of, unit))))
    items[:] = [item for unit in units for item in unit]
    if config.option.collectonly:
        TESTS.update({name_of(item): {} for item in items})


def join_runs(items):
    """Lists of tests that have to run in one process, in that order."""
    by_job = {item.callspec.params["job"]: item for item in items
              if "job" in getattr(item, "fixturenames", ())}
    units = [[item] for item in items if item not in by_job.values()]
    for number, jobs in enumerate(runs.join(list(by_job))):
        unit = [by_job[job] for job in jobs]
        for item in unit:
            item.add_marker(pytest.mark.xdist_group(f"machine-{number}"))
            item.shared_with = jobs
        units.append(unit)
    return units


@pytest.fixture
def report(request, record_property):
    """Takes the results of a test; it fails if one of them does."""
    def take(results):
        counts = {status: sum(r.status == status for r in results)
                  for status in (ktap.PASS, ktap.FAIL, ktap.SKIP)}
        record_property("cases", counts)
        bad = [r for r in results if r.status == ktap.FAIL]
        if bad:
            lines = [line for r in bad
                     for line in (*r.detail, f"{r.name}: {r.note or 'failed'}")]
            record_property("failed", [f"{r.name} {r.note}" for r in bad])
            name = name_of(request.node)
            if "job" in request.fixturenames:
                lines.append(f"run it again: scripts/vm run -v {name}")
            pytest.fail("\n".join(lines), pytrace=False)
        skipped = [r for r in results if r.status == ktap.SKIP]
        if skipped and len(skipped) == len(results):
            pytest.skip(skipped[0].note)
    return take


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    """An error that the user has to fix needs no traceback."""
    outcome = yield
    error = outcome.excinfo and outcome.excinfo[1]
    if isinstance(error, LuoError):
        try:
            pytest.fail(str(error), pytrace=False)
        except BaseException as failure:  # pylint: disable=broad-except
            outcome.force_exception(failure) if hasattr(
                outcome, "force_exception") else setattr(
                    outcome, "_excinfo", (type(failure), failure,
                                          failure.__traceback__))


def pytest_runtest_setup(item):
    """Leaves alone what would end too late."""
    deadline = item.config.getoption("deadline")
    item.user_properties.append(("name", name_of(item)))
    item.user_properties.append(("begin", time.time()))
    if deadline and time.time() > deadline - LAST_START:
        item.user_properties.append(("unrun", True))
        pytest.skip("no time left for it in this run")


def pytest_runtest_logreport(report):
    """Keeps what the sum is made of."""
    if os.environ.get("PYTEST_XDIST_WORKER"):
        return
    properties = dict(report.user_properties)
    if "name" in properties:
        test = TESTS.setdefault(properties["name"], {"duration": 0})
        test["duration"] += report.duration
        if report.when == "call" or report.outcome != "passed":
            test.update(properties, outcome=report.outcome,
                        end=time.time())


# What scripts/test reads, by name.
TESTS = {}

# All names that there are.
NAMES = set()


def pytest_sessionfinish(session):
    """Writes down what scripts/test reads."""
    if not os.environ.get("PYTEST_XDIST_WORKER"):
        path = Path(os.environ.get("LUO_REPORT",
                                   paths.work_dir() / "report.json"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(TESTS, indent=1), encoding="utf-8")
