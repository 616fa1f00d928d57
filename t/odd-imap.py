#!/usr/bin/env python3
"""odd-imap.py - IMAP servers whose answers are changed by rules.

usage: odd-imap.py TABLE PORTS
Serves each line of TABLE on a free port of 127.0.0.1, without TLS; PORTS gets a
line "NAME PORT" for each. A line has the fields NAME, STATUS, MESSAGES, FAILED
and RULES, separated by TAB. INBOX has the messages 11 to 14, "Other" 21 and 22;
"My Folder" and "caf\\xe9", which only rules list, have 31 and 41.
RULES are separated by " ;; ": `COMMAND: OLD => NEW` replaces the text OLD in
the answer to COMMAND (or to any command: `*`) by NEW; an empty OLD puts NEW
before the answer. `COMMAND! NEW` is the whole answer. `limit N` answers BAD to
a line of more than N bytes. TAG stands for the tag, and \\r, \\n and \\xHH for
bytes.
"""
import os
import re
import socket
import sys
import threading

BOXES = {"INBOX": [11, 12, 13, 14], "Other": [21, 22], "My Folder": [31], "caf\xe9": [41]}


def body(uid):
    return b"Message-ID: <%d@example.org>\r\nSubject: %d\r\n\r\n" % (uid, uid) + b"text\r\n" * uid


def unescape(text):
    text = re.sub(r"\\x([0-9a-f]{2})", lambda m: chr(int(m[1], 16)), text)
    return text.replace("\\r", "\r").replace("\\n", "\n").encode("latin-1")


class Session:
    def __init__(self, conn, rules):
        self.conn, self.rules, self.input, self.box = conn, rules, b"", []
        self.identified = False

    def line(self):
        while b"\r\n" not in self.input:
            more = self.conn.recv(65536)
            if not more:
                raise EOFError
            self.input += more
        line, self.input = self.input.split(b"\r\n", 1)
        return line.decode("latin-1")

    def answer(self, command, text, tag):
        for rule in self.rules:
            if "=>" in rule:
                where, _, change = rule.partition(": ")
                old, _, new = change.partition("=>")
                old, new = unescape(old.strip(" ")), unescape(new[1:])
                if where in (command, "*"):
                    text = text.replace(old, new) if old else new + text
            elif "! " in rule and rule.partition("! ")[0] == command:
                text = unescape(rule.partition("! ")[2])
        self.conn.sendall(text.replace(b"TAG", tag.encode()))

    def set(self, text):
        wanted = set()
        for part in text.split(","):
            first, _, last = part.partition(":")
            end = max(self.box + [0]) if last == "*" else int(last or first)
            wanted |= set(range(int(first), end + 1))
        return [u for u in self.box if u in wanted]

    def fetch(self, rest):
        uids, _, what = rest.partition(" ")
        out = b""
        for u in self.set(uids):
            out += b"* %d FETCH (UID %d" % (self.box.index(u) + 1, u)
            if "FLAGS" in what:
                out += b" FLAGS (\\Seen)"
            if "DATE" in what:
                out += b' INTERNALDATE "01-Feb-2021 03:04:05 +0130" RFC822.SIZE %d' % len(body(u))
            if "HEADER" in what:
                head = body(u).split(b"\r\n\r\n")[0] + b"\r\n\r\n"
                out += b" BODY[HEADER] {%d}\r\n" % len(head) + head
            elif "BODY" in what:
                out += b" BODY[] {%d}\r\n" % len(body(u)) + body(u)
            out += b")\r\n"
        return out

    def run(self):
        self.answer("greeting", b"* OK odd\r\n", "")
        while True:
            line = self.line()
            tag, _, rest = line.partition(" ")
            word, _, rest = rest.partition(" ")
            if word == "UID":
                word, _, rest = rest.partition(" ")
            text = self.reply(word, rest)
            limits = [int(r[6:]) for r in self.rules if r.startswith("limit ")]
            if limits and len(line) > limits[0]:
                text = b"TAG BAD too long\r\n"
            elif text is None:
                text = b"TAG BAD what\r\n"
            elif not text.endswith(b"\x00"):
                text += b"TAG OK done\r\n"
            self.answer(word, text.rstrip(b"\x00"), tag)
            if word == "LOGOUT":
                return

    def reply(self, word, rest):
        if word in ("LOGIN", "NOOP", "ENABLE"):
            return b""
        if word == "ID":
            self.identified = True
            return b'* ID ("name" "odd")\r\n'
        if word == "CAPABILITY":
            return b"* CAPABILITY IMAP4rev1\r\n"
        if word == "NAMESPACE":
            return b'* NAMESPACE (("" "/")) NIL NIL\r\n'
        if word == "LOGOUT":
            return b"* BYE\r\n"
        if word == "LIST":
            return b'* LIST () "/" INBOX\r\n* LIST () "/" "Other"\r\n'
        if word in ("EXAMINE", "SELECT"):
            if "needs-id" in self.rules and not self.identified:
                return b"TAG NO Unsafe Login\r\n\x00"
            name = rest.strip('"')
            name = "INBOX" if name.upper() == "INBOX" else name
            if name not in BOXES:
                return b"TAG NO no such folder\r\n\x00"
            self.box = BOXES[name]
            return b"* FLAGS (\\Seen)\r\n* %d EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n* OK [UIDNEXT 99] n\r\n" % len(self.box)
        if word == "SEARCH":
            uids = self.set(rest[4:]) if rest.startswith("UID ") else self.box
            return b"* SEARCH" + b"".join(b" %d" % u for u in uids) + b"\r\n"
        if word == "FETCH":
            return self.fetch(rest)
        return None


def session(conn, rules):
    try:
        with conn:
            Session(conn, rules).run()
    except (EOFError, OSError):
        pass


def serve(listener, rules):
    while True:
        conn = listener.accept()[0]
        threading.Thread(target=session, args=(conn, rules), daemon=True).start()


def main():
    with open(sys.argv[2] + ".new", "w") as f:
        for line in open(sys.argv[1], encoding="latin-1"):
            name, _, _, _, rules = line.rstrip("\n").split("\t", 4)
            listener = socket.create_server(("127.0.0.1", 0))
            f.write("%s %d\n" % (name, listener.getsockname()[1]))
            threading.Thread(target=serve, args=(listener, rules.split(" ;; "))).start()
    os.rename(sys.argv[2] + ".new", sys.argv[2])


main()
