#!/usr/bin/env python3
"""rogue-imap.py - IMAP servers over TLS that each break one rule.

usage: rogue-imap.py CERT KEY PORTS MODE ...
Serves each MODE on a free loopback port of its own, one connection after
another; the file PORTS gets a line "MODE PORT" for each. INBOX has five
messages, UIDs 11 12 13 14 15, Other has one, UID 21. A MODE departs from the
protocol in one place; "good" in none.
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
BOXES = {"INBOX": [11, 12, 13, 14, 15], "Other": [21]}
DATE = b'"01-Feb-2021 03:04:05 +0130"'


class Hangup(Exception):
    """The session is over."""


class Session:
    def __init__(self, conn, name):
        self.conn, self.name, self.input, self.box = conn, name, b"", None

    def mode(self, *names):
        return self.name in names

    def body(self, uid):
        size = 3000000 if self.mode("large") and uid == 12 else 20000
        text = b"Subject: message %d\r\n\r\n" % uid + b"x" * 70 + b"\r\n"
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
        if self.mode("garbage"):
            return self.send(b"\x00\xff\x00 220 smtp ready\r\n" * 10)
        if self.mode("preauth"):
            self.send(b"* PREAUTH welcome back\r\n")
        else:
            self.send(b"* OK rogue\r\n")
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
        self.send(("%s OK %s\r\n" % (tag, text)).encode())

    def before(self, tag, word):
        """Noise, and what answers any command."""
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

    def do_CAPABILITY(self, tag, rest):
        self.send(b"* CAPABILITY IMAP4rev1\r\n")
        self.ok(tag)

    def do_LOGIN(self, tag, rest):
        self.ok(tag)

    def unknown(self, tag, rest):
        self.send(("%s BAD unknown command\r\n" % tag).encode())

    def do_CAPABILITY(self, tag, rest):
        self.send(b"* CAPABILITY IMAP4rev1\r\n")
        self.ok(tag)

    def do_NOOP(self, tag, rest):
        self.ok(tag)

    def do_LOGOUT(self, tag, rest):
        self.send(b"* BYE\r\n")
        self.ok(tag)
        raise Hangup

    def do_LIST(self, tag, rest):
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

    def do_EXAMINE(self, tag, rest):
        name = rest.strip('"')
        if name not in BOXES:
            return self.send(("%s NO no such mailbox\r\n" % tag).encode())
        if self.mode("examine-no") and name == "INBOX":
            return self.send(("%s NO mailbox is damaged\r\n" % tag).encode())
        self.box = BOXES[name]
        exists = 4000000000 if self.mode("exists") else len(self.box)
        exists += self.mode("more-exist")
        self.send(b"* FLAGS (\\Seen)\r\n* %d EXISTS\r\n" % exists)
        if not self.mode("no-uidvalidity"):
            self.send(b"* OK [UIDVALIDITY 77] ok\r\n")
        self.ok(tag, "[READ-ONLY] done")

    def do_UID_SEARCH(self, tag, rest):
        if self.mode("search-no"):
            return self.send(("%s NO no search here\r\n" % tag).encode())
        found = self.box[:2] if self.mode("search-capped") else self.box
        if self.mode("search-empty"):
            found = []
        text = " ".join(str(u) for u in found)
        if self.mode("wrap"):
            text += " 4294967307 18446744073709551616"
        self.send(("* SEARCH %s\r\n" % text).encode())
        self.ok(tag)

    def set(self, text):
        wanted = set()
        for part in text.split(","):
            first, _, last = part.partition(":")
            end = self.box[-1] if last == "*" else int(last or first)
            wanted |= {u for u in self.box if int(first) <= u <= end}
        return [u for u in self.box if u in wanted]

    def do_UID_FETCH(self, tag, rest):
        uids, _, what = rest.partition(" ")
        uids = self.set(uids)
        if what == "(UID)":
            listed = [u for u in uids if not (self.mode("gone") and u == 12)]
            if self.mode("list-short"):
                listed = listed[:2]
            for u in listed:
                self.send(b"* %d FETCH (UID %d)\r\n" % (self.box.index(u) + 1, u))
            return self.ok(tag)
        if self.mode("fetch-no"):
            return self.send(("%s NO all is lost\r\n" % tag).encode())
        for uid in uids:
            if uid == 12 and self.oddity(tag, uids):
                return None
            if uid == 12 and self.mode("gone", "hidden", "deep"):
                continue
            self.message(uid)
            if self.mode("twice"):
                self.message(uid)
        if self.mode("unasked"):
            self.box = self.box + [99]
            self.message(99)
            self.send(b"* 1 FETCH (FLAGS (\\Seen))\r\n* 2 FETCH (UID 12 FLAGS ())\r\n")
        return self.ok(tag)

    def oddity(self, tag, uids):
        """What happens when message 12 is due. True: the command is over."""
        if self.mode("bye"):
            self.message(12)
            self.send(b"* BYE shutting down\r\n")
            self.cut(False)
        if self.mode("reset", "close", "stall"):
            self.message(12, part=5000)
            if self.mode("stall"):
                time.sleep(30)
            self.cut(self.mode("reset"))
        if self.mode("no-one"):
            self.send(("%s NO cannot read message 12\r\n" % tag).encode())
            return True
        if self.mode("huge-literal"):
            self.send(b"* 2 FETCH (UID 12 BODY[] {4294967290}\r\nxxx")
            self.cut(False)
        return False

    def message(self, uid, part=None):
        text, flags, date = self.body(uid), b"\\Seen \\Recent $Work", DATE
        literal, size = b"{%d}\r\n" % len(text), len(text)
        number = self.box.index(uid) + 1
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


def serve(listener, context, name):
    while True:
        raw = listener.accept()[0]
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            with context.wrap_socket(raw, server_side=True) as conn:
                Session(conn, name).run()
                conn.unwrap()
        except (Hangup, OSError):
            pass


def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERT, KEY)
    with open(PORTS + ".new", "w") as f:
        for name in sys.argv[4:]:
            listener = socket.socket()
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            f.write("%s %d\n" % (name, listener.getsockname()[1]))
            threading.Thread(target=serve, args=(listener, context, name)).start()
    os.rename(PORTS + ".new", PORTS)


main()
