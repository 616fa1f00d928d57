#!/usr/bin/env python3
"""usage: print.py <TABLE - prints lines of fields, separated by TABs, as
columns."""
import sys

rows = [['what', 'ours', 'floor or peer', 'ratio', 'to reach', 'ok?']]
rows += [line.rstrip('\n').split('\t') for line in sys.stdin]
widths = [max(map(len, column)) for column in zip(*rows)]
for row in rows:
    print('  '.join(f.ljust(w) for f, w in zip(row, widths)).rstrip())
