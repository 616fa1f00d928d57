#!/usr/bin/env python3
"""peak.py - measures how much anonymous memory a program needs at its peak.

usage: peak.py FILE COMMAND...
The program runs the command, reads RssAnon in its /proc/PID/status every 2 ms,
and writes the highest value in KiB to FILE. Memory that is mapped from files
(the index) is page cache and is not counted. The exit status is that of the
command.
"""
import os
import sys
import time

pid = os.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
peak, looks = 0, 0
with open("/proc/%d/status" % pid, "rb", buffering=0) as status:
    while os.waitid(os.P_PID, pid,
                    os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        status.seek(0)
        text = status.read(4096)
        at = text.find(b"RssAnon:")
        if at >= 0:
            peak = max(peak, int(text[at + 8:].split(None, 1)[0]))
            looks += 1
        time.sleep(0.002)
end = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
with open(sys.argv[1], "w") as f:
    f.write("%d\n" % (peak if looks > 0 else -1))
sys.exit(end if end >= 0 else 128 - end)
