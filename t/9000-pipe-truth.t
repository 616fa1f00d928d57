#!/bin/sh
# 9000-pipe-truth.t - in plain sh, the status of the pipe `ms-fetch ... |
# ms-ingest ...` is that of the failure, on either side. Complete messages are
# archived, and the same pipe archives the missing ones later.
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

# is NAME WANTED: compares the status of the pipe that has just ended. The
# messages of both programs move from `err` to `said`.
is() {
	got=$?
	mv err said
	if [ $got -eq "$2" ]; then pass "$1: the status is $2"; else
		fail "$1: the status is $got, not $2" && note "$(cat said)"
	fi
}

fetch --ca-file "$imap_ca" --password-file wrong.pw "$(imap_url alice)" 2>>err | ingest 2>>err
is 'a wrong password' 77
fetch --password-file right.pw "$(imap_url alice)" 2>>err | ingest 2>>err
is 'a certificate of an unknown authority' 76
fetch --ca-file "$imap_ca" --password-file right.pw "imaps://alice@127.0.0.2:$imap_port/" 2>>err | ingest 2>>err
is 'a certificate for another host' 76
fetch --no-such-option 2>>err | ingest 2>>err
is 'a usage error of ms-fetch' 64
fetch --ca-file "$imap_ca" --password-file right.pw imaps://alice@127.0.0.1:1/ 2>>err | ingest 2>>err
is 'no server listens' 75
ok 'no message was stored' [ "$(kept)" -eq 0 ]

fetch --retries 0 --ca-file "$imap_ca" --password-file right.pw "$(rogue_url reset)" 2>>err | ingest 2>>err
is 'the server resets the connection' 75
ok 'the complete messages before it are archived' [ "$(kept)" -eq 1 ]

# If ms-fetch is killed before its first byte, the pipe is empty.
sh -c 'echo $$ >pid; exec ms-fetch -q --ca-file "$1" --password-file right.pw "$2"' \
	sh "$imap_ca" "$(rogue_url silent)" 2>/dev/null | ingest 2>>err &
pipe=$!
await sh -c 'grep -qx ms-fetch "/proc/$(cat pid)/comm"' 2>/dev/null
kill -9 "$(cat pid)"
wait $pipe
is 'ms-fetch is killed before its first byte' 66

# ms-fetch is killed in the middle of the second message, which has 3 MB.
mkfifo fifo
sh -c 'echo $$ >pid; exec ms-fetch -q --connections 1 --ca-file "$1" --password-file right.pw "$2"' \
	sh "$imap_ca" "$(rogue_url large)" >fifo 2>/dev/null &
fetcher=$!
{ head -c 1000000 && kill -9 "$(cat pid)" && cat; } <fifo | ingest 2>>err
is 'ms-fetch is killed in the middle of a message' 76
ok 'the complete messages before it are archived' [ "$(kept)" -eq 2 ]
wait $fetcher

# An answer that is nested very deeply costs only its own message.
fetch --ca-file "$imap_ca" --password-file right.pw --folder INBOX "$(rogue_url deep)" 2>>err | ingest 2>>err
is 'an answer that is nested too deeply' 1
rogues=$(kept)

if [ "${SAN-}" != 1 ]; then
	fetch --ca-file "$imap_ca" --password-file right.pw "$(imap_url alice)" 2>>err |
		LD_PRELOAD=$build/t/crash.so MS_SHIM_DIR=$(pwd -P)/arc MS_SHIM_EXE=ms-ingest \
			MS_SHIM_AT=3 MS_SHIM_FOR=0 MS_SHIM_DO=ENOSPC ingest 2>>err
	is 'ms-ingest has a full disk' 75
	ok 'the error names the reason' grep -q 'No space left' said
fi
fetch --ca-file "$imap_ca" --password-file right.pw "$(imap_url alice)" 2>>err |
	ms-ingest -q -a arc --no-such-option 2>>err
is 'a usage error of ms-ingest' 64

fetch --ca-file "$imap_ca" --password-file right.pw "$(imap_url alice)" 2>>err | ingest 2>>err
is 'a run without failures' 0
ok 'nothing is printed' empty said
fetch --ca-file "$imap_ca" --password-file right.pw "$(imap_url alice)" 2>>err | ingest 2>>err
is 'another run without failures' 0
ok 'each message is archived once' [ "$(kept)" -eq "$((20 + rogues))" ]
fetch --ca-file "$imap_ca" --password-file right.pw --folder Nowhere --folder INBOX "$(imap_url alice)" 2>>err | ingest 2>>err
is 'a folder that does not exist' 1
status 'ms-verify finds no error' 0 ms-verify -q -a arc
finish
