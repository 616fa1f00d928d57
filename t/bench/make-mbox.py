#!/usr/bin/env python3
"""usage: make-mbox.py DIR - prints all mail of a tree as one mbox (mboxrd), in
the order of the paths. A file that begins with a From_ line is an mbox; its
messages begin at From_ lines with a time, if a header field follows. Lines that
begin with From, after any number of ">", get one more ">"."""
import os
import re
import sys

SEPARATOR = re.compile(rb'^From .*\d:\d\d.*\n(?=[!-9;-~]+[ \t]*:)', re.M)
QUOTED = re.compile(rb'^(?=>*From )', re.M)
NOBODY = b'From MAILER-DAEMON Thu Jan  1 00:00:00 1970\n'


def messages(data):
    """Yields the From_ line and the bytes of each message of a file."""
    if not data.startswith(b'From '):
        yield NOBODY, data
        return
    found = list(SEPARATOR.finditer(data))
    ends = [m.start() for m in found[1:]] + [len(data)]
    for m, end in zip(found, ends):
        text = data[m.end():end]
        if text.endswith(b'\n\n'):
            text = text[:-1]
        yield m.group(), text


def paths(top):
    for folder, folders, files in os.walk(top):
        folders.sort()
        for name in sorted(files):
            yield os.path.join(folder, name)


out = sys.stdout.buffer
for path in paths(sys.argv[1]):
    with open(path, 'rb') as f:
        for line, text in messages(f.read()):
            out.write(line)
            out.write(QUOTED.sub(b'>', text))
            out.write(b'\n' if text.endswith(b'\n') else b'\n\n')
