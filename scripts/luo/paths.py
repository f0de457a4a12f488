# SPDX-License-Identifier: GPL-2.0
"""Where things are: the checkout, the cache, the directories of this checkout."""

import hashlib
import os
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent


def cache_dir():
    """Cache directory for downloads and builds, outside the checkout."""
    if os.environ.get("LUO_CACHE"):
        return Path(os.environ["LUO_CACHE"])
    xdg = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(xdg) / "luo"


def work_dir():
    """Directory for files of this checkout only."""
    digest = hashlib.sha256(str(TOP).encode()).hexdigest()
    return cache_dir() / "work" / digest[:12]


def tree_dir():
    """The source tree: base, patches and new files."""
    return work_dir() / "linux"


def log_dir():
    """Console logs of virtual machines."""
    path = work_dir() / "logs"
    path.mkdir(parents=True, exist_ok=True)
    return path
