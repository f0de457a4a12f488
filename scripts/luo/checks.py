# SPDX-License-Identifier: GPL-2.0
"""Static checks that need no kernel. Each returns a list of complaints.

Compiler warnings and sparse are in kernel.check_warnings(), checkpatch is in
series.
"""

import re
import subprocess

from luo import kernel, layouts, patchfile, paths, transitions
from luo.process import LuoError

# Serialized bytes, and the flag of a page; codespell takes them for errors.
OUR_WORDS = "ser,uptodate"

LONGEST_FUNCTION = 60
WIDEST_LINE = 100
WIDEST_MESSAGE = 75

# Paths of a particular machine, and names of mirrors.
MACHINE = re.compile(r"\.debian\.or[g]|(^|[^A-Za-z0-9_}\"])/(root|work|home)/")


def our_files(*patterns):
    """Files of the checkout that match git pathspecs."""
    out = subprocess.run(
        ["git", "-C", paths.TOP, "ls-files", "-z", "--cached", "--others",
         "--exclude-standard", "--", *patterns], check=True, text=True,
        stdout=subprocess.PIPE).stdout
    found = [paths.TOP / name for name in out.split("\0") if name]
    return sorted(path for path in found if path.is_file())


def scripts_of(word, *patterns):
    """Scripts of an interpreter."""
    found = []
    for path in our_files(*patterns):
        with open(path, "rb") as data:
            if re.match(rb"#!.*\b" + word.encode(), data.readline()):
                found.append(path)
    return found


def text_of(path):
    """Contents of a file; binary files decode to garbage without an error."""
    return path.read_text(encoding="utf-8", errors="replace")


def short(path):
    """A path relative to the checkout."""
    return str(path.relative_to(paths.TOP))


def output_of(*argv, **options):
    """Lines of output of a checker."""
    done = subprocess.run([str(a) for a in argv], cwd=paths.TOP, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False, **options)
    lines = done.stdout.splitlines()
    if done.returncode and not lines:
        lines = [f"{argv[0]}: exit status {done.returncode}"]
    return lines


def check_shellcheck():
    """Runs shellcheck."""
    return output_of("shellcheck", "-x", *scripts_of("(ba)?sh", "scripts",
                                                     ".ci", "tools"))


def check_python():
    """Runs pyflakes."""
    modules = our_files("scripts/*.py")
    return output_of("pyflakes3", *modules, *scripts_of("python3", "scripts"))


def check_codespell():
    """Runs codespell; lines of patches are checked with the series."""
    files = [path for path in our_files()
             if path.suffix not in (".patch", ".png", ".svg")]
    return output_of("codespell", "-L", OUR_WORDS, *files)


def check_kernel_doc():
    """Runs kernel-doc."""
    kernel.sync()
    sources = [short(path) for path in our_files(
        "kernel/*.[ch]", "mm/*.[ch]", "lib/*.[ch]", "include/*.h")
        if "kunit" not in path.name]
    done = subprocess.run(["scripts/kernel-doc", "-none", "-Wall", *sources],
                          cwd=paths.tree_dir(), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    return done.stdout.splitlines()


def check_uapi():
    """Checks that the userspace headers compile alone, as C and as C++."""
    headers = kernel.Kernel().headers()
    found = []
    for language in (("-std=c99", "-x", "c"), ("-x", "c++")):
        done = subprocess.run(
            ["gcc", "-Wall", "-Wextra", "-Werror", "-isystem", headers,
             "-fsyntax-only", *language, "-"], text=True, check=False,
            input="#include <linux/liveupdate.h>\n", stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        found += done.stdout.splitlines() if done.returncode else []
    return found


def check_length():
    """Finds functions that are too long."""
    found = []
    for path in our_files("*.c", "*.h"):
        begin = 0
        for number, line in enumerate(text_of(path).splitlines(), 1):
            if line.startswith("{"):
                begin = number
            elif line.startswith("}"):
                if begin and number - begin - 1 > LONGEST_FUNCTION:
                    found.append(f"{short(path)}:{begin}: a function of "
                                 f"{number - begin - 1} lines")
                begin = 0
    return found


def check_columns():
    """Finds long lines, which checkpatch would report minutes later."""
    found = []
    for path in our_files("*.[ch]"):
        for number, line in enumerate(text_of(path).splitlines(), 1):
            tabs = len(line) - len(line.lstrip("\t"))
            if len(line) + 7 * tabs > WIDEST_LINE and '"' not in line:
                found.append(f"{short(path)}:{number}: wider than "
                             f"{WIDEST_LINE} columns")
    for path in our_files("patches/*.patch"):
        patch = patchfile.parse(text_of(path), path.name)
        found += [f"{short(path)}: wider than {WIDEST_MESSAGE} columns: {line}"
                  for line in patch.body.splitlines()
                  if len(line) > WIDEST_MESSAGE and not line.startswith(" ")]
    return found


def check_machine():
    """Finds paths of a machine, and names of mirrors."""
    return [f"{short(path)}:{number}: {line.strip()}"
            for path in our_files() if path.suffix != ".patch"
            for number, line in enumerate(text_of(path).splitlines(), 1)
            if MACHINE.search(line)]


def check_transitions():
    """Compares the state table in the documentation with the kernel's."""
    return transitions.check()


def check_layouts():
    """Checks that no handover format has changed its layout."""
    kernel.sync()
    try:
        layouts.check()
    except LuoError as err:
        return str(err).splitlines()
    return []


CHECKS = {name.removeprefix("check_").replace("_", "-"): function
          for name, function in sorted(globals().items())
          if name.startswith("check_")}


def run(name):
    """Runs a check."""
    return CHECKS[name]()
