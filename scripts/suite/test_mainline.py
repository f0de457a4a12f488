# SPDX-License-Identifier: GPL-2.0
"""Live updates from our kernel to a mainline kernel and back.

The mainline kernel is built from Debian's source, unmodified. If it cannot be
fetched, all routes are skipped.
"""

import pytest

from luo import guest, kernel, ktap, programs, runs, vm
from luo.process import Unavailable

# The kinds of the kernels of each route.
ROUTES = [
    ("plain", "mainline"),
    ("mainline", "plain"),
    ("plain", "mainline", "plain"),
    ("mainline", "plain", "mainline"),
    ("debug", "mainline", "debug"),
]

SECONDS = {"plain": 120, "debug": 900}


def release_of(image):
    """The release of a kernel, as in uname."""
    path = image.parents[3] / "include/config/kernel.release"
    return path.read_text(encoding="utf-8").strip()


def check_kernels(outcome, images, route):
    """A result: the kernels of the route ran, in its order."""
    ran = [boot.get("release") for boot in outcome.boots()]
    due = [release_of(images[kind]) for kind in route]
    if ran == due:
        return ktap.PASS, " -> ".join(ran)
    return ktap.FAIL, f"kernels {ran} ran instead of {due}"


def run_route(route, name):
    """Results of one route."""
    # First, because only this kernel may be unavailable.
    images = {"mainline": kernel.Kernel("mainline").build()}
    images.update({kind: kernel.Kernel(kind).build()
                   for kind in set(route) - {"mainline"}})
    # Parameters of a debug kernel do no harm to the others.
    kind = "debug" if "debug" in route else "plain"
    outcome, log = guest.run(
        name.replace("/", "-"), images[route[0]], programs.build(),
        ["luo_kexec_pair " + " ".join(route)], images=images,
        memory=runs.DEBUG_MEMORY if kind == "debug" else "1G",
        append=f"kho_scratch={runs.SCRATCH[kind]}", seconds=SECONDS[kind])
    results = vm.results(outcome, name)
    results.append(ktap.Result(f"{name}/kernels",
                               *check_kernels(outcome, images, route)))
    # No test depends on the configuration, so a skip is a failure.
    ktap.fail_skips(results)
    results[-1].note += f" (log: {log})"
    return results


@pytest.mark.parametrize("route", [
    pytest.param(route, id="-".join(route),
                 marks=[pytest.mark.name(f"pair/{'-'.join(route)}"),
                        pytest.mark.mainline, pytest.mark.cost(60)])
    for route in ROUTES])
def test_route(route, report):
    """Sessions of memfds, checked in each kernel."""
    name = f"pair/{'-'.join(route)}"
    try:
        report(run_route(route, name))
    except Unavailable as err:
        report([ktap.Result(name, ktap.SKIP, str(err))])
