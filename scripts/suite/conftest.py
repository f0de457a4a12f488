# SPDX-License-Identifier: GPL-2.0
"""pytest hooks: which tests run, which of them share a virtual machine, and how
results are summed up.

A pytest test is one run, build or check. It has cases, which are counted
individually. scripts/test starts pytest and prints the totals.
"""

import hashlib
import json
import os
import time
from pathlib import Path

import pytest

from luo import ktap, paths, runs
from luo.process import LuoError

# Tests that start later than this before the deadline may exceed it.
LAST_START = 240


def pytest_addoption(parser):
    """Options that scripts/test passes."""
    group = parser.getgroup("luo")
    group.addoption("--only", action="append", default=[],
                    help="run tests whose names contain this")
    group.addoption("--tier", default="test",
                    choices=("test", "all", "rest", "mainline"),
                    help="rest means tests of all that are not in test")
    group.addoption("--order", default="",
                    help="run the tests in an order that depends on this word")
    group.addoption("--deadline", type=float, default=0,
                    help="start no test after that time")


def pytest_configure(config):
    """Declares markers."""
    config.addinivalue_line("markers", "name(text): the name that users see")
    config.addinivalue_line("markers", "rest: not in make test")
    config.addinivalue_line("markers", "mainline: in make test-mainline only")
    config.addinivalue_line("markers", "cost(seconds): approximate run time")


def name_of(item):
    """The name that users see: debug/kexec_x, check/shellcheck."""
    mark = item.get_closest_marker("name")
    if mark:
        return mark.args[0]
    # A unit test of the scripts.
    return "scripts/" + item.nodeid.split("::", 1)[-1].replace("::", ".")


def is_meant(name, word):
    """True if a word of the command line selects a test. A word that is the
    name of a test selects only that one."""
    return name == word if word in NAMES else word in name


def is_wanted(item, config):
    """True if the command line selects a test."""
    rest = item.get_closest_marker("rest") is not None
    only = config.getoption("only")
    if only and not any(is_meant(name_of(item), word) for word in only):
        return False
    tier = config.getoption("tier")
    if (item.get_closest_marker("mainline") is not None) != (tier == "mainline"):
        return False
    return bool(only) or tier in ("all", "mainline") or rest == (tier == "rest")


def cost_of(item):
    """Approximate run time of a test in seconds."""
    mark = item.get_closest_marker("cost")
    return mark.args[0] if mark else 5


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Selects tests, joins runs, and sorts the longest first."""
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
        # sort() is stable: equal elements keep their order.
        units.sort(key=lambda unit: (not name_of(unit[0]).startswith("kernel/"),
                                     -sum(map(cost_of, unit))))
    items[:] = [item for unit in units for item in unit]
    if config.option.collectonly:
        TESTS.update({name_of(item): {} for item in items})


def join_runs(items):
    """Groups tests that have to run in one process, in that order."""
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
    """Records the results of a test, and fails it if one of them failed."""
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
    """Errors that the user has to fix are reported without a traceback."""
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
    """Skips tests that would exceed the deadline."""
    deadline = item.config.getoption("deadline")
    item.user_properties.append(("name", name_of(item)))
    item.user_properties.append(("begin", time.time()))
    if deadline and time.time() > deadline - LAST_START:
        item.user_properties.append(("unrun", True))
        pytest.skip("no time left for it in this run")


def pytest_runtest_logreport(report):
    """Records the input of the totals."""
    if os.environ.get("PYTEST_XDIST_WORKER"):
        return
    properties = dict(report.user_properties)
    if "name" in properties:
        test = TESTS.setdefault(properties["name"], {"duration": 0})
        test["duration"] += report.duration
        if report.when == "call" or report.outcome != "passed":
            test.update(properties, outcome=report.outcome,
                        end=time.time())


# Results for scripts/test, by name.
TESTS = {}

# Names of all tests.
NAMES = set()


def pytest_sessionfinish(session):
    """Writes the report that scripts/test reads."""
    if not os.environ.get("PYTEST_XDIST_WORKER"):
        path = Path(os.environ.get("LUO_REPORT",
                                   paths.work_dir() / "report.json"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(TESTS, indent=1), encoding="utf-8")
