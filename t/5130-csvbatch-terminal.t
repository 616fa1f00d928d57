#!/bin/sh
# 5130-csvbatch-terminal.t - on a terminal, ms-csvbatch shows the running
# mailboxes below the results and messages, which have lines of their own.
# Without a terminal it shows no progress.
# shellcheck disable=SC2154 # set by lib-*.sh
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"
. "$top/t/lib-batch.sh"
terminal || finish
batch_start && moody_start || exit 1

long=äöü$(printf '%0100d' 0)
batch_boxes want one:9:pw hang-1:1:pw
printf 'u;p\none;pw\nhang-1;pw\nwrong;pw\nhang-%s;pw\n' "$long" >boxes.csv && chmod 600 boxes.csv
ms-init arc
cat >terminal.py <<'END'
import os, pty, sys
child, fd = pty.fork()
if child == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
out = b""
while True:
    try:
        data = os.read(fd, 65536)
    except OSError:
        break
    if not data:
        break
    out += data
with open("screen", "wb") as f:
    f.write(out)
# The program prints the final screen: each "cursor up" removes lines.
lines = []
for piece in out.decode().replace("\x1b[?7l", "").replace("\x1b[?7h", "").split("\r\n"):
    while piece.startswith("\r\x1b["):
        up, piece = piece[3:].split("A\x1b[J", 1)
        del lines[-int(up):]
    lines.append(piece)
print("\n".join(lines), end="")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
END
on_terminal() {
	python3 terminal.py ms-csvbatch "$@" -a "$scratch/arc" -j 3 --insecure-plaintext --color=never \
		--timeout 2 --retries 0 "$moody_url" boxes.csv
}
status 'some rows fail' 1 on_terminal
ok 'running mailboxes are shown' grep -aq 'line 3, hang-1  *fetching  0:01' screen
ok 'a long name is cut between characters' grep -aq 'line 5, hang-äöü0* *fetching' screen
ok 'the totals are shown' grep -aq '[0-9] of 4 mailboxes, [0-9] failed, 9 messages new' screen
ok 'the progress lines are removed' absent 'fetching\|of 4 mailboxes' out
ok 'the results remain' [ "$(grep -c '^line [2-5], .*: succeeded: \|^line [2-5], .*: failed, status ' out)" = 4 ]
ok 'each failure is shown once' [ "$(grep -c 'login refused' out)" = 2 ]
ok 'in the result of its row' grep -q '^line 4, wrong: failed, status 77: imap.*login refused' out
ok 'and not in another line' absent '^ms-csvbatch: line' out
ok 'the sums are the last line' sh -c 'tail -n 1 out | grep -q "^ms-csvbatch: 4 mailboxes: 1 succeeded, 3 failed"'
status 'a run with -q' 1 on_terminal -q
ok 'no progress is shown' sh -c '! grep -aq "fetching\|$(printf "\033")" screen'
status 'a run with -v' 1 on_terminal -v
ok 'the messages are shown' grep -q '^ms-csvbatch: line 4, wrong: ms-fetch: .*login refused' out
ok 'and not again with the result' grep -qx 'line 4, wrong: failed, status 77' out
ok 'each failure is shown once' [ "$(grep -c 'login refused' out)" = 2 ]
status 'a run without a terminal' 1 ms-csvbatch -a "$scratch/arc" -j 3 --insecure-plaintext --timeout 2 \
	--retries 0 "$moody_url" boxes.csv
ok 'no progress is shown' sh -c '! cat out err | grep "fetching\|$(printf "\033")"'
ok 'each failure is printed once on stderr' [ "$(grep -c '^ms-csvbatch: line [45], .*: imap.*login refused' err)" = 2 ]
ok 'and is in the line of its row' [ "$(grep -c '^[45].*failed.*login refused' out)" = 2 ]
ok 'no process is left' batch_gone 5
finish
