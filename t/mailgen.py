#!/usr/bin/env python3
"""mailgen.py - generates any amount of mail. The same arguments give the same
mail, and the message with number N is the same in every run.

usage: mailgen.py [OPTION=VALUE ...] FIRST COUNT [FIRST COUNT ...]
           messages FIRST to FIRST + COUNT - 1, and so on
       mailgen.py big BYTES [text | base64]
           one message of exactly this size
       mailgen.py header BYTES    one message with a header of this size
       mailgen.py nested N        one message with N nested multiparts
       mailgen.py tar BYTES <TAR  the mail files of a tar as one mbox, until it
                                  has
           this size
OPTION  format=mbox|stream|maildir   a Maildir is written to the directory `into`
        user= folder= source= uidvalidity=    attributes of the envelopes
        eol=lf|crlf
"""
import base64
import os
import random
import sys
import tarfile
import time

OUT = sys.stdout.buffer
DAY = 86400
EPOCH = 1000000000


class Maker:
    """Random bytes, from which messages take their lines and attachments."""

    def __init__(self):
        r = random.Random(1)
        words = ["".join(r.choices("etaoinshrdlucmfwypvbgk", k=r.randint(2, 9)))
                 for _ in range(4000)]
        self.lines = [" ".join(r.choices(words, k=9)) for _ in range(4096)]
        self.noise = r.randbytes(1 << 20)

    def attachment(self, number):
        """One of 500 attachments, so that many messages have equal ones."""
        k = number % 500
        at = k * 1999
        return base64.encodebytes(self.noise[at:at + 900 + k * 37])

    def message(self, n):
        r = random.Random(n)
        bits = r.getrandbits(64)
        at, lines = bits % 4000, 6 + (bits >> 12) % 60
        head = ("Received: from mx%d.example.org by mail.example.net; %s\n"
                "From: Person %d <p%d@example.org>\nTo: list@example.net\n"
                "Subject: %s %d\nDate: %s\nMessage-ID: <%d.%x@example.org>\n"
                "MIME-Version: 1.0\n") % (
            n % 7, rfc_date(EPOCH + n * 60 + 1), n % 997, n % 997,
            self.lines[at][:40], n, rfc_date(EPOCH + n * 60), n, bits)
        text = "\n".join(self.lines[at:at + lines]) + "\n%x\n" % bits
        if (bits >> 20) % 16 != 0:
            return (head + "Content-Type: text/plain\n\n" + text).encode()
        return ((head + "Content-Type: multipart/mixed; boundary=b\n\n--b\n"
                 "Content-Type: text/plain\n\n" + text + "--b\n"
                 "Content-Type: application/octet-stream\n"
                 "Content-Transfer-Encoding: base64\n\n").encode() +
                self.attachment(bits >> 24) + b"--b--\n")


def rfc_date(t):
    return time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(t))


def separator(n):
    return b"From p%d@example.org %s\n" % (
        n % 997, time.asctime(time.gmtime(EPOCH + n * 60 + 1)).encode())


def envelope(n, opt):
    names = [(k, opt[k]) for k in ("user", "source", "folder") if k in opt]
    names.append(("uid", "%s/%d" % (opt.get("uidvalidity", "1"), n + 1)))
    names.append(("flags", "\\\\Seen" if n % 3 else ""))
    names.append(("date", time.strftime("%Y-%m-%dT%H:%M:%SZ",
                                        time.gmtime(EPOCH + n * 60 + 1))))
    line = "; ".join('%s="%s"' % pair for pair in names)
    return b"From ms-stream@1 Thu Jan  1 00:00:00 1970\nMS-Envelope: %s\n" % (
        line.encode())


def put_file(n, raw, into):
    name = "%s/cur/%d.M%dP1.host:2,%s" % (into, EPOCH + n * 60, n, "S" * (n % 2))
    with open(name, "wb") as f:
        f.write(raw)
    os.utime(name, (EPOCH + n * 60, EPOCH + n * 60))


def many(opt, ranges):
    form, make, count = opt.get("format", "mbox"), Maker(), 0
    if form == "maildir":
        for d in ("cur", "new", "tmp"):
            os.makedirs("%s/%s" % (opt["into"], d), exist_ok=True)
    for first, n in ranges:
        for i in range(first, first + n):
            raw = make.message(i)
            if opt.get("eol") == "crlf":
                raw = raw.replace(b"\n", b"\r\n")
            if form == "maildir":
                put_file(i, raw, opt["into"])
            else:
                head = envelope(i, opt) if form == "stream" else separator(i)
                OUT.write(head + raw + b"\n")
        count += n
    if form == "stream":
        OUT.write(b"From ms-stream@1 Thu Jan  1 00:00:00 1970\n"
                  b"MS-Envelope: end; messages=%d; failed=0; status=0\n\n" % count)


def big(size, kind):
    """Random bytes that do not repeat, so that no two BLOBs are equal."""
    head = b"Subject: big\nContent-Transfer-Encoding: base64\n\n"
    OUT.write(head)
    left, r = size - len(head), random.Random(2)
    while left > 0:
        raw = r.randbytes(57 * 4096)
        if kind == "base64":
            raw = base64.encodebytes(raw)
        else:
            raw = raw.replace(b"\r", b"")
        OUT.write(raw[:left])
        left -= len(raw)


def header(size):
    r, left = random.Random(3), size
    while left > 0:
        line = b"X-%d: %s\n" % (left, r.randbytes(480).hex().encode())
        OUT.write(line[:left])
        left -= len(line)
    OUT.write(b"\n\nbody\n")


def nested(depth):
    OUT.write(b"Subject: deep\nMIME-Version: 1.0\n")
    for i in range(depth):
        OUT.write(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i))
    OUT.write(b"Content-Type: text/plain\n\nthe end\n")
    for i in range(depth - 1, -1, -1):
        OUT.write(b"--b%d--\n" % i)


def from_tar(limit):
    """Copies mboxes as they are, and each other file as one message."""
    done = 0
    with tarfile.open(fileobj=sys.stdin.buffer, mode="r|") as tar:
        for member in tar:
            if not member.isfile() or done >= limit:
                continue
            raw = tar.extractfile(member).read()
            if "/mbox/" not in member.name:
                if raw.startswith(b"From "):
                    raw = raw.split(b"\n", 1)[1]
                raw = separator(0) + raw
            if not raw.endswith(b"\n"):
                raw += b"\n"
            done += OUT.write(raw + b"\n")


def main(args):
    if args[0] == "big":
        big(int(args[1]), args[2] if len(args) > 2 else "base64")
    elif args[0] == "header":
        header(int(args[1]))
    elif args[0] == "nested":
        nested(int(args[1]))
    elif args[0] == "tar":
        from_tar(int(args[1]))
    else:
        opt = dict(a.split("=", 1) for a in args if "=" in a)
        numbers = [int(a) for a in args if "=" not in a]
        many(opt, list(zip(numbers[::2], numbers[1::2])))
    OUT.flush()


main(sys.argv[1:])
