# SPDX-License-Identifier: GPL-2.0
"""Tests that need no virtual machine."""

import pytest

from luo import checks, deb, ktap, programs, series


def param(value, name, cost=10, rest=False):
    """A test for each entry of a list."""
    marks = [pytest.mark.name(name), pytest.mark.cost(cost)]
    return pytest.param(value, id=name,
                        marks=[*marks, pytest.mark.rest] if rest else marks)


def passed(report, name, note=""):
    """Reports one case."""
    report([ktap.Result(name, ktap.PASS, note or "")])


@pytest.mark.parametrize("check", [param(name, f"check/{name}")
                                   for name in checks.CHECKS])
def test_check(check, report):
    """Static checks."""
    found = checks.run(check)
    report([ktap.Result(f"check/{check}", ktap.FAIL if found else ktap.PASS,
                        detail=found)])


@pytest.mark.parametrize("name", [
    param(name, f"tools/{name}", cost=30, rest=name == "fuzz")
    for name in programs.tool_tests()])
def test_tools(name, report):
    """Tests of libraries and programs."""
    programs.run_tool_test(name)
    passed(report, f"tools/{name}")


@pytest.mark.name("decoders/tests")
@pytest.mark.cost(40)
def test_decoders(report):
    """Tests of the code that decodes data of the previous kernel."""
    programs.run_decoder_tests()
    passed(report, "decoders/tests")


@pytest.mark.parametrize("name", [param(name, f"fuzz/{name}", 30, rest=True)
                                  for name in programs.fuzzers()])
def test_fuzz(name, report):
    """Fuzzers of that code, with fixed inputs."""
    programs.build_decoders("fuzzers")
    passed(report, f"fuzz/{name}", programs.fuzz(name))


@pytest.mark.parametrize("name", [
    param(name, f"base/{name}", 30,
          rest=name not in ("memblock-numa", "xarray-small"))
    for name in programs.BASE_TESTS])
def test_base(name, report):
    """Userspace tests of the base kernel."""
    programs.run_base_test(name)
    passed(report, f"base/{name}")


@pytest.mark.parametrize("part", [param(part, f"model/{part}", 30, rest=True)
                                  for part in programs.model_parts()])
def test_model(part, report):
    """The model of sessions and events."""
    programs.run_model(part)
    passed(report, f"model/{part}")


@pytest.mark.name("series")
@pytest.mark.cost(100)
def test_series(report):
    """The series applies to a pristine base, and equals the build tree."""
    passed(report, "series", series.check())


@pytest.mark.name("deb")
@pytest.mark.rest
@pytest.mark.cost(80)
def test_deb(report):
    """The Debian packages."""
    deb.check()
    passed(report, "deb")
