#!/usr/bin/env python3
"""lmtp-client.py PORT|[::1]:PORT|PATH COUNT CONNECTIONS [USER ...] - sends
messages by LMTP, over some connections at once, each message to all users
(default: alice). Prints the messages per second; ends with 1 if a reply is not
the wanted one. (smtplib reads only one reply to a message for several
recipients.)"""
import socket
import sys
import threading
import time

where, count, connections = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
users = [u + "@example.org" for u in sys.argv[4:] or ["alice"]]
bad = []


def connect():
    if where.isdigit():
        return socket.create_connection(("127.0.0.1", int(where)))
    if where[0] == "[":
        host, port = where[1:].rsplit("]:", 1)
        return socket.create_connection((host, int(port)))
    s = socket.socket(socket.AF_UNIX)
    s.connect(where)
    return s


def send(first):
    s = connect()
    replies = s.makefile("rb")

    def expect(code, n=1):
        while n > 0:
            line = replies.readline()
            if line[3:4] != b"-":
                n -= 1
                if line[:3] != code:
                    bad.append(line)

    expect(b"220")
    s.sendall(b"LHLO client\r\n")
    expect(b"250")
    for i in range(first, count, connections):
        s.sendall(b"MAIL FROM:<s@example.org>\r\n"
                  + b"".join(b"RCPT TO:<%s>\r\n" % u.encode() for u in users)
                  + b"DATA\r\n")
        expect(b"250", 1 + len(users))
        expect(b"354")
        s.sendall(b"Subject: %d\r\nMessage-ID: <%d@x>\r\n\r\n%s\r\n.\r\n"
                  % (i, i, b"x" * 3000))
        expect(b"250", len(users))
    s.sendall(b"QUIT\r\n")
    expect(b"221")


start = time.monotonic()
threads = [threading.Thread(target=send, args=(i,)) for i in range(connections)]
for t in threads:
    t.start()
for t in threads:
    t.join()
print("%.0f" % (count / (time.monotonic() - start)))
if bad:
    print(bad[0], file=sys.stderr)
sys.exit(len(bad) > 0)
