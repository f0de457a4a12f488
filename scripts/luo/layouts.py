# SPDX-License-Identifier: GPL-2.0
"""Struct layouts of handover formats.

The layout of a format in scripts/layouts.txt must not change: a different
layout needs a new format name. Structs are found in include/linux/kho/abi, and
the compiler prints their layouts.
"""

import re
import subprocess
import tempfile
from pathlib import Path

from luo import paths
from luo.process import LuoError

ABI = "include/linux/kho/abi"
TABLE = paths.TOP / "scripts/layouts.txt"

FORMAT = re.compile(r'^#define\s+\w+_(?:COMPATIBLE|FORMAT|VERSION)\s+"?([\w.-]+)"?',
                    re.MULTILINE)
STRUCT = re.compile(r"^struct (\w+) \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
FIELD = re.compile(r"^\t[\w ]+?[ *](\w+)(\[[^\]]*\])?;", re.MULTILINE)


def format_of(path, text):
    """The name of the format that a header defines."""
    names = FORMAT.findall(text)
    if len(names) != 1:
        raise LuoError(f"{path}: defines {len(names)} names of formats instead "
                       "of one")
    return names[0] if not names[0].isdigit() else f"{path.stem}-{names[0]}"


def structs(text):
    """(name, fields) of each struct; a field without a size has None."""
    for name, body in STRUCT.findall(text):
        yield name, [(field, array != "[]")
                     for field, array in FIELD.findall(body)]


def probe(header, text, name):
    """C code that prints the layouts of the structs of a header."""
    lines = []
    for struct, fields in structs(text):
        lines.append(f'printf("{name} {struct} %zu:", sizeof(struct {struct}));')
        for field, sized in fields:
            size = f"sizeof(((struct {struct} *)0)->{field})" if sized else "0ul"
            lines.append(f'printf(" {field}=%zu+%zu", '
                         f'offsetof(struct {struct}, {field}), {size});')
        lines.append('printf("\\n");')
    return (f"#include <linux/kho/abi/{header.name}>\n"
            "#include <stdio.h>\nint main(void) {\n"
            + "\n".join(lines) + "\nreturn 0; }\n")


def compiled(source, directory):
    """Output of a command."""
    path = Path(directory) / "probe.c"
    path.write_text(source, encoding="utf-8")
    kho = paths.tree_dir() / "tools/testing/kho"
    subprocess.run(
        ["gcc", "-std=gnu11", "-w",
         "-include", kho / "include/common.h", "-I", kho / "include",
         "-I", directory, "-I", paths.tree_dir() / "tools/include",
         "-o", Path(directory) / "probe", path],
        check=True, stderr=subprocess.PIPE, text=True)
    return subprocess.run([Path(directory) / "probe"], check=True, text=True,
                          stdout=subprocess.PIPE).stdout


def layouts():
    """{format: [line]} of the headers."""
    found = {}
    with tempfile.TemporaryDirectory() as directory:
        link = Path(directory) / "linux/kho"
        link.parent.mkdir()
        link.symlink_to(paths.TOP / "include/linux/kho")
        for header in sorted((paths.TOP / ABI).glob("*.h")):
            text = header.read_text(encoding="utf-8")
            name = format_of(header, text)
            found[name] = compiled(probe(header, text, name),
                                   directory).splitlines()
    return found


def table():
    """{format: [line]} of scripts/layouts.txt."""
    known = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            known.setdefault(line.split()[0], []).append(line)
    return known


def check():
    """Fails if a format has changed its layout, or is not in the table."""
    try:
        found, known = layouts(), table()
    except subprocess.CalledProcessError as err:
        raise LuoError("a header of include/linux/kho/abi cannot be "
                       f"compiled:\n{err.stderr}") from err
    bad = []
    for name in found:
        if name not in known:
            bad.append(f"{name} is not in {TABLE.name}; see scripts/layouts")
        elif found[name] != known[name]:
            bad.append(f"the layout of {name} differs from {TABLE.name}; give "
                       "the format a new name, and keep reading the old one")
            bad += [f"  {'is ' if line in found[name] else 'was'} {line}"
                    for line in sorted(set(found[name]) ^ set(known[name]))]
    if bad:
        raise LuoError("\n".join(bad))


def add():
    """Adds the layouts of new formats to the table; returns their names."""
    found, known = layouts(), table()
    new = [name for name in found if name not in known]
    with open(TABLE, "a", encoding="utf-8") as out:
        for name in new:
            out.write("".join(f"{line}\n" for line in found[name]))
    return new
