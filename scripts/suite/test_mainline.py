# SPDX-License-Identifier: GPL-2.0
"""Live updates from our kernel to a mainline kernel and back.

The mainline kernel is Debian's, built as it is. Where it cannot be fetched all
routes are skipped.
"""

import pytest

from luo import guest, kernel, ktap, programs, runs, vm
from luo.process import Unavailable

# The kernels of a route, by their kinds.
ROUTES = [
    ("plain", "mainline"),
    ("mainline", "plain"),
    ("plain", "mainline", "plain"),
    ("mainline", "plain", "mainline"),
    ("debug", "mainline", "debug"),
]

SECONDS = {"plain": 120, "debug": 900}


def release_of(image):
    """What uname says in a kernel."""
    path = image.parents[3] / "include/config/kernel.release"
    return path.read_text(encoding="utf-8").strip()


def check_kernels(outcome, images, route):
    """One result: the kernels that ran are those of the route, in its order."""
    ran = [boot.get("release") for boot in outcome.boots()]
    due = [release_of(images[kind]) for kind in route]
    if ran == due:
        return ktap.PASS, " -> ".join(ran)
    return ktap.FAIL, f"{ran} ran instead of {due}"


def run_route(route, name):
    """Results of one route."""
    # First, for it is the one that may be missing.
    images = {"mainline": kernel.Kernel("mainline").build()}
    images.update({kind: kernel.Kernel(kind).build()
                   for kind in set(route) - {"mainline"}})
    # What a debug kernel needs, other kernels do not mind.
    kind = "debug" if "debug" in route else "plain"
    outcome, log = guest.run(
        name.replace("/", "-"), images[route[0]], programs.build(),
        ["luo_kexec_pair " + " ".join(route)], images=images,
        memory=runs.DEBUG_MEMORY if kind == "debug" else "1G",
        append=f"kho_scratch={runs.SCRATCH[kind]}", seconds=SECONDS[kind])
    results = vm.results(outcome, name)
    results.append(ktap.Result(f"{name}/kernels",
                               *check_kernels(outcome, images, route)))
    # Nothing that there is to see depends on how a kernel was configured.
    ktap.fail_skips(results)
    results[-1].note += f" (log: {log})"
    return results


@pytest.mark.parametrize("route", [
    pytest.param(route, id="-".join(route),
                 marks=[pytest.mark.name(f"pair/{'-'.join(route)}"),
                        pytest.mark.mainline, pytest.mark.cost(60)])
    for route in ROUTES])
def test_route(route, report):
    """Sessions of memfds, compared in each kernel."""
    name = f"pair/{'-'.join(route)}"
    try:
        report(run_route(route, name))
    except Unavailable as err:
        report([ktap.Result(name, ktap.SKIP, str(err))])
