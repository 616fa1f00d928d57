#!/usr/bin/env python3
"""model-fetch.py - deletes mail at a real server, with random mailboxes and
archives, while a second client changes the mailbox between any two commands.

usage: model-fetch.py RUNS SEED PORT CERT KEY CA PASSWORD HOME UID GID
Connects ms-fetch to the IMAP server at 127.0.0.1:PORT through a proxy of its
own. HOME is the home of the user `model`, whose Maildir is made anew for each
run, with chosen UIDs. Prints what was lost, and last a line with the numbers of
deletions and of messages that stayed.
"""
import glob
import hashlib
import os
import random
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading

RUNS, SEED, PORT = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
CERT, KEY, CA, PASSWORD, HOME = sys.argv[4:9]
OWNER = int(sys.argv[9]), int(sys.argv[10])
MAILDIR = HOME + "/Maildir"
SOURCE = "imap://model@127.0.0.1/"
dice = random.Random(SEED)


def text(n):
    """Two neighbours have the same header and size, and another body."""
    named = "Message-ID: <%d@h>" % (n // 2) if n % 4 < 2 else "X-None: %d" % (n // 2)
    return "Subject: %d\n%s\n\nbody %d of %d\n" % (n // 2, named, n % 2, n // 2)


TEXTS = [text(n) for n in range(8)]
IDS = [hashlib.sha256(t.replace("\n", "\r\n").encode()).hexdigest() for t in TEXTS]


def ingest(path, first, last, shift):
    stream = ""
    for n in range(first, last):
        stream += ('From ms-stream@1 Thu Jan  1 00:00:00 1970\n'
                   'MS-Envelope: user="model"; source="%s"; folder="INBOX"; '
                   'uid="7/%d"\n%s\n' % (SOURCE, n + 1, TEXTS[(n + shift) % 8]))
    stream += ('From ms-stream@1 Thu Jan  1 00:00:00 1970\n'
               'MS-Envelope: end; messages=%d; failed=0; status=0\n\n' % (last - first))
    subprocess.run(["ms-init", "-u", "model", path], check=True)
    subprocess.run(["ms-ingest", "-q", "-a", path], check=True, input=stream.encode())


def make_archives():
    ingest("whole", 0, 6, 0)
    ingest("older", 0, 3, 0)
    ingest("other", 0, 6, 1)
    names = ["whole", "whole", "older", "other"]
    for n in range(3):
        shutil.copytree("whole", "damaged%d" % n)
        with open("damaged%d/pack/00000001.pack" % n, "r+b") as f:
            at = dice.randrange(256, os.path.getsize(f.name))
            f.seek(at)
            byte = f.read(1)[0]
            f.seek(at)
            f.write(bytes([byte ^ (1 << dice.randrange(8))]))
        names.append("damaged%d" % n)
    return names


def given(path):
    """The ids of what a fresh export gives back."""
    shutil.rmtree("given", ignore_errors=True)
    subprocess.run(["ms-export", "-a", path, "--format", "eml", "--eol", "crlf",
                    "-o", "given"], stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, check=False)
    return {hashlib.sha256(open(f, "rb").read()).hexdigest()
            for f in glob.glob("given/**/*.eml", recursive=True)}


class Mailbox:
    """The Maildir, as the second client changes it."""

    def __init__(self):
        shutil.rmtree(MAILDIR, ignore_errors=True)
        self.serial, self.files, self.lock = 0, {}, threading.Lock()
        for sub in ("cur", "new", "tmp"):
            os.makedirs(MAILDIR + "/" + sub)
        uids = [u for u in range(1, 7) if dice.random() < 0.7]
        rows = []
        for uid in uids:
            n = uid - 1 if dice.random() < 0.8 else dice.randrange(8)
            if dice.random() < 0.15:
                n ^= 1
            rows.append((uid, self.put(n, "F" if dice.random() < 0.1 else "S")))
        with open(MAILDIR + "/dovecot-uidlist", "w") as f:
            f.write("3 V%d N20 G0123456789abcdef0123456789abcdef\n" %
                    (8 if dice.random() < 0.1 else 7))
            for uid, name in rows:
                f.write("%d :%s\n" % (uid, name.split(":")[0]))
        for path, _, files in os.walk(MAILDIR):
            os.chown(path, *OWNER)
            for name in files:
                os.chown(os.path.join(path, name), *OWNER)

    def put(self, n, flags):
        self.serial += 1
        name = "%d.m%d.h" % (1600000000 + self.serial, self.serial)
        path = "%s/cur/%s:2,%s" % (MAILDIR, name, flags)
        with open(path + ".tmp", "w") as f:
            f.write(TEXTS[n])
        os.chown(path + ".tmp", *OWNER)
        os.rename(path + ".tmp", path)
        self.files[name] = n
        return os.path.basename(path)

    def path(self, name):
        found = glob.glob("%s/cur/%s:*" % (MAILDIR, name))
        return found[0] if found else None

    def second_client(self):
        """What another client may do at any time."""
        with self.lock:
            if dice.random() > 0.3 or not self.files:
                return
            name = dice.choice(sorted(self.files))
            path, what = self.path(name), dice.randrange(4)
            try:
                if what == 0 and path:
                    os.unlink(path)
                    del self.files[name]
                elif what == 1:
                    self.put(dice.randrange(8), "S")
                elif path:
                    flag = "T" if what == 2 else "F"
                    base, _, flags = path.partition(":2,")
                    os.rename(path, base + ":2," +
                              "".join(sorted(set(flags) ^ {flag})))
            except FileNotFoundError:
                pass

    def gone(self):
        return [IDS[n] for name, n in self.files.items() if not self.path(name)]


class Proxy:
    """Passes on one connection at a time, and lets the second client act before
    each line of the client."""

    def __init__(self):
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server.load_cert_chain(CERT, KEY)
        self.client = ssl.create_default_context(cafile=CA)
        self.client.check_hostname = False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.mailbox = None
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            raw = self.listener.accept()[0]
            try:
                self.connection(self.server.wrap_socket(raw, server_side=True))
            except OSError:
                pass

    def connection(self, near):
        far = self.client.wrap_socket(socket.create_connection(("127.0.0.1", PORT)))

        def answers():
            try:
                while data := far.recv(65536):
                    near.sendall(data)
            except OSError:
                pass
            try:
                near.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        reader = threading.Thread(target=answers)
        reader.start()
        while data := near.recv(65536):
            self.mailbox.second_client()
            far.sendall(data)
        far.close()
        reader.join()
        near.close()


def main():
    archives, proxy = make_archives(), Proxy()
    deleted, stayed, lost = {}, 0, 0
    for run in range(RUNS):
        archive = dice.choice(archives)
        mailbox = proxy.mailbox = Mailbox()
        done = subprocess.run(
            ["ms-fetch", "-a", archive, "-u", "model", "--ca-file", CA,
             "--password-file", PASSWORD, "--connect", "127.0.0.1:%d" % proxy.port,
             "--timeout", "20", "--delete-archived", "imaps://model@127.0.0.1/"],
            capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1, 65):
            print("run %d: status %d: %s" % (run, done.returncode, done.stderr))
        said = re.search(r" (\d+) deleted", done.stderr)
        with mailbox.lock:
            gone = mailbox.gone()
        stayed += len(mailbox.files) - len(gone)
        # What the second client deleted in the same moment is said, too.
        if len(gone) > (int(said.group(1)) if said else 0):
            print("run %d: %d are gone: %s" % (run, len(gone), done.stderr))
        deleted.setdefault(archive, []).extend(gone)
    for archive, ids in deleted.items():
        there = given(archive)
        for wanted in ids:
            if wanted not in there:
                print("%s: %s is lost" % (archive, wanted))
                lost += 1
    print("%d deleted, %d stayed, %d lost" %
          (sum(map(len, deleted.values())), stayed, lost))


main()
