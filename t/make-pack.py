#!/usr/bin/env python3
"""make-pack.py - writes archives without the tools, from ms-archive(5) alone.

The program writes records that no tool of this version writes (stubs, unknown
types), and damage at a chosen place. Two runs give the same bytes.

usage: make-pack.py DIR SHAPE     SHAPE is one of those below main()
"""
import ctypes
import hashlib
import json
import os
import struct
import sys

DATA, META, DIRECTORY = 1, 2, 3
BLOB, MESSAGE, OCCURRENCE, PLACE, MOVED, EVENT, COMMIT, RECEIPT = range(1, 9)
WHEN = 1795000000       # seconds; 2026-11-18
SENT = WHEN + 3200      # the Date field of header()
ARCHIVE_ID = bytes(range(16))


def sha(data):
    return hashlib.sha256(data).digest()


def keyed(k, data):
    return sha(k + sha(data))[:16]


def tree(leaves):
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha(b'\1' + tree(leaves[:k]) + tree(leaves[k:]))


libzstd = ctypes.CDLL('libzstd.so.1')
libzstd.ZSTD_compress.argtypes = (ctypes.c_char_p, ctypes.c_size_t) * 2 + (
    ctypes.c_int,)
libzstd.ZSTD_compress.restype = ctypes.c_size_t


def zstd(data):
    room = ctypes.create_string_buffer(len(data) + len(data) // 128 + 512)
    n = libzstd.ZSTD_compress(room, len(room), data, len(data), 3)
    return room.raw[:n]


class Record:
    def __init__(self, number, kind, content):
        self.number, self.kind, self.content = number, kind, content
        self.salt = sha(b'salt %d' % number)[:16]
        self.stub = False

    def leaf(self):
        if self.stub:
            return self.content
        return sha(b'\0' + bytes([self.kind]) + self.salt + sha(self.content))

    def purge(self):
        self.content, self.stub = self.leaf(), True
        self.salt = bytes(16)


def block(k, records, codec=1, kind=None):
    """Returns the bytes of a block with its header."""
    kind = kind or (DATA if records[0].kind == BLOB else META)
    numbers = [r.number for r in records]
    runs = []
    for n in numbers:
        if runs and runs[-1][0] + runs[-1][1] == n:
            runs[-1][1] += 1
        else:
            runs.append([n, 1])
    stored = b''
    if len(runs) > 1:
        stored += b''.join(struct.pack('<QII', f, n, 0) for f, n in runs)
    else:
        runs = []
    if kind == DATA:
        stored += b''.join(bytes(32) if r.stub else sha(r.content)
                           for r in records)
    stored += b''.join(r.salt for r in records)
    payload = b''.join(struct.pack('<BBHI', r.kind, r.stub, 0, len(r.content))
                       for r in records)
    payload += b''.join(r.content for r in records)
    return seal_block(k, kind, codec, 2 if any(r.stub for r in records) else 0,
                      numbers[0], len(records), len(runs), payload, stored)


def seal_block(k, kind, codec, flags, first, count, runs, payload, before):
    stored = before + (zstd(payload) if codec else payload)
    h = b'MSB1' + struct.pack('<BBHQIIII', kind, codec, flags, first, count,
                              runs, len(payload), len(stored))
    h += bytes(8) + bytes(40) + keyed(k, stored) + k
    return h + keyed(k, h) + stored


class Pack:
    def __init__(self, number, first, chain, generation=0):
        self.number, self.generation, self.first = number, generation, first
        self.k = sha(b'pack %d.%d' % (number, generation))[:16]
        h = b'MSPACK1\n' + struct.pack('<II', 1, 256) + ARCHIVE_ID
        h += struct.pack('<II', number, generation) + self.k
        h += struct.pack('<Q', first) + chain
        h += struct.pack('<QQQ', 0, 0, WHEN) + bytes(120)
        self.data = h + keyed(self.k, h)
        self.rows, self.last = [], first - 1

    def add(self, records, codec=1):
        b = block(self.k, records, codec)
        self.rows.append(struct.pack('<QB7x', len(self.data), b[4]) +
                         b[8:32] + bytes(24))
        self.data += b
        self.last = max(self.last, records[-1].number)

    def seal(self, chain):
        at = len(self.data)
        self.data += seal_block(self.k, DIRECTORY, 1, 0, 0, 0, 0,
                                b''.join(self.rows), b'')
        t = b'MSSEAL1\n' + struct.pack('<QQQQ', at, len(self.rows), self.first,
                                       self.last)
        t += chain + self.k + bytes(24)
        self.data += t + keyed(self.k, t)

    def name(self):
        generation = '.%d' % self.generation if self.generation else ''
        return '%08d%s.pack' % (self.number, generation)


class Writer:
    """Collects the records of a batch until commit(), and all batches."""

    def __init__(self):
        self.next, self.chain = 1, bytes(32)
        self.batch, self.batches = [], []

    def add(self, kind, content):
        if kind == EVENT:
            content = json.dumps(dict(content, time=WHEN, actor='alice'))
            content = content.encode()
        self.batch.append(Record(self.next, kind, content))
        self.next += 1
        return self.next - 1

    def commit(self):
        root = tree([r.leaf() for r in self.batch])
        self.chain = sha(self.chain + root)
        self.add(COMMIT, struct.pack('<QIB3x', self.batch[0].number,
                                     len(self.batch), 1) + root + self.chain +
                 struct.pack('<q', WHEN))
        self.batches.append(self.batch)
        self.batch = []

    def begin(self):
        """Adds the events with which each of these archives begins."""
        self.add(EVENT, {'event': 'archive', 'id': ARCHIVE_ID.hex()})
        self.user = self.add(EVENT, {'event': 'user', 'name': 'alice'})
        self.source = self.add(EVENT, {'event': 'source', 'url': 'local:'})
        self.folder = self.add(EVENT, {'event': 'folder', 'user': self.user,
                                       'source': self.source,
                                       'name': 'INBOX'})

    def message(self, header, blobs=(), body=b''):
        """Adds a MESSAGE of text with LF: a header, BLOBs, and inline text."""
        wire = (header + b''.join(blobs) + body).replace(b'\n', b'\r\n')
        items = struct.pack('<IBBBB', len(header), 0, 0, 0, 0)
        for b in blobs:
            items += struct.pack('<IBBBB', len(b), 0x80, 0, 0, 0) + sha(b)
        if body:
            items += struct.pack('<IBBBB', len(body), 0, 0, 0, 0)
        count = 1 + len(blobs) + (1 if body else 0)
        return sha(wire), self.add(
            MESSAGE, sha(wire) + struct.pack('<QII', len(wire), count,
                                             len(header)) +
            items + header + body)

    def occurrence(self, message, place=None, date=SENT, more=b'', bits=0):
        ident, number = message
        fields = b''
        if place:
            fields = struct.pack('<BBH', 1, 0, len(place)) + place
        return self.add(OCCURRENCE, ident + struct.pack(
            '<QQqBBH', number, self.folder, date, 1, bits, 0) + fields + more)


def header(i, subject='message'):
    return (b'From: Bob <bob@example.org>\nTo: alice@example.org\n'
            b'Subject: %s %d\nDate: Wed, 18 Nov 2026 12:00:00 +0000\n\n'
            % (subject.encode(), i))


def lines(i, n=100):
    return b''.join(b'line %d of text %d\n' % (j, i) for j in range(n))


def three_batches(w):
    """The events, then two batches of two messages; the fourth message has a
    BLOB of the second one."""
    w.begin()
    w.commit()
    for i in (1, 3):
        shared = lines(1, 300)
        w.add(BLOB, lines(i, 200))
        if i == 1:
            w.add(BLOB, shared)
        a = w.message(header(i), [lines(i, 200)], b'the end\n')
        b = w.message(header(i + 1), [shared], b'of %d\n' % i)
        w.occurrence(a, b'77/%d' % i)
        w.occurrence(b, b'77/%d' % (i + 1))
        w.commit()


def split(batch):
    """The records of a batch by block: BLOBs, MESSAGEs, the others."""
    parts = [[r for r in batch if r.kind == BLOB],
             [r for r in batch if r.kind == MESSAGE],
             [r for r in batch if r.kind not in (BLOB, MESSAGE)]]
    return [p for p in parts if p]


def write(path, packs):
    os.makedirs(os.path.join(path, 'pack'), 0o700)
    for name in ('secret', 'tmp'):
        os.mkdir(os.path.join(path, name), 0o700)
    open(os.path.join(path, 'lock'), 'x').close()
    for p in packs:
        with open(os.path.join(path, 'pack', p.name()), 'xb') as f:
            f.write(p.data)
    with open(os.path.join(path, 'FORMAT'), 'x') as f:
        f.write('ms-archive 1\nid %s\n' % ARCHIVE_ID.hex())


def one_pack(batches, codec=1):
    pack = Pack(1, 1, bytes(32))
    pack.starts = []
    for batch in batches:
        pack.starts.append(len(pack.data))
        for part in split(batch):
            pack.add(part, codec)
    return pack


# ---- the shapes ----

def plain(w):
    three_batches(w)
    return [one_pack(w.batches)]


def raw(w):
    """Payloads that are not compressed, codec 0."""
    three_batches(w)
    return [one_pack(w.batches, 0)]


def unknown(w):
    """Types, fields, events, attributes and bytes of a later version."""
    w.begin()
    w.add(200, b'a record of a later version')
    w.add(EVENT, {'event': 'weather', 'sky': 'clear'})
    w.add(201, b'')
    m = w.message(header(1), [], b'body\n')
    w.occurrence(m, b'1/1', more=struct.pack('<BBH', 99, 0, 3) + b'new')
    w.commit()
    pack = Pack(1, 1, bytes(32))
    pack.add(w.batches[0])
    return [pack]


def void(w):
    """A BLOB and a MESSAGE that were written twice, and a BLOB that no MESSAGE
    names."""
    three_batches(w)
    w.add(BLOB, lines(1, 200))
    w.add(BLOB, lines(9, 200))
    m = w.message(header(1), [lines(1, 200)], b'the end\n')
    assert m[0] == sha((header(1) + lines(1, 200) + b'the end\n')
                       .replace(b'\n', b'\r\n'))
    w.add(EVENT, {'event': 'user', 'name': 'bob'})
    w.commit()
    return [one_pack(w.batches)]


def long_header(w):
    """A long header that goes on in a BLOB, as version 0.1 wrote it."""
    to = b',\n '.join(b'r%06d@example.org' % i for i in range(15000))
    text = b'From: a@example.org\nTo: ' + to + b'\nSubject: after\n\nbody\n'
    w.begin()
    w.commit()
    w.add(BLOB, text[262144:])
    m = w.message(text[:262144], [text[262144:]])
    w.occurrence(m, b'1/1')
    w.commit()
    return [one_pack(w.batches)]


def stubs(w, named=True):
    """Message 1 was purged: its BLOB, MESSAGE and OCCURRENCE are stubs."""
    three_batches(w)
    batch = w.batches[1]
    gone = [batch[0], batch[2], batch[4]]
    if named:
        w.add(EVENT, {'event': 'purge', 'reason': 'asked for',
                      'records': [r.number for r in gone]})
    else:
        w.add(EVENT, {'event': 'purge', 'reason': 'asked for',
                      'records': [r.number for r in gone[1:]]})
    w.commit()
    for r in gone:
        r.purge()
    return [one_pack(w.batches)]


def stub_unnamed(w):
    """Like `stubs`, but the purge event does not name the BLOB."""
    return stubs(w, named=False)


def regroup(batches, chain, number=1, first=1, before=bytes(32)):
    pack = Pack(number, first, before, generation=1)
    records = [r for batch in batches for r in batch]
    pack.add([r for r in records if r.kind == BLOB])
    pack.add([r for r in records if r.kind != BLOB])
    pack.seal(chain)
    return pack


def regrouped(w):
    """A sealed pack of generation 1: two blocks with many runs."""
    three_batches(w)
    return [regroup(w.batches, w.chain)]


def generations(w):
    """The same pack, and the generation 0 from which it was made."""
    three_batches(w)
    return [one_pack(w.batches), regroup(w.batches, w.chain)]


def two_packs(w):
    """A sealed pack, and one that is not full."""
    three_batches(w)
    first, chain = one_pack(w.batches), w.chain
    first.seal(chain)
    second = Pack(2, w.next, chain)
    w.add(BLOB, lines(5, 200))
    w.occurrence(w.message(header(5), [lines(5, 200)], b'the end\n'), b'77/5')
    w.commit()
    for part in split(w.batches[-1]):
        second.add(part)
    return [first, second]


def header_only(w):
    """A sealed pack, and a new one that has only a header."""
    first, second = two_packs(w)
    second.data = second.data[:256]
    return [first, second]


def torn(w):
    """The last batch lacks its last 40 bytes."""
    pack = plain(w)[0]
    pack.data = pack.data[:-40]
    return [pack]


def torn_hole(w):
    """The last batch has its COMMIT, but zeros in place of its first block."""
    pack = plain(w)[0]
    at = pack.starts[-1]
    pack.data = pack.data[:at] + bytes(512) + pack.data[at + 512:]
    return [pack]


def torn_garbage(w):
    """Bytes after the last batch that are no block."""
    pack = plain(w)[0]
    pack.data += b'MSB1' + bytes(500) + b'MSSEAL1\n'
    return [pack]


def torn_seal(w):
    """A directory, and half of a trailer."""
    pack = plain(w)[0]
    pack.seal(w.chain)
    pack.data = pack.data[:-64]
    return [pack]


def flip(pack, at):
    pack.data = (pack.data[:at] + bytes([pack.data[at] ^ 1]) +
                 pack.data[at + 1:])
    return [pack]


def damaged(w):
    """A wrong bit in the first block of the second batch, a block of BLOBs."""
    pack = plain(w)[0]
    return flip(pack, pack.starts[1] + 200)


def damaged_header(w):
    """A wrong bit in the id of the pack."""
    return flip(plain(w)[0], 45)


def forged_chain(w):
    """The COMMIT of the first batch has a wrong chain; all checksums are
    right."""
    three_batches(w)
    r = w.batches[0][-1]
    r.content = r.content[:48] + bytes(32) + r.content[80:]
    return [one_pack(w.batches)]


def forged_root(w):
    """A MESSAGE was exchanged after its COMMIT was made; all checksums are
    right."""
    three_batches(w)
    r = [r for r in w.batches[1] if r.kind == MESSAGE][0]
    r.content = r.content[:-5] + b'end!\n'
    return [one_pack(w.batches)]


def missing_blob(w):
    """A MESSAGE names a BLOB that does not exist; root and chain are right."""
    w.begin()
    w.commit()
    a = w.message(header(1), [lines(1)], b'the end\n')
    b = w.message(header(2), [], b'whole\n')
    w.occurrence(a, b'1/1')
    w.occurrence(b, b'1/2')
    w.commit()
    return [one_pack(w.batches)]


def wrong_id(w):
    """A MESSAGE whose id is that of other bytes; root and chain are right."""
    w.begin()
    w.commit()
    ident, number = w.message(header(1), [], b'the end\n')
    c = w.batch[-1].content
    w.batch[-1].content = sha(b'else') + c[32:]
    w.occurrence((sha(b'else'), number), b'1/1')
    w.commit()
    return [one_pack(w.batches)]


def old_dates(w):
    """Version 0.1 kept a date, but not where it came from."""
    received = 'Received: by a; Mon, 16 Oct 2023 16:00:00 +0000'
    sent = 'Date: Mon, 16 Oct 2023 15:59:00 +0000'
    forged = 'Date: Mon, 1 Jan 2001 00:00:00 +0000'
    near, far = 1697475600, 1795000000  # 17:00:00 on that day; in 2026
    mail = {
        'local:': [('file-near', near, received, sent),
                   ('file-far', far, received, sent),
                   ('file-forged', far, received, forged),
                   ('file-no-received', near, sent),
                   ('file-constant', 0, sent),
                   ('file-alone', near),
                   ('file-constant-alone', 1000684800),
                   ('file-unknown', None)],
        'imap://alice@example.org/': [('imap', far, received, sent),
                                      ('imap-alone', far)],
        'pop3://alice@example.org/': [('pop3', 978307200, received, forged)]}
    w.begin()
    w.commit()
    messages = {}
    for name, _, *fields in sum(mail.values(), []):
        head = '\n'.join(['Subject: ' + name] + fields) + '\n\n'
        messages[name] = w.message(head.encode(), [], b'text\n')
    for url, occurrences in mail.items():
        if url != 'local:':
            source = w.add(EVENT, {'event': 'source', 'url': url})
            w.folder = w.add(EVENT, {'event': 'folder', 'user': w.user,
                                     'source': source, 'name': 'INBOX'})
        for name, date, *_ in occurrences:
            w.occurrence(messages[name], b'1/%d' % w.next, date or 0,
                         bits=2 if date is None else 0)
    w.commit()
    return [one_pack(w.batches)]


def bad_records(w):
    """Records whose contents readers refuse, between two whole messages; root and
    chain are right. Each bad record costs its own message only."""
    w.begin()
    w.commit()
    w.occurrence(w.message(header(1), [], b'whole\n'), b'1/1')
    head, data = header(2), b'abc' * 10  # base64 in lines of 4
    wire = head.replace(b'\n', b'\r\n') + b'YWJj\r\n' * 10
    items = struct.pack('<IBBBBIBBBB', len(head), 0, 0, 0, 0,
                        len(data), 1, 0, 4, 1)
    number = w.add(MESSAGE, sha(wire) + struct.pack(
        '<QII', len(wire), 2, len(head)) + items + head + data)
    w.occurrence((sha(wire), number), b'1/2')
    w.add(OCCURRENCE, b'too short')
    w.add(PLACE, b'too short')
    w.add(MOVED, b'too short')
    w.add(RECEIPT, b'too short')
    w.add(RECEIPT, bytes(112) + struct.pack('<II', 1, 0) + b'\xff' * 8)
    w.batch.append(Record(w.next, EVENT, b'no JSON'))
    w.next += 1
    w.occurrence(w.message(header(3), [], b'whole, too\n'), b'1/3')
    w.commit()
    return [one_pack(w.batches)]


SHAPES = {f.__name__.replace('_', '-'): f for f in (
    plain, raw, unknown, void, long_header, stubs, stub_unnamed, regrouped,
    generations, two_packs, header_only, torn, torn_hole, torn_garbage, torn_seal, damaged,
    damaged_header, forged_chain, forged_root, missing_blob, wrong_id,
    old_dates, bad_records)}


def main(argv):
    if len(argv) != 3 or argv[2] not in SHAPES:
        raise SystemExit(__doc__ + '\nshapes: ' + ' '.join(SHAPES))
    write(argv[1], SHAPES[argv[2]](Writer()))
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv))
