#!/bin/sh
# 9000-pipe-truth.t - the status of the pipe `ms-fetch ... | ms-ingest ...` in
# plain sh is that of the failure, on either side. Complete messages are kept,
# and the same pipe completes the rest later.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"

imap_start || exit 1
rogue_start good reset silent large deep || exit 1
imap_user alice secret
i=0
while [ $i -lt 20 ]; do
	i=$((i + 1))
	printf 'Subject: message %d\n\nbody\n' $i | imap_put "$imap_dir" "$i.a:2,S"
done
echo wrong >wrong.pw
echo secret >right.pw
ms-init arc || exit 1

fetch() { ms-fetch -q -a arc -u alice --timeout 5 "$@"; }
ingest() { ms-ingest -q -a arc --create-user; }
kept() { ms-list -a arc | wc -l; }

# is NAME WANTED: the status of the pipe that has just ended. The messages of
# both ends move from `err` to `said`.
is() {
	got=$?
	mv err said
	if [ $got -eq "$2" ]; then pass "$1: $2"; else
		fail "$1: $got, not $2" && note "$(cat said)"
	fi
}

fetch --ca-file "$imap_ca" --password-file wrong.pw "$(imap_url alice)" 2>>err | ingest 2>>err
is 'wrong password' 77
fetch --password-file right.pw "$(imap_url alice)" 2>>err | ingest 2>>err
is 'unknown authority' 76
fetch --ca-file "$imap_ca" --password-file right.pw "imaps://alice@127.0.0.2:$imap_port/" 2>>err | ingest 2>>err
is 'wrong name' 76
fetch --no-such-option 2>>err | ingest 2>>err
is 'usage' 64
fetch --ca-file "$imap_ca" --password-file right.pw imaps://alice@127.0.0.1:1/ 2>>err | ingest 2>>err
is 'nobody there' 75
ok 'no message was stored' [ "$(kept)" -eq 0 ]

fetch --retries 0 --ca-file "$imap_ca" --password-file right.pw "$(rogue_url reset)" 2>>err | ingest 2>>err
is 'server reset' 75
ok 'complete messages before it are kept' [ "$(kept)" -eq 1 ]

# Killed before its first byte: the pipe is empty.
sh -c 'echo $$ >pid; exec ms-fetch -q --ca-file "$1" --password-file right.pw "$2"' \
	sh "$imap_ca" "$(rogue_url silent)" 2>/dev/null | ingest 2>>err &
pipe=$!
await sh -c 'grep -qx ms-fetch "/proc/$(cat pid)/comm"' 2>/dev/null
kill -9 "$(cat pid)"
wait $pipe
is 'fetcher killed before its first byte' 66

# Killed in mid-message: the second one is 3 MB, and the pipe is full.
mkfifo fifo
sh -c 'echo $$ >pid; exec ms-fetch -q --connections 1 --ca-file "$1" --password-file right.pw "$2"' \
	sh "$imap_ca" "$(rogue_url large)" >fifo 2>/dev/null &
fetcher=$!
{ head -c 1000000 && kill -9 "$(cat pid)" && cat; } <fifo | ingest 2>>err
is 'fetcher killed in mid-message' 76
ok 'complete messages before it are kept' [ "$(kept)" -eq 2 ]
wait $fetcher

# Garbage can crash the parser, and with it ms-fetch, as if it were killed.
fetch --ca-file "$imap_ca" --password-file right.pw --folder INBOX "$(rogue_url deep)" 2>>err | ingest 2>>err
is 'fetcher ended by garbage' 76
rogues=$(kept)

if [ "${SAN-}" != 1 ]; then
	fetch --ca-file "$imap_ca" --password-file right.pw "$(imap_url alice)" 2>>err |
		LD_PRELOAD=$build/t/crash.so MS_SHIM_DIR=$(pwd -P)/arc MS_SHIM_EXE=ms-ingest \
			MS_SHIM_AT=3 MS_SHIM_FOR=0 MS_SHIM_DO=ENOSPC ingest 2>>err
	is 'full disk at the ingester' 75
	ok 'the message says so' grep -q 'No space left' said
fi
fetch --ca-file "$imap_ca" --password-file right.pw "$(imap_url alice)" 2>>err |
	ms-ingest -q -a arc --no-such-option 2>>err
is 'usage of the ingester' 64

fetch --ca-file "$imap_ca" --password-file right.pw "$(imap_url alice)" 2>>err | ingest 2>>err
is 'all well' 0
ok 'nothing is printed' empty said
fetch --ca-file "$imap_ca" --password-file right.pw "$(imap_url alice)" 2>>err | ingest 2>>err
is 'all well again' 0
ok 'everything is there, once' [ "$(kept)" -eq "$((20 + rogues))" ]
fetch --ca-file "$imap_ca" --password-file right.pw --folder Nowhere --folder INBOX "$(imap_url alice)" 2>>err | ingest 2>>err
is 'a folder that is not there' 1
status 'the archive is whole' 0 ms-verify -q -a arc
finish
