#!/bin/sh
# 2070-fetch-follow.t - --follow sends the existing messages and then those that
# arrive, also after a restart of the server. The stream is complete at the end.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"

imap_start || exit 1
imap_user alice secret
inbox=$imap_dir
put() { printf 'Subject: %s\n\nbody of %s\n' "$2" "$2" | imap_put "$1" "$3:2,S"; }
put "$inbox" first 1001.a
imap_folder alice Work
work=$imap_dir
put "$work" second 1002.a

# has NUMBER: whether the archive has at least NUMBER messages.
has() { [ "$(ms-list -a arc 2>/dev/null | wc -l)" -ge "$1" ]; }

ms-init -u alice arc || exit 1
mkfifo pipe
ms-fetch -a arc -u alice --follow --poll 1 --ca-file "$imap_ca" --password-file alice.pw \
	"$(imap_url alice)" >pipe 2>err.fetch &
fetch=$!
MS_BATCH=1 ms-ingest -a arc <pipe >/dev/null 2>err.ingest &
ingest=$!
ok 'existing messages are archived' await has 2
put "$inbox" third 1003.a
ok 'a message that arrives in INBOX is archived' await has 3
put "$work" fourth 1004.a
ok 'a message that arrives in another folder is archived' await has 4
imap_restart() { kill "$imap_pid" && wait "$imap_pid"; imap_run; }
imap_restart
put "$inbox" fifth 1005.a
ok 'a message that arrives after a restart of the server is archived' await has 5
kill -TERM $fetch
wait $fetch
ok 'SIGTERM ends ms-fetch with status 0' [ $? -eq 0 ]
wait $ingest
ok 'the stream is complete' [ $? -eq 0 ]
ok 'no message came twice' grep -q '^ms-ingest: 5 seen: 5 new' err.ingest
ok 'the sums are correct' grep -q '^ms-fetch: 5 seen: 5 new, 0 known, 0 left out, 0 failed' err.fetch
ok 'no process is left' sh -c '! pgrep -P '$fetch

# cpu COMMAND ...: sets $ms to the processor time of the command in ms.
cpu() {
	ms=$(python3 -c '
import resource, subprocess, sys
subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=open("err", "w"))
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(int(1000 * (used.ru_utime + used.ru_stime)))' "$@")
}
cpu ms-fetch --follow --max-time 2 --exclude '||.' --ca-file "$imap_ca" \
	--password-file alice.pw "$(imap_url alice)"
ok "if no folder is followed, ms-fetch waits without using the processor ($ms ms)" [ "$ms" -lt 1000 ]
finish
