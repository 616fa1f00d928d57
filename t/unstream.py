#!/usr/bin/env python3
"""unstream.py - a second reader of message streams, written from ms-stream(5)
alone.

usage: unstream.py [DIR] <stream
The program prints a line for each message, with fields separated by TAB: user
source folder uid flags date sha256; then the trailer. With DIR, the bytes of
message N are written to DIR/N. A message that a void line cancels is left out.
Status 1: the input is not a stream.
"""
import hashlib
import re
import sys

FROM = b"From ms-stream@1 Thu Jan  1 00:00:00 1970\n"
ENVELOPE = b"MS-Envelope: "
SHOWN = ("user", "source", "folder", "uid", "flags", "date")


def unquote(text):
    out, i = bytearray(), 0
    while i < len(text):
        if text[i:i + 2] == b"\\x":
            out.append(int(text[i + 2:i + 4], 16))
            i += 4
        else:
            i += text[i:i + 1] == b"\\"
            out += text[i:i + 1]
            i += 1
    return out.decode("utf-8")


def attributes(line):
    found = {}
    for m in re.finditer(rb'([a-z-]+)=("(?:[^"\\]|\\.)*"|[^;" ]+)', line):
        value = m[2]
        if value.startswith(b'"'):
            value = value[1:-1]
        found[m[1].decode()] = unquote(value)
    return found


def messages(data):
    """Yields (envelope line, bytes) for each part between two separators."""
    starts = [m.start() for m in re.finditer(rb"(?:\A|(?<=\n))From ", data)]
    if not starts or starts[0] != 0:
        sys.exit("no separator at the beginning")
    for start, end in zip(starts, starts[1:] + [len(data)]):
        part = data[start:end]
        if not part.startswith(FROM + ENVELOPE):
            sys.exit("no separator and envelope at %d" % start)
        line, body = part[len(FROM):].split(b"\n", 1)
        if not body.endswith(b"\n"):
            sys.exit("no newline at the end of a message")
        yield line[len(ENVELOPE):], re.sub(rb"(?m)^>(>*From )", rb"\1", body[:-1])


count, trailer, held = 0, None, None


def show(message):
    """Prints a message that no void line cancels."""
    global count
    line, body = message
    count += 1
    env = attributes(line)
    print("\t".join([env.get(name, "-") for name in SHOWN] +
                    [hashlib.sha256(body).hexdigest()]))
    if len(sys.argv) > 1:
        with open("%s/%d" % (sys.argv[1], count), "wb") as f:
            f.write(body)


for line, body in messages(sys.stdin.buffer.read()):
    if trailer is not None:
        sys.exit("something follows the trailer")
    if held is not None and not line.startswith(b"void"):
        show(held)
    held = None
    if line.startswith(b"end;"):
        trailer = line.decode()
    elif not line.startswith((b"void", b"idle")):
        held = line, body
if trailer is None:
    sys.exit("cut: no trailer")
print(trailer)
