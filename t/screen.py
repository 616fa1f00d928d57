#!/usr/bin/env python3
"""screen.py - prints what a terminal shows at the end of an output.

usage: screen.py COLUMNS <OUTPUT
OUTPUT is what on-terminal.py prints. The terminal has so many columns, and any
number of lines. Known are CR, LF, TAB, wide and combining characters, the
wrapping of long lines (ESC [?7l: none), and of ECMA-48 the functions CUU, ED, EL
and SGR. An unknown control ends the program with status 1, so that no test
overlooks it.
"""
import re
import sys
import unicodedata

columns = int(sys.argv[1])
lines, row, column, wrap = [[]], 0, 0, True


def put(text, width):
    """Writes a character at the cursor; it stays at the edge until the next."""
    global row, column
    if column + width > columns:
        if wrap:
            row, column = row + 1, 0
        else:
            column = columns - width
    while len(lines) <= row:
        lines.append([])
    cells = lines[row]
    cells.extend([" "] * (column - len(cells)))
    cells[column : column + width] = [text] + [""] * (width - 1)
    column += width


def control(sequence, number):
    """A control sequence, such as "2A"."""
    global row, wrap
    if sequence in ("?7l", "?7h"):
        wrap = sequence == "?7h"
    elif sequence == "K" or sequence == "J":
        del lines[row][column:]
        if sequence == "J":
            del lines[row + 1 :]
    elif sequence.endswith("A"):
        row = max(row - int(number or 1), 0)
    elif not sequence.endswith("m"):
        sys.exit(f"screen.py: unknown control sequence: ESC [{sequence}")


output = sys.stdin.buffer.read().decode()
for sequence, number, char in re.findall(
    r"\x1b\[(\??([\d;]*)[A-Za-z])|(.)", output, re.DOTALL
):
    if sequence:
        control(sequence, number)
    elif char == "\r":
        column = 0
    elif char == "\n":
        row += 1
        while len(lines) <= row:
            lines.append([])
    elif char == "\t":
        column = min(column // 8 * 8 + 8, columns - 1)
    elif unicodedata.category(char) == "Cc":
        sys.exit(f"screen.py: unknown control: {char!r}")
    elif unicodedata.combining(char):
        lines[row][column - 1] += char
    else:
        put(char, 2 if unicodedata.east_asian_width(char) in "WF" else 1)
while lines and not lines[-1]:
    lines.pop()
for cells in lines:
    print("".join(cells).rstrip())
