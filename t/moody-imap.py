#!/usr/bin/env python3
"""moody-imap.py - an IMAP server without TLS that serves some users badly.

usage: moody-imap.py PORTFILE HOST:PORT
The program listens at a free port of 127.0.0.1, writes its number to PORTFILE,
and passes all connections on to the server at HOST:PORT, until a user logs in
(LOGIN, AUTHENTICATE PLAIN) whose name begins with
    hang-      never answers
    reset-     ends the connection with RST
    garbage-   answers with 4 KiB of random bytes, and ends
    slow-      passes on the first 600 bytes of what follows, then nothing
    broken-    passes on 600 bytes, then RST
"""
import base64
import os
import random
import re
import select
import socket
import struct
import sys
import threading

MOODS = ('hang', 'reset', 'garbage', 'slow', 'broken')


def mood_of(line, authenticating):
    """Whether a line is a login: returns the mood of the user, '' for other
    users, or None if the line is no login."""
    login = re.match(rb'\S+ LOGIN "?([^" ]+)', line, re.I)
    plain = re.match(rb'\S+ AUTHENTICATE PLAIN (\S+)', line, re.I)
    name = None
    if login:
        name = login[1]
    elif plain or authenticating:
        try:
            name = base64.b64decode(plain[1] if plain else line).split(b'\0')[1]
        except (ValueError, IndexError):
            return None
    if name is None:
        return None
    first = name.decode('latin-1').split('-')[0]
    return first if first in MOODS else ''


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    sock.close()


def both_ways(client, server, limit):
    """Passes everything on; with a limit, only so many bytes of the server.
    True:
    the limit was reached."""
    while True:
        for s in select.select([client, server], [], [])[0]:
            data = s.recv(65536)
            if not data:
                return False
            if s is server and limit is not None:
                data = data[:limit]
                limit -= len(data)
            (client if s is server else server).sendall(data)
            if limit == 0:
                return True


def until_login(client, server):
    """Passes on everything before a login. Returns the mood and the line."""
    waiting, last = b'', b''
    while True:
        for s in select.select([client, server], [], [])[0]:
            data = s.recv(65536)
            if not data:
                return None, b''
            if s is server:
                client.sendall(data)
                continue
            waiting += data
            while b'\n' in waiting:
                line, waiting = waiting.split(b'\n', 1)
                mood = mood_of(line, last.upper().endswith(b'AUTHENTICATE PLAIN'))
                if mood is not None:
                    return mood, line + b'\n' + waiting
                last = line.strip()
                server.sendall(line + b'\n')


def serve(client, target):
    server = socket.create_connection(target)
    try:
        mood, line = until_login(client, server)
        if mood is None:
            return
        if mood == 'hang':
            client.recv(1)
        elif mood == 'reset':
            reset(client)
        elif mood == 'garbage':
            client.sendall(bytes(random.randrange(256) for _ in range(4096)))
        else:
            server.sendall(line)
            cut = both_ways(client, server, 600 if mood else None)
            if cut and mood == 'slow':
                while client.recv(4096):
                    pass
            elif cut:
                reset(client)
    except OSError:
        pass
    finally:
        client.close()
        server.close()


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    host, port = sys.argv[2].rsplit(':', 1)
    listener = socket.create_server(('127.0.0.1', 0), backlog=200)
    with open(sys.argv[1] + '.new', 'w') as f:
        print(listener.getsockname()[1], file=f)
    os.rename(sys.argv[1] + '.new', sys.argv[1])
    while True:
        client = listener.accept()[0]
        threading.Thread(target=serve, args=(client, (host, int(port))),
                         daemon=True).start()


if __name__ == '__main__':
    main()
