#!/usr/bin/env python3
"""mime-compare.py - compares parts with those of Python's email package.

usage: mime-compare.py < LINES    a line: file, then "depth header body end" for
                                  each part, with TABs between
Prints a line for each message whose parts differ, and the counts at the end.
"""
import email
import email.policy
import sys


def leaves_of_python(data):
    """The bytes of each part without parts, as they stand in the message."""
    message = email.message_from_bytes(data, policy=email.policy.compat32)
    found, todo = [], [message]
    while todo:
        part = todo.pop()
        below = part._payload           # get_payload() would decode it
        kind = part.get_content_type()
        if isinstance(below, list) and kind == 'message/delivery-status':
            found.append(None)      # blocks of fields: not compared
        elif isinstance(below, list):
            todo.extend(reversed(below))
        else:
            found.append((below or '').encode('ascii', 'surrogateescape'))
    return found


def leaves_of_line(data, parts):
    found = []
    for i, (depth, _, body, end) in enumerate(parts):
        if i + 1 == len(parts) or parts[i + 1][0] <= depth:
            found.append(data[body:end])
    return found


def plain(data):
    return data if data is None else data.replace(b'\r', b'').strip(b'\n')


def main():
    same = count = 0
    for line in sys.stdin:
        name, *fields = line.rstrip('\n').split('\t')
        parts = [tuple(map(int, f.split())) for f in fields]
        with open(name, 'rb') as f:
            data = f.read()
        count += 1
        ours = [plain(d) for d in leaves_of_line(data, parts)]
        theirs = [plain(d) for d in leaves_of_python(data)]
        if len(ours) == len(theirs) and all(
                b is None or a == b for a, b in zip(ours, theirs)):
            same += 1
        else:
            print('%s: %d parts, %d in Python' % (name, len(ours),
                                                  len(theirs)))
    print('%d of %d' % (same, count))


if __name__ == '__main__':
    sys.exit(main())
