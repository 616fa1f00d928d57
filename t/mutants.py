#!/usr/bin/env python3
"""mutants.py - changes the code a little and looks whether a test notices.

usage: make mutants [FOLDERS='log mail'] [N=200] [SEED=1] [SECONDS=3600]
       t/mutants.py [-n N] [-s SEED] [-t SECONDS] [-p PERCENT] PLACE...

A mutant is lib/ with one small error: `<` for `<=`, `+` for `-`, a constant
that is one too large, a condition that is negated, a statement or a result
that is missing. A mutant is killed when a test fails. A mutant that survives
shows a line that no test checks: write a row for that line, or simplify the
line. Some survivors are equivalent, that is, they behave like the original (a
size of a buffer, a shortcut); leave those alone.

PLACE is a folder of lib/ (log), a file (lib/log/pack.c) or a line
(lib/log/pack.c:259). N mutants of each place are chosen at random, and SEED
repeats a choice; of a line all mutants are tried. To see whether a new test
kills a survivor:

    make mutants FOLDERS=lib/log/pack.c:259

Each survivor is printed with its place, the original and the changed line, and
at the end the number of killed mutants of each place. The exit status is 1
when less than PERCENT of the mutants of a place were killed (default: 0).

How the script works: programs in build/mutants are linked with libms.so and
with an empty libmutant.so before it. For each mutant the script compiles only
the changed file into a libmutant.so of its own, whose functions replace those
of libms.so, and sets LD_LIBRARY_PATH. A mutant that does not compile, or whose
object code is that of the original, is not counted. The files of a folder
compiled for gcov, as another libmutant.so, show which programs run a line:
only those are run for its mutants, the fastest first, until one fails. Unit
programs come before the scripts of QUICK. A program has three times its usual
time and 2 s more; after it, all its processes are ended.
"""
import argparse
import collections
import ctypes
import glob
import gzip
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

# The scripts of t/ that are tried after the unit programs, by folder of lib/.
QUICK = {
    "archive": "0130 0200 0202 0203 0240 1030 1100 1240 4000 4010 4050 "
               "4500 4520 4530 4550 4555",
    "formats": "1000 1010 1095 4020 4030 5000",
    "index": "0130 0240 1240 4000 4010 4530",
    "ingest": "1000 1010 1020 1030 1035 1040 1095 1100 0240 1240",
    "jobs": "3300 3350 3360",
    "log": "0130 0150 0200 0203 0240 4050 4520 4530 4540 4550",
    "mail": "0210 1010 1020 1095 4000 4010 4020",
    "query": "4000 4010",
    "sync": "2050",
    "users": "3000 3060",
    "verify": "4500 4530 4550 4555",
}
BUILD = os.environ.get("B", "build/mutants")
CC = os.environ.get("CC", "cc").split()
CFLAGS = os.environ.get("CFLAGS", "-std=c17 -D_GNU_SOURCE").split() + [
    "-w", "-O1", "-g0", "-fPIC", "-fsemantic-interposition"]

# A process that runs under gcov can end with _exit(), too.
EXIT = """#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
void __gcov_dump(void);
void _exit(int status) { __gcov_dump(); for (;;) syscall(SYS_exit_group, status); }
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
# Without these a program leaks memory or has too little: tests do not see that.
LEAKS = re.compile(r"(free|_release|_close|close|_unref|munmap|ms_out_of_memory)$")


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
            # A comment stands between no two tokens that belong together.
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


def mutations(path, source):
    """All mutations of a file."""
    toks = list(tokens(source))
    until = 0       # what ends before this token is not changed
    for i, (kind, text, start, end) in enumerate(toks):
        if kind == "outside" or i < until or i == 0:
            continue
        before = toks[i - 1]

        def change(new, to=end):
            return Mutation(path, start, to, new)

        if text in ("assert", "sizeof", "case", "static"):
            # No code, or data: a static variable has constants as its value.
            until = statement_end(toks, i) if text == "static" else \
                closing(toks, i + 1) + 1 if toks[i + 1][1] == "(" else i + 2
            continue
        if kind == "number":
            # x < 1 is x <= 0, and any negative result is a failure.
            if before[1] in COMPARE or source[start - 1] == "-" or \
                    before[1] == "return" and text == "0" or \
                    before[1] == "{" and source[end] == "}":
                continue
            digits = text.rstrip("uUlL")
            value = int(digits, 8 if re.match("0[0-7]", digits) else 0)
            for new in sorted({value + 1, max(value - 1, 0)} - {value}):
                yield change(str(new) + text[len(digits):])
        elif text in SWAPS:
            binary = before[0] in ("word", "number", "string") or \
                before[1] in (")", "]")
            spaced = source[start - 1].isspace() and source[end].isspace()
            if text not in UNARY or binary and spaced:
                for new in SWAPS[text]:
                    yield change(new)
        elif text in ("if", "while") and toks[i + 1][1] == "(":
            last = closing(toks, i + 1)
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


def condition(toks, i):
    """Is the bracket that closes at i the condition of an if, for or while?"""
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
    """Compiles a file, or the text that stands for it. Is it C?"""
    name = [path] if source is None else ["-x", "c", "-"]
    made = subprocess.run(
        CC + CFLAGS + includes(path) + list(flags) + ["-c", "-o", out] + name,
        input=source and source.encode(), stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL if source else None)
    return made.returncode == 0


def link(objects, out, flags=()):
    subprocess.run(CC + list(flags) + ["-shared", "-Wl,-soname,libmutant.so",
                                       "-o", out] + objects, check=True)


def limits():
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
    """Ends what a program left behind, down to the last daemon."""
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


def run(program, folder, seconds, extra=()):
    """Runs a program with the libmutant.so of a folder. (passed, seconds)"""
    tmp = os.path.join(folder, "tmp")
    os.makedirs(tmp, exist_ok=True)
    env = dict(os.environ, LD_LIBRARY_PATH=folder, TMPDIR=tmp, MUTANTS="1",
               **dict(extra))
    begin = time.monotonic()
    with open(os.path.join(folder, "tap"), "w+b") as tap:
        child = subprocess.Popen(
            [program], env=env, stdin=subprocess.DEVNULL, stdout=tap,
            stderr=subprocess.DEVNULL, start_new_session=True,
            preexec_fn=limits)
        try:
            passed = child.wait(seconds) == 0
        except subprocess.TimeoutExpired:
            passed = False
        took = time.monotonic() - begin
        if child.returncode is None:
            child.kill()
            child.wait()
        end_all()
        tap.seek(0)
        passed = passed and re.search(rb"^1\.\.[1-9]", tap.read(), re.M)
    shutil.rmtree(tmp, ignore_errors=True)
    return bool(passed), took


def subreaper():
    # PR_SET_CHILD_SUBREAPER: the orphans of a program become our children.
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def programs(folder):
    units = sorted(p for p in glob.glob(BUILD + "/unit/*")
                   if os.access(p, os.X_OK))
    return units + [p for n in QUICK.get(folder, "").split()
                    for p in sorted(glob.glob("t/%s-*.t" % n))]


def look(folder, program, scratch):
    """Runs a program under gcov. (seconds or None, {path: lines})"""
    mine = tempfile.mkdtemp(dir=scratch)
    shutil.copytree(os.path.join(scratch, "gcov"), mine, dirs_exist_ok=True)
    good, took = run(program, mine, 120, {
        "GCOV_PREFIX": mine, "GCOV_PREFIX_STRIP":
        str(os.path.join(scratch, "gcov").count("/"))}.items())
    lines = {}
    for data in glob.glob(mine + "/*.gcda"):
        text = subprocess.run(["gcov", "--json-format", "--stdout", data],
                              stdout=subprocess.PIPE, check=True,
                              stderr=subprocess.DEVNULL).stdout
        for report in text.splitlines():
            for f in json.loads(report)["files"]:
                if f["file"].startswith("lib/" + folder):
                    here = lines.setdefault(f["file"], {})
                    for l in f["lines"]:
                        n = l["line_number"]
                        here[n] = here.get(n, 0) + l["count"]
    shutil.rmtree(mine)
    return program, took if good else None, lines


def coverage(folder, pool, scratch):
    """Which programs run which lines, and how long a program takes: {program:
    [seconds, {path: {line: count}}]}. Kept in BUILD until something changes."""
    kept = os.path.join(BUILD, "coverage-%s.json.gz" % folder)
    todo = programs(folder)
    inputs = todo + [BUILD + "/libms.so", __file__]
    if os.path.exists(kept) and \
            os.path.getmtime(kept) > max(map(os.path.getmtime, inputs)):
        with gzip.open(kept, "rt") as f:
            return json.load(f)
    gcov = os.path.join(scratch, "gcov")
    os.mkdir(gcov)
    objects = []
    for path in sorted(glob.glob("lib/%s/*.c" % folder)):
        objects.append("%s/%s.o" % (gcov, os.path.basename(path)[:-2]))
        if not compile_c(path, objects[-1], flags=["--coverage"]):
            sys.exit("mutants: %s does not compile" % path)
    objects.append(gcov + "/exit.o")
    compile_c("lib/exit.c", objects[-1], EXIT)
    link(objects, gcov + "/libmutant.so", ["--coverage"])
    found = {}
    for program, took, lines in pool.starmap(
            look, [(folder, p, scratch) for p in todo], 1):
        if took is None:
            print("# %s fails without a mutant and is not used" % program)
        elif lines:
            found[program] = [took, {p: {str(n): c for n, c in l.items()}
                                     for p, l in lines.items()}]
    shutil.rmtree(gcov)
    with gzip.open(kept, "wt") as f:
        json.dump(found, f)
    return found


def runs_line(lines, number):
    """Is the line run? Code of a statement of several lines counts for one of
    them: the nearest line before that has a count."""
    while number > 0 and str(number) not in lines:
        number -= 1
    return lines.get(str(number), 0) > 0


def attack(mutation, source, candidates, original, scratch):
    """None: not counted. "": survived. Otherwise what killed the mutant."""
    mine = tempfile.mkdtemp(dir=scratch)
    try:
        changed = mine + "/mutant.o"
        if not compile_c(mutation.path, changed, mutation.apply(source)):
            return mutation, None
        with open(changed, "rb") as f, open(original, "rb") as g:
            if f.read() == g.read():
                return mutation, None
        link([changed], mine + "/libmutant.so")
        for program, usual in candidates:
            if not run(program, mine, 3 * usual + 2)[0]:
                return mutation, program
        return mutation, ""
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


def try_place(place, options, pool, scratch, until):
    """Tries the mutants of a place. The percentage that was killed."""
    path, _, number = place.partition(":")
    paths = [path] if path.endswith(".c") else \
        sorted(glob.glob("lib/%s/*.c" % path.replace("lib/", "").strip("/")))
    if not paths or not all(map(os.path.exists, paths)):
        sys.exit("mutants: %s: no such folder or file of lib/" % place)
    folder = os.path.dirname(paths[0]).replace("lib/", "")
    seen = coverage(folder, pool, scratch)
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
    candidates = {}
    for m in chosen:
        line = m.line(texts[m.path])
        candidates[m] = sorted(
            [(p, took) for p, (took, lines) in seen.items()
             if runs_line(lines.get(m.path, {}), line)],
            key=lambda c: (c[0].endswith(".t"), c[1]))
    killed = survived = 0
    jobs = ((m, texts[m.path], candidates[m], objects[m.path], scratch)
            for m in chosen)
    for m, killer in pool.imap(attack_one, jobs):
        if killer is None:
            continue
        if killer:
            killed += 1
        else:
            survived += 1
            show(m, texts[m.path], candidates[m])
        if options.verbose and killer:
            print("# %s:%d: %r killed by %s" % (
                m.path, m.line(texts[m.path]), m.text, killer))
        if not number and killed + survived >= options.number or \
                time.monotonic() > until:
            break
    total = killed + survived
    percent = 100 * killed / total if total else 100
    print("%s: %d of %d mutants killed, %d %%" % (place, killed, total, percent))
    sys.stdout.flush()
    return percent


def attack_one(job):
    return attack(*job)


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1])
    parser.add_argument("-n", dest="number", type=int, default=200)
    parser.add_argument("-s", dest="seed", default=str(time.time_ns()))
    parser.add_argument("-t", dest="seconds", type=float, default=1e9)
    parser.add_argument("-p", dest="percent", type=float, default=0)
    parser.add_argument("-j", dest="jobs", type=int, default=os.cpu_count())
    parser.add_argument("-v", dest="verbose", action="store_true")
    parser.add_argument("places", nargs="+")
    options = parser.parse_args()
    print("# seed %s" % options.seed)
    until = time.monotonic() + options.seconds
    worst = 100
    subreaper()
    signal.signal(signal.SIGINT, lambda *_: sys.exit(1))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    scratch = tempfile.mkdtemp(prefix="mutants.")
    try:
        for place in options.places:
            # A pool for each place: what is queued when enough mutants have
            # been tried is dropped with its pool.
            with multiprocessing.Pool(options.jobs, subreaper) as pool:
                worst = min(worst, try_place(place, options, pool, scratch,
                                             until))
    finally:
        end_all()
        shutil.rmtree(scratch, ignore_errors=True)
    sys.exit(worst < options.percent)


if __name__ == "__main__":
    main()
