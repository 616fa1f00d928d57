#!/usr/bin/env python3
"""make-maildir.py - makes mail of all kinds. The same seed gives the same mail.

usage: make-maildir.py SEED COUNT MAILDIR ...
The program puts COUNT messages with flags and dates into the Maildirs in turn:
plain and MIME messages, attachments, some of which are equal, 8-bit text, long
lines, single CRs, quoted From lines, missing newlines at the end, and both
kinds of line ends.
"""
import base64
import os
import random
import sys

rng = random.Random(int(sys.argv[1]))
attachments = [rng.randbytes(rng.randrange(500, 60000)) for _ in range(20)]
words = "mail archive folder Grüße 你好 From >From . .. = -- naïve".split()


def line():
    return " ".join(rng.choice(words) for _ in range(rng.randrange(12)))


def text():
    lines = [line() for _ in range(rng.randrange(60))]
    if rng.random() < 0.05:
        lines.append("x" * rng.randrange(1000, 100000))
    if rng.random() < 0.1:
        lines.append("lone\rCR")
    return "\n".join(lines).encode()


def message(n):
    head = ("Message-ID: <%d@test.invalid>\nFrom: %s <a%d@test.invalid>\n"
            "To: b@test.invalid\nSubject: message %d %s\n"
            % (n, rng.choice("abc"), n % 7, n, line())).encode()
    if rng.random() < 0.3:
        data = rng.choice(attachments) if rng.random() < 0.5 else \
            rng.randbytes(rng.randrange(30000))
        body = (b'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\n\n'
                b"--b\n\n" + text() + b"\n--b\nContent-Type: application/octet-stream\n"
                b"Content-Transfer-Encoding: base64\n\n" +
                base64.encodebytes(data) + b"--b--\n")
    else:
        body = b"\n" + text()
    if rng.random() < 0.9:
        body += b"\n"
    if rng.random() < 0.1:
        return (head + body).replace(b"\n", b"\r\n")
    return head + body


dirs = sys.argv[3:]
for n in range(int(sys.argv[2])):
    flags = "".join(c for c in "DFRST" if rng.random() < 0.2)
    path = "%s/cur/%d.M%d.test:2,%s" % (dirs[n % len(dirs)], 1000000000 + n, n, flags)
    with open(path, "wb") as f:
        f.write(message(n))
    when = rng.randrange(0, 1600000000)
    os.utime(path, (when, when))
