#!/usr/bin/env python3
# usage: on-terminal.py COLUMNS COMMAND ... - runs a command on a terminal of so
# many columns, prints all that it writes there, and ends with its status.
import fcntl, os, pty, struct, sys, termios

child, fd = pty.fork()
if child == 0:
    size = struct.pack("HHHH", 24, int(sys.argv[1]), 0, 0)
    fcntl.ioctl(1, termios.TIOCSWINSZ, size)
    os.execvp(sys.argv[2], sys.argv[2:])
while True:
    try:
        data = os.read(fd, 65536)
    except OSError:
        break
    if not data:
        break
    sys.stdout.buffer.write(data)
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 255)
