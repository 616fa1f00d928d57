#!/usr/bin/env python3
"""cut-proxy.py - a bad connection between a client and a server.

usage: cut-proxy.py [--tls CERT KEY] FOLDER HOST:PORT
The proxy listens at a free port of 127.0.0.1 and passes connections on to
HOST:PORT. FOLDER gets the file "port" and two FIFOs. A line of words that is
written to "do" sets the behaviour from now on. After that, a line with the
amounts since the last such line can be read from "done":

    SERVER-BYTES CLIENT-BYTES CONNECTIONS COMMANDS

The words:

    cut=N       all connections end after N more bytes of the server, in total
    before=N    all end when the Nth line of the client has come; this line is
                not passed on
    after=N     all end when the Nth line of the client has been passed on; its
                answer is lost
    how=reset   they end with RST (default: FIN)
    then=refuse later connections are refused (default: serve)
    stall=N     after N bytes of the server nothing is passed on, and no
                connection ends
    rate=N      limits the bytes a second that each connection gets from the
                server
    delay=MS    is added to each round trip, and to the time of connecting

With --tls, the proxy speaks TLS to both sides and counts the plain text; it
does not verify the certificate of the server.
"""
import collections
import os
import select
import socket
import ssl
import struct
import sys
import threading
import time

CHUNK = 65536
IN_FLIGHT = 8 << 20     # bytes that are delayed at most, as the window of TCP
NUMBERS = ("cut", "before", "after", "stall", "rate", "delay")


class Line:
    """The behaviour of the proxy, and the amounts that have passed."""

    def __init__(self, words=()):
        self.set = dict.fromkeys(NUMBERS)
        self.set.update(how="close", then="serve")
        for word in words:
            name, _, value = word.partition("=")
            if name not in self.set:
                sys.exit("cut-proxy: %s?" % word)
            self.set[name] = int(value) if name in NUMBERS else value
        self.lock = threading.Lock()
        self.server = self.client = self.connections = self.commands = 0
        self.is_cut = False
        self.open = set()

    def take(self, data):
        """Returns the part of the server's data that passes, and whether the
        connection ends."""
        with self.lock:
            end = self.set["cut"]
            if self.is_cut:
                return b"", True
            if end is not None and self.server + len(data) >= end:
                data = data[:end - self.server]
                self.is_cut = True
            self.server += len(data)
            return data, self.is_cut

    def give(self, data):
        """Returns the part of the client's data that passes, and whether the
        connection ends."""
        with self.lock:
            self.client += len(data)
            at = 0
            while True:
                end = data.find(b"\n", at) + 1
                if end == 0:
                    return data, False
                self.commands += 1
                if self.commands == self.set["before"]:
                    self.is_cut = True
                    return data[:at], True
                if self.commands == self.set["after"]:
                    self.is_cut = True
                    return data[:end], True
                at = end

    def stalled(self):
        return self.set["stall"] is not None and self.server >= self.set["stall"]

    def cut(self):
        with self.lock:
            self.is_cut = True
            ends, self.open = self.open, set()
        for end in ends:
            end.hang_up(self.set["how"] == "reset")


class Tls:
    """A TLS socket that one thread can read while another one writes."""

    def __init__(self, s):
        self.socket, self.lock = s, threading.Lock()
        self.fileno, self.close = s.fileno, s.close
        s.setblocking(False)

    def attempt(self, action, *args):
        while True:
            try:
                with self.lock:
                    return action(*args)
            except ssl.SSLWantReadError:
                select.select([self.socket], [], [])
            except ssl.SSLWantWriteError:
                select.select([], [self.socket], [])

    def recv(self, n):
        try:
            return self.attempt(self.socket.recv, n)
        except ssl.SSLEOFError:
            return b""

    def sendall(self, data):
        while data:
            data = data[self.attempt(self.socket.send, data):]

    def shutdown(self, how):
        socket.socket.shutdown(self.socket, how)

    def setsockopt(self, *args):
        self.socket.setsockopt(*args)


class Connection:
    """Two sockets and the threads that copy between them."""

    def __init__(self, line, client, server):
        self.line, self.client, self.server = line, client, server
        self.lock = threading.Lock()
        with line.lock:
            line.open.add(self)
            line.connections += 1

    def hang_up(self, reset):
        with self.lock:
            for s in (self.client, self.server):
                if s.fileno() < 0:
                    continue
                try:
                    if reset and s is self.client:
                        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                     struct.pack("ii", 1, 0))
                    else:
                        # This wakes the other thread, which may be reading.
                        s.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                s.close()

    def start(self):
        if self.line.set["delay"]:
            time.sleep(self.line.set["delay"] / 1000)
        threading.Thread(target=self.copy, args=(
            self.client, self.server, self.line.give), daemon=True).start()
        self.copy(self.server, self.client, self.line.take)

    def copy(self, source, sink, passing):
        send = self.sender(sink)
        try:
            while True:
                data = source.recv(CHUNK)
                if not data:
                    break
                data, end = passing(data)
                if passing == self.line.take:
                    while self.line.stalled():
                        time.sleep(0.05)
                    if self.line.set["rate"]:
                        time.sleep(len(data) / self.line.set["rate"])
                send(data)
                if end:
                    self.line.cut()
                    return
            send(b"")
        except (OSError, ValueError):
            self.hang_up(False)
        with self.line.lock:
            self.line.open.discard(self)

    def sender(self, sink):
        """Returns a function that sends data, or for b"" closes the connection:
        at once, or after half of the delay."""
        def at_once(data):
            if data:
                sink.sendall(data)
            elif isinstance(sink, Tls):
                self.hang_up(False)
            else:
                sink.shutdown(socket.SHUT_WR)
        if not self.line.set["delay"]:
            return at_once
        half = self.line.set["delay"] / 2000
        queue, free = collections.deque(), threading.Condition()
        state = {"bytes": 0}

        def later():
            while True:
                with free:
                    while not queue:
                        free.wait()
                    due, data = queue.popleft()
                time.sleep(max(0, due - time.monotonic()))
                try:
                    at_once(data)
                except (OSError, ValueError):
                    return self.hang_up(False)
                with free:
                    state["bytes"] -= len(data)
                    free.notify_all()
                if not data:
                    return None

        def put(data):
            with free:
                while state["bytes"] > IN_FLIGHT:
                    free.wait()
                state["bytes"] += len(data)
                queue.append((time.monotonic() + half, data))
                free.notify_all()
        threading.Thread(target=later, daemon=True).start()
        return put


class Proxy:
    def __init__(self, target, contexts):
        host, _, port = target.rpartition(":")
        self.target, self.contexts = (host, int(port)), contexts
        self.line = Line()

    def serve(self, raw):
        line = self.line
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if line.is_cut and line.set["then"] == "refuse":
                return raw.close()
            if line.is_cut:
                # After a cut, the proxy passes everything on and only counts.
                self.line = line = self.repaired(line)
            server = socket.create_connection(self.target)
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.contexts:
                raw = Tls(self.contexts[0].wrap_socket(raw, server_side=True))
                server = Tls(self.contexts[1].wrap_socket(server))
        except OSError:
            return raw.close()
        return Connection(line, raw, server).start()

    @staticmethod
    def repaired(line):
        good = Line()
        with line.lock:
            for name in ("server", "client", "connections", "commands"):
                setattr(good, name, getattr(line, name))
        return good

    def listen(self, listener):
        while True:
            raw = listener.accept()[0]
            threading.Thread(target=self.serve, args=(raw,), daemon=True).start()


def main():
    args, contexts = sys.argv[1:], None
    if args[0] == "--tls":
        contexts = (ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER),
                    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
        contexts[0].load_cert_chain(args[1], args[2])
        contexts[1].check_hostname = False
        contexts[1].verify_mode = ssl.CERT_NONE
        args = args[3:]
    folder, target = args
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    proxy = Proxy(target, contexts)
    for name in ("do", "done"):
        os.mkfifo(os.path.join(folder, name))
    threading.Thread(target=proxy.listen, args=(listener,), daemon=True).start()
    with open(folder + "/port.new", "w") as f:
        f.write("%d\n" % listener.getsockname()[1])
    os.rename(folder + "/port.new", folder + "/port")
    while True:
        with open(folder + "/do") as f:
            words = f.read().split()
        old, proxy.line = proxy.line, Line(words)
        old.cut()
        with open(folder + "/done", "w") as f:
            f.write("%d %d %d %d\n" % (old.server, old.client, old.connections,
                                       old.commands))


main()
