#!/usr/bin/env python3
"""type.py - runs a command on a terminal and answers its questions.

usage: type.py [QUESTION ANSWER]... -- COMMAND...
The program waits until the terminal has shown QUESTION, types ANSWER and the
return key, and so on; then it waits for the end of the command. It prints all
that the terminal has shown. The exit status is that of the command.
"""
import os
import pty
import sys

end = sys.argv.index("--")
child, fd = pty.fork()
if child == 0:
    os.execvp(sys.argv[end + 1], sys.argv[end + 1:])


def read():
    """Returns the next output of the terminal; b"": the command has ended."""
    try:
        data = os.read(fd, 65536)
    except OSError:
        data = b""
    sys.stdout.buffer.write(data)
    return data


for question, answer in zip(sys.argv[1:end:2], sys.argv[2:end:2]):
    shown = more = b""
    while question.encode() not in shown:
        more = read()
        if not more:
            break
        shown += more
    os.write(fd, answer.encode() + b"\n")
while read():
    pass
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
