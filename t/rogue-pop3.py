#!/usr/bin/env python3
"""rogue-pop3.py - POP3 servers, each of which breaks one rule.

usage: rogue-pop3.py CERT KEY PORTS MODE ...
Each MODE has a server on a free port of the loopback interface, which accepts
one connection after another. The file PORTS gets a line "MODE PORT" for each.
The mailbox has five messages with the UIDLs u1 to u5; deleted messages stay
deleted.
Each MODE breaks the protocol in one place, except "good". The servers use TLS
from the first byte, except modes whose names begin with stls.
"""
import os
import socket
import ssl
import struct
import sys
import threading

CERT, KEY, PORTS = sys.argv[1:4]
CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
CAPAS = b"TOP\r\nUIDL\r\nUSER\r\nPIPELINING\r\nRESP-CODES\r\nSASL PLAIN\r\n"


class Hangup(Exception):
    """The session is over."""


class Server:
    """The state that is kept between connections."""

    def __init__(self, name):
        self.name, self.connections, self.gone = name, 0, set()


class Session:
    def __init__(self, conn, server):
        self.conn, self.server, self.input = conn, server, b""
        self.name, self.marked = server.name, set()
        self.items = [u for u in range(1, 6) if u not in server.gone]
        self.later = server.connections > 0
        server.connections += 1
        if self.mode("gone-later") and self.later:
            self.items.remove(5)

    def mode(self, *names):
        return self.name in names

    def header(self, u):
        return (b"Subject: message %d\r\nDate: 1 Feb 2021 03:04:05 +0000\r\n"
                b"Message-ID: <%d@h>\r\n\r\n" % (u, u))

    def body(self, u):
        if u == 3 and self.mode("large"):
            return b"all work and no play\r\n" * 200000
        if u == 4:
            bare = b"bare\n.\n.\r\n" if self.mode("bare") else b"bare\r\n"
            return b".\r\n..\r\n.x\r\n\0 nul\0\r\n\r\r\r\n\xff\r\n" + bare
        word = b"liar" if u == 2 and self.mode("changed", "expire-changed") and self.later else b"line"
        return b"x" * 70 + b"\r\n" + (word + b" of %d\r\n" % u) * 1660

    def stuffed(self, text):
        text = (b"\r\n" + text).replace(b"\r\n.", b"\r\n..")
        return text[2:] + b".\r\n"

    def send(self, data):
        if self.mode("lf-lines"):
            data = data.replace(b"\r\n", b"\n")
        self.conn.sendall(data)

    def line(self):
        while b"\r\n" not in self.input:
            more = self.conn.recv(65536)
            if not more:
                raise Hangup
            self.input += more
        line, self.input = self.input.split(b"\r\n", 1)
        return line.decode("latin-1")

    def cut(self, reset=False):
        if reset:
            self.conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                struct.pack("ii", 1, 0))
        os.close(self.conn.detach())
        raise Hangup

    def run(self):
        greetings = {"closed": b"-ERR [SYS/TEMP] too many connections\r\n",
                     "imap": b"* OK IMAP4rev1 ready\r\n",
                     "bare-lf": b"+OK\n",
                     "long-line": b"+OK " + b"a" * 30000000 + b"\r\n"}
        self.send(greetings.get(self.name, b"+OK rogue\r\n"))
        while True:
            word, _, rest = self.line().partition(" ")
            getattr(self, "do_" + word)(rest)

    def do_CAPA(self, _rest):
        if self.mode("capa-cut"):
            self.cut()
        if self.mode("no-capa", "stls-no-capa"):
            return self.send(b"-ERR what\r\n")
        capas = CAPAS
        if self.mode("no-pipelining"):
            capas = capas.replace(b"PIPELINING\r\n", b"")
        if self.mode("no-top"):
            capas = capas.replace(b"TOP\r\n", b"")
        if self.mode("expire", "expire-new", "expire-changed"):
            capas += b"EXPIRE 0\r\n"
        if self.mode("login-delay"):
            capas += b"LOGIN-DELAY 1\r\n"
        if self.name.startswith("stls-") and not self.mode("stls-missing"):
            capas += b"STLS\r\n"
        return self.send(b"+OK\r\n" + capas + b".\r\n")

    def do_STLS(self, _rest):
        if self.mode("stls-refused"):
            return self.send(b"-ERR not today\r\n")
        if self.mode("stls-injected"):
            self.send(b"+OK go\r\n+OK\r\nUSER\r\n.\r\n+OK\r\n+OK\r\n")
        else:
            self.send(b"+OK go\r\n")
        self.name = "good" if self.mode("stls-good") else self.name
        self.conn = CONTEXT.wrap_socket(self.conn, server_side=True)
        return None

    def do_USER(self, _rest):
        self.send(b"+OK\r\n")

    def do_PASS(self, rest):
        # A server without TLS must not get the password.
        if self.name.startswith("stls-"):
            os.write(2, b"password sent: %s\n" % rest.encode())
        if self.mode("login-limit"):
            return self.send(b"-ERR Exceeded the login limit\r\n")
        codes = {"in-use": b"IN-USE", "login-delay": b"LOGIN-DELAY",
                 "sys-temp": b"SYS/TEMP", "sys-perm": b"SYS/PERM", "auth": b"AUTH"}
        code = codes.get(self.name)
        once = self.mode("in-use", "login-delay", "sys-temp")
        if code and not (once and self.server.connections > 2):
            return self.send(b"-ERR [%s] no\r\n" % code)
        return self.send(b"+OK\r\n")

    def do_STAT(self, _rest):
        if self.mode("stat-no"):
            return self.send(b"-ERR no such mailbox\r\n")
        if self.mode("stat-words"):
            return self.send(b"+OK many\r\n")
        count = len(self.items) + 2 * self.mode("stat-more")
        return self.send(b"+OK %d 99999\r\n" % count)

    def size(self, u):
        size = len(self.header(u) + self.body(u))
        return size + 5 * (self.mode("wrong-size") and u == 2)

    def do_LIST(self, _rest):
        lines = [b"%d %d" % (n, self.size(u)) for n, u in enumerate(self.items, 1)]
        extra = {"list-zero": b"0 1", "list-past": b"4294967297 1",
                 "list-twice": b"2 9", "list-garbage": b"\xff\xfe what"}
        if self.name in extra:
            lines.insert(1, extra[self.name])
        if self.mode("list-short"):
            del lines[1]
        if self.mode("both-lost"):
            lines[1] = b"two 99"
        if self.mode("list-empty"):
            lines = []
        self.lines(lines)

    def do_UIDL(self, _rest):
        if self.mode("no-uidl", "no-uidl-cut"):
            return self.send(b"-ERR what\r\n")
        name = b"v%d" if self.mode("changed", "uidl-new", "expire-new", "expire-changed") and self.later else b"u%d"
        lines = [b"%d " % n + name % u for n, u in enumerate(self.items, 1)]
        extra = {"uidl-zero": b"0 u9", "uidl-past": b"4294967298 u2",
                 "uidl-twice": b"2 u9", "uidl-words": b"two u2"}
        if self.name in extra:
            lines.insert(1, extra[self.name])
        if self.mode("uidl-more"):
            lines = [b" " + x + b"  more words" for x in lines]
        if self.mode("uidl-short"):
            del lines[1]
        if self.mode("both-lost") or self.mode("later-lost") and self.later:
            lines[1] = b"two u2"
        if self.mode("list-empty"):
            lines = []
        if self.mode("uidl-same"):
            lines[1] = b"2 u1"
        if self.mode("uidl-garbage"):
            lines[1:4] = [b"2 ", b"3 a b", b"4 \xe4\xff"]
        if self.mode("uidl-line"):
            lines[1] += b"x" * 30000000
        if self.mode("uidl-endless"):
            self.send(b"+OK\r\n")
            while True:
                self.send(b"".join(b"%d u%d\r\n" % (n, n) for n in range(9, 9999)))
        return self.lines(lines)

    def lines(self, lines):
        self.send(b"+OK\r\n" + b"".join(x + b"\r\n" for x in lines) + b".\r\n")

    def do_RETR(self, rest):
        u = self.items[int(rest) - 1]
        text = b"+OK\r\n" + self.stuffed(self.header(u) + self.body(u))
        if u == 2 and self.mode("retr-no"):
            return self.send(b"-ERR cannot read it\r\n")
        if u == 2 and self.mode("retr-odd"):
            return self.send(b"what?\r\n" + text)
        if u == 2 and self.mode("notice"):
            return self.send(b"+OK\r\nSubject: Retrieval failed\r\n\r\n"
                             b"Message 2 is damaged\r\n.\r\n")
        if u == 2 and self.mode("empty"):
            return self.send(b"+OK\r\n.\r\n")
        if u == 2 and (self.mode("cut", "reset", "stall", "no-uidl-cut") or
                       not self.later and self.mode("cut-once", "gone-later", "later-lost")):
            self.send(text[:5000])
            if self.mode("stall"):
                self.line()  # until the client hangs up
            self.cut(self.mode("reset"))
        if u == 2 and self.mode("endless"):
            while True:
                self.send(text[:15000])
        return self.send(text)

    def do_TOP(self, rest):
        u = self.items[int(rest.split()[0]) - 1]
        text = self.header(u)
        if self.mode("top-whole"):
            text += self.body(u)
        if self.mode("top-no") and u == 2:
            return self.send(b"-ERR cannot read it\r\n")
        if self.mode("no-top"):
            return self.send(b"-ERR what\r\n")
        return self.send(b"+OK\r\n" + self.stuffed(text))

    def do_DELE(self, rest):
        if self.mode("dele-no") and rest == "2":
            return self.send(b"-ERR locked\r\n")
        self.marked.add(self.items[int(rest) - 1])
        return self.send(b"+OK\r\n")

    def do_QUIT(self, _rest):
        if self.marked and self.mode("quit-no"):
            self.send(b"-ERR some messages not removed\r\n")
            raise Hangup
        self.server.gone |= self.marked
        if self.marked and self.mode("quit-cut"):
            self.cut()
        self.send(b"+OK bye\r\n")
        raise Hangup


def serve(listener, server):
    while True:
        raw = listener.accept()[0]
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if not server.name.startswith("stls"):
                raw = CONTEXT.wrap_socket(raw, server_side=True)
            session = Session(raw, server)
            try:
                session.run()
            finally:
                if session.conn.fileno() >= 0:
                    session.conn.close()
        except (Hangup, OSError):
            pass


def main():
    CONTEXT.load_cert_chain(CERT, KEY)
    with open(PORTS + ".new", "w") as f:
        for name in sys.argv[4:]:
            listener = socket.socket()
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            f.write("%s %d\n" % (name, listener.getsockname()[1]))
            threading.Thread(target=serve, args=(listener, Server(name))).start()
    os.rename(PORTS + ".new", PORTS)


main()
