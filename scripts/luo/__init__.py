# SPDX-License-Identifier: GPL-2.0
"""Python modules of the scripts: builds, virtual machines, results."""
