#!/usr/bin/env python3
"""usage: fsync.py FILE - prints the median of 20 appends of 4 KiB to FILE with
an fdatasync each, in milliseconds."""
import os
import statistics
import sys
import time

fd = os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
times = []
for i in range(20):
    start = time.monotonic()
    os.pwrite(fd, os.urandom(4096), i * 4096)
    os.fdatasync(fd)
    times.append(time.monotonic() - start)
os.unlink(sys.argv[1])
print(f'{statistics.median(times) * 1000:.2f}')
