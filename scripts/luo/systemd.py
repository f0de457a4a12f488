# SPDX-License-Identifier: GPL-2.0
"""Makes systemd the first process of a guest, and luo_init one of its
services."""

from luo import paths

LUO_INIT = "/usr/bin/luo_init"
UNIT_DIR = "/usr/lib/systemd/system"

# Our units, and the units of the tests.
SOURCES = ("tools/liveupdate/systemd", "tools/testing/selftests/liveupdate/systemd")

# Units that need a network, disks, users or a keyboard.
MASKED = ("getty.target", "imports.target", "ldconfig.service",
          "modprobe@.service", "proc-sys-fs-binfmt_misc.automount",
          "systemd-ask-password-console.path", "systemd-ask-password-wall.path",
          "systemd-binfmt.service", "systemd-firstboot.service",
          "systemd-hibernate-clear.service", "systemd-hostnamed.socket",
          "systemd-journal-catalog-update.service",
          "systemd-journal-flush.service", "systemd-journalctl.socket",
          "systemd-logind-varlink.socket", "systemd-logind.service",
          "systemd-machine-id-commit.service", "systemd-mute-console.socket",
          "systemd-random-seed.service", "systemd-sysinstall.socket",
          "systemd-sysusers.service", "systemd-update-done.service",
          "systemd-user-sessions.service")

# With a machine ID, systemd does not run its first-boot setup.
FILES = {
    "/etc/machine-id": "6c756f6c756f6c756f6c756f6c756f6c\n",
    "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\n",
    "/etc/group": "root:x:0:\ntty:x:5:\nutmp:x:43:\nsystemd-journal:x:101:\n",
}


def wanted_by(unit):
    """The units that pull in a unit, from its [Install] section."""
    words = [line.partition("=")[2].split() for line in
             unit.read_text().splitlines() if line.startswith("WantedBy=")]
    return [word for line in words for word in line]


def add_units(image):
    """Adds and enables units."""
    for source in SOURCES:
        for unit in sorted((paths.TOP / source).iterdir()):
            image.add(f"{UNIT_DIR}/{unit.name}", unit)
            for target in wanted_by(unit):
                image.add_link(f"{UNIT_DIR}/{target}.wants/{unit.name}",
                               f"../{unit.name}")


def install(image, base):
    """Turns the directory of fetch.systemd() into a root file system."""
    image.add_link("/init", "/usr/lib/systemd/systemd")
    add_units(image)
    for unit in MASKED:
        image.add_link(f"/etc/systemd/system/{unit}", "/dev/null")
    for generator in (base / "usr/lib/systemd/system-generators").iterdir():
        image.add_link(f"/etc/systemd/system-generators/{generator.name}",
                       "/dev/null")
    for path, text in FILES.items():
        image.add_text(path, text)
    for name in ("luod", "luoctl"):
        image.add_link(f"/usr/sbin/{name}", f"/usr/bin/{name}")
