#!/usr/bin/env python3
"""second-reader.py - reads an archive; written from ms-archive(5) alone.

This second implementation proves that the manual is enough to read all mail of
an archive, and that the tools write what the manual says. The program reads the
packs, never the index, keeps everything in memory, and shares no code with the
tools.
Frames are decompressed by libzstd.

usage: second-reader.py ARCHIVE check            0: whole; 65: damage, printed
       second-reader.py ARCHIVE check COMMAND    the same, and then COMMAND
       second-reader.py ARCHIVE packs            a line for each block
       second-reader.py ARCHIVE records          number type length digest
       second-reader.py ARCHIVE list             a line for each occurrence
       second-reader.py ARCHIVE folders          number user source label name
       second-reader.py ARCHIVE ids              number id size of each MESSAGE
       second-reader.py ARCHIVE cat ID [wire|lf|stored]
       second-reader.py ARCHIVE moved            moved occurrence, the new one
       second-reader.py ARCHIVE views            occurrence, user, source and
                          folder where it is shown; - if it is removed
       second-reader.py ARCHIVE receipts         number id size user source
                          folder uid flags bits, and users who have the message
       second-reader.py ARCHIVE chain            the chain of the last COMMIT
       second-reader.py ARCHIVE digests          a line for each occurrence:
                          user source folder uid flags date sha256
"""
import ctypes
import hashlib
import json
import os
import re
import struct
import sys
from base64 import b64encode
from datetime import datetime, timedelta, timezone

PACK_HEADER, BLOCK_HEADER, TRAILER = 256, 128, 128
DATA, META, DIRECTORY = 1, 2, 3
BLOB, MESSAGE, OCCURRENCE, PLACE, MOVED, EVENT, COMMIT, RECEIPT = range(1, 9)
NAMES = {1: 'BLOB', 2: 'MESSAGE', 3: 'OCCURRENCE', 4: 'PLACE', 5: 'MOVED',
         6: 'EVENT', 7: 'COMMIT', 8: 'RECEIPT'}
VIEW_BIT = 1 << 3      # of the read features
PAYLOAD_MAX, STORED_MAX, RECORDS_MAX = 16 << 20, 32 << 20, 65536


class Damage(Exception):
    pass


def sha(data):
    return hashlib.sha256(data).digest()


def keyed(k, data):
    return sha(k + sha(data))[:16]


def u32(data, at):
    return struct.unpack_from('<I', data, at)[0]


def u64(data, at):
    return struct.unpack_from('<Q', data, at)[0]


def i64(data, at):
    return struct.unpack_from('<q', data, at)[0]


def tree(leaves):
    """The tree hash of RFC 6962, 2.1, over leaf hashes."""
    if not leaves:
        return sha(b'')
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha(b'\1' + tree(leaves[:k]) + tree(leaves[k:]))


zstd = ctypes.CDLL('libzstd.so.1')
zstd.ZSTD_decompress.argtypes = (ctypes.c_char_p, ctypes.c_size_t) * 2
zstd.ZSTD_decompress.restype = ctypes.c_size_t


def unzstd(frame, size):
    # A frame must have exactly the length that its block header says.
    payload = ctypes.create_string_buffer(size)
    if zstd.ZSTD_decompress(payload, size, frame, len(frame)) != size:
        raise Damage('frame does not decompress to %d bytes' % size)
    return payload.raw


class Block:
    """The header, runs, digests and salts of a block. payload()
    decompresses."""

    def __init__(self, pack, at):
        h = pack.data[at:at + BLOCK_HEADER]
        if len(h) < BLOCK_HEADER or h[:4] != b'MSB1':
            raise Damage('no block')
        if keyed(pack.k, h[:112]) != h[112:]:
            raise Damage('block header checksum')
        self.at, self.kind, self.codec = at, h[4], h[5]
        self.flags = struct.unpack_from('<H', h, 6)[0]
        self.first, self.count, self.nruns = u64(h, 8), u32(h, 16), u32(h, 20)
        self.payload_len, self.stored_len = u32(h, 24), u32(h, 28)
        self.end = at + BLOCK_HEADER + self.stored_len
        if self.flags & 1:
            raise Damage('encrypted')
        if (self.payload_len > PAYLOAD_MAX or self.stored_len > STORED_MAX
                or self.count > RECORDS_MAX or self.nruns > self.count
                or not DATA <= self.kind <= DIRECTORY):
            raise Damage('block beyond the limits')
        if h[96:112] != pack.k:
            raise Damage('pack id in block header')
        stored = pack.data[at + BLOCK_HEADER:self.end]
        if len(stored) != self.stored_len:
            raise Damage('block is cut')
        if keyed(pack.k, stored) != h[80:96]:
            raise Damage('stored bytes checksum')
        self.split(stored)

    def split(self, stored):
        p = 16 * self.nruns
        self.numbers = []
        for r in range(self.nruns):
            first, n = struct.unpack_from('<QI', stored, 16 * r)
            if n < 1 or len(self.numbers) + n > self.count:
                raise Damage('runs')
            if self.numbers and first <= self.numbers[-1] + 1:
                raise Damage('runs do not ascend')
            self.numbers += range(first, first + n)
        if self.nruns == 0:
            self.numbers = list(range(self.first, self.first + self.count))
        if len(self.numbers) != self.count:
            raise Damage('runs do not add up')
        if self.numbers and self.numbers[0] != self.first:
            raise Damage('first record number')
        if (self.kind == DIRECTORY) != (self.count == 0):
            raise Damage('number of records')
        self.digests = []
        if self.kind == DATA:
            self.digests = [stored[p + 32 * i:p + 32 * i + 32]
                            for i in range(self.count)]
            p += 32 * self.count
        self.salts = [stored[p + 16 * i:p + 16 * i + 16]
                      for i in range(self.count)]
        p += 16 * self.count
        if p > len(stored):
            raise Damage('stored bytes too short')
        self.frame = stored[p:]

    def payload(self):
        if self.codec == 0:
            if len(self.frame) != self.payload_len:
                raise Damage('raw frame length')
            return self.frame
        if self.codec == 1:
            return unzstd(self.frame, self.payload_len)
        raise Damage('codec %d' % self.codec)

    def records(self):
        """Yields (number, type, stub, salt, content)."""
        payload = self.payload()
        at = 8 * self.count
        for i, number in enumerate(self.numbers):
            if 8 * i + 8 > len(payload):
                raise Damage('record table')
            kind, flags, _, n = struct.unpack_from('<BBHI', payload, 8 * i)
            content = payload[at:at + n]
            stub = bool(flags & 1)
            if len(content) != n or kind == 0 or (stub and n != 32):
                raise Damage('record table')
            if (kind == BLOB) != (self.kind == DATA):
                raise Damage('record %d: type %d in a block of kind %d'
                             % (number, kind, self.kind))
            if stub and not self.flags & 2:
                raise Damage('record %d: unannounced stub' % number)
            if self.digests and self.digests[i] != (
                    bytes(32) if stub else sha(content)):
                raise Damage('record %d: digest' % number)
            if stub and self.salts[i] != bytes(16):
                raise Damage('record %d: stub with salt' % number)
            at += n
            yield number, kind, stub, self.salts[i], content
        if at != len(payload):
            raise Damage('bytes after the last record')


class Pack:
    """The blocks of one pack file. Damage is collected in `faults`."""

    def __init__(self, path, number, generation, archive_id):
        self.name = os.path.basename(path)
        self.number, self.generation = number, generation
        self.faults, self.blocks = [], []
        with open(path, 'rb') as f:
            self.data = f.read()
        self.sealed, self.last, self.directory_at = False, None, None
        self.read_header(archive_id)
        self.walk()

    def fault(self, at, why):
        self.faults.append((at, '%s, offset %d: %s' % (self.name, at, why)))

    def read_header(self, archive_id):
        h = self.data[:PACK_HEADER]
        self.k, self.first, self.chain = h[40:56], None, None
        if (len(h) == PACK_HEADER and h[:8] == b'MSPACK1\n'
                and keyed(self.k, h[:240]) == h[240:]):
            if (u32(h, 8), u32(h, 12)) != (1, 256):
                raise SystemExit('%s: version' % self.name)
            if u64(h, 96) & ~VIEW_BIT:
                raise SystemExit('%s: unknown read feature' % self.name)
            if h[16:32] != archive_id:
                self.fault(16, 'pack of another archive')
            if (u32(h, 32), u32(h, 36)) != (self.number, self.generation):
                self.fault(32, 'pack of another number or generation')
            self.first, self.chain = u64(h, 56), h[64:96]
            return
        self.fault(0, 'pack header checksum')
        for at in (PACK_HEADER, len(self.data) - TRAILER):
            k_at = at + (96 if at == PACK_HEADER else 72)
            k, s = self.data[k_at:k_at + 16], self.data[at:at + 128]
            if len(s) == 128 and keyed(k, s[:112]) == s[112:]:
                self.k = k
                return

    def walk(self):
        at, end = PACK_HEADER, len(self.data)
        while at < end:
            if self.data[at:at + 8] == b'MSSEAL1\n' and self.trailer(at):
                return
            try:
                block = Block(self, at)
            except Damage as why:
                at = self.resync(at, str(why))
                continue
            if block.kind == DIRECTORY:
                self.directory(block)
            else:
                self.blocks.append(block)
            at = block.end

    def resync(self, at, why):
        """Returns the position of the next valid block header or trailer."""
        for m in re.finditer(b'MSB1|MSSEAL1\n', self.data[at + 1:]):
            p = at + 1 + m.start()
            s = self.data[p:p + 128]
            if len(s) == 128 and keyed(self.k, s[:112]) == s[112:]:
                break
        else:
            p = len(self.data)
        self.fault(at, '%s; %d bytes lost' % (why, p - at))
        return p

    def directory(self, block):
        rows = block.payload()
        want = b''.join(
            struct.pack('<QB7xQIIII24x', b.at, b.kind, b.first, b.count,
                        b.nruns, b.payload_len, b.stored_len)
            for b in self.blocks)
        if rows != want:
            self.fault(block.at, 'directory does not list the blocks')
        self.directory_at = block.at

    def trailer(self, at):
        t = self.data[at:at + TRAILER]
        if len(t) < TRAILER or keyed(self.k, t[:112]) != t[112:]:
            return False
        if at + TRAILER != len(self.data):
            self.fault(at, 'bytes after the trailer')
        if t[72:88] != self.k:
            self.fault(at, 'pack id in trailer')
        if u64(t, 8) != self.directory_at:
            self.fault(at, 'trailer does not find the directory')
        if u64(t, 16) != len(self.blocks):
            self.fault(at, 'trailer counts other blocks')
        numbers = [n for b in self.blocks for n in b.numbers]
        if numbers and (u64(t, 24), u64(t, 32)) != (min(numbers),
                                                    max(numbers)):
            self.fault(at, 'trailer names other records')
        self.sealed, self.last = True, u64(t, 32)
        self.end_chain = t[40:72]
        return True


class Archive:
    def __init__(self, path):
        self.path, self.faults, self.notes = path, [], []
        self.read_format()
        self.records = {}    # number: (type, stub, salt, block, content)
        self.packs = []
        for number, generation, name in self.pack_names():
            self.packs.append(Pack(os.path.join(path, 'pack', name), number,
                                   generation, self.id))
        for p in self.packs:
            self.take(p)
        self.commit_batches()
        self.check_chains()
        self.fold()

    def read_format(self):
        with open(os.path.join(self.path, 'FORMAT')) as f:
            lines = f.read().split('\n')
        if lines[0] != 'ms-archive 1' or lines[-1] != '':
            raise SystemExit('FORMAT: not ms-archive 1')
        self.id = bytes.fromhex(lines[1][3:])
        if not lines[1].startswith('id ') or len(self.id) != 16:
            raise SystemExit('FORMAT: no id')
        for line in lines[2:-1]:
            if (line.split(' ')[0] not in ('write', 'note')
                    and line != 'read view'):
                raise SystemExit('FORMAT: unknown feature: ' + line)

    def pack_names(self):
        found = {}
        for name in os.listdir(os.path.join(self.path, 'pack')):
            m = re.fullmatch(r'(\d{8,})(?:\.([1-9]\d*))?\.pack', name)
            if m:
                number, generation = int(m[1]), int(m[2] or 0)
                if generation >= found.get(number, (-1,))[0]:
                    found[number] = (generation, name)
        for number in range(1, max(found, default=0)):
            if number not in found:
                self.faults.append('pack %d is missing' % number)
        return [(n, g, name) for n, (g, name) in sorted(found.items())]

    def take(self, pack):
        """Reads the records of all valid blocks of a pack."""
        expected = pack.first
        for block in pack.blocks:
            if pack.generation == 0 and expected not in (None, block.first):
                # A gap after damage is a part of that damage, which is
                # reported.
                if block.first < expected or not pack.faults:
                    pack.fault(block.at, 'record %d where %d should be'
                               % (block.first, expected))
            try:
                for number, kind, stub, salt, content in block.records():
                    if number in self.records:
                        pack.fault(block.at, 'record %d twice' % number)
                    keep = None if kind == BLOB else content
                    leaf = content if stub else sha(
                        b'\0' + bytes([kind]) + salt + sha(content))
                    self.records[number] = (kind, stub, leaf, block, keep,
                                            sha(content), len(content))
            except Damage as why:
                pack.fault(block.at, str(why))
            expected = block.numbers[-1] + 1
        if pack is not self.packs[-1]:
            self.faults += [why for at, why in pack.faults]
            if not pack.sealed:
                self.faults.append('%s: not sealed' % pack.name)

    def commit_batches(self):
        """Checks the COMMITs. Everything after the last whole batch is torn."""
        chain, expected = bytes(32), 1
        self.commits = []
        for number in sorted(self.records):
            kind, stub, _, _, content = self.records[number][:5]
            if kind != COMMIT:
                continue
            first, count, algorithm = struct.unpack_from('<QIB', content, 0)
            root, said = content[16:48], content[48:80]
            if stub or algorithm != 1 or first + count != number:
                self.faults.append('COMMIT %d is invalid' % number)
                continue
            leaves = [self.records[n][2] if n in self.records else None
                      for n in range(first, number)]
            if (None in leaves and first <= expected and not
                    self.packs[-1].sealed and number == max(self.records)):
                break           # torn: the COMMIT came to the disk first
            if first > expected:
                self.faults.append('records %d to %d are missing'
                                   % (expected, first - 1))
            elif first < expected:
                self.faults.append('COMMIT %d overlaps' % number)
            elif sha(chain + root) != said:
                self.faults.append('COMMIT %d: chain' % number)
            if None in leaves:
                self.faults.append('COMMIT %d: of its records are missing: %s'
                                   % (number, ' '.join(
                                       str(n) for n, leaf in
                                       enumerate(leaves, first) if not leaf)))
            elif tree(leaves) != root:
                self.faults.append('COMMIT %d: root' % number)
            chain, expected = said, number + 1
            self.commits.append(number)
        self.cut_tail(expected)

    def cut_tail(self, expected):
        """Drops all records and faults after the last COMMIT."""
        for n in [n for n in self.records if n >= expected]:
            del self.records[n]
        if not self.packs:
            self.faults.append('no pack')
            return
        last, end = self.packs[-1], PACK_HEADER
        if not last.sealed:
            ends = {b.numbers[-1]: b.end for b in last.blocks}
            end = max([ends[n] for n in self.commits if n in ends] + [end])
            if end < len(last.data):
                self.notes.append('%s: torn batch at offset %d, %d bytes' % (
                    last.name, end, len(last.data) - end))
        else:
            end = len(last.data)
        self.faults += [why for at, why in last.faults if at < end]

    def check_chains(self):
        """Checks the chains that pack headers and trailers repeat."""
        chains = [(0, bytes(32))] + [
            (n, self.records[n][4][48:80]) for n in self.commits]
        for p in self.packs:
            before = [c for n, c in chains if p.first and n < p.first]
            if p.chain is not None and before and before[-1] != p.chain:
                self.faults.append('%s: chain in its header' % p.name)
            if p.sealed:
                upto = [c for n, c in chains if n <= p.last]
                if upto[-1] != p.end_chain:
                    self.faults.append('%s: chain in its trailer' % p.name)

    def fold(self):
        self.users, self.sources, self.folders = {}, {}, {}
        self.labels, self.labelled, self.purged = {}, {}, {}
        self.blobs, self.messages = {}, {}
        self.every_folder, self.changes = {}, {}
        self.shown_in, self.shown_as = {}, {}
        self.told = set()       # numbers of view and undo events
        for n in sorted(self.records):
            kind, stub, _, _, content, digest, _ = self.records[n]
            if kind == BLOB and not stub:
                self.blobs.setdefault(digest, n)
            elif kind == MESSAGE and not stub:
                self.messages.setdefault(content[:32], n)
            elif kind == EVENT and not stub:
                self.event(n, json.loads(content))
        for n, record in self.records.items():
            if record[1] and self.purged.get(n, 0) <= n:
                self.faults.append('record %d is a stub that no later purge '
                                   'event names' % n)

    def event(self, n, e):
        kind = e['event']
        if kind == 'user':
            self.users.setdefault(e['name'], n)
        elif kind == 'source':
            self.sources.setdefault(e['url'], n)
        elif kind == 'folder':
            self.folders.setdefault((e['user'], e['source'], e['name']), n)
            self.every_folder[n] = (e['user'], e['source'], e['name'])
        elif kind == 'label':
            self.label(n, e)
        elif kind == 'view':
            self.view(n, e)
        elif kind == 'undo':
            self.undo(n, e)
        elif kind == 'state':
            self.state(e)
        elif kind == 'purge':
            for r in e['records']:
                self.purged[r] = max(n, self.purged.get(r, 0))

    def undo(self, n, e):
        if n not in self.told:
            self.told.add(n)
            self.changes.setdefault(e['change'], [0, 0, 0])[2] = 1

    def view(self, n, e):
        """A part of a change: [parts, seen, undone]."""
        if n in self.told:
            return
        self.told.add(n)
        first = e.get('change', n)
        change = self.changes.setdefault(first, [0, 0, 0])
        if first == n:
            change[0] = e.get('parts', 1)
        change[1] += not e.get('added')
        for o in e.get('occurrences', []):
            self.shown_in.setdefault(o, {})[first] = e.get('folder')
        for f, name in zip(e.get('folders', []), e.get('names', [])):
            self.shown_as.setdefault(f, {})[first] = name

    def repeated(self, e):
        """A view or undo event in a repeated state."""
        numbers = []
        for item in e.get('ranges', []):
            step, n = item if isinstance(item, list) else (item, 1)
            first = (numbers[-1] if numbers else 0) + step
            numbers += range(first, first + n)
        if e['event'] == 'view':
            self.view(e['number'], dict(e, occurrences=numbers))
        else:
            self.undo(e['number'], e)

    def last(self, by_change, otherwise):
        """What the last change says that counts."""
        count = [n for n in by_change if self.changes[n][2] == 0
                 and 0 < self.changes[n][0] <= self.changes[n][1]]
        return by_change[max(count)] if count else otherwise

    def views(self):
        """Yields (occurrence, user, source, folder), or None if removed."""
        users = {n: name for name, n in self.users.items()}
        sources = {n: url for url, n in self.sources.items()}
        for n in sorted(self.records):
            kind, stub, _, _, c = self.records[n][:5]
            if kind != OCCURRENCE or stub:
                continue
            folder = self.last(self.shown_in.get(n, {}), u64(c, 40))
            if folder is None:
                yield n, None, None, None
                continue
            user, source, name = self.every_folder[folder]
            name = self.last(self.shown_as.get(folder, {}), name)
            yield n, users[user], sources[source], name

    def state(self, e):
        """Objects whose first events are missing."""
        for numbers, objects, key in (
                (self.users, e.get('users', []), lambda o: o['name']),
                (self.sources, e.get('sources', []), lambda o: o['url']),
                (self.folders, e.get('folders', []),
                 lambda o: (o['user'], o['source'], o['name']))):
            known = set(numbers.values())
            for o in objects:
                if o['number'] not in known:
                    numbers.setdefault(key(o), o['number'])
        for o in e.get('folders', []):
            self.every_folder.setdefault(
                o['number'], (o['user'], o['source'], o['name']))
        for o in e.get('labels', []):
            self.label(o['changed'], o)
        for o in e.get('changes', []):
            self.repeated(o)

    def label(self, n, e):
        key = (e['user'], e['source'])
        if n > self.labelled.get(key, 0):
            self.labelled[key], self.labels[key] = n, e['label']

    def content(self, number):
        kind, stub, _, block, keep = self.records[number][:5]
        if keep is not None:
            return keep
        if getattr(self, 'cached', None) is not block:
            self.cached, self.payload = block, block.payload()
        i = block.numbers.index(number)
        lengths = [u32(self.payload, 8 * j + 4) for j in range(block.count)]
        at = 8 * block.count + sum(lengths[:i])
        return self.payload[at:at + lengths[i]]

    def occurrences(self):
        """Yields a dict for each OCCURRENCE, with the names of its events."""
        users = {n: name for name, n in self.users.items()}
        sources = {n: url for url, n in self.sources.items()}
        folders = {n: key for key, n in self.folders.items()}
        for n in sorted(self.records):
            kind, stub, _, _, c = self.records[n][:5]
            if kind != OCCURRENCE or stub:
                continue
            user, source, name = folders[u64(c, 40)]
            fields = dict(self.fields(c, 60))
            message = self.records.get(u64(c, 32))
            size = None
            if message and message[0] == MESSAGE and not message[1]:
                size = u64(message[4], 32)
            yield dict(
                number=n, id=c[:32].hex(), message=u64(c, 32),
                user=users[user], source=sources[source], folder=name,
                label=self.labels.get((user, source)), date=i64(c, 48),
                form=c[56], bits=c[57], place=fields.get(1, b'').decode(),
                flags=fields.get(2, b'').decode(), size=size)

    def receipts(self):
        """Yields (number, fields to show, numbers of the OCCURRENCEs)."""
        users = {n: name for name, n in self.users.items()}
        sources = {n: url for url, n in self.sources.items()}
        folders = {n: key for key, n in self.folders.items()}
        for n in sorted(self.records):
            kind, stub, _, _, c = self.records[n][:5]
            if kind != RECEIPT or stub:
                continue
            count = u32(c, 112)
            if not 0 < count <= 131072 or len(c) < 120 + 8 * count:
                raise Damage('RECEIPT %d' % n)
            numbers = struct.unpack_from('<%dQ' % count, c, 120)
            if list(numbers) != sorted(set(numbers)) or numbers[-1] >= n:
                raise Damage('RECEIPT %d: not in order' % n)
            user, source, name = folders[u64(c, 104)]
            fields = dict(self.fields(c, 120 + 8 * count))
            yield n, [c[:32].hex(), u64(c, 96), users[user], sources[source],
                      name, fields.get(1, b'').decode() or '-',
                      fields.get(2, b'').decode() or '-', c[116]], numbers

    def check_receipts(self, ids):
        """Each RECEIPT has what the message says, if the message is there."""
        for n, shown, numbers in self.receipts():
            c = self.records[n][4]
            for o in numbers:
                if o not in ids:
                    self.faults.append('RECEIPT %d: no occurrence %d' % (n, o))
            if c[:32] not in self.messages:
                continue
            wire = self.message(self.messages[c[:32]], 'wire')
            end = 2 if wire.startswith(b'\r\n') else wire.find(b'\n\r\n') + 3
            head = wire[:end if end > 2 else len(wire)][:262144]
            header = len(re.findall(rb'(?mi)^message-id[ \t]*:', head)) > 0
            if (sha(head) != c[32:64] or sha(head[:4096]) != c[64:96] or
                    len(wire) != u64(c, 96) or (header and not c[116] & 2)):
                self.faults.append('RECEIPT %d: not of its message' % n)

    def moved(self):
        """Returns {moved occurrence: the occurrence in the new folder}."""
        marks = {}
        for n in sorted(self.records):
            kind, stub, _, _, c = self.records[n][:5]
            if stub:
                continue
            if kind == PLACE:
                marks.pop(u64(c, 0), None)
            elif kind == MOVED:
                marks.pop(u64(c, 8), None)
                if u64(c, 0) != u64(c, 8):
                    marks[u64(c, 0)] = u64(c, 8)
        return {a: b for a, b in marks.items() if b in self.records}

    @staticmethod
    def fields(content, at):
        while at + 4 <= len(content):
            tag, _, n = struct.unpack_from('<BBH', content, at)
            if at + 4 + n > len(content):
                raise Damage('field beyond its record')
            yield tag, content[at + 4:at + 4 + n]
            at += 4 + n

    def items(self, message):
        """Yields (kind, eol, L, ends, stored bytes) of a MESSAGE."""
        c = self.content(message)
        count = u32(c, 40)
        inline = at = 48
        for _ in range(count):
            inline += 40 if c[inline + 4] & 0x80 else 8
        for _ in range(count):
            n, kind, eol, chars, flags = struct.unpack_from('<IBBBB', c, at)
            at += 8
            if kind & 0x80:
                digest, at = c[at:at + 32], at + 32
                if digest not in self.blobs:
                    raise Damage('BLOB %s is missing' % digest.hex())
                stored = self.content(self.blobs[digest])
            else:
                stored = c[inline:inline + n]
                inline += n
            if len(stored) != n:
                raise Damage('item of %d bytes has %d' % (n, len(stored)))
            yield kind & 0x7f, eol, chars, flags & 1, stored

    def message(self, number, form):
        """Returns the bytes of a message. form: wire, lf, crlf or stored."""
        out = []
        for kind, eol, chars, ends, stored in self.items(number):
            verbatim = eol == 3
            end = {'wire': b'\r\n', 'crlf': b'\r\n', 'lf': b'\n'}.get(form)
            if end is None:
                end = b'\r\n' if eol == 2 else b'\n'
            if kind == 1:
                text = b64encode(stored)
                lines = [text[i:i + chars]
                         for i in range(0, len(text), chars)]
                out.append(end.join(lines) + (end if ends else b''))
            elif kind != 0:
                raise Damage('item of kind %d' % kind)
            elif verbatim and form == 'stored':
                out.append(stored)
            elif verbatim:
                out.append(re.sub(b'\r?\n', end, stored))
            else:
                out.append(stored.replace(b'\n', end))
        return b''.join(out)

    def kept_form(self, message):
        """Returns the form of the first occurrence of a MESSAGE."""
        for o in self.occurrences():
            if o['message'] == message:
                return ('stored', 'lf', 'crlf')[o['form']]
        return 'stored'

    def check_messages(self):
        for n in sorted(self.records):
            kind, stub, _, _, c = self.records[n][:5]
            if kind != MESSAGE or stub:
                continue
            try:
                wire = self.message(n, 'wire')
            except Damage as why:
                self.faults.append('message %s: %s' % (c[:32].hex(), why))
                continue
            if sha(wire) != c[:32] or len(wire) != u64(c, 32):
                self.faults.append('message %s is not what it was'
                                   % c[:32].hex())
        for o in self.occurrences():
            m = self.records.get(o['message'])
            if (not m or m[0] != MESSAGE or (not m[1] and
                                             m[4][:32].hex() != o['id'])):
                self.faults.append('occurrence %d: no message' % o['number'])
        ids = {o['number']: (o['id'], o['user'], o['source'])
               for o in self.occurrences()}
        for n in sorted(self.records):
            kind, stub, _, _, c = self.records[n][:5]
            if kind == MOVED and not stub and not (
                    ids.get(u64(c, 0)) == ids.get(u64(c, 8)) is not None):
                self.faults.append('MOVED %d: not of one message' % n)
        self.check_receipts(ids)


def show(fields):
    print('\t'.join('' if f is None else str(f) for f in fields))


def main(argv):
    if len(argv) < 3:
        raise SystemExit(__doc__)
    a, command = Archive(argv[1]), argv[2]
    if command == 'check':
        a.check_messages()
        for line in a.faults:
            print('damaged: ' + line)
        for line in a.notes:
            print('note: ' + line)
        if a.faults or len(argv) == 3:
            return 65 if a.faults else 0
        command = argv[3]
    if command == 'packs':
        for p in a.packs:
            for b in p.blocks:
                show([p.name, b.at, {1: 'data', 2: 'meta'}.get(b.kind),
                      b.codec, b.first, b.count, b.nruns, b.payload_len,
                      b.stored_len])
    elif command == 'records':
        for n in sorted(a.records):
            kind, stub, leaf, _, _, digest, length = a.records[n]
            show([n, NAMES.get(kind, kind), 'stub' if stub else length,
                  leaf.hex() if stub else digest.hex()])
    elif command == 'list':
        for o in a.occurrences():
            show([o['number'], o['id'], o['date'], o['user'], o['source'],
                  o['folder'], o['label'], o['size'], o['form'], o['bits'],
                  o['place'], o['flags']])
    elif command == 'folders':
        users = {n: name for name, n in a.users.items()}
        sources = {n: url for url, n in a.sources.items()}
        for (user, source, name), n in sorted(a.folders.items(),
                                              key=lambda kv: kv[1]):
            show([n, users[user], sources[source],
                  a.labels.get((user, source)), name])
    elif command == 'views':
        moved = a.moved()
        for n, user, source, name in a.views():
            if n not in moved:
                show([n, user, source, name] if user else [n, '-'])
    elif command == 'receipts':
        who = {o['number']: o['user'] + ':' + o['folder']
               for o in a.occurrences()}
        for n, shown, numbers in a.receipts():
            show([n] + shown + [' '.join(sorted(who[o] for o in numbers))])
    elif command == 'ids':
        for n in sorted(a.records):
            kind, stub, _, _, c = a.records[n][:5]
            if kind == MESSAGE and not stub:
                show([n, c[:32].hex(), u64(c, 32)])
    elif command == 'cat':
        n = a.messages[bytes.fromhex(argv[3])]
        form = argv[4] if len(argv) > 4 else 'stored'
        if form == 'stored':
            form = a.kept_form(n)
        sys.stdout.buffer.write(a.message(n, form))
    elif command == 'moved':
        for left, now in sorted(a.moved().items()):
            show([left, now])
    elif command == 'chain':
        print(a.records[a.commits[-1]][4][48:80].hex())
    elif command == 'digests':
        for o in a.occurrences():
            form = ('stored', 'lf', 'crlf')[o['form']]
            day = datetime.fromtimestamp(0, timezone.utc) + timedelta(
                seconds=o['date'])
            show([o['user'], o['source'], o['folder'], o['place'] or '-',
                  o['flags'] or '-',
                  '-' if o['bits'] & 2 else day.strftime('%Y-%m-%dT%H:%M:%SZ'),
                  sha(a.message(o['message'], form)).hex()])
    else:
        raise SystemExit(__doc__)
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv))
