# SPDX-License-Identifier: GPL-2.0
"""Builds kernels, and compiles code that is not booted."""

import pytest

from luo import kernel, ktap

# All kernels of "make test", with estimated build times in seconds.
COSTS = {"plain": 600, "debug": 700}


@pytest.mark.parametrize("kind", [
    pytest.param(kind, marks=[pytest.mark.name(f"kernel/{kind}"),
                              pytest.mark.cost(cost)])
    for kind, cost in COSTS.items()])
def test_kernel(kind, report):
    """A kernel can be configured and built."""
    image = kernel.Kernel(kind).build()
    report([ktap.Result(f"kernel/{kind}", ktap.PASS, str(image))])


@pytest.mark.parametrize("kind", [
    pytest.param(kind, marks=[pytest.mark.name(f"stubs/{kind}"),
                              pytest.mark.cost(40)])
    for kind in ("kho", "off")])
def test_stubs(kind, report):
    """Our objects compile without live update, and without KHO."""
    kernel.check_stubs(kind)
    report([ktap.Result(f"stubs/{kind}", ktap.PASS)])


@pytest.mark.name("check/warnings")
@pytest.mark.cost(150)
def test_warnings(report):
    """gcc W=1 and sparse report no warnings."""
    found = kernel.check_warnings()
    report([ktap.Result("check/warnings", ktap.FAIL if found else ktap.PASS,
                        detail=found)])
