#!/usr/bin/env python3
"""make-pack.py - writes archives by hand, by ms-archive(5) alone.

What no tool of this version writes (stubs, unknown types, packs grouped anew)
and what no tool ever should (damage at a chosen place). Everything but time
is fixed, so two runs give the same bytes.

usage: make-pack.py DIR SHAPE     SHAPE is one of those below main()
"""
import hashlib
import json
import os
import struct
import subprocess
import sys

DATA, META, DIRECTORY = 1, 2, 3
BLOB, MESSAGE, OCCURRENCE, PLACE, MOVED, EVENT, COMMIT = range(1, 8)
WHEN = 1795000000       # seconds; 2026-11-18
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


def zstd(data):
    return subprocess.run(['zstd', '-3cq', '--no-check', '--content-size',
                           '--stream-size=%d' % len(data)],
                          input=data, stdout=subprocess.PIPE,
                          check=True).stdout


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
    """A block's bytes, header and all."""
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
    """Records of a batch until commit(); blocks of all batches so far."""

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
        """The events that every archive here begins with."""
        self.add(EVENT, {'event': 'archive', 'id': ARCHIVE_ID.hex()})
        self.user = self.add(EVENT, {'event': 'user', 'name': 'alice'})
        self.source = self.add(EVENT, {'event': 'source', 'url': 'local:'})
        self.folder = self.add(EVENT, {'event': 'folder', 'user': self.user,
                                       'source': self.source,
                                       'name': 'INBOX'})

    def message(self, header, blobs=(), body=b''):
        """A MESSAGE of LF text: header, BLOBs, and a rest inline."""
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

    def occurrence(self, message, place=None, date=WHEN, more=b''):
        ident, number = message
        fields = b''
        if place:
            fields = struct.pack('<BBH', 1, 0, len(place)) + place
        return self.add(OCCURRENCE, ident + struct.pack(
            '<QQqBBH', number, self.folder, date, 1, 0, 0) + fields + more)


def header(i, subject='message'):
    return (b'From: Bob <bob@example.org>\nTo: alice@example.org\n'
            b'Subject: %s %d\nDate: Wed, 18 Nov 2026 12:00:00 +0000\n\n'
            % (subject.encode(), i))


def lines(i, n=100):
    return b''.join(b'line %d of text %d\n' % (j, i) for j in range(n))


def three_batches(w):
    """First the events, then twice two messages; the fourth shares a BLOB."""
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
    """The blocks of a batch: BLOBs, MESSAGEs, the rest."""
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
    """Payloads as they are, codec 0."""
    three_batches(w)
    return [one_pack(w.batches, 0)]


def unknown(w):
    """Types, fields, events, attributes and bytes of a later version."""
    w.begin()
    w.add(200, b'what a later version keeps')
    w.add(EVENT, {'event': 'weather', 'sky': 'clear'})
    w.add(8, b'')
    m = w.message(header(1), [], b'body\n')
    w.occurrence(m, b'1/1', more=struct.pack('<BBH', 99, 0, 3) + b'new')
    w.commit()
    pack = Pack(1, 1, bytes(32))
    pack.add(w.batches[0])
    return [pack]


def void(w):
    """A BLOB and a MESSAGE written twice, and a BLOB that nobody names."""
    three_batches(w)
    w.add(BLOB, lines(1, 200))
    w.add(BLOB, lines(9, 200))
    m = w.message(header(1), [lines(1, 200)], b'the end\n')
    assert m[0] == sha((header(1) + lines(1, 200) + b'the end\n')
                       .replace(b'\n', b'\r\n'))
    w.add(EVENT, {'event': 'user', 'name': 'bob'})
    w.commit()
    return [one_pack(w.batches)]


def stubs(w, named=True):
    """Message 1 purged: its BLOB, MESSAGE, OCCURRENCE are stubs."""
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
    """As stubs, but the purge event does not name the BLOB."""
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
    """The same beside the generation 0 that it was made of."""
    three_batches(w)
    return [one_pack(w.batches), regroup(w.batches, w.chain)]


def two_packs(w):
    """A sealed pack and one that grows."""
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
    """A sealed pack, and a new one with nothing in it."""
    first, second = two_packs(w)
    second.data = second.data[:256]
    return [first, second]


def torn(w):
    """The last batch lacks its last 40 bytes."""
    pack = plain(w)[0]
    pack.data = pack.data[:-40]
    return [pack]


def torn_hole(w):
    """The last batch has its COMMIT, but zeros where its first block was."""
    pack = plain(w)[0]
    at = pack.starts[-1]
    pack.data = pack.data[:at] + bytes(512) + pack.data[at + 512:]
    return [pack]


def torn_garbage(w):
    """Bytes behind the last batch that are no block."""
    pack = plain(w)[0]
    pack.data += b'MSB1' + bytes(500) + b'MSSEAL1\n'
    return [pack]


def torn_seal(w):
    """A directory, and half a trailer."""
    pack = plain(w)[0]
    pack.seal(w.chain)
    pack.data = pack.data[:-64]
    return [pack]


def flip(pack, at):
    pack.data = (pack.data[:at] + bytes([pack.data[at] ^ 1]) +
                 pack.data[at + 1:])
    return [pack]


def damaged(w):
    """A flipped bit in the first block, of BLOBs, of the middle batch."""
    pack = plain(w)[0]
    return flip(pack, pack.starts[1] + 200)


def damaged_header(w):
    """A flipped bit in the pack's id."""
    return flip(plain(w)[0], 45)


def forged_chain(w):
    """The first batch's COMMIT lies about its chain; all checksums hold."""
    three_batches(w)
    r = w.batches[0][-1]
    r.content = r.content[:48] + bytes(32) + r.content[80:]
    return [one_pack(w.batches)]


def forged_root(w):
    """A MESSAGE exchanged after its COMMIT was made; all checksums hold."""
    three_batches(w)
    r = [r for r in w.batches[1] if r.kind == MESSAGE][0]
    r.content = r.content[:-5] + b'end!\n'
    return [one_pack(w.batches)]


def missing_blob(w):
    """A MESSAGE names a BLOB that is nowhere; root and chain are right."""
    w.begin()
    w.commit()
    a = w.message(header(1), [lines(1)], b'the end\n')
    b = w.message(header(2), [], b'whole\n')
    w.occurrence(a, b'1/1')
    w.occurrence(b, b'1/2')
    w.commit()
    return [one_pack(w.batches)]


def wrong_id(w):
    """A MESSAGE whose id is not its bytes'; root and chain are right."""
    w.begin()
    w.commit()
    ident, number = w.message(header(1), [], b'the end\n')
    c = w.batch[-1].content
    w.batch[-1].content = sha(b'else') + c[32:]
    w.occurrence((sha(b'else'), number), b'1/1')
    w.commit()
    return [one_pack(w.batches)]


SHAPES = {f.__name__.replace('_', '-'): f for f in (
    plain, raw, unknown, void, stubs, stub_unnamed, regrouped, generations,
    two_packs, header_only, torn, torn_hole, torn_garbage, torn_seal, damaged,
    damaged_header, forged_chain, forged_root, missing_blob, wrong_id)}


def main(argv):
    if len(argv) != 3 or argv[2] not in SHAPES:
        raise SystemExit(__doc__ + '\nshapes: ' + ' '.join(SHAPES))
    write(argv[1], SHAPES[argv[2]](Writer()))
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv))
