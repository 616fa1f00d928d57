#!/usr/bin/env python3
"""model-as.py - random calls with --as by three users, whose privileges and rights
change, compared with a model: what a user may do is done, and is all that is done;
what a user may not do is refused, shows nothing and writes nothing.
ms-security(7), Users of an archive.

usage: model-as.py RUNS SEED
Prints what differs, and last a line with numbers.
"""
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
from viewmodel import Model  # noqa: E402

RUNS, SEED = int(sys.argv[1]), int(sys.argv[2])
SEP = "From ms-stream@1 Thu Jan  1 00:00:00 1970\nMS-Envelope: "
END = SEP + "end; messages=0; failed=0; status=%d\n\n"
PRIVILEGES = ["login", "change-password", "archive", "export", "delete", "move", "modify-profiles"]
RIGHTS = ["read", "write", "delete"]
OK, USAGE, NONE, EXISTS, FORBIDDEN = 0, 64, 66, 73, 77
FILES = [  # what only an admin may give; none of it may be read or written
    "ms-export -o made", "ms-export --report made subject:1",
    "ms-ingest mail/1.eml", "ms-ingest --report made", "ms-ingest --format stream arc/FORMAT",
    "ms-remove -n --report made subject:1", "ms-move -n --report made --to X subject:1",
    "ms-users import mail/1.eml", "ms-users passwd --password-file mail/1.eml {me}",
    "ms-profile add -f arc/FORMAT x",
    "ms-profile timer -o .", "ms-profile run --report made p1",
    "ms-profile secret --password-file mail/1.eml s", "ms-verify -q", "ms-verify --rebuild-index",
    "ms-fetch imaps://x@127.0.0.1:1/", "ms-csvbatch imaps://127.0.0.1:1/ -", "ms-init made",
    "ms-list --print-values users", "ms-users list", "ms-users export", "ms-users log",
    "ms-users settings default-privileges=admin", "ms-remove --log", "ms-move --log",
    "ms-users add dora", "ms-users delete {you}", "ms-users rename {you} dora",
    "ms-users grant {me} admin", "ms-users grant --on {you} {me} read", "ms-users set --enabled {me}",
    "ms-users set --full-name X {you}", "ms-users revoke --on-all {you} read",
    "ms-users passwd --remove {you}", "ms-users directory show", "ms-users sync x",
]
dice = random.Random(SEED)
os.environ.update(MS_ARCHIVE="arc")
os.environ.pop("MS_USER", None)
tally = dict(calls=0, refused=0, allowed=0, wrong=0)


def run(*argv, text=""):
    tally["calls"] += 1
    return subprocess.run(argv, input=text, capture_output=True, text=True)


def root(*argv, text=""):
    done = run(*argv, text=text)
    if done.returncode != 0:
        sys.exit("%s: status %d: %s" % (argv, done.returncode, done.stderr))
    return done.stdout


def written():
    """Size and time of each file that holds mail, users, profiles or passwords, and
    of the files of the caller."""
    found = []
    for top in (".", "arc", "arc/pack", "arc/secret", "arc/secret/password", "arc/secret/profile"):
        for e in os.scandir(top) if os.path.isdir(top) else []:
            if e.is_file() and e.name not in ("lock", "got", "err"):
                s = e.stat()
                found.append((e.path, s.st_size, s.st_mtime_ns))
    return sorted(found), sorted(os.listdir("."))


class User:
    def __init__(self, name):
        self.name, self.privileges, self.rights, self.disabled = name, set(), {}, False

    def has(self, privilege):
        return not self.disabled and bool({privilege, "admin"} & self.privileges)

    def may(self, other, right):
        return not self.disabled and ("admin" in self.privileges or
            (right == "read" and other is self) or
            right in self.rights.get(other, set()) | self.rights.get(None, set()))


class World:
    def __init__(self):
        shutil.rmtree("arc", ignore_errors=True)
        shutil.copytree("start", "arc")
        self.model, self.profiles, self.made_by = Model(), {}, {}
        self.users = [User(n) for n in ("anna", "bob", "cleo")]
        for i, u in enumerate(self.users):
            for message in (i, i + 1):
                self.model.deliver(u, "AB"[message % 2], message)
        self.dress()

    def user(self, name):
        return next(u for u in self.users if u.name == name)

    # ---- what the owner of the archive does ----

    def dress(self):
        """Gives the users other privileges, rights and states."""
        rows = ["name,privileges,rights,disabled"]
        for u in self.users:
            u.privileges = {p for p in PRIVILEGES if dice.random() < 0.65}
            if dice.random() < 0.1:
                u.privileges.add("admin")
            u.rights = {}
            for other in self.users + [None]:
                some = {r for r in RIGHTS if dice.random() < (0.35 if other else 0.05)}
                if some:
                    u.rights[other] = some
            u.disabled = dice.random() < 0.07
            rights = ["+".join(r) + (":" + o.name if o else "") for o, r in u.rights.items()]
            rows.append("%s,%s,%s,%s" % (u.name, ";".join(u.privileges), ";".join(rights),
                                         "yes" if u.disabled else "no"))
        root("ms-users", "import", text="\n".join(rows) + "\n")

    def swap(self):
        """Two users get each other's name: rights and mail stay with the person."""
        a, b = dice.sample(self.users, 2)
        for was, now in ((a.name, "x"), (b.name, a.name), ("x", b.name)):
            root("ms-users", "rename", was, now)
        a.name, b.name = b.name, a.name

    # ---- what is true ----

    def shown(self, sees=None):
        return sorted((u.name, f, m) for u, f, m in
                      [self.model.name(w) + (str(k[1]),) for k, w in self.in_view()]
                      if sees is None or sees(u))

    def in_view(self):
        m = self.model
        at = [(k, m.last(rows, k[0])[1]) for k, rows in m.occ.items()]
        return [(k, w) for k, w in at if w is not None]

    def chosen(self, me, message, only):
        """Occurrences that a query finds for me, and whose they are."""
        found = [(k, self.model.name(w)[0]) for k, w in self.in_view() if k[1] == message]
        return [(k, u) for k, u in found if me.may(u, "read") and only in (None, u)]

    # ---- one call: returns argv, text, status, and what is changed or shown ----

    def listing(self, me, you):
        message = dice.choice([None, dice.randrange(5)])
        only = dice.choice([None, you])
        argv = ["ms-list"] + (["subject:%d" % message] if message is not None else [])
        argv += ["-u", only.name] if only else []
        if only and not me.may(only, "read"):
            return argv, "", FORBIDDEN, None
        want = [r for r in self.shown(lambda u: me.may(u, "read") and only in (None, u))
                if message is None or r[2] == str(message)]
        return argv, "", OK, lambda out: (want, sorted(
            (f[2], f[3], f[6]) for f in (line.split("\t") for line in out.splitlines())))

    def removed(self, me, you):
        def show(out):
            seen = {line.split("\t")[2] for line in out.splitlines()}
            return set(), {n for n in seen if not me.may(self.user(n), "read")}
        return ["ms-list", "is:removed"], "", OK, show

    def export(self, me, you):
        message = dice.choice([None, dice.randrange(5)])
        argv = ["ms-export", "-q", "--format", "mboxrd"]
        if message is not None:
            argv += dice.choice([["subject:%d" % message], ["id:" + identity(message)]])
        only = dice.choice([None, you]) if message is None else None
        argv += ["-u", only.name] if only else []
        if not me.has("export") or (only and not me.may(only, "read")):
            return argv, "", FORBIDDEN, None
        want = {r[2] for r in self.shown(lambda u: me.may(u, "read") and only in (None, u))
                if message is None or r[2] == str(message)}
        return argv, "", OK, lambda out: (want, {line[9:] for line in out.splitlines()
                                                if line.startswith("Subject: ")})

    def ingest(self, me, you):
        message, folder = dice.randrange(5), dice.choice("ABC")
        to = dice.choice([None, you, me])
        argv = ["ms-ingest", "-q"] + (["-u", to.name] if to else [])
        forged = 'user="%s"; source="imap://h/"; folder="%s"; uid="1/1"; moved-from="A"'
        text = SEP + forged % (you.name, folder) + "\n" + mail(message) + \
            "\n" + SEP + "end; messages=1; failed=0; status=0\n\n"
        to = to or me
        if not me.has("archive") or (to is not me and not me.may(to, "write")):
            return argv, text, FORBIDDEN, None
        return argv, text, OK, lambda out: self.model.deliver(to, folder, message) and None

    def change(self, out, me, tool, apply):
        number = int(out.split("\t")[0])
        apply(number)
        self.model.changes[number], self.made_by[number] = tool, me

    def remove(self, me, you):
        message, only = dice.randrange(5), dice.choice([None, you, me])
        argv = ["ms-remove", "-q", "--force", "subject:%d" % message]
        argv += ["-u", only.name] if only else []
        items = self.chosen(me, message, only)
        if not me.has("delete") or not all(me.may(u, "delete") for _, u in items):
            return argv, "", FORBIDDEN, None
        return argv, "", OK, items and (lambda out: self.change(
            out, me, "ms-remove", lambda c: self.model.change(items, c)))

    def move(self, me, you):
        message, to, name = dice.randrange(5), dice.choice([None, you, me]), dice.choice("ABCD")
        argv = ["ms-move", "-q", "--force", "--to", name, "subject:%d" % message]
        argv += ["-u", to.name] if to else []
        items = self.chosen(me, message, None)
        if not me.has("move") or not all(self.may_move(me, u, to or u) for _, u in items):
            return argv, "", FORBIDDEN, None
        return argv, "", OK, items and (lambda out: self.change(
            out, me, "ms-move", lambda c: self.model.change(items, c, name, to)))

    def may_move(self, me, start, to):
        return me.may(to, "write") and (start is to or me.may(start, "delete"))

    def rename(self, me, you):
        m, name, new = self.model, dice.choice("ABCD"), dice.choice("ABCDE")
        of = dice.choice([None, you, me])
        argv = ["ms-move", "-q", "--force", "--rename-folder", name, new]
        argv += ["-u", of.name] if of else []
        have = {m.name(f)[0] for f in range(len(m.folders)) if m.name(f)[1] == name}
        if not me.has("move"):
            return argv, "", FORBIDDEN, None
        if of is None:
            have = {u for u in have if me.may(u, "read")}
            if len(have) != 1:
                return argv, "", USAGE if have else NONE, None
            of = have.pop()
        elif me.may(of, "write") and of not in have:
            return argv, "", NONE, None
        if not me.may(of, "write"):
            return argv, "", FORBIDDEN, None
        return argv, "", OK, lambda out: self.change(
            out, me, "ms-move", lambda c: m.rename(of, name, new, c))

    def undo(self, me, you):
        m = self.model
        left = [c for c in m.changes if c not in m.undone]
        if not left:
            return None
        c = dice.choice(left)
        argv = [m.changes[c], "-q", "--undo", str(c)]
        if not me.has("delete" if m.changes[c] == "ms-remove" else "move") or \
                not (self.made_by[c] is me or me.has("admin") or self.may_undo(me, c)):
            return argv, "", FORBIDDEN, None
        return argv, "", OK, lambda out: m.undone.add(c)

    def may_undo(self, me, c):
        m = self.model
        for key, rows in m.occ.items():
            if c not in rows:
                continue
            earlier = {k: w for k, w in rows.items() if k < c}
            before = m.name(m.last(earlier, key[0])[1])[0]
            if rows[c] is None and not me.may(before, "delete"):
                return False
            if rows[c] is not None and not self.may_move(me, m.name(rows[c])[0], before):
                return False
        return all(me.may(u, "write") for u, _, names in m.folders if c in names)

    def about(self, me, you):
        """ms-users about one user; nothing is said of the others."""
        of = dice.choice([me, you])
        argv = ["ms-users", dice.choice(["show", "log", "addresses"]), of.name]
        return argv, "", OK if of is me or me.has("admin") else FORBIDDEN, None

    def password(self, me, you):
        of = dice.choice([me, you])
        argv = ["ms-users", "passwd", "--password-fd", "0", of.name]
        may = me.has("admin") or (of is me and me.has("change-password"))
        return argv, "secret\n", OK if may else FORBIDDEN, None

    def forbidden(self, me, you):
        argv = dice.choice(FILES).format(me=me.name, you=you.name).split()
        return None if "admin" in me.privileges else (argv, mail(0), FORBIDDEN, None)

    # ---- profiles ----

    def profile(self, target, files):
        if files:
            return "kind = files\nuser = %s\nfile = %s\ninto = P\n" % (target.name, os.path.abspath("mail"))
        return "kind = mailbox\nuser = %s\nurl = imaps://x@127.0.0.1:1/\n" \
            "password = secret:s\nretries = 0\n" % target.name

    def may_store(self, me, owner, target, files):
        return me.has("modify-profiles") and (me.has("admin") or (owner is me and not files)) and \
            not owner.disabled and (owner.has("admin") or target is owner)

    def add(self, me, you):
        name, target, owner = "p%d" % dice.randrange(3), dice.choice([me, me, you]), dice.choice([None, me, you])
        files = dice.random() < 0.4
        argv = ["ms-profile", "add", name] + (["--owner", owner.name] if owner else [])
        owner = owner or me
        text = self.profile(target, files)
        if not self.may_store(me, owner, target, files):
            return argv, text, FORBIDDEN, None
        if name in self.profiles:
            return argv, text, EXISTS, None
        return argv, text, OK, lambda out: self.profiles.update(
            {name: dict(owner=owner, target=target, files=files, by=me)})

    def given(self, me, you):
        """Not by --as: the owner of the archive gives somebody a profile with files."""
        name = "p%d" % dice.randrange(3)
        if name in self.profiles or me.disabled:
            return None
        root("ms-profile", "add", "--owner", me.name, name, text=self.profile(me, True))
        self.profiles[name] = dict(owner=me, target=me, files=True, by=me if me.has("admin") else None)
        return None

    def edit(self, me, you):
        name, p = self.existing()
        if p is None:
            return None
        give, target, files = dice.choice([None, you]), dice.choice([p["owner"], you]), dice.random() < 0.4
        argv = ["ms-profile", "edit", name] + (["--owner", give.name] if give else ["-f", "-"])
        target, files = (p["target"], p["files"]) if give else (target, files)
        owner = give or p["owner"]
        text = "" if give else self.profile(target, files)
        if not self.sees(me, p) or not self.may_store(me, owner, target, files):
            return argv, text, FORBIDDEN, None
        return argv, text, OK, lambda out: p.update(owner=owner, target=target, files=files, by=me)

    def existing(self):
        return dice.choice(list(self.profiles.items()) or [(None, None)])

    def sees(self, me, p):
        return not me.disabled and (me.has("admin") or p["owner"] is me)

    def use(self, me, you):
        """The verbs that change nothing but the state of a profile, or show it."""
        name, p = self.existing()
        verb = dice.choice(["show", "status", "log", "enable", "disable", "delete", "crontab"])
        if p is None:
            return ["ms-profile", "show", "p9"], "", NONE, None
        argv = ["ms-profile", verb, name]
        writes = verb in ("enable", "disable", "delete")
        if not self.sees(me, p) or (writes and not me.has("modify-profiles")):
            return argv, "", FORBIDDEN, None
        if verb == "delete":
            return argv, "", OK, lambda out: self.profiles.pop(name) and None
        return argv, "", OK, None

    def profile_list(self, me, you):
        want = {n for n, p in self.profiles.items() if self.sees(me, p)}
        return ["ms-profile", "list"], "", OK, lambda out: (
            want, {line.split("\t")[0] for line in out.splitlines()})

    def secret(self, me, you):
        argv = ["ms-profile", "secret", "--password-fd", "0", "s"]
        owner = dice.choice([None, you])
        argv += ["--owner", owner.name] if owner else []
        may = me.has("modify-profiles") and (owner is None or me.has("admin"))
        return argv, "secret\n", OK if may else FORBIDDEN, None

    def job(self, me, you):
        name, p = self.existing()
        if p is None:
            return None
        argv, owner = ["ms-profile", "run", "-q", name], p["owner"]
        runs = self.sees(me, p) and (owner.has("admin") or p["target"] is owner) and owner.has("archive")
        if p["files"] and p["by"] and not p["by"].has("admin"):
            runs = False
        if not runs:                    # a run of the own profile is in the log
            return argv, "", FORBIDDEN, self.sees(me, p) and self.compare
        if p["files"]:
            return argv, "", OK, lambda out: self.model.deliver(p["target"], "P", 4) and None
        return argv, "", None, None     # the server does not answer

    # ---- comparing ----

    def step(self):
        me, you = dice.sample(self.users, 2)
        kinds = dict(listing=5, removed=1, export=4, ingest=4, remove=3, move=4, rename=2, undo=3,
                     about=1, password=1, forbidden=3, add=2, given=0.5, edit=2, use=2,
                     profile_list=1, secret=0.5, job=1.5)
        call = getattr(self, dice.choices(list(kinds), list(kinds.values()))[0])(me, you)
        if call is None:
            return
        argv, text, want, then = call
        argv[1:1] = ["--as", me.name]
        twice = dice.random() < 0.05
        if twice:
            argv += dice.choice([["--as", you.name], ["-a", "start"], ["--as=boss"]])
            want, then = USAGE, None
        elif me.disabled:
            want, then = FORBIDDEN, None
        before = written()
        done = run(*argv, text=text)
        self.judge(argv, want, then, before, done)

    def judge(self, argv, want, then, before, done):
        status = done.returncode
        good = status not in (FORBIDDEN, USAGE) if want is None else status == want
        if not good:
            self.wrong(argv, "status %d, not %s: %s" % (status, want, done.stderr))
        elif want not in (OK, None):
            tally["refused"] += 1
            if then and status == want:
                then(argv)
            elif written() != before:
                self.wrong(argv, "was refused, and has written: %s" % (set(written()[0]) ^ set(before[0])))
            if want == FORBIDDEN and done.stdout not in ("", END % FORBIDDEN):
                self.wrong(argv, "was refused, and shows: " + done.stdout)
        elif want == OK:
            tally["allowed"] += 1
            compared = then and then(done.stdout)
            if compared and compared[0] != compared[1]:
                self.wrong(argv, "shows %s, not %s" % (compared[1], compared[0]))
            elif then and not compared:
                self.compare(argv)

    def wrong(self, argv, what):
        tally["wrong"] += 1
        print("%s: %s" % (" ".join(argv), what))

    def compare(self, argv):
        """All that there is, as the owner of the archive sees it."""
        got = sorted((f[2], f[3], f[6]) for f in
                     (line.split("\t") for line in root("ms-list").splitlines()))
        if got != self.shown():
            self.wrong(argv, "the mail is %s, not %s" % (got, self.shown()))
        if argv[0] == "ms-profile":
            rows = (line.split("\t") for line in root("ms-profile", "list").splitlines())
            got = {f[0]: f[2] for f in rows}
            if got != {n: p["owner"].name for n, p in self.profiles.items()}:
                self.wrong(argv, "the profiles are %s" % got)

    def compare_users(self):
        for line in root("ms-users", "export", "--format", "json").splitlines():
            row = json.loads(line)
            if row["name"] == "boss":
                continue
            u = self.user(row["name"])
            got = [set(row["privileges"]), row["full_name"], row["disabled"],
                   {r["archive"]: set(r["rights"]) for r in row["rights"]}]
            if got != [u.privileges, "", u.disabled, {o and o.name: r for o, r in u.rights.items()}]:
                self.wrong(["ms-users"], "%s is %s" % (u.name, got))


def mail(message):
    return "Subject: %d\n\nx\n" % message


def identity(message):
    return hashlib.sha256(mail(message).replace("\n", "\r\n").encode()).hexdigest()


def begin():
    """The archive with which each run begins: everybody has two messages."""
    root("ms-init", "-u", "boss", "start")
    os.mkdir("mail")
    with open("mail/1.eml", "w") as f:
        f.write(mail(4))
    os.environ["MS_ARCHIVE"] = "start"
    root("ms-users", "add", "anna", "bob", "cleo")
    for i, name in enumerate(["anna", "bob", "cleo"]):
        for message in (i, i + 1):
            root("ms-ingest", "-q", "-u", name, "-d", "AB"[message % 2], text=mail(message))
    os.environ["MS_ARCHIVE"] = "arc"


begin()
for i in range(RUNS):
    w = World()
    for _ in range(dice.randrange(8, 16)):
        w.step()
        if dice.random() < 0.15:
            w.dress()
        if dice.random() < 0.03:
            w.swap()
    w.compare(["ms-profile"])
    w.compare_users()
    if tally["wrong"]:
        print("run %d of seed %d" % (i, SEED))
        break
print("%(calls)d calls, %(allowed)d allowed, %(refused)d refused, %(wrong)d wrong" % tally)
