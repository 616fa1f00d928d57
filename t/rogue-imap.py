#!/usr/bin/env python3
"""rogue-imap.py - IMAP servers over TLS, each of which breaks one rule.

usage: rogue-imap.py CERT KEY PORTS MODE ...
Each MODE has a server on a free port of the loopback interface. The file PORTS
gets a line "MODE PORT" for each. INBOX has five messages with the UIDs 11 12 13
14 15, Other has one with the UID 21. Each MODE breaks the protocol in one
place, except "good". As soon as the file PORTS.good exists, all servers are
good, and deleted messages stay deleted. PORTS.log gets a line "MODE COMMAND"
for each command that changes something.
"""
import os
import re
import socket
import ssl
import struct
import sys
import threading
import time

CERT, KEY, PORTS = sys.argv[1:4]
# These have OBJECTID.
IDS = "id", "id-changed", "id-swap", "id-new", "id-same", "id-bad", "id-nil"
DATE = b'"01-Feb-2021 03:04:05 +0130"'


class Hangup(Exception):
    """The session is over."""


class Server:
    """The mailbox of a mode, which all its connections share."""

    def __init__(self, name):
        self.name = name
        self.boxes = {"INBOX": [11, 12, 13, 14, 15], "Other": [21]}
        self.flags = {}         # UID: flags that not all messages have
        self.text = {}          # UID: the UID whose text it has
        self.validity, self.selects = 77, frozenset()
        if name == "marked":
            self.flags[14] = {"\\Deleted", "\\Flagged"}

    def mended(self):
        """Makes the server good if PORTS.good exists."""
        if self.name != "good" and os.path.exists(PORTS + ".good"):
            if self.name == "flip":
                self.validity, self.text = 77, {}
            self.name = "good"
        if self.name in ("swap", "id-swap") and os.path.exists(PORTS + ".swap"):
            self.text = {12: 14, 14: 12}

    def log(self, text):
        with open(PORTS + ".log", "a") as f:
            f.write("%s %s\n" % (self.name, text))


class Session:
    def __init__(self, conn, server):
        server.mended()
        self.conn, self.server, self.name = conn, server, server.name
        self.input, self.box, self.boxes = b"", None, server.boxes

    def mode(self, *names):
        return self.name in names

    def body(self, uid):
        uid = self.server.text.get(uid, uid)
        size = 3000000 if self.mode("large") and uid == 12 else 20000
        text = b"Subject: message %d\r\n\r\n" % uid + b"x" * 70 + b"\r\n"
        if self.mode("long-head"):
            text = b"".join(b"X-%d: long\r\n" % i for i in range(9000)) + text
        return text + (b"line of %d\r\n" % uid) * (size // 12)

    def send(self, data):
        self.conn.sendall(data)

    def line(self):
        while b"\r\n" not in self.input:
            more = self.conn.recv(65536)
            if not more:
                raise Hangup
            self.input += more
        line, self.input = self.input.split(b"\r\n", 1)
        return line.decode("latin-1")

    def cut(self, reset):
        if reset:
            self.conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                struct.pack("ii", 1, 0))
        os.close(self.conn.detach())
        raise Hangup

    def run(self):
        if self.mode("silent"):
            time.sleep(30)
        if self.mode("bye-first"):
            return self.send(b"* BYE too many connections\r\n")
        if self.mode("bye-busy") and self.twice("BYE"):
            return self.send(b"* BYE busy; Suggested Backoff Time: 1000 milliseconds\r\n")
        if self.mode("garbage"):
            return self.send(b"\x00\xff\x00 220 smtp ready\r\n" * 10)
        if self.mode("preauth"):
            self.send(b"* PREAUTH welcome back\r\n")
        else:
            self.send(b"* OK\r\n" if self.mode("terse") else b"* OK rogue\r\n")
        while True:
            tag, _, rest = self.line().partition(" ")
            word, _, rest = rest.partition(" ")
            if word == "UID":
                word, _, rest = rest.partition(" ")
                word = "UID_" + word
            if self.before(tag, word):
                continue
            getattr(self, "do_" + word, self.unknown)(tag, rest)

    def ok(self, tag, text="done"):
        if self.mode("terse"):
            return self.send(("%s OK\r\n" % tag).encode())
        self.send(("%s OK %s\r\n" % (tag, text)).encode())

    def before(self, tag, word):
        """Sends what this mode sends before the answer to a command. True: the
        command has been answered."""
        if self.mode("noise"):
            self.send(b"* OK [ALERT] the disk is on fire\r\n* 5 EXISTS\r\n"
                      b"* 0 RECENT\r\n* OK [X-WHAT 1 2 3] hm\r\n")
        if self.mode("long-line") and word == "LIST":
            self.send(b"* LIST () \"/\" \"" + b"a" * 30000000 + b"\"\r\n")
        if self.mode("long-flags") and word == "EXAMINE":
            self.send(b"* FLAGS (" + b"x " * 15000000 + b"y)\r\n")
        if self.mode("deep") and word == "NOOP":
            self.send(b"* 1 FETCH (BODYSTRUCTURE " + b"(" * 1000000 + b")\r\n")
        if self.mode("endless") and word == "LIST":
            while True:
                self.send(b"* LIST () \"/\" \"again\"\r\n" * 1000)
        if self.mode("endless-fetch") and word == "UID_FETCH":
            while True:
                self.send(b"* 1 FETCH ()\r\n" * 1000)
        if self.mode("list-no") and word == "LIST":
            self.send(("%s NO not today\r\n" % tag).encode())
            return True
        if self.mode("other-tag") and word == "EXAMINE":
            self.send(b"zz99 OK done\r\n")
            return True
        if self.mode("bad-login") and word == "LOGIN":
            self.send(("%s BAD what\r\n" % tag).encode())
            return True
        if self.mode("later") and word == "LOGIN":
            self.send(("%s NO [UNAVAILABLE] try later\r\n" % tag).encode())
            return True
        return False

    def do_LOGIN(self, tag, rest):
        if self.mode("no-unavailable") and self.twice("NO"):
            self.send(("%s NO [UNAVAILABLE] Suggested Backoff Time: 1000 "
                       "milliseconds\r\n" % tag).encode())
            self.cut(False)
        if self.mode("token"):
            return self.send(("%s NO basic authentication is off\r\n" % tag).encode())
        if self.mode("throttled") and self.once("login"):
            self.send(("%s NO [UNAVAILABLE] Suggested Backoff Time: 1500 "
                       "milliseconds\r\n" % tag).encode())
            self.cut(False)
        self.ok(tag)

    def unknown(self, tag, rest):
        self.send(("%s BAD unknown command\r\n" % tag).encode())

    def do_CAPABILITY(self, tag, rest):
        plus = b" UIDPLUS" if self.mode("plus", "swap", "store-no", "estimate", *IDS) else b""
        plus += b" OBJECTID" if self.mode(*IDS) else b""
        if self.mode("scram"):
            plus += b" LOGINDISABLED AUTH=SCRAM-SHA-256 AUTH=CRAM-MD5"
        plus += b" AUTH=XOAUTH2" if self.mode("token") else b""
        self.send(b"* CAPABILITY IMAP4rev1" + plus + b"\r\n")
        self.ok(tag)

    def do_NOOP(self, tag, rest):
        self.ok(tag)

    def do_LOGOUT(self, tag, rest):
        self.send(b"* BYE\r\n")
        self.ok(tag)
        raise Hangup

    def do_LIST(self, tag, rest):
        if self.mode("inbox-unlisted"):
            self.send(b'* LIST () "/" "Other"\r\n')
            return self.ok(tag)
        if self.mode("list-nothing", "no-folder"):
            return self.ok(tag)
        self.send(b'* LIST () "/" INBOX\r\n* LIST () "/" "Other"\r\n'
                  b'* LIST (\\Noselect) "/" "Shelf"\r\n')
        if self.mode("names"):
            self.send(b'* LIST () "." "Other.a/b\\\\c"\r\n'
                      b'* LIST () NIL "flat/name"\r\n'
                      b'* LIST () "/" "Gr&APw-n"\r\n'
                      b'* LIST () "/" "Gr\xc3\xbcn"\r\n'
                      b'* LIST () "/" {8}\r\nlite ral\r\n'
                      b'* LIST () "/" {9}\r\nline\r\nend\r\n'
                      b'* LIST () "/" "bad&&&name"\r\n')
        self.ok(tag)

    def twice(self, what):
        """True for the first two calls, which are logged."""
        again = self.once(what) or self.once(what + " again")
        if again:
            self.server.log(what)
        return again

    def do_AUTHENTICATE(self, tag, rest):
        self.server.log("AUTHENTICATE " + rest.split()[0])
        if rest != "CRAM-MD5":
            return self.send(("%s NO no secret of this kind\r\n" % tag).encode())
        self.send(b"+ PDEuMkBoPg==\r\n")
        self.line()
        self.ok(tag)

    def once(self, what):
        """True for the first call with this word."""
        done, self.server.selects = self.server.selects, self.server.selects | {what}
        return what not in done

    def do_SELECT(self, tag, rest):
        self.do_EXAMINE(tag, rest, True)

    def do_EXAMINE(self, tag, rest, write=False):
        name = rest.strip('"')
        if name not in self.boxes or self.mode("no-folder"):
            return self.send(("%s NO no such mailbox\r\n" % tag).encode())
        if self.mode("examine-no") and name == "INBOX":
            return self.send(("%s NO mailbox is damaged\r\n" % tag).encode())
        self.box = self.boxes[name]
        exists = 4000000000 if self.mode("exists") else len(self.box)
        exists += self.mode("more-exist")
        if self.mode("wrap-exists"):
            exists = (1 << 32) + len(self.box)
        self.send(b"* FLAGS (\\Seen)\r\n* %d EXISTS\r\n" % exists)
        if self.mode("wrap-validity"):
            self.send(b"* OK [UIDVALIDITY 4294967373] ok\r\n")
        elif not self.mode("no-uidvalidity"):
            self.send(b"* OK [UIDVALIDITY %d] ok\r\n" % self.server.validity)
        self.ok(tag, "[%s] done" % ("READ-WRITE" if write else "READ-ONLY"))

    def has(self, uid):
        return {"\\Seen", "$Work"} | self.server.flags.get(uid, set())

    def meets(self, uid, words):
        """Whether a message meets these SEARCH criteria; None: unknown
        criteria."""
        yes, negate = True, False
        for word in words:
            word, met = word.strip("()").upper(), None
            if word == "NOT":
                negate = True
                continue
            if word in ("SEEN", "FLAGGED", "DELETED", "ANSWERED", "DRAFT"):
                met = "\\" + word.capitalize() in self.has(uid)
            elif word[:2] == "UN":
                met = "\\" + word[2:].capitalize() not in self.has(uid)
            elif re.match("[0-9]", word):
                met = True
            elif word not in ("ALL", "UID"):
                return None
            if met is not None:
                yes, negate = yes and met != negate, False
        return yes

    def do_UID_SEARCH(self, tag, rest):
        results = [(u, self.meets(u, rest.split())) for u in self.box
                   if not (self.mode("gone") and u == 12 and rest[:4] == "UID ")]
        if self.mode("search-no") or (
                self.mode("gone-no") and rest[:4] == "UID ") or any(met is None for _, met in results):
            return self.send(("%s NO no search here\r\n" % tag).encode())
        found = [u for u, met in results if met]
        if self.mode("search-capped"):
            found = found[:2]
        if self.mode("search-empty"):
            found = []
        text = " ".join(str(u) for u in found)
        if self.mode("wrap"):
            text += " 4294967307 18446744073709551616"
        self.send(("* SEARCH %s\r\n" % text).encode())
        self.ok(tag)

    def do_UID_STORE(self, tag, rest):
        self.server.log("STORE " + rest)
        uids, how, flags = rest.split(" ", 2)
        for uid in self.set(uids):
            mine = self.server.flags.setdefault(uid, set())
            for flag in flags.strip("()").split():
                (mine.add if how[0] == "+" else mine.discard)(flag)
        if self.mode("store-no"):
            return self.send(("%s NO read-only\r\n" % tag).encode())
        self.ok(tag)

    def expunge(self, uids):
        for uid in [u for u in self.box if u in uids]:
            if "\\Deleted" in self.has(uid):
                self.send(b"* %d EXPUNGE\r\n" % (self.box.index(uid) + 1))
                self.box.remove(uid)

    def do_EXPUNGE(self, tag, rest):
        self.server.log("EXPUNGE")
        self.expunge(self.box)
        self.ok(tag)

    def do_UID_EXPUNGE(self, tag, rest):
        self.server.log("UID EXPUNGE " + rest)
        if not self.mode("plus", "swap", "estimate", *IDS):
            return self.send(("%s BAD no UIDPLUS\r\n" % tag).encode())
        self.expunge(self.set(rest))
        self.ok(tag)

    def do_CLOSE(self, tag, rest):
        self.server.log("CLOSE")
        self.ok(tag)

    def set(self, text):
        wanted = set()
        for part in text.split(","):
            first, _, last = part.partition(":")
            end = max(self.box + [0]) if last == "*" else int(last or first)
            wanted |= {u for u in self.box if int(first) <= u <= end}
        return [u for u in self.box if u in wanted]

    def do_UID_FETCH(self, tag, rest):
        uids, _, what = rest.partition(" ")
        uids = self.set(uids)
        if what == "(UID)":
            listed = [u for u in uids if not (
                self.mode("gone", "gone-no", "half-gone") and u == 12)]
            if self.mode("list-short"):
                listed = listed[:2]
            for u in listed:
                self.send(b"* %d FETCH (UID %d)\r\n" % (self.box.index(u) + 1, u))
            return self.ok(tag)
        if self.mode(*IDS):
            self.server.log("FETCH " + what.strip("()"))
        self.asks_id = self.mode(*IDS) and "EMAILID" in what
        if self.mode("id-bad") and self.asks_id:
            return self.send(("%s BAD what is EMAILID\r\n" % tag).encode())
        if "HEADER" in what or "BODY" not in what:
            for uid in uids:
                self.attributes(uid, "HEADER" in what, "<0.4096>" in what)
            return self.ok(tag)
        if self.mode("bug"):
            self.server.log("FETCH " + ",".join(map(str, uids)))
        if self.mode("bug") and uids == [12]:
            return self.send(("%s NO [SERVERBUG] internal error\r\n" % tag).encode())
        if self.mode("bug"):
            for uid in [u for u in uids if u != 12]:
                self.message(uid)
            return self.send(("%s NO [SERVERBUG] internal error\r\n" % tag).encode())
        if self.mode("fetch-no"):
            return self.send(("%s NO all is lost\r\n" % tag).encode())
        for uid in uids:
            if uid == 12 and self.oddity(tag, uids):
                return None
            if uid == 12 and self.mode("gone", "gone-no", "half-gone", "hidden", "deep"):
                continue
            if uid in (12, 13, 14) and self.mode("torn"):
                self.send(b"* 2 FETCH (UID %d BODY[] {x}\r\n" % uid)
            if uid not in self.box:
                continue
            self.message(uid)
            if self.mode("twice"):
                self.message(uid)
        if self.mode("unasked"):
            self.box = self.box + [99]
            self.message(99)
            self.send(b"* 1 FETCH (FLAGS (\\Seen))\r\n* 2 FETCH (UID 12 FLAGS ())\r\n")
        return self.ok(tag)

    def email_id(self, uid):
        """The item of a server with OBJECTID."""
        if not self.asks_id:
            return b""
        if self.mode("id-nil"):
            return b" EMAILID NIL"
        new = self.mode("id-new") and os.path.exists(PORTS + ".swap")
        text = 7 if self.mode("id-same") else self.server.text.get(uid, uid)
        return b" EMAILID (%s%d)" % (b"N-" if new else b"M_", text)

    def attributes(self, uid, header, top=False):
        text = self.body(uid)
        out = b"* %d FETCH (UID %d FLAGS (%s) INTERNALDATE %s RFC822.SIZE %d" % (
            self.box.index(uid) + 1, uid, " ".join(sorted(self.has(uid))).encode(),
            DATE, len(text)) + self.email_id(uid)
        if header:
            text = text[:text.index(b"\r\n\r\n") + 4]
            text = text[:4096] if top else text
            out += b" BODY[HEADER]%s {%d}\r\n" % (b"<0>" if top else b"", len(text)) + text
            if self.mode("long-head"):
                self.server.log("HEADER of %d bytes" % len(text))
        self.send(out + b")\r\n")

    def oddity(self, tag, uids):
        """Breaks a rule before message 12 is sent. True: the command was
        answered."""
        if self.mode("bye"):
            self.message(12)
            self.send(b"* BYE shutting down\r\n")
            self.cut(False)
        if self.mode("reset", "close", "stall"):
            self.message(12, part=5000)
            if self.mode("stall"):
                time.sleep(30)
            self.cut(self.mode("reset"))
        if self.mode("cut-once") and self.once("cut"):
            self.message(12, part=5000)
            self.cut(True)
        if self.mode("bye-once") and self.once("bye"):
            self.send(b"* BYE [THROTTLED] Suggested Backoff Time: 1200 milliseconds\r\n")
            self.cut(False)
        if self.mode("flip") and self.once("flip"):
            # In the middle of an answer, the folder is replaced by another one.
            self.server.validity, self.server.text = 78, {12: 14, 14: 12, 13: 15, 15: 13}
            self.send(b"* OK [UIDVALIDITY 78] made anew\r\n")
        elif self.mode("flip") and self.server.validity == 78:
            self.server.validity, self.server.text = 77, {}
            self.send(b"* OK [UIDVALIDITY 77] as it was\r\n")
        if self.mode("shrink"):
            self.send(b"* 3 EXISTS\r\n* 0 RECENT\r\n")
            del self.box[1:]
        if self.mode("expunged") and self.once("expunge"):
            self.send(b"* 2 EXPUNGE\r\n")
            self.box.remove(12)
            return False
        if self.mode("wrap-uid"):
            self.send(b"* 2 FETCH (UID 4294967308 FLAGS () BODY[] {5}\r\nwrong)\r\n")
        if self.mode("wrap-literal"):
            self.send(b"* 2 FETCH (UID 12 BODY[] {18446744073709551621}\r\nwrong)\r\n")
        if self.mode("wrap-number"):
            self.send(b"* 18446744073709551618 FETCH (UID 12 FLAGS (\\Flagged))\r\n")
        if self.mode("no-one"):
            self.send(("%s NO cannot read message 12\r\n" % tag).encode())
            return True
        if self.mode("not-now") and self.once("refused" if len(uids) > 1 else "again"):
            self.send(("%s NO [INUSE] not now\r\n" % tag).encode())
            return True
        if self.mode("huge-literal"):
            self.send(b"* 2 FETCH (UID 12 BODY[] {4294967290}\r\nxxx")
            self.cut(False)
        return False

    def message(self, uid, part=None):
        text, date = self.body(uid), DATE
        flags = b"\\Seen \\Recent $Work"
        literal, size = b"{%d}\r\n" % len(text), len(text)
        number = self.box.index(uid) + 1
        if self.mode("estimate"):
            size += size // 20 if uid % 2 else -(size // 3)
        if uid == 12:
            if self.mode("giant", "too-large"):
                return self.stream(uid, 1900 << 20 if self.mode("giant") else 1 << 31)
            if self.mode("nil"):
                literal, text = b"NIL", b""
            if self.mode("empty"):
                literal, text, size = b"{0}\r\n", b"", 0
            if self.mode("wrong-size"):
                size = 5
            if self.mode("bad-date"):
                date = b'"yesterday"'
            if self.mode("long-literal"):
                literal = b"{%d}\r\n" % (len(text) - 10)
            if self.mode("short-literal"):
                literal = b"{%d}\r\n" % (len(text) + 40)
            if self.mode("two-bodies"):
                text += b" BODY[] {3}\r\nabc"
            if self.mode("quoted"):
                literal, text, size = b'"quoted \\"', b'body\\\\"', 14
            if self.mode("many-flags"):
                flags = b" ".join(b"$flag%d" % i for i in range(5000))
        head = b"* %d FETCH (" % number
        attributes = b"FLAGS (%s) INTERNALDATE %s RFC822.SIZE %d" % (flags, date, size)
        attributes += self.email_id(uid)
        if self.mode("no-uid") and uid == 12:
            self.send(head + attributes + b" BODY[] " + literal + text + b")\r\n")
        elif self.mode("uid-last"):
            self.send(head + b"BODY[] " + literal + text + b" " + attributes +
                      b" UID %d)\r\n" % uid)
        else:
            self.send(head + b"UID %d " % uid + attributes + b" BODY[] " +
                      literal + text[:part])
            if part is None:
                self.send(b")\r\n")

    def stream(self, uid, size):
        head, piece = b"Subject: giant\r\n\r\n", b"all work and no play\r\n" * 50000
        size += len(head)
        self.send(b"* 2 FETCH (UID %d BODY[] {%d}\r\n" % (uid, size) + head)
        left = size - len(head)
        while left > 0:
            self.send(piece[:left])
            left -= len(piece)
        self.send(b")\r\n")


def session(raw, context, server):
    try:
        with context.wrap_socket(raw, server_side=True) as conn:
            Session(conn, server).run()
            conn.unwrap()
    except (Hangup, OSError):
        pass


def serve(listener, context, server):
    while True:
        raw = listener.accept()[0]
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=session, args=(raw, context, server)).start()


def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERT, KEY)
    with open(PORTS + ".new", "w") as f:
        for name in sys.argv[4:]:
            listener = socket.socket()
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            f.write("%s %d\n" % (name, listener.getsockname()[1]))
            threading.Thread(target=serve, args=(
                listener, context, Server(name))).start()
    os.rename(PORTS + ".new", PORTS)


main()
