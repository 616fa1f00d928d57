#!/usr/bin/env python3
"""listen.py SOCKET[,SOCKET ...] FILE COMMAND ... - runs a command with sockets
that listen, as the service manager hands them over (sd_listen_fds(3)). SOCKET is
"tcp", "tcp6", a path, or "stdin" (a socket of TCP as standard input, as from
inetd). FILE receives the ports, [::1]:PORT, or paths, separated by blanks."""
import os
import socket
import sys


def listen(kind):
    "Returns the socket and its address."
    if kind == "tcp6":
        s = socket.create_server(("::1", 0), family=socket.AF_INET6, backlog=128)
        return s, "[::1]:%d" % s.getsockname()[1]
    if kind in ("tcp", "stdin"):
        s = socket.create_server(("127.0.0.1", 0), backlog=128)
        return s, str(s.getsockname()[1])
    s = socket.socket(socket.AF_UNIX)
    s.bind(kind)
    s.listen(128)
    return s, kind


kinds, name, command = sys.argv[1].split(","), sys.argv[2], sys.argv[3:]
sockets, addresses = zip(*[listen(kind) for kind in kinds])
if kinds == ["stdin"]:
    os.dup2(sockets[0].fileno(), 0)
else:
    # First out of the way: a socket can have the number that another one gets.
    fds = [os.dup2(s.fileno(), 100 + i) for i, s in enumerate(sockets)]
    for i, fd in enumerate(fds):
        os.dup2(fd, 3 + i)
    os.closerange(3 + len(fds), 100 + len(fds))
    os.environ["LISTEN_FDS"] = str(len(fds))
    os.environ["LISTEN_PID"] = str(os.getpid())
with open(name + ".new", "w") as f:
    f.write(" ".join(addresses))
os.rename(name + ".new", name)
os.execvp(command[0], command)
