#!/usr/bin/env python3
"""usage: clock.py FILE COMMAND - runs COMMAND in a shell and appends its wall
seconds, the CPU seconds of all its processes and the most memory of one of
them (KiB) to FILE. The exit status is
that of COMMAND."""
import os
import sys
import time

start = time.monotonic()
pid = os.posix_spawn('/bin/sh', ['sh', '-c', sys.argv[2]], os.environ)
_, status, usage = os.wait4(pid, 0)
wall = time.monotonic() - start
with open(sys.argv[1], 'a') as f:
    print(f'{wall:.4f} {usage.ru_utime + usage.ru_stime:.4f} {usage.ru_maxrss}', file=f)
sys.exit(os.waitstatus_to_exitcode(status))
