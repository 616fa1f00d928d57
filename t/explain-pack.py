#!/usr/bin/env python3
"""explain-pack.py - prints a pack in hex and names each field.

The example in ms-archive(5) was made with this program, and
t/0150-format-example.t reads it back.

usage: explain-pack.py ARCHIVE PACKFILE    hex with comments on stdout
       explain-pack.py -r FILE             converts such text back to bytes
A line has the offset, up to 16 bytes in hex, and a comment. Lines that begin
with > show the payload of a compressed frame; these bytes are not in the pack.
"""
import importlib.util
import os
import re
import struct
import sys

spec = importlib.util.spec_from_file_location('second_reader', os.path.join(
    os.path.dirname(os.path.abspath(__file__)), 'second-reader.py'))
reader = importlib.util.module_from_spec(spec)
spec.loader.exec_module(reader)

PACK = [(8, 'MSPACK1\\n'), (4, 'version'), (4, 'length of this header'),
        (16, 'archive id'), (4, 'pack number'), (4, 'generation'),
        (16, 'pack id'), (8, 'number of the first record'),
        (32, 'chain so far'), (8, 'read features'), (8, 'write features'),
        (8, 'made'), (120, 'reserved'), (16, 'checksum of the header')]
BLOCK = [(4, 'MSB1'), (1, 'kind'), (1, 'codec'), (2, 'flags'),
         (8, 'number of the first record'), (4, 'number of records'),
         (4, 'number of runs'), (4, 'length of the payload'),
         (4, 'length of the stored bytes'), (8, 'reserved'), (24, 'nonce'),
         (16, 'tag'), (16, 'checksum of the stored bytes'), (16, 'pack id'),
         (16, 'checksum of the header')]
ROW = [(1, 'type'), (1, 'flags'), (2, 'zero'), (4, 'length')]
MESSAGE = [(32, 'id'), (8, 'size of the wire form'), (4, 'items'),
           (4, 'stored bytes of the header')]
ITEM = [(4, 'item: stored bytes'), (1, 'kind'), (1, 'line end'),
        (1, 'base64 characters'), (1, 'flags')]
OCCURRENCE = [(32, 'id'), (8, 'number of its MESSAGE'), (8, 'folder'),
              (8, 'date of arrival'), (1, 'form'), (1, 'bits'),
              (1, 'kind of the raw date'), (1, 'reserved')]
COMMIT = [(8, 'first record of the batch'), (4, 'records, without this'),
          (1, 'hash algorithm'), (3, 'reserved'), (32, 'root'), (32, 'chain'),
          (8, 'when')]


class Printer:
    def __init__(self, data, at=0, mark=''):
        self.data, self.at, self.mark = data, at, mark

    def field(self, n, what, value=False):
        part = self.data[self.at:self.at + n]
        if value and n in (1, 2, 4, 8):
            what += ': %d' % int.from_bytes(part, 'little')
        if not any(part) and n > 32:
            print('%s%04x %-32s %s' % (self.mark, self.at, '00*%d' % n, what))
            self.at += n
            return
        for i in range(0, n, 16):
            print(('%s%04x %-32s %s' % (
                self.mark, self.at + i, part[i:i + 16].hex(),
                what if i == 0 else '')).rstrip())
        self.at += n

    def fields(self, layout):
        for n, what in layout:
            self.field(n, what, not what.startswith('MS'))

    def text(self, n, what):
        end = self.at + n
        while self.at < end:
            part = self.data[self.at:min(end, self.at + 16)]
            shown = re.sub(r'[^ -~]', '.', part.decode('latin-1'))
            print('%s%04x %-32s %s' % (self.mark, self.at, part.hex(),
                                       what + shown))
            self.at += len(part)


def content(p, kind, n):
    end = p.at + n
    if kind == reader.EVENT:
        p.text(n, '')
    elif kind == reader.MESSAGE:
        count = reader.u32(p.data, p.at + 40)
        p.fields(MESSAGE)
        for _ in range(count):
            blob = p.data[p.at + 4] & 0x80
            p.fields(ITEM)
            if blob:
                p.field(32, 'digest of the BLOB')
        p.text(end - p.at, '')
    elif kind == reader.OCCURRENCE:
        p.fields(OCCURRENCE)
        while p.at < end:
            m = struct.unpack_from('<H', p.data, p.at + 2)[0]
            p.fields([(1, 'tag'), (1, 'zero'), (2, 'length')])
            p.text(m, '')
    elif kind == reader.COMMIT:
        p.fields(COMMIT)
    else:
        p.text(n, '')


def payload(p, block):
    rows = []
    for number in block.numbers:
        kind, n = p.data[p.at], reader.u32(p.data, p.at + 4)
        rows.append((number, kind, n))
        print('# record %d, %s' % (number, reader.NAMES.get(kind, kind)))
        p.fields(ROW)
    for number, kind, n in rows:
        print('# content of record %d' % number)
        content(p, kind, n)


def explain(archive, name):
    a = reader.Archive(archive)
    pack = [x for x in a.packs if x.name == name][0]
    p = Printer(pack.data)
    print('# the pack header')
    p.fields(PACK)
    for block in pack.blocks:
        print('# a block')
        p.fields(BLOCK)
        for i in range(block.nruns):
            p.fields([(8, 'run'), (4, 'records'), (4, 'zero')])
        if block.kind == reader.DATA:
            for n in block.numbers:
                p.field(32, 'digest of record %d' % n)
        for n in block.numbers:
            p.field(16, 'salt of record %d' % n)
        if block.codec == 0:
            payload(p, block)
        else:
            p.field(len(block.frame), 'zstd frame of this payload')
            payload(Printer(block.payload(), mark='> '), block)
    if p.at < len(p.data):
        p.field(len(p.data) - p.at, 'directory and trailer')


def restore(name):
    out = b''
    with open(name) as f:
        for line in f:
            m = re.match(r'([0-9a-f]{4}) (?:00\*(\d+)|([0-9a-f]+))', line)
            if m:
                if int(m[1], 16) != len(out):
                    sys.exit('a gap before %s' % m[1])
                out += bytes(int(m[2])) if m[2] else bytes.fromhex(m[3])
    sys.stdout.buffer.write(out)


if __name__ == '__main__':
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    if sys.argv[1] == '-r':
        restore(sys.argv[2])
    else:
        explain(sys.argv[1], sys.argv[2])
