#!/usr/bin/env python3
"""usage: make-many.py COUNT - prints a stream (ms-stream(5)) of COUNT small
messages of ten years, from 5,000 people of 40 domains, for 8 users with 6
folders each. Every tenth message goes to two users."""
import random
import sys
import time

count = int(sys.argv[1])
r = random.Random(1)
words = ["".join(r.choices("etaoinshrdlu", k=r.randint(2, 9))) for _ in range(2000)]
folders = ["INBOX", "Sent", "Archive/2020", "Lists/dev", "Projects", "Trash"]
step = 10 * 365 * 86400 / count
out, many = sys.stdout.buffer, []


def add(user, folder, n, raw):
    many.append('From ms-stream@1 Thu Jan  1 00:00:00 1970\nMS-Envelope: user="u%d"; '
                'source="imaps://u%d@mail.example.org"; folder="%s"; uid="1/%d"; '
                'flags="\\\\Seen"\n%s\n' % (user, user, folder, n + 1, raw))


written = 0
for n in range(count):
    bits = r.getrandbits(64)
    who = bits % 5000
    sent = time.gmtime(1450000000 + int(n * step))
    date = time.strftime("%a, %d %b %Y %H:%M:%S +0000", sent)
    at = (bits >> 13) % 1900
    raw = ('From: "Person %d" <p%d@d%d.example>\nTo: u%d@example.org\nSubject: %s\n'
           'Date: %s\nMessage-ID: <%d@example.org>\n\n%s\n%x\n' % (
               who, who, who % 40, bits >> 60, " ".join(words[at:at + 4]), date, n,
               " ".join(words[at + 5:at + 25]), bits))
    user = (bits >> 32) % 8
    add(user, folders[(bits >> 36) % 6], n, raw)
    written += 1
    if n % 10 == 0:
        add((user + 1) % 8, "INBOX", n, raw)
        written += 1
    if len(many) > 1000:
        out.write("".join(many).encode())
        many.clear()
many.append("From ms-stream@1 Thu Jan  1 00:00:00 1970\n"
            "MS-Envelope: end; messages=%d; failed=0; status=0\n\n" % written)
out.write("".join(many).encode())
