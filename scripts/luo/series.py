# SPDX-License-Identifier: GPL-2.0
"""Checks the checkout as a patch series for mailing."""

import concurrent.futures
import hashlib
import os
import re
import shutil
import subprocess

from luo import fetch, gitrepo, kernel, patchfile, paths, tree
from luo.gitrepo import git
from luo.process import LuoError, ccache_env, jobs, run_logged, say

# Complaints of checkpatch that the series ignores: type, a part of the patch
# name or of the line, reason.
CHECKPATCH_EXCEPTIONS = [
    ("CAMELCASE", "<__ClearPageHead>", "a function of the base kernel"),
    ("CAMELCASE", "<__SetPageHead>", "a function of the base kernel"),
    ("AVOID_BUG", "-xarray-add-", "how the tests of xarray fail"),
    ("CAMELCASE", "<Unlock>", "a label of the base kernel"),
    ("CAMELCASE", "<PRIu64>", "a macro of C99"),
    ("CAMELCASE", "<_Noreturn>", "a keyword of C11"),
    ("SPLIT_STRING", "-luod-", "JSON that has to be equal to the byte"),
    ("PREFER_DEFINED_ATTRIBUTE_MACRO", "-luod-", "programs have no __printf()"),
    ("FILE_PATH_CHANGES", "", "MAINTAINERS has its entry in the last patch"),
    ("MACRO_ARG_REUSE", "-LIVEUPDATE_FORMAT-", "the arguments are constants"),
    ("MACRO_ARG_REUSE", "'_struct'", "the argument is the name of a type"),
    ("REPEATED_WORD", "'kho'", "kind and owner of a format"),
    ("UNCOMMENTED_DEFINITION", "", "locks are described in kernel-doc"),
    ("AVOID_BUG", "-memblock-", "moved from one function to another"),
    ("EMBEDDED_FUNCTION_NAME", "'early_memtest'", "what the base prints"),
    ("BIT_MACRO", "-tools-test-", "a size in bytes, as in the selftests"),
    ("BIT_MACRO", "-tools-add-", "programs have no BIT()"),
    ("ENOSYS", "-selftests-", "what a kernel without userfaultfd(2) returns"),
    ("BIT_MACRO", "-selftests-", "numbers of bytes; programs have no BIT()"),
    ("CAMELCASE", "<LLVMFuzzerTestOneInput>", "libFuzzer's name"),
    ("PARENTHESIS_ALIGNMENT", "-trace-events", "as all headers of events"),
    ("OPEN_ENDED_LINE", "-trace-events", "as all headers of events"),
    ("INCLUDE_LINUX", "-userspace", "tools/include/ has no linux/ one"),
    ("EXPORT_SYMBOL", "-userspace", "defined away"),
    ("PREFER_DEFINED_ATTRIBUTE_MACRO", "-tools-add-",
     "programs have no __printf()"),
    ("PREFER_DEFINED_ATTRIBUTE_MACRO", "-userspace", "it is to be one macro"),
    ("MACRO_ARG_REUSE", "'member'", "the argument is the name of a field"),
    ("NEW_TYPEDEFS", "-userspace", "the kernel's"),
    ("MACRO_ARG_UNUSED", "-userspace", "as the kernel's, but does less"),
    ("EMBEDDED_FUNCTION_NAME", "'usage'", "the word, not the function"),
]

# Serialized bytes, and the flag of a page; codespell takes them for errors.
OUR_WORDS = ("ser", "uptodate")


def directory():
    """Directory of the mails and repositories of the check."""
    return paths.work_dir() / "series"


def cover_letter(path, base):
    """Fills in the template of the cover letter."""
    text = path.read_text()
    letter = (paths.TOP / "patches/cover-letter.txt").read_text()
    subject, _, body = letter.partition("\n\n")
    text = text.replace("*** SUBJECT HERE ***", subject.strip())
    text = text.replace("*** BLURB HERE ***",
                        body.strip() + f"\n\nThe series is based on "
                        f"{base.name.replace('-', ' ')}.")
    path.write_text(text)


def format_mails(repo, commit, out, base):
    """Writes the mails; returns their paths, the cover letter first."""
    shutil.rmtree(out, ignore_errors=True)
    git(repo, "format-patch", "--quiet", "-M", "--cover-letter",
        "-o", str(out), f"base..{commit}")
    mails = sorted(out.glob("*.patch"))
    cover_letter(mails[0], base)
    return mails


def apply_mails(base, mails, target, touched):
    """Applies mails to a pristine base, of which only the affected files are
    checked out; returns the resulting tree."""
    start = git(gitrepo.base_repo(base), "rev-parse", "base").strip()
    gitrepo.clone(base, target, start)
    git(target, "sparse-checkout", "set", "--no-cone", "--stdin",
        stdin="".join(f"/{path}\n" for path in sorted(touched)).encode())
    git(target, "checkout", "--quiet", "series")
    git(target, "am", "--quiet", *[str(m) for m in mails])
    return git(target, "rev-parse", "HEAD^{tree}").strip()


def compare(base, commit):
    """Fails unless a commit is identical to the build tree; returns the paths
    that differ from the base."""
    want = tree.expected_files(base, paths.TOP)
    # A patch may touch a file without changing it.
    want = {path: item for path, item in want.items()
            if item != tree.base_file(base, path)}
    repo = gitrepo.base_repo(base)
    lines = git(repo, "diff-tree", "-r", "--no-renames", "base",
                commit).splitlines()
    have = {}
    for line in lines:
        words, path = line.split("\t")
        _, mode, _, blob, _ = words.split()
        have[path] = (mode[-3:], blob) if set(blob) != {"0"} else None
    for path in sorted(set(want) ^ set(have)):
        raise LuoError(f"the series and the build tree differ: {path}")
    for path, item in want.items():
        if (item is None) != (have[path] is None):
            raise LuoError(f"the series does not remove {path}")
        if item and have[path] != (f"{item[1]:o}", blob_name(item[0])):
            raise LuoError(f"the series has other contents for {path}")
    return set(want)


def blob_name(data):
    """The git blob hash of contents."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def misspelt(mail):
    """Runs codespell on the message of a mail and on the lines that it adds.

    checkpatch.pl --codespell would take four times as long.
    """
    message, _, patch = mail.read_text(errors="replace").partition("\n---\n")
    lines = message.split("\n") + [""] + [
        line[1:] if line.startswith("+") and not line.startswith("+++ ") else ""
        for line in patch.split("\n")]
    run = subprocess.run(["codespell", "-L", ",".join(OUR_WORDS), "-"],
                         input="\n".join(lines), stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True, check=False)
    found = [f"{mail.name}:{line}" for line in run.stdout.splitlines()]
    if run.returncode and not found:
        found = [f"{mail.name}: codespell ended with {run.returncode}"]
    return found


def is_exception(line):
    """True for a complaint that is in CHECKPATCH_EXCEPTIONS."""
    return any(f":{kind}:" in line and text in line
               for kind, text, _ in CHECKPATCH_EXCEPTIONS)


def complaints_of(base, mail):
    """Complaints of checkpatch.pl about a mail, without exceptions, and of
    codespell."""
    run = subprocess.run(
        ["perl", "scripts/checkpatch.pl", "--strict", "--no-summary",
         "--terse", "--show-types", str(mail)],
        cwd=base, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, check=False)
    return [line.replace(str(mail), mail.name)
            for line in run.stdout.splitlines()
            if line and not is_exception(line)] + misspelt(mail)


def mail_id(mail):
    """Identifies the input and the rules of checkpatch."""
    text = mail.read_text(errors="replace").partition("\n")[2]
    # The number changes if a patch is inserted before.
    text = re.sub(r"\[PATCH \d+/\d+\]", "", text, count=1)
    rules = repr((CHECKPATCH_EXCEPTIONS, OUR_WORDS))
    return hashlib.sha256((rules + text).encode()).hexdigest()


def checkpatch(base, mails):
    """Checks the mails that have not passed before."""
    passed = directory() / "passed"
    passed.mkdir(parents=True, exist_ok=True)
    todo = [mail for mail in mails if not (passed / mail_id(mail)).exists()]
    say(f"checkpatch --strict on {len(todo)} of {len(mails)} mails")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(lambda mail: complaints_of(base, mail), todo))
    for mail, lines in zip(todo, found):
        if not lines:
            (passed / mail_id(mail)).touch()
    return [line for lines in found for line in lines]


def build_commit(repo, build, fragments):
    """Builds the current commit."""
    build.mkdir(parents=True, exist_ok=True)
    (build / ".luo-fragments").write_text(fragments, encoding="utf-8")
    env = ccache_env(CCACHE_BASEDIR=str(repo))
    make = ["make", "-C", repo, f"O={build}", "ARCH=x86_64"]
    log = build / ".luo-build.log"
    run_logged("configuring", log, [*make, "-s", "tinyconfig"], env=env)
    run_logged("configuring", log,
               ["../scripts/kconfig/merge_config.sh", "-m", "-Q", ".config",
                ".luo-fragments"], cwd=build, env=env)
    run_logged("configuring", log, [*make, "-s", "olddefconfig"], env=env)
    run_logged("building", log, [*make, "CC=ccache gcc", "KCFLAGS=-Werror",
                                 jobs(), "bzImage"], env=env)


def build_each(repo):
    """Builds every commit, with live update on and off."""
    commits = git(repo, "rev-list", "--reverse", "base..series").split()
    for kind in ("plain", "off"):
        for number, commit in enumerate(commits, 1):
            git(repo, "checkout", "--quiet", "--detach", commit)
            say(f"building {number} of {len(commits)}, {kind}")
            build_commit(repo, repo / f"b-{kind}",
                         kernel.Kernel(kind).fragments)
    git(repo, "checkout", "--quiet", "series")


def check(slow=False):
    """Runs all checks; stops at the first failure."""
    base = fetch.base()
    try:
        say("creating one commit per patch")
        commit, patches = gitrepo.make_commits(base)
        touched = compare(base, commit)
        mails = format_mails(gitrepo.base_repo(base), commit,
                             directory() / "mails", base)
        say("applying the mails to a pristine base")
        result = apply_mails(base, mails[1:], directory() / "applied", touched)
        if result != git(gitrepo.base_repo(base), "rev-parse",
                         f"{commit}^{{tree}}").strip():
            raise LuoError("git am makes another tree of the mails than the "
                           "patches do")
        complaints = checkpatch(base, mails[1:])
        if complaints:
            raise LuoError("checkpatch has complaints:\n"
                           + "\n".join(complaints))
        if slow:
            gitrepo.export(base, directory() / "export")
            build_each(directory() / "export")
    except (tree.TreeError, patchfile.PatchError) as err:
        raise LuoError(str(err)) from err
    return (f"{len(patches)} patches are equal to the build tree: "
            f"{directory() / 'mails'}")
