#!/usr/bin/env python3
"""mutants.py - makes small changes in the code and checks whether a test fails.

usage: make mutants [FOLDERS='log mail'] [N=200] [SEED=1] [SECONDS=3600]
                    [QUICK=1] [ONLY_UNITS=1]
       t/mutants.py [-n N] [-s SEED] [-t SECONDS] [-p PERCENT] [-j JOBS] [-quv]
                    PLACE...

A mutant is lib/ with one small error: `<` for `<=`, `+` for `-`, a constant
that is one too large, a condition that is negated, a statement or a result
that is missing. A mutant is killed when a test fails. A mutant that survives
shows a line that no test checks: write a row for that line, or simplify the
line. Some survivors are equivalent, that is, they behave like the original (a
size of a buffer, a shortcut); do not change anything for those.

PLACE is a folder of lib/ (log), a file (lib/log/pack.c) or a line
(lib/log/pack.c:259). N mutants of each place are chosen at random, and SEED
repeats a choice; all mutants of a line are tried. To see whether a new test
kills a survivor:

    make mutants FOLDERS=lib/log/pack.c:259

The script prints each survivor with its place, the original and the changed
line (with -v each killed mutant, too), and at the end the number of killed
mutants of each place. The exit status is 1 if less than PERCENT of the mutants
of a place were killed (default: 0).

How the script works: programs in build/mutants are linked with libms.so and
with an empty libmutant.so before it. For each mutant the script compiles only
the changed file into a libmutant.so of its own, whose functions replace those
of libms.so, and sets LD_LIBRARY_PATH. A mutant that does not compile, or whose
object code is that of the original, is not counted. The files of all folders
that are tried, compiled for gcov as another libmutant.so, show which programs
run a line: only those are run for its mutants until one fails, first the programs that
killed the most mutants of this file in the least time. A failed row ends a
program (MUTANTS=1). With -q, programs that seldom kill a mutant of the folder
(fewer than one of 25, or none so far, where all before them have needed
QUICK_SECONDS of processor time) are run only for what the others let survive,
the fastest first, for REST_SECONDS of processor time. With -u, the scripts are
left out; then a survivor is to be tried again without -u. A process that needs more than three times
the usual processor time and 3 s is ended, and so fails. If nothing happens, a
program has three times its usual time and 2 s more, and if it needs more, once
again ten times and 10 s more; after it, all its processes are ended. A program that needs too much again has found the
mutant only if it passes without the mutant in a third of that time, and a
script only if it fails twice. Memory that malloc() returns is not zero
(MALLOC_PERTURB_), so that a missing initialization is noticed; the compiler
checks the sizes of arrays. What was learned about a program is kept in
build/mutants until the program changes.
"""
import argparse
import collections
import ctypes
import glob
import gzip
import hashlib
import json
import multiprocessing
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

# The scripts of t/ that are tried beside the unit programs, by folder of lib/.
QUICK = {
    "archive": "0110 0130 0203 0240 0245 0260 1032 1240 4000 4500 4550 4555",
    "formats": "1000 1010 1095 4020 4030 5000",
    "index": "0130 0240 1240 4000 4010 4530",
    "ingest": "1010 1020 1032 1035 1040 1095 1100 1110 1240",
    "jobs": "3300 3350 3360",
    "log": "0110 0130 0150 0200 0203 0240 4050 4520 4530 4540 4550",
    "mail": "0210 1010 1020 1095 4000 4010 4020",
    "query": "4000 4010",
    "sync": "2050",
    "users": "3000 3060",
    "verify": "4500 4530 4550 4555",
}
QUICK_SECONDS = 8
REST_SECONDS = 40
BUILD = os.environ.get("B", "build/mutants")
CC = os.environ.get("CC", "cc").split()
CFLAGS = os.environ.get("CFLAGS", "-std=c17 -D_GNU_SOURCE").split() + [
    "-w", "-O1", "-g0", "-fPIC", "-fsemantic-interposition",
    "-fstack-protector-all", "-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2"]

# With these functions, gcov writes its data also if a process ends with _exit().
# No process is confined, because it could not open files afterwards; but in the
# folder that has the other ms_sandbox_enter(), gcov only writes its data before.
EXIT = """#include <dlfcn.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
void __gcov_dump(void);
static int confined;
__attribute__((weak)) int ms_sandbox_enter(const void *sb, void *err)
{
	(void)sb, (void)err;
	return 0;
}
void _exit(int status)
{
	if (!confined)
		__gcov_dump();
	for (;;)
		syscall(SYS_exit_group, status);
}
int seccomp_load(void *filter)
{
	int (*real)(void *) = (int (*)(void *))dlsym(RTLD_NEXT, "seccomp_load");
	__gcov_dump();
	confined = 1;
	return real(filter);
}
"""

TOKEN = re.compile(r"""
    (?P<skip>/\*.*?\*/ | "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' | ^\#(?:\\\n|.)*?$)
  | (?P<number>\b(?:0[xX][0-9a-fA-F]+|\d+)(?P<suffix>[uUlL]*)\b)
  | (?P<word>[A-Za-z_]\w*)
  | (?P<op><<=|>>=|\+\+|--|->|&&|\|\||[-+*/%&|^<>=!]=|<<|>>|[^\s\w])
""", re.X | re.S | re.M)
SWAPS = {
    "<": ["<="], "<=": ["<"], ">": [">="], ">=": [">"], "==": ["!="],     "!=": ["=="], "&&": ["||"], "||": ["&&"], "+": ["-"], "-": ["+"],
    "*": ["/"], "/": ["*"], "%": ["/"], "<<": [">>"], ">>": ["<<"],
    "&": ["|"], "|": ["&"], "^": ["|"], "+=": ["-="], "-=": ["+="],
    "*=": ["+="], "/=": ["*="], "|=": ["&="], "&=": ["|="], "++": ["--"],
    "--": ["++"], "true": ["false"], "false": ["true"],
    "break": ["continue"], "continue": ["break"],
}
COMPARE = {"<", "<=", ">", ">="}
UNARY = {"+", "-", "*", "&"}
# Statements that begin with these are declarations or are handled elsewhere.
NO_DROP = set("""const static struct enum union unsigned signed char int long
    short size_t ssize_t bool void double float if else for while do switch case
    default return break continue assert""".split())
# A number in the arguments of these is not changed: with more memory than it
# needs, a program does the same, and only a sanitizer notices too little.
ALLOCATES = re.compile(r"ms_(x(malloc|calloc|reallocarray)|buf_room)$")
# Without a call of these, a program leaks memory or needs more of it, which no
# test detects.
LEAKS = re.compile(r"(free(_\w+)?|ZSTD_freeCCtx|_release|_close|close|_unref"
                   r"|munmap|ms_out_of_memory|mallopt|set_malloc_thresholds"
                   r"|ms_buf_trim)$")
# A file that is opened without these flags is the same one.
OPEN_FLAGS = re.compile(r"O_(CLOEXEC|DIRECTORY|NOCTTY)$")
# Work is passed on, or memory is given back, when it has about this size. One
# more or less does not matter: `<` is not changed to `<=`.
THRESHOLDS = re.compile(r"(WORK_UNIT_(BYTES|MESSAGES)|COMPRESS_JOB_BYTES|DESTS_MAX"
                        r"|MS_BLOCK_FULL|MS_BATCH_(BLOBS|DEPOSITS|MESSAGES|META|STORED)"
                        r"|SPARE_MAX|INLINED_KEPT|BYTES_KEPT"
                        r"|EXTENTS_PER_COMMIT|MARKS_MAX|STEPS_PER_COMMIT|SLICE|LOOKED_MAX"
                        r"|AHEAD_MAX|CAPACITY_MIN|STAGE|ROWS|MS_ARCHIVE_TRIES)$")
# a < b ? a : b, and: if (a > b) a = b. With `<=`, the result is the same. a can
# be a difference, and b a call.
MINIMUM = re.compile(r"""
    (?P<a>[\w.>\[\]-]+(?:\ -\ [\w.>\[\]-]+)?)\ (?P<op>[<>]=?)\ 
    (?P<b>[\w.>\[\]-]+(?:\(\w*\))?)
    (?:\ \?\ (?:(?P=a)\ :\ (?P=b)|(?P=b)\ :\ (?P=a))(?=[;,)])
      |\)\s+(?P=a)\ =\ (?P=b);)
""", re.X)

# got is not 0 where it is returned: `<=` is the same.
FAILURE = re.compile(r"""
    if\ \((?P<v>\w+)\ (?:!=\ 0|<\ 0\ \|\|\ \((?P=v)\ ==\ 1\ &&[^;{}]*)\)+
    \s+return\ (?P=v)\ (?P<op><)\ 0\ \?
""", re.X)


class Mutation(collections.namedtuple("Mutation", "path start end text")):
    """The bytes from start to end of a file become text."""

    def apply(self, source):
        return source[:self.start] + self.text + source[self.end:]

    def line(self, source):
        return source.count("\n", 0, self.start) + 1


def tokens(source):
    """The tokens of the bodies of functions, as (kind, text, start, end)."""
    body = False
    for m in TOKEN.finditer(source):
        kind, at = m.lastgroup, m.start()
        if kind == "suffix":
            kind = "number"
        if kind == "skip":
            # Comments are skipped; no token contains one.
            if m.group()[0] in "\"'":
                yield "string" if body else "outside", m.group(), at, m.end()
            continue
        if m.group() in "{}" and (at == 0 or source[at - 1] == "\n"):
            body = m.group() == "{"
        yield kind if body else "outside", m.group(), at, m.end()


def closing(toks, i):
    """The index of the bracket that closes the one at i."""
    depth = 0
    for j in range(i, len(toks)):
        depth += (toks[j][1] in "([{") - (toks[j][1] in ")]}")
        if depth == 0:
            return j
    return len(toks) - 1


def statement_end(toks, i):
    while i < len(toks) and toks[i][1] not in (";", "}"):
        i = closing(toks, i) + 1 if toks[i][1] in "([{" else i + 1
    return i


def asked_for_failure(source):
    """The spans of static functions all of whose calls are followed by `< 0`."""
    for f in re.finditer(r"^static [^\n;]*\n(\w+)\(.*?^}", source, re.M | re.S):
        calls = [m for m in re.finditer(r"\b%s\(" % f.group(1), source)
                 if m.start() != f.start(1) and source[m.start() - 1] != "\n"]
        if calls and all(re.match(r"\s*< 0", source[end_of(source, m.end()):])
                         for m in calls):
            yield range(f.start(), f.end())


def end_of(source, i):
    """The index after the bracket that closes what begins before i."""
    depth = 1
    while depth > 0 and i < len(source):
        depth += (source[i] == "(") - (source[i] == ")")
        i += 1
    return i


def mutations(path, source):
    """All mutations of a file."""
    toks = list(tokens(source))
    minimum = {m.start("op") for pattern in (MINIMUM, FAILURE)
               for m in pattern.finditer(source)}
    asked = list(asked_for_failure(source))
    counting = set()
    returns = 0     # the tokens before this index are a result
    until = 0       # the tokens before this index are not changed
    memory = 0      # the tokens before this index are a size of memory
    for i, (kind, text, start, end) in enumerate(toks):
        if kind == "outside" or i < until or i == 0:
            continue
        before = toks[i - 1]

        def change(new, to=end):
            return Mutation(path, start, to, new)

        if text in ("assert", "sizeof", "case", "static"):
            # These are not code that runs; a static variable is initialized by
            # constants.
            until = statement_end(toks, i) if text == "static" else \
                closing(toks, i + 1) + 1 if toks[i + 1][1] == "(" else i + 2
            continue
        if text == "for":
            # The counter of such a loop is not changed either.
            last = closing(toks, i + 1)
            counters = {(toks[j - 1][1] if toks[j - 1][1] != "]" else "")
                        for j in range(i, last) if toks[j][1] in COMPARE and
                        THRESHOLDS.match(toks[j + 1][1])}
            frees = only_frees(toks, last + 1)
            counting = {j for j in range(i, last) if toks[j][1] in counters or
                        frees and toks[j][1] == "<=" or
                        toks[j][1] in ("0", "++") and (frees or counters & {
                            toks[j - 1][1], toks[j - 2][1], toks[j + 1][1]})}
        if i in counting:
            continue
        if text == "return":
            returns = statement_end(toks, i)
        if ALLOCATES.match(text):
            memory = closing(toks, i + 1)
        if kind == "number":
            # x < 1 is x <= 0, and any negative result is a failure.
            if before[1] in COMPARE or source[start - 1] == "-" or \
                    i < memory or \
                    before[1] == "return" and text == "0" or \
                    before[1] == "{" and source[end] == "}":
                continue
            digits = text.rstrip("uUlL")
            value = int(digits, 8 if re.match("0[0-7]", digits) else 0)
            # The results 1 and 2 both mean "yes" or "an item", and 0 and 1
            # both mean success, if a caller asks only for failure.
            more = not (
                value == 1 and before[1] in ("return", "?", ":")) and not (
                value == 0 and before[1] in ("return", "?", ":") and
                i < returns and any(start in span for span in asked))
            for new in sorted({value + more, max(value - 1, 0)} - {value}):
                yield change(str(new) + text[len(digits):])
        elif text in SWAPS:
            binary = before[0] in ("word", "number", "string") or \
                before[1] in (")", "]")
            spaced = source[start - 1].isspace() and source[end].isspace()
            if text in COMPARE and (
                    start in minimum or THRESHOLDS.match(toks[i + 1][1]) or
                    THRESHOLDS.match(before[1])):
                continue
            if text in COMPARE and before[1].endswith("fd") and \
                    toks[i + 1][1] == "0":
                continue # no file of a test has the descriptor 0
            if text == "|" and OPEN_FLAGS.match(toks[i + 1][1]):
                continue
            if text not in UNARY or binary and spaced:
                for new in SWAPS[text]:
                    yield change(new)
        elif text in ("if", "while") and toks[i + 1][1] == "(":
            last = closing(toks, i + 1)
            if text == "if" and only_frees(toks, last + 1):
                continue
            first = toks[i + 1][3]
            yield Mutation(path, first, toks[last][2],
                           "!(" + source[first:toks[last][2]] + ")")
        elif text == "return" and toks[i + 1][1] != ";":
            last = toks[statement_end(toks, i)][2]
            value = source[toks[i + 1][2]:last]
            new = {"0": "-1", "-1": "0", "NULL": "", "true": "", "false": ""
                   }.get(value, "!(" + value + ")")
            if new and not value.isdigit() or value == "0":
                yield Mutation(path, toks[i + 1][2], last, new)
        if (kind == "word" or text in ("*", "++", "--")) and \
                text not in NO_DROP and \
                (before[1] in ";{})" or before[1] == "else" or
                 before[1] == ":" and source[before[2] - 1] != " "):
            last = statement_end(toks, i)
            after = toks[i + 1]
            declares = kind == "word" and (
                after[0] == "word" and text != "goto" or
                after[1] == "*" and source[after[3]] != " ")
            label = after[1] == ":"
            inside = before[1] == ")" and not condition(toks, i - 1)
            if last < len(toks) and toks[last][1] == ";" and not declares and \
                    not label and not inside and not LEAKS.search(text):
                yield Mutation(path, start, toks[last][2], "")


def only_frees(toks, i):
    """Whether the statement at i only releases memory. Without it, a program
    leaks."""
    end = closing(toks, i) if toks[i][1] == "{" else statement_end(toks, i)
    calls = [toks[j][1] for j in range(i, end) if toks[j][0] == "word" and
             toks[j + 1][1] == "("]
    return bool(calls) and all(LEAKS.search(c) for c in calls) and not any(
        toks[j][1] == "=" for j in range(i, end))


def condition(toks, i):
    """Whether the bracket that closes at i is the condition of an if, for or
    while."""
    depth = 0
    while i > 0:
        depth += (toks[i][1] in ")]}") - (toks[i][1] in "([{")
        if depth == 0:
            return toks[i - 1][1] in ("if", "for", "while")
        i -= 1
    return False


def includes(path):
    folder = os.path.dirname(path)
    return ["-iquote", folder] + [word for d in sorted(glob.glob("lib/*/"))
                                  for word in ("-iquote", d)]


def compile_c(path, out, source=None, flags=()):
    """Compiles a file, or the text in place of it. Returns whether that
    succeeds."""
    name = [path] if source is None else ["-x", "c", "-"]
    made = subprocess.run(
        CC + CFLAGS + includes(path) + list(flags) + ["-c", "-o", out] + name,
        input=source and source.encode(), stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL if source else None)
    return made.returncode == 0


def link(objects, out, flags=()):
    subprocess.run(CC + list(flags) + ["-shared", "-Wl,-soname,libmutant.so",
                                       "-o", out] + objects, check=True)


def limits(processor):
    resource.setrlimit(resource.RLIMIT_CPU, (processor, processor))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (2 << 30, 2 << 30))
    resource.setrlimit(resource.RLIMIT_FSIZE, (8 << 30, 8 << 30))


def descendants(pid):
    found = []
    for children in glob.glob("/proc/%d/task/*/children" % pid):
        try:
            with open(children) as f:
                pids = [int(p) for p in f.read().split()]
        except OSError:
            continue
        for p in pids:
            found += [p] + descendants(p)
    return found


def end_all():
    """Ends all processes that a program has left, also daemons."""
    while True:
        left = descendants(os.getpid())
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        try:
            while True:
                os.waitpid(-1, 0 if left else os.WNOHANG)
        except ChildProcessError:
            return


def run(program, folder, seconds, processor=resource.RLIM_INFINITY, extra=()):
    """Runs a program with the libmutant.so of a folder. Each of its processes
    has `processor` seconds of processor time, all together have `seconds`.
    Returns ("passed",
    "failed" or "timed out", seconds, seconds of processor time)."""
    tmp = os.path.join(folder, "tmp")
    os.makedirs(tmp, exist_ok=True)
    env = dict(os.environ, LD_LIBRARY_PATH=folder, TMPDIR=tmp, MUTANTS="1",
               MALLOC_PERTURB_="165", **dict(extra))
    begin = time.monotonic()
    busy = processor_time()
    with open(os.path.join(folder, "tap"), "w+b") as tap:
        child = subprocess.Popen(
            [program], env=env, stdin=subprocess.DEVNULL, stdout=tap,
            stderr=subprocess.DEVNULL, start_new_session=True,
            preexec_fn=lambda: limits(processor))
        try:
            end = "passed" if child.wait(seconds) == 0 else "failed"
        except subprocess.TimeoutExpired:
            end = "timed out"
        took = time.monotonic() - begin
        if child.returncode is None:
            child.kill()
            child.wait()
        end_all()
        tap.seek(0)
        if end == "passed" and \
                not re.search(rb"^1\.\.[1-9]", tap.read(), re.M):
            end = "failed"
    shutil.rmtree(tmp, ignore_errors=True)
    return end, took, processor_time() - busy


def processor_time():
    """The time of all processes that were waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def subreaper():
    # PR_SET_CHILD_SUBREAPER: the orphans of a program become our children.
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def programs(folder, only_units):
    units = sorted(p for p in glob.glob(BUILD + "/unit/*")
                   if os.access(p, os.X_OK))
    scripts = "" if only_units else QUICK.get(folder, "")
    return units + [p for n in scripts.split() for p in sorted(glob.glob("t/%s-*.t" % n))]


def look(program, scratch):
    """Runs a program under gcov. Returns (program, (seconds, processor time)
    or None, {path: lines})."""
    mine = tempfile.mkdtemp(prefix="", dir=scratch)
    shutil.copytree(os.path.join(scratch, "gcov"), mine, dirs_exist_ok=True)
    end, *took = run(program, mine, 120, extra={
        "GCOV_PREFIX": mine, "GCOV_PREFIX_STRIP":
        str(os.path.join(scratch, "gcov").count("/"))}.items())
    lines = {}
    data = glob.glob(mine + "/*.gcda")
    if data:
        text = subprocess.run(["gcov", "--json-format", "--stdout"] + data,
                              stdout=subprocess.PIPE, check=True,
                              stderr=subprocess.DEVNULL).stdout
        for report in text.splitlines():
            for f in json.loads(report)["files"]:
                if f["file"].startswith("lib/"):
                    here = lines.setdefault(f["file"], {})
                    for l in f["lines"]:
                        n = l["line_number"]
                        here[n] = here.get(n, 0) + l["count"]
    shutil.rmtree(mine)
    return program, took if end == "passed" else None, {
        p: {str(n): c for n, c in l.items()} for p, l in lines.items()
        if any(l.values())}


def digest(paths):
    """The digest of some files."""
    total = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as f:
            total.update(hashlib.sha256(f.read()).digest())
    return total.hexdigest()


def version(program):
    """The digest of a program with what it sources."""
    return digest([program] + (sorted(glob.glob("t/lib*.sh"))
                               if program.endswith(".t") else []))


def stored(name):
    try:
        with gzip.open(os.path.join(BUILD, name + ".json.gz"), "rt") as f:
            return json.load(f)
    except FileNotFoundError:
        return {}


def store(name, value):
    with gzip.open(os.path.join(BUILD, name + ".json.gz"), "wt") as f:
        json.dump(value, f)


def coverage(folders, only_units, pool, scratch):
    """Returns which programs run which lines, and how long a program takes:
    {program: [(seconds, processor time), {path: {line: count}}]}. The result is
    stored until the program or the folders change."""
    sources = sorted(p for f in folders for p in glob.glob("lib/%s/*.c" % f))
    here = digest(sources)
    name = "coverage-" + "-".join(folders)
    known = stored(name)
    keys = {p: version(p) + here + "2" for f in folders
            for p in programs(f, only_units)}
    found = {p: known[p] for p in keys
             if p in known and known[p][0] == keys[p]}
    if len(found) < len(keys):
        gcov = os.path.join(scratch, "gcov")
        os.mkdir(gcov)
        objects = ["%s/%s.o" % (gcov, p.replace("/", "-")[:-2])
                   for p in sources]
        made = pool.starmap(compile_c, [
            (p, o, None, ["--coverage", "-O0"])
            for p, o in zip(sources, objects)], 1)
        if not all(made):
            sys.exit("mutants: a file does not compile")
        objects.append(gcov + "/exit.o")
        compile_c("lib/exit.c", objects[-1], EXIT)
        link(objects, gcov + "/libmutant.so", ["--coverage"])
        todo = [(p, scratch) for p in keys if p not in found]
        for program, took, lines in pool.starmap(look, todo, 1):
            found[program] = [keys[program], took, lines]
        shutil.rmtree(gcov)
        store(name, {**known, **found})
    for program, (_, took, _) in found.items():
        if took is None:
            print("# %s fails without a mutant and is not used" % program)
    return {p: (took, lines) for p, (_, took, lines) in found.items()
            if took and lines}


def share(lines):
    """How much of a file is run."""
    return sum(n > 0 for n in lines.values()) / len(lines)


class Record:
    """How often a program was run for the mutants of a file, how many of them
    it killed, and the least processor time of a run that killed none:
    {program: [version, {path: [runs, killed]}, seconds]}."""

    def __init__(self, folder):
        self.name = "killers2-" + folder
        self.counts = {p: known for p, known in stored(self.name).items()
                       if os.path.exists(p) and version(p) == known[0]}

    def add(self, program, path, killed, seconds):
        if program not in self.counts:
            self.counts[program] = [version(program), {}, None]
        known = self.counts[program]
        count = known[1].setdefault(path, [0, 0])
        count[0] += 1
        count[1] += killed
        if not killed:
            known[2] = min(seconds, known[2] or seconds)

    def order(self, candidates, path, quick):
        """The candidates, (program, (seconds, processor time), share of the
        lines of the file that it runs), in the order in which they are run."""
        def seconds(candidate):
            program, (_, under_gcov), _ = candidate
            return self.counts.get(program, [0, {}, None])[2] or under_gcov

        def rank(candidate):
            runs, killed = self.counts.get(
                candidate[0], [0, {}])[1].get(path, (0, 0))
            return -(killed + candidate[2]) / (runs + 2) / (
                seconds(candidate) + 0.1)

        order, rest, total = [], [], 0
        for c in sorted(candidates, key=rank):
            counts = self.counts.get(c[0], [0, {}])[1].values()
            runs, killed = (sum(n[i] for n in counts) for i in (0, 1))
            if quick and (killed == 0 and total > QUICK_SECONDS or
                          runs >= 25 and killed < runs / 25):
                rest.append(c)
                continue
            order.append(c)
            total += seconds(c)
        total = 0
        for c in sorted(rest, key=seconds):
            total += seconds(c)
            if total <= REST_SECONDS:
                order.append(c)
        return order

    def save(self):
        store(self.name, self.counts)


def runs_line(lines, number):
    """Whether the line is run. For a statement of several lines, gcov counts
    one of them: the nearest line before that has a count."""
    while number > 0 and str(number) not in lines:
        number -= 1
    return lines.get(str(number), 0) > 0


def judge(program, usual, mine):
    """Runs a program with the mutant in the folder mine. usual has its seconds
    and its processor time without a mutant. Returns "passed", "failed" or
    "timed out", and the processor time. The mutant is not to blame for a busy
    machine: see above."""
    processor = int(3 * usual[1] + 3)
    limit = 10 * usual[0] + 10
    end, _, took = run(program, mine, 3 * usual[0] + 2, processor)
    if end == "timed out":
        end, _, took = run(program, mine, limit, processor)
        if end == "timed out" and \
                run(program, mine + "/original", limit / 3)[0] != "passed":
            end = "passed"
    elif end == "failed" and program.endswith(".t"):
        end, _, took = run(program, mine, limit, processor)
    return end, took


def attack(mutation, source, candidates, original, scratch, quick):
    """Returns (mutation, how, [(program that passed, seconds)]), where how is
    None if the mutant is not counted, () if it survives, otherwise the program
    and how it ended: "failed" or "timed out"."""
    mine = tempfile.mkdtemp(prefix="", dir=scratch)
    path, passed = mutation.path, []
    try:
        changed = mine + "/mutant.o"
        if not compile_c(path, changed, mutation.apply(source)):
            return mutation, None, passed
        with open(changed, "rb") as f, open(original, "rb") as g:
            if f.read() == g.read():
                return mutation, None, passed
        link([changed], mine + "/libmutant.so")
        for program, usual, _ in record.order(candidates, path, quick):
            end, took = judge(program, usual, mine)
            record.add(program, path, end != "passed", took)
            if end != "passed":
                return mutation, (program, end), passed
            passed.append((program, took))
        return mutation, (), passed
    finally:
        shutil.rmtree(mine, ignore_errors=True)


def show(mutation, source, covered):
    line = mutation.line(source)
    at = source.rfind("\n", 0, mutation.start) + 1
    to = source.find("\n", mutation.end)
    new = source[at:mutation.start] + mutation.text + source[mutation.end:to]
    print("%s:%d: survived%s" % (mutation.path, line, "" if covered else
                                 " (no test runs this line)"))
    for sign, text in (("-", source[at:to]), ("+", new)):
        for l in text.split("\n"):
            print("    %s %s" % (sign, l.expandtabs(4)))
    sys.stdout.flush()


def folder_of(place):
    """log, for log, lib/log/ and lib/log/pack.c:259"""
    return re.sub("^lib/", "", place).split("/")[0]


def try_place(place, options, pool, scratch, until):
    """Tries the mutants of a place. Returns the percentage of killed ones."""
    path, _, number = place.partition(":")
    paths = [path] if path.endswith(".c") else \
        sorted(glob.glob("lib/%s/*.c" % path.replace("lib/", "").strip("/")))
    if not paths or not all(map(os.path.exists, paths)):
        sys.exit("mutants: %s: no such folder or file of lib/" % place)
    folder = folder_of(place)
    seen = coverage(sorted(set(map(folder_of, options.places))),
                    options.only_units, pool, scratch)
    texts, objects, chosen = {}, {}, []
    for p in paths:
        with open(p) as f:
            texts[p] = f.read()
        objects[p] = "%s/%s.o" % (scratch, p.replace("/", "-"))
        compile_c(p, objects[p], texts[p])
        chosen += mutations(p, texts[p])
    if number:
        chosen = [m for m in chosen if m.line(texts[m.path]) == int(number)]
    random.Random(options.seed).shuffle(chosen)
    usable = programs(folder, options.only_units)
    candidates = {m: [(p, took, share(lines[m.path]))
                      for p, (took, lines) in seen.items() if p in usable and
                      runs_line(lines.get(m.path, {}), m.line(texts[m.path]))]
                  for m in chosen}
    learned = Record(folder)
    killed = survived = late = 0
    jobs = ((m, texts[m.path], candidates[m], objects[m.path], scratch,
             options.quick) for m in chosen)
    try:
        for m, killer, passed in pool.imap(attack_one, jobs):
            if killer is None:
                continue
            for program, took in passed:
                learned.add(program, m.path, False, took)
            if killer:
                killed += 1
                learned.add(killer[0], m.path, True, 0)
                late += killer[1] == "timed out"
            else:
                survived += 1
                show(m, texts[m.path], candidates[m])
            if options.verbose and killer:
                print("# %s:%d: %r killed: %s %s" % (
                    m.path, m.line(texts[m.path]), m.text, *killer))
            if not number and killed + survived >= options.number or \
                    time.monotonic() > until:
                break
    finally:
        learned.save()
    total = killed + survived
    percent = 100 * killed / total if total else 100
    print("%s: %d of %d mutants killed, %d %%; %d of them ran too long" % (
        place, killed, total, percent, late))
    sys.stdout.flush()
    return percent


def attack_one(job):
    return attack(*job)


def begin(folder):
    """Begins a process of the pool, which has a record of its own."""
    global record
    record = Record(folder)
    subreaper()


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1])
    parser.add_argument("-n", dest="number", type=int, default=200)
    parser.add_argument("-s", dest="seed", default=str(time.time_ns()))
    parser.add_argument("-t", dest="seconds", type=float, default=1e9)
    parser.add_argument("-p", dest="percent", type=float, default=0)
    parser.add_argument("-j", dest="jobs", type=int, default=os.cpu_count())
    parser.add_argument("-q", dest="quick", action="store_true")
    parser.add_argument("-u", dest="only_units", action="store_true")
    parser.add_argument("-v", dest="verbose", action="store_true")
    parser.add_argument("places", nargs="+")
    options = parser.parse_args()
    print("# seed %s" % options.seed)
    until = time.monotonic() + options.seconds
    worst = 100
    subreaper()
    signal.signal(signal.SIGINT, lambda *_: sys.exit(1))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    scratch = tempfile.mkdtemp(prefix="mut.")
    try:
        for place in options.places:
            # Each place has a pool of its own. When enough mutants have been
            # tried, the queued ones are dropped with the pool.
            with multiprocessing.Pool(options.jobs, begin,
                                      [folder_of(place)]) as pool:
                worst = min(worst, try_place(place, options, pool, scratch,
                                             until))
    finally:
        end_all()
        shutil.rmtree(scratch, ignore_errors=True)
    sys.exit(worst < options.percent)


if __name__ == "__main__":
    main()
