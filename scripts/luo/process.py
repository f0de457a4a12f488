# SPDX-License-Identifier: GPL-2.0
"""Messages, errors, locks, and commands that run with a log file."""

import contextlib
import fcntl
import os
import re
import signal
import subprocess
import sys
import time

from luo import paths

# Exit status if a source package cannot be fetched, which callers may treat
# differently from other errors.
EXIT_UNAVAILABLE = 3

PROGRESS_SECONDS = 20

# Lines of a build log that explain a failure.
CULPRIT = re.compile(r"(?:error|warning|undefined reference|multiple definition)"
                     r"\b|\*\*\* |cannot find |No such file|FAILED")


class LuoError(Exception):
    """An error that the user has to fix; printed without a traceback."""


class Unavailable(LuoError):
    """None of the configured mirrors has a source."""


def say(text):
    """Prints progress, or an error."""
    print(f"luo: {text}", file=sys.stderr, flush=True)


def run_main(main):
    """Runs a script's main(); returns its exit status."""
    # Exit silently if the reader of the output closes the pipe.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        return main()
    except Unavailable as err:
        say(f"error: {err}")
        return EXIT_UNAVAILABLE
    except LuoError as err:
        say(f"error: {err}")
        return 1
    except KeyboardInterrupt:
        return 130


@contextlib.contextmanager
def locked(path, waiting=None, kind=fcntl.LOCK_EX):
    """Holds a lock exclusively; prints @waiting if it has to wait."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if waiting:
                say(waiting)
            fcntl.flock(lock, kind)
        yield


def shared(path):
    """Holds a lock shared."""
    return locked(path, kind=fcntl.LOCK_SH)


def culprits(text, limit=25):
    """Lines of a build log that explain a failure, with context; the end of the
    log if none is found."""
    lines = text.splitlines()
    shown = sorted({i + k for i, line in enumerate(lines)
                    if CULPRIT.search(line) for k in range(3)
                    if i + k < len(lines)})
    return [lines[i] for i in shown[:limit]] or lines[-limit:]


def log_name(log):
    """Path of a log, relative to the cache if possible."""
    try:
        return f"{log.relative_to(paths.cache_dir())} in the cache"
    except ValueError:
        return str(log)


def run_logged(what, log, argv, quiet=False, **options):
    """Runs a command with its output in a log. Prints its progress every few
    seconds, so that a long build does not look like a hang."""
    log.parent.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    said = start
    if not quiet:
        say(f"{what} (log: {log_name(log)})")
    with open(log, "wb") as out, subprocess.Popen(
            [str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=out,
            stderr=subprocess.STDOUT, **options) as proc:
        while True:
            try:
                status = proc.wait(timeout=0.5)
                break
            except subprocess.TimeoutExpired:
                pass
            if time.monotonic() - said >= PROGRESS_SECONDS:
                said = time.monotonic()
                lines = log.read_text(errors="replace").splitlines() or [""]
                say(f"  ... {said - start:.0f} s, {len(lines)} steps, now: "
                    f"{lines[-1][:60]}")
    if status:
        shown = "\n".join(culprits(log.read_text(errors="replace")))
        raise LuoError(f"{what}: failed with status {status}\n{shown}\n"
                       f"log: {log}")
    if not quiet:
        say(f"{what}: done in {time.monotonic() - start:.0f} s")


def ccache_env(**more):
    """Environment for builds that share the compiler cache. Two checkouts, or
    two runs, produce identical output."""
    return dict(os.environ, CCACHE_DIR=str(paths.cache_dir() / "ccache"),
                CCACHE_NOHASHDIR="1", CCACHE_DEPEND="1", CCACHE_MAXSIZE="10G",
                KBUILD_BUILD_USER="luo", KBUILD_BUILD_HOST="luo",
                KBUILD_BUILD_TIMESTAMP="@1700000000", KBUILD_BUILD_VERSION="1",
                **more)


def jobs():
    """Number of parallel jobs of make."""
    return f"-j{os.cpu_count()}"
