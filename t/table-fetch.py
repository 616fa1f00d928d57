#!/usr/bin/env python3
"""table-fetch.py - a table of what servers do, each row fetched three times.

usage: table-fetch.py PASSWORD-FILE
Each row is an IMAP or POP3 server in this process, and an archive. After each of
three runs of ms-fetch and ms-ingest: the sums of the report agree; every message
of the server is in the archive byte for byte, or is named in the report; the
second and the third run find nothing new; the status is that of the row. Prints
TAP.
"""
import concurrent.futures
import glob
import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading

PASSWORD = sys.argv[1]


def message(n, named=True, lines=60):
    head = b"Subject: message %d\r\n" % n
    if named:
        head += b"Message-ID: <%d@h>\r\n" % n
    return head + b"\r\n" + b"".join(
        b"line %d of message %d\r\n" % (i, n) for i in range(lines))


class Row:
    """A server that does all things right; a row replaces some of them."""

    def __init__(self, name, pop3=False, statuses=(0, 0, 0), **more):
        self.what, self.pop3, self.statuses = name, pop3, statuses
        self.uids, self.named, self.run = [1, 2, 3, 4, 5], True, 0
        self.sessions, self.examines = 0, 0
        self.announced = lambda row, uid, text: len(text)   # size
        self.body = lambda row, uid, text: text
        self.header = lambda row, uid, text: text[:text.index(b"\r\n\r\n") + 4]
        self.uidl = lambda row, uid: "u%d" % uid
        self.uidvalidity = lambda row: 7
        self.listed = lambda row: self.uids       # in this run
        self.folders = b'* LIST () "/" INBOX\r\n'
        self.caps = b"* CAPABILITY IMAP4rev1 UIDPLUS\r\n"
        self.exists = lambda row: b"* %d EXISTS\r\n" % len(row.listed(row))
        self.unasked = b""                        # before each tagged answer
        self.examine = None                       # the answer to EXAMINE
        self.search = None                        # what it lists
        self.late = b""                           # the answer to NOOP
        self.flags = b"FLAGS (\\Seen)"
        self.items = b""                          # more items of a message
        self.part, self.literal, self.after = b"BODY[]", b"{%d}\r\n", b""
        self.longest = 0                          # bytes of a command
        self.eol = b"\r\n"                        # POP3
        self.lines = lambda row, verb, lines: lines
        self.stat = lambda row, uids: b"%d 1" % len(uids)
        self.fetched = lambda row, uid: uid       # the UID that is answered
        self.refuses = lambda row, uids: None     # FETCH of a body; TOP
        self.options = []
        self.lost = set()                         # UIDs that never come whole
        self.__dict__.update(more)

    def text(self, uid):
        return message(uid, self.named)


class Session:
    def __init__(self, row, conn):
        self.row, self.file = row, conn.makefile("rwb")
        row.sessions += 1

    def send(self, *parts):
        self.file.write(b"".join(parts))
        self.file.flush()

    def line(self):
        line = self.file.readline()
        if not line.endswith(b"\n"):
            raise OSError
        return line.rstrip(b"\r\n").decode("latin-1")


class Imap(Session):
    def serve(self):
        self.send(b"* OK table\r\n")
        while True:
            line = self.line()
            tag, _, rest = line.partition(" ")
            word, _, rest = rest.partition(" ")
            if word == "UID":
                word, _, rest = rest.partition(" ")
                word = "UID_" + word
            if 0 < self.row.longest < len(line):
                answer = b"BAD the command is too long"
            else:
                answer = getattr(self, "do_" + word, self.unknown)(rest)
            self.send(self.row.unasked, tag.encode(), b" ", answer or b"OK done", b"\r\n")
            if word == "LOGOUT":
                return

    def unknown(self, _rest):
        return b"BAD unknown command"

    def do_CAPABILITY(self, _rest):
        if not self.row.caps:
            return b"BAD unknown command"
        return self.send(self.row.caps)

    def do_LOGIN(self, _rest):
        return None

    def do_NOOP(self, _rest):
        self.send(self.row.late)

    def do_NAMESPACE(self, _rest):
        self.send(self.row.namespace)

    def do_ID(self, _rest):
        self.send(b'* ID ("name" NIL X (1 2))\r\n')

    def do_LOGOUT(self, _rest):
        self.send(b"* BYE\r\n")

    def do_LIST(self, _rest):
        self.send(self.row.folders)

    def do_EXAMINE(self, rest):
        return self.row.examine or self.do_SELECT(rest)

    def do_SELECT(self, rest):
        row = self.row
        row.examines += 1
        if rest.strip('"') != "INBOX":
            return b"NO no such mailbox"
        self.send(row.exists(row),
                  b"* OK [UIDVALIDITY %d] ok\r\n" % row.uidvalidity(row))
        return b"OK [READ-ONLY] done"

    def do_UID_SEARCH(self, _rest):
        uids = self.row.listed(self.row)
        if self.row.search is not None:
            answer = self.row.search(uids)
            return answer if answer and not answer.startswith(b"* ") else self.send(answer)
        return self.send(b"* SEARCH", *(b" %d" % u for u in uids), b"\r\n")

    def do_UID_FETCH(self, rest):
        row = self.row
        there, wanted = row.listed(row), []
        given, _, what = rest.partition(" ")
        for part in given.split(","):
            first, _, last = part.partition(":")
            last = last or first
            end = max(there, default=0) if last == "*" else int(last)
            wanted += [u for u in there if int(first) <= u <= end]
        whole = "BODY.PEEK[]" in what
        refusal = row.refuses(row, wanted) if whole else None
        for uid in wanted:
            if refusal and uid in refusal:
                continue
            self.fetch(uid, there.index(uid) + 1, what, whole)
        return b"NO [SERVERBUG] it hurts" if refusal else None

    def fetch(self, uid, number, what, whole):
        row, text = self.row, self.row.text(uid)
        said = row.fetched(row, uid) if whole else uid
        if said is None:
            return
        out = b"* %d FETCH (UID %d" % (number, said)
        if what != "(UID)":
            out += (b' %s%s INTERNALDATE "01-Feb-2021 03:04:05 +0000"'
                    b" RFC822.SIZE %d" % (row.flags, row.items,
                                          row.announced(row, uid, text)))
        data = None
        if whole:
            data, name = row.body(row, uid, text), row.part
        elif "HEADER" in what:
            data, name = row.header(row, uid, text), b"BODY[HEADER]"
        if data is not None:
            out += b" %s " % name + row.literal % len(data) + data + row.after
        self.send(out, b")\r\n")


class Pop3(Session):
    def serve(self):
        self.uids = list(self.row.listed(self.row))
        self.send(b"+OK table\r\n")
        while True:
            word, _, rest = self.line().partition(" ")
            getattr(self, "do_" + word)(rest)
            if word == "QUIT":
                return

    def ok(self, _rest=""):
        self.send(b"+OK\r\n")

    do_USER = do_PASS = do_QUIT = ok

    def send(self, *parts):
        super().send(*(x.replace(b"\r\n", self.row.eol) for x in parts))

    def lines(self, lines):
        self.send(b"+OK\r\n", *(x + b"\r\n" for x in lines), b".\r\n")

    def do_CAPA(self, _rest):
        if not self.row.caps:
            raise OSError
        self.lines([b"USER", b"UIDL", b"TOP", b"PIPELINING"])

    def do_STAT(self, _rest):
        self.send(b"+OK " + self.row.stat(self.row, self.uids) + b"\r\n")

    def do_LIST(self, _rest):
        row = self.row
        self.lines(row.lines(row, "LIST", [
            b"%d %s" % (n, str(row.announced(row, u, row.text(u))).encode())
            for n, u in enumerate(self.uids, 1)]))

    def do_UIDL(self, _rest):
        row = self.row
        self.lines(row.lines(row, "UIDL", [
            b"%d %s" % (n, (row.uidl(row, u) if row.uidl(row, u) else "").encode())
            for n, u in enumerate(self.uids, 1)]))

    def answer(self, uid, data):
        refusal = self.row.refuses(self.row, [uid])
        if refusal and uid in refusal:
            return self.send(b"-ERR it hurts\r\n")
        data = (b"\r\n" + data).replace(b"\r\n.", b"\r\n..")[2:]
        return self.send(b"+OK\r\n", data,
                         b"" if data.endswith(b"\r\n") or not data else b"\r\n", b".\r\n")

    def do_RETR(self, rest):
        row, uid = self.row, self.uids[int(rest) - 1]
        self.answer(uid, row.body(row, uid, row.text(uid)))

    def do_TOP(self, rest):
        row, uid = self.row, self.uids[int(rest.split()[0]) - 1]
        self.answer(uid, row.header(row, uid, row.text(uid)))


# ---- the rows ----

def cut(part):
    """A body of which only a part comes."""
    def body(row, uid, text):
        return text[:int(len(text) * part)] if uid == row.bad else text
    return body


def notice(row, uid, text):
    return b"Subject: Retrieval failed\r\n\r\nsorry\r\n" if uid == row.bad else text


def spoilt(line, *verbs):
    """Lists with another second line."""
    def lines(_row, verb, lines):
        return lines[:1] + [line] + lines[2:] if verb in verbs else lines
    return lines


def added(line, *verbs):
    """Lists with one more line."""
    def lines(_row, verb, lines):
        return lines[:2] + [line] + lines[2:] if verb in verbs else lines
    return lines


def counts():
    """What IMAP servers say about the number of messages."""
    def row(what, exists, listed=5, lost=0, **more):
        return Row("IMAP: " + what, exists=lambda row: exists,
                   listed=lambda row: row.uids[:listed] if lost else row.uids,
                   statuses=(1, 1, 1) if lost else (0, 0, 0), unnamed=lost, **more)
    return [
        row("0 EXISTS, and five are listed", b"* 0 EXISTS\r\n"),
        row("EXISTS is too low", b"* 3 EXISTS\r\n"),
        row("EXISTS is too high", b"* 7 EXISTS\r\n", 5, 2),
        row("EXISTS falls without EXPUNGE", b"* 5 EXISTS\r\n* 3 EXISTS\r\n",
            search=lambda uids: b"* SEARCH 1 2 3\r\n"),
        row("EXISTS falls, and no more are listed", b"* 7 EXISTS\r\n* 5 EXISTS\r\n",
            says=dict.fromkeys((1, 2, 3), b"the server said 7 messages, then 5")),
        row("EXISTS falls to 0 without EXPUNGE", b"* 5 EXISTS\r\n* 0 EXISTS\r\n"),
        row("EXISTS falls after EXPUNGE",
            b"* 7 EXISTS\r\n* 1 EXPUNGE\r\n* 1 EXPUNGE\r\n* 5 EXISTS\r\n"),
        row("EXISTS comes after the answer", b"", late=b"* 5 EXISTS\r\n"),
        row("SEARCH lists only some", b"* 5 EXISTS\r\n",
            search=lambda uids: b"* SEARCH 1 2\r\n"),
        row("SEARCH is refused", b"* 5 EXISTS\r\n", search=lambda uids: b"NO too expensive"),
    ]


def tolerated():
    """What costs nothing: unusual forms of complete answers."""
    more = {"IMAP: " + what: how for what, how in {
        "ESEARCH instead of SEARCH": {"search": lambda uids: b'* ESEARCH (TAG "x") UID ALL 1:5\r\n'},
        "literal8": {"literal": b"~{%d}\r\n"},
        "BODY.PEEK[] as the name": {"part": b"BODY.PEEK[]"},
        "BODY[]<0> as the name": {"part": b"BODY[]<0>"},
        "a name in small letters": {"part": b"body[]"},
        "blanks after the literal": {"after": b"  "},
        "CRLF after the literal": {"after": b"\r\n"},
        "FLAGS NIL": {"flags": b"FLAGS NIL"},
        "keywords that are not UTF-8": {"flags": b"FLAGS (\\Seen \xe4\xff a%b c\x01)"},
        "items that nobody knows": {"items": b' EMAILID (M1) THREADID NIL SAVEDATE NIL PREVIEW '
                                              b'{3}\r\na)b X-A (1 (2 "3)") {2}\r\n(( NIL)'},
        "data that nobody asked for": {"unasked": b'* X-A (1 {2}\r\n)) "x")\r\n* OK [X y] z\r\n'
                                                  b"* 7 FROB\r\n* VANISHED 77\r\n* FLAGS NIL\r\n"},
        "CAPABILITY is BAD": {"caps": b""},
        "odd capabilities": {"caps": b"* CAPABILITY IMAP4rev1 =X A=B=C +\xff\xfe UIDPLUS\r\n"},
        "NAMESPACE with more data": {
            "caps": b"* CAPABILITY IMAP4rev1 NAMESPACE ID\r\n",
            "namespace": b'* NAMESPACE (("" "/" "X" ("a" "b"))) NIL (("s" NIL)) more\r\n'},
        "NAMESPACE that cannot be read": {
            "caps": b"* CAPABILITY IMAP4rev1 NAMESPACE ID\r\n", "namespace": b"* NAMESPACE (((\r\n"},
        "EXAMINE is BAD": {"examine": b"BAD what"},
        "EXAMINE is refused": {"examine": b"NO not today"},
        "commands above 200 bytes are BAD": {"longest": 200, "uids": [11 * i for i in range(1, 120)]},
        "LIST with attributes of all kinds": {
            "folders": b'* LIST (X \\* \\HasNoChildren) "/" INBOX ("CHILDINFO" ("A"))\r\n'},
        "LIST with two blanks": {"folders": b'* LIST  ()  "/"  INBOX\r\n'},
        "LIST with a literal": {"folders": b'* LIST () "/" {5}\r\nINBOX\r\n'},
    }.items()}
    more.update({"POP3: " + what: {"pop3": True, **how} for what, how in {
        "lines end with LF": {"eol": b"\n"},
        "the connection ends at CAPA": {"caps": b""},
        "more words in UIDL": {"lines": lambda row, verb, lines: [x + b" and more" for x in lines]},
        "blanks before the numbers": {"lines": lambda row, verb, lines: [b"  " + x for x in lines]},
        "tabs": {"lines": lambda row, verb, lines: [x.replace(b" ", b"\t") for x in lines]},
        "LIST lacks a message": {"lines": lambda row, verb, lines: lines[1:] if verb == "LIST" else lines},
        "UIDL lacks a message": {"lines": lambda row, verb, lines: lines[1:] if verb == "UIDL" else lines},
        "LIST: a line without a number": {"lines": spoilt(b"two 99", "LIST")},
        "LIST: one more line, number 0": {"lines": added(b"0 99", "LIST")},
        "LIST: an empty line": {"lines": added(b"", "LIST")},
        "LIST: a message twice": {"lines": added(b"2 99", "LIST")},
        "UIDL: a line without a number": {"lines": spoilt(b"\xff\xfe", "UIDL")},
        "UIDL: a message twice": {"lines": added(b"2 u7", "UIDL")},
        "STAT is no number": {"stat": lambda row, uids: b"many"},
        "STAT counts fewer": {"stat": lambda row, uids: b"1 1"},
        "STAT counts more": {"stat": lambda row, uids: b"7 1", "statuses": (1, 1, 1), "unnamed": 2},
        "LIST and UIDL lack a message": {"lines": lambda row, verb, lines: lines[:4],
                                         "statuses": (1, 1, 1), "lost": {5}, "unnamed": 1},
        "LIST and UIDL have a line without a number": {
            "lines": spoilt(b"two 99", "LIST", "UIDL"), "statuses": (1, 1, 1), "lost": {2},
            "unnamed": 1},
    }.items()})
    return [Row(what, **how) for what, how in more.items()]


def rows():
    out = counts() + tolerated()
    for pop3 in (False, True):
        kind = "POP3" if pop3 else "IMAP"
        for bad in (1, 3, 5):
            for named in (True, False):
                what = "%s, message %d%s" % (kind, bad, "" if named else ", no Message-ID")
                more = {"pop3": pop3, "bad": bad, "named": named}
                failed = {"statuses": (1, 1, 1), "lost": {bad}, **more}
                for part in (0, 0.05, 0.5, 0.8):
                    out.append(Row("%s: %d %% of the body" % (what, part * 100),
                                   body=cut(part), **failed))
                out.append(Row("%s: a notice" % what, body=notice, **failed))
                out.append(Row("%s: 97 %% of the body" % what, body=cut(0.97),
                               lost={bad}, quiet={bad}, **more))
                out.append(Row("%s: refused" % what, refuses=lambda row, uids:
                               {row.bad} if row.bad in uids else None, **failed))
        for percent in (50, 90, 95, 105, 130):
            statuses = (1, 1, 1) if percent > 110 else (0, 0, 0)
            out.append(Row("%s: sizes are %d %%" % (kind, percent), pop3=pop3,
                           announced=lambda row, uid, text, p=percent: len(text) * p // 100,
                           statuses=statuses))
        out.append(Row("%s: LF is counted for CRLF" % kind, pop3=pop3, announced=lambda
                       row, uid, text: len(text) - text.count(b"\n")))
        out.append(Row("%s: an empty mailbox" % kind, pop3=pop3, uids=[]))
        out.append(Row("%s: new mail in each run" % kind, pop3=pop3, grows=True,
                       listed=lambda row: row.uids[:2 + row.run]))
        out.append(Row("%s: mail that another client deletes" % kind, pop3=pop3,
                       listed=lambda row: row.uids[row.run - 1:]))
        out.append(Row("%s: the header has CR CR LF" % kind, pop3=pop3, header=lambda
                       row, uid, text: text[:text.index(b"\r\n\r\n")].replace(
                           b"\r\n", b"\r\r\n") + b"\r\n\r\n"))
    out += [
        Row("IMAP: other UIDs than those asked for", statuses=(1, 1, 1), lost={3},
            fetched=lambda row, uid: 99 if uid == 3 else uid),
        Row("IMAP: a message that is not sent", statuses=(1, 1, 1), lost={3},
            fetched=lambda row, uid: None if uid == 3 else uid),
        Row("IMAP: EXISTS is missing", statuses=(76, 76, 76), lost={1, 2, 3, 4, 5},
            exists=lambda row: b""),
        Row("IMAP: INBOX is not listed", folders=b""),
        Row("IMAP: INBOX is listed as not selectable",
            folders=b'* LIST (\\Noselect) "/" INBOX\r\n'),
        Row("IMAP: a new UIDVALIDITY in each run", uidvalidity=lambda row: 7 + row.run),
        Row("IMAP: a new UIDVALIDITY at every EXAMINE", options=["--connections", "1"],
            uidvalidity=lambda row: 7 + row.examines,
            says={2: b"a new UIDVALIDITY each time", 3: b"a new UIDVALIDITY each time"}),
        Row("IMAP: the same, with many messages and connections", uids=list(range(1, 201)),
            options=["--connections", "3"], uidvalidity=lambda row: 7 + row.examines,
            says={2: b"a new UIDVALIDITY each time", 3: b"then fetch it again"}),
        Row("IMAP: UIDVALIDITY alternates", uidvalidity=lambda row: 7 + row.run % 2),
        Row("IMAP: UIDs name other messages", fetched=lambda row, uid: uid,
            text=None, shift=True),
        Row("POP3: the UIDL is the number, and a message was deleted", pop3=True,
            listed=lambda row: row.uids[row.run > 1:],
            uidl=lambda row, uid: str(uid - (row.run > 1))),
        Row("POP3: a UIDL of another message", pop3=True,
            listed=lambda row: row.uids[:4] if row.run == 1 else [1, 2, 3, 5],
            uidl=lambda row, uid: "u%d" % (4 if uid == 5 else uid), grows=True),
        Row("POP3: sizes that are no numbers", pop3=True,
            announced=lambda row, uid, text: ["", "-1", "2x", 1 << 64, "?"][uid - 1]),
        Row("POP3: no UIDL", pop3=True, uidl=lambda row, uid: ""),
        Row("POP3: equal UIDLs", pop3=True, uidl=lambda row, uid: "same"),
        Row("POP3: new UIDLs in each run", pop3=True,
            uidl=lambda row, uid: "r%du%d" % (row.run, uid)),
    ]
    return out


# ---- a run ----

def session(row, conn):
    try:
        (Pop3 if row.pop3 else Imap)(row, conn).serve()
    except (OSError, ValueError):
        pass
    conn.close()


def serve(row, listener):
    while True:
        conn = listener.accept()[0]
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=session, args=(row, conn), daemon=True).start()


def shifted(row, uid):
    return message(uid % 5 + 1 if row.run > 1 else uid, row.named)


def fetch(row, path, port):
    scheme = "pop3" if row.pop3 else "imap"
    stream = subprocess.run(
        ["ms-fetch", "-a", path + "/arc", "-u", "u", "--insecure-plaintext", "--timeout",
         "10", "--retries", "0", "--password-file", PASSWORD, "--report", path + "/report",
         *row.options, "%s://u@127.0.0.1:%d/" % (scheme, port)],
        capture_output=True, check=False)
    subprocess.run(["ms-ingest", "-q", "-a", path + "/arc"], input=stream.stdout,
                   capture_output=True, check=False)
    return stream


def archived(path):
    shutil.rmtree(path + "/out", ignore_errors=True)
    subprocess.run(["ms-export", "-a", path + "/arc", "--format", "eml", "--eol", "crlf",
                    "-o", path + "/out"], capture_output=True, check=False)
    return {hashlib.sha256(open(f, "rb").read()).hexdigest()
            for f in glob.glob(path + "/out/**/*.eml", recursive=True)}


def named_in(line):
    """The UIDs that a line of the report names."""
    found = re.search(r"UIDs? ([0-9:,]+)$", line["where"])
    uids = set()
    for part in found.group(1).split(",") if found else []:
        first, _, last = part.partition(":")
        uids |= set(range(int(first), int(last or first) + 1))
    return uids | {int(u) for u in re.findall(r"\bu(\d)\b", line["where"])}


def problems(row, path, stream):
    """What is wrong after a run."""
    lines = [json.loads(x) for x in open(path + "/report", encoding="utf-8")]
    end, bad = lines[-1], []
    if stream.returncode != row.statuses[row.run - 1]:
        bad.append("status %d" % stream.returncode)
    if end["seen"] != sum(end[k] for k in ("new", "known", "left_out", "failed")):
        bad.append("sums: %s" % end)
    said = getattr(row, "says", {}).get(row.run, b"")
    if said not in stream.stderr:
        bad.append("not said: %s" % said)
    if said and not any(said.decode() in x["reason"] for x in lines if x["type"] == "note"):
        bad.append("not in the report: %s" % said)
    if row.run > 1 and end["new"] > getattr(row, "grows", False):
        bad.append("%d are new" % end["new"])
    named = set().union(*(named_in(x) for x in lines if x["type"] in ("failed", "left_out")),
                        getattr(row, "quiet", set()))
    if row.statuses[0] == 76:
        named |= set(row.uids)
    # Messages that the server counts and does not list have no number.
    unlisted = [x["reason"] for x in lines if x["type"] == "failed" and x["where"] == "INBOX"]
    lost = getattr(row, "unnamed", 0)
    if lost and not any(x.startswith("%d message" % lost) and "not listed" in x for x in unlisted):
        bad.append("%d messages are not named: %s" % (lost, unlisted))
    if lost:
        named |= row.lost
    there = archived(path)
    for uid in row.listed(row):
        whole = hashlib.sha256(row.text(uid)).hexdigest() in there
        if not whole and uid not in named:
            bad.append("message %d is neither archived nor named" % uid)
        if whole == (uid in row.lost):
            bad.append("message %d is%s archived whole" % (uid, "" if whole else " not"))
    return bad + [stream.stderr.decode()] if bad else []


def check(number, row):
    path = "row%d" % number
    os.mkdir(path)
    subprocess.run(["ms-init", "-u", "u", path + "/arc"], check=True)
    if getattr(row, "shift", False):
        row.text = lambda uid: shifted(row, uid)
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=serve, args=(row, listener), daemon=True).start()
    bad = []
    for row.run in (1, 2, 3):
        bad += ["run %d: %s" % (row.run, x) for x in
                problems(row, path, fetch(row, path, listener.getsockname()[1]))]
    shutil.rmtree(path)
    return bad


def main():
    table = rows()
    failed = False
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        results = pool.map(check, range(len(table)), table)
        for n, (row, bad) in enumerate(zip(table, results), 1):
            failed |= bool(bad)
            print("%sok %d - %s" % ("not " if bad else "", n, row.what))
            for line in "\n".join(bad).splitlines():
                print("# " + line)
    print("1..%d" % len(table))
    sys.exit(failed)


main()
