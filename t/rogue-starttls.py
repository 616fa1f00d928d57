"""rogue-starttls.py - IMAP servers, each of which breaks a rule of STARTTLS.

usage: rogue-starttls.py CERT KEY PORTS GOT MODE ...
Each MODE has a server on a free port of the loopback interface. The file PORTS
gets a line "MODE PORT" for each. Every line that a server receives is appended
to the file GOT, with "+tls" if it came in TLS.
"""
import os
import socket
import ssl
import sys
import threading

CERT, KEY, PORTS, GOT = sys.argv[1:5]
CAPABILITY = b"* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\n"


class Hangup(Exception):
    """The session is over."""


def context(old):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if old:
        made.set_ciphers("ALL:@SECLEVEL=0")
        made.minimum_version = ssl.TLSVersion.TLSv1
        made.maximum_version = ssl.TLSVersion.TLSv1_1
    made.load_cert_chain(CERT, KEY)
    return made


class Session:
    def __init__(self, conn, mode):
        self.conn, self.mode, self.tls = conn, mode, False

    def line(self):
        line = b""
        while not line.endswith(b"\n"):
            more = self.conn.recv(1)
            if not more:
                raise Hangup
            line += more
        with open(GOT, "ab") as got:
            got.write(b"%s%s: %s" % (self.mode.encode(), b"+tls" * self.tls, line))
        return line.split()

    def starttls(self, tag):
        ok = tag + b" OK begin\r\n"
        if self.mode == "no":
            self.conn.sendall(tag + b" NO not today\r\n")
        elif self.mode == "bad":
            self.conn.sendall(tag + b" BAD what\r\n")
        elif self.mode == "injected":
            self.conn.sendall(ok + b"* CAPABILITY IMAP4rev1\r\n2 OK done\r\n")
        elif self.mode == "injected-late":
            self.conn.sendall(ok)
            self.conn.sendall(b"* CAPABILITY IMAP4rev1\r\n2 OK done\r\n")
        else:
            if self.mode == "before":
                self.conn.sendall(b"* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\n")
            self.conn.sendall(ok)
            self.conn = context(self.mode == "old").wrap_socket(
                self.conn, server_side=True)
            self.tls = True

    def run(self):
        if self.mode in ("imaps", "v6", "imaps-old"):
            self.conn = context(self.mode == "imaps-old").wrap_socket(
                self.conn, server_side=True)
            self.tls = True
        if self.mode == "preauth":
            self.conn.sendall(b"* PREAUTH welcome back\r\n")
        else:
            self.conn.sendall(b"* OK rogue\r\n")
        while True:
            words = self.line()
            if len(words) < 2:  # TLS where the server does not speak it
                raise Hangup
            tag, word = words[:2]
            if word == b"CAPABILITY":
                if self.mode == "missing":
                    self.conn.sendall(b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n")
                elif self.mode == "clear":
                    self.conn.sendall(b"* CAPABILITY IMAP4rev1 AUTH=CRAM-MD5\r\n")
                elif not self.tls:
                    self.conn.sendall(CAPABILITY)
                else:
                    self.conn.sendall(b"* CAPABILITY IMAP4rev1\r\n")
            elif word == b"STARTTLS":
                self.starttls(tag)
                continue
            elif word == b"AUTHENTICATE":
                self.conn.sendall(b"+ PDEuMkBob3N0Pg==\r\n")
                self.line()
            elif word == b"LIST":
                self.conn.sendall(b'* LIST () "/" INBOX\r\n')
            self.conn.sendall(tag + b" OK done\r\n")
            if word == b"LOGOUT":
                raise Hangup


def serve(listener, mode):
    while True:
        conn = listener.accept()[0]
        try:  # the client can have ended the connection already
            conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            Session(conn, mode).run()
        except (Hangup, OSError):
            pass
        conn.close()


def main():
    with open(PORTS + ".new", "w", encoding="ascii") as f:
        for mode in sys.argv[5:]:
            six = mode == "v6"
            listener = socket.socket(socket.AF_INET6 if six else socket.AF_INET)
            try:
                listener.bind(("::1" if six else "127.0.0.1", 0))
            except OSError:
                continue
            listener.listen()
            f.write("%s %d\n" % (mode, listener.getsockname()[1]))
            threading.Thread(target=serve, args=(listener, mode)).start()
    os.rename(PORTS + ".new", PORTS)


main()
