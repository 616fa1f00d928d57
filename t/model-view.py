#!/usr/bin/env python3
"""model-view.py - random mail, moves at the source, ms-remove, ms-move, undo,
new indexes and exports, compared with a model. A part of the calls is killed at
a random write: then the archive is as before the call, or as after it.

usage: model-view.py RUNS SEED [SHIM]
SHIM is crash.so. Prints what differs, and last a line with numbers.
"""
import contextlib
import copy
import hashlib
import importlib.util
import io
import os
import random
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
from viewmodel import Model  # noqa: E402

RUNS, SEED = int(sys.argv[1]), int(sys.argv[2])
SHIM = sys.argv[3] if len(sys.argv) > 3 else None
SEP = "From ms-stream@1 Thu Jan  1 00:00:00 1970\nMS-Envelope: "
dice = random.Random(SEED)
os.environ.update(MS_ARCHIVE="arc", MS_USER="anna", MS_VIEW_PART="1,1")
tally = dict(calls=0, killed=0, views=0, wrong=0)


def run(*argv, text=None, at=None):
    tally["calls"] += 1
    env = dict(os.environ)
    if at:
        env.update(LD_PRELOAD=SHIM, MS_SHIM_AT=str(at), MS_SHIM_DO="kill",
                   MS_SHIM_DIR=os.path.abspath("arc"), MS_SHIM_EXE=argv[0])
    done = subprocess.run(argv, input=text, capture_output=True, text=True, env=env)
    if done.returncode not in ((0, -9) if at else (0,)):
        sys.exit("%s: status %d: %s" % (argv, done.returncode, done.stderr))
    return done


def real(archive="arc"):
    lines = [tuple(line.split("\t")) for line in run("ms-list", "-a", archive).stdout.splitlines()]
    gone = run("ms-list", "-a", archive, "is:removed").stdout.splitlines()
    return (sorted((f[2], f[3], f[6]) for f in lines),
            sorted(line.split("\t")[6] for line in gone))


def load(name):
    """A program of this folder as a module, which is started once."""
    path = os.path.join(os.path.dirname(os.path.abspath(sys.argv[0])), name)
    spec = importlib.util.spec_from_file_location("program", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


reader = load("second-reader.py")


def second():
    got = io.StringIO()
    with contextlib.redirect_stdout(got):
        status = reader.main(["second-reader.py", "arc", "views"])
    if status:
        sys.exit("the second reader: status %s" % status)
    lines = (line.split("\t") for line in got.getvalue().splitlines())
    return sorted((f[1], f[3]) for f in lines if f[1] != "-")


def log():
    """The number of each change that is complete, and whether it was undone."""
    lines = [line.split("\t") for tool in ("ms-remove", "ms-move")
             for line in run(tool, "--log").stdout.splitlines()]
    return {int(f[0]): f[5] for f in lines if f[5] != "incomplete"}


def make(archive, *others):
    """An archive with these users, which is made once and then copied."""
    shutil.rmtree(archive, ignore_errors=True)
    new = "new-%s-%s" % (archive, os.environ["MS_SEAL"])
    if not os.path.exists(new):
        run("ms-init", "-u", "anna", new)
        for user in others:
            run("ms-users", "-a", new, "add", user)
    shutil.copytree(new, archive)


class World:
    def __init__(self):
        # In half of the runs, each batch begins a pack with the state so far.
        os.environ["MS_SEAL"] = dice.choice(["300", "1000000000"])
        make("arc", "bob")
        self.model, self.at, self.uid = Model(), {}, 0
        self.log = {}       # after the last call

    def deliver(self, moved=False):
        """A stream of one message, new, again or moved; what the model does."""
        message, m = dice.randrange(3), self.model
        at, came_from = self.at.get(message), None
        if at is None or moved:
            self.uid += 1
            came_from = at and at[0]
            at = (dice.choice([f for f in "AB" if f != came_from]), self.uid)
        elif dice.random() < 0.3:       # a new UIDVALIDITY
            self.uid += 1
            at = (at[0], self.uid)
        envelope = 'source="imap://h/"; folder="%s"; uid="1/%d"' % at
        text = "Subject: %d\n\nx\n" % message
        if came_from:
            envelope += '; moved-from="%s"' % came_from
            if dice.random() < 0.5:
                digest = hashlib.sha256(text.replace("\n", "\r\n").encode())
                envelope, text = envelope + '; ref="%s"' % digest.hexdigest(), ""
        restore = dice.random() < 0.2
        argv = ["ms-ingest"] + ["--restore-removed"] * restore
        stream = SEP + envelope + "\n" + text + "\n" + SEP + "end; messages=1; failed=0; status=0\n\n"
        self.at[message] = at
        return argv, stream, lambda c: m.deliver("anna", at[0], message, at, came_from, restore, c)

    def step(self):
        m, message = self.model, dice.randrange(3)
        user, name = dice.choice(["anna", "bob"]), dice.choice(["A", "B", "C", "A/x"])
        what = dice.choices(["mail", "moved", "remove", "move", "rename", "undo", "index", "copy"],
                            [4, 5, 3, 3, 1, 3, 0.5, 0.7])[0]
        open_changes = [c for c in m.changes if c not in m.undone]
        if what in ("mail", "moved"):
            self.call(*self.deliver(what == "moved"))
        elif what == "remove" and m.chosen(message):
            self.call(["ms-remove", "--force", "subject:%d" % message], None,
                      lambda c: m.change(m.chosen(message), c))
        elif what == "move" and m.chosen(message):
            to = dice.choice([[], ["-u", user]])
            self.call(["ms-move", "--force", "--to", name, "subject:%d" % message] + to, None,
                      lambda c: m.change(m.chosen(message), c, name, to and user))
        elif what == "rename" and any(m.name(f) == (user, name) for f in range(len(m.folders))):
            new = dice.choice(["A", "B", "N"])
            self.call(["ms-move", "--force", "-u", user, "--rename-folder", name, new], None,
                      lambda c: m.rename(user, name, new, c))
        elif what == "undo" and open_changes:
            c = dice.choice(open_changes)
            self.call([m.changes[c], "--undo", str(c)], None, lambda _: m.undone.add(c))
        elif what == "index":
            run("ms-verify", "-q", "--rebuild-index")
        elif what == "copy":
            make("copy")
            run("ms-ingest", "-a", "copy", "--create-user", text=run("ms-export").stdout)
            self.compare("another archive", real("copy")[0], m.view()[0])

    def call(self, argv, text, apply):
        kill = SHIM and dice.random() < 0.3
        before = copy.deepcopy(self.model.__dict__), self.log
        done = run(*argv, text=text, at=kill and dice.randrange(1, 9))
        if argv[0] != "ms-ingest" or "--restore-removed" in argv:
            self.log = log()
        left_out = apply(max(self.log, default=0))
        if done.returncode == 0:
            if argv[0] == "ms-ingest":
                self.compare("left out", "%d left out" % left_out in done.stderr, True)
            return
        tally["killed"] += 1
        # The view does not tell: a change, or an undo, can leave it as it is.
        if self.log == before[1]:
            self.model.__dict__.clear()
            self.model.__dict__.update(before[0])
        if text is not None:            # the source does not know of the crash
            self.compare("again", "%d" % run(*argv, text=text).returncode, "0")
            self.model.__dict__.clear()
            self.model.__dict__.update(copy.deepcopy(before[0]))
            self.log = log()
            apply(max(self.log, default=0))

    def compare(self, what, got, want):
        tally["views"] += 1
        if got != want:
            tally["wrong"] += 1
            print("%s: %s, not %s" % (what, got, want))


for i in range(RUNS):
    w = World()
    for _ in range(dice.randrange(5, 12)):
        w.step()
    w.compare("run %d" % i, real(), w.model.view())
    w.compare("run %d, the second reader" % i, second(), sorted(v[:2] for v in w.model.view()[0]))
    if i % 4 == 0:
        run("ms-verify", "-q", "--rebuild-index")
        w.compare("run %d, a new index" % i, real(), w.model.view())
        run("ms-verify", "-q", "--data")
    if tally["wrong"]:
        print("run %d of seed %d" % (i, SEED))
        break
print("%(calls)d calls, %(killed)d killed, %(views)d comparisons, %(wrong)d wrong" % tally)
