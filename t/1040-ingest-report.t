#!/bin/sh
# 1040-ingest-report.t - what ms-ingest prints: ids in order, after they are
# durable; a report; one line, or nothing.
. "$(dirname "$0")/lib.sh"

gen="$top/t/mailgen.py"
export MS_USER=u MS_ARCHIVE=arc
ms-init -u u arc
# The ids of an mbox's messages, by another program.
cat >ids.py <<'END'
import hashlib, re, sys
parts = re.split(rb"(?m)^From [^ ]* .*\n", open(sys.argv[1], "rb").read())[1:]
for p in parts:
    print(hashlib.sha256(re.sub(rb"\r?\n", b"\r\n", p[:-1])).hexdigest())
END

# ---- ids ----

"$gen" 0 500 >mbox
status 'ids are printed' 0 ms-ingest --print-ids --threads 8 mbox
python3 ids.py mbox | sed 's/$/	new/' >want
same 'in the order of the messages' want out
status 'the same run again' 0 env MS_BATCH=7 ms-ingest --print-ids -d other mbox
sed -i 's/new$/known/' want
same 'known now, in other batches' want out
status 'again, nothing to write' 0 ms-ingest --print-ids mbox
same 'known' want out

# lines FILE N: does it have that many?
lines() { [ "$(wc -l <"$1")" -ge "$2" ]; }
"$gen" 1000 4 >first
"$gen" 2000 1 >next
mkfifo pipe
MS_BATCH=2 ms-ingest --print-ids <pipe >ids 2>err &
pid=$!
exec 3>pipe
cat first >&3
head -n 2 next >&3 # completes the message before
ok 'ids come while the stream is open' await lines ids 4
ms-list | cut -f 1 | sort >listed
cut -f 1 ids | sort | comm -23 - listed >lost
ok 'other processes see these messages' empty lost
kill -KILL "$pid"
exec 3>&-
wait "$pid" 2>/dev/null
rm -rf arc/index
ms-list | cut -f 1 | sort >listed
cut -f 1 ids | sort | comm -23 - listed >lost
ok 'the messages remain after a kill and without the index' empty lost

: >ids # not those of the run before
ms-ingest --print-ids -d slow <pipe >ids 2>err &
pid=$!
exec 3>pipe
cat first next >&3 # four complete messages
ok 'messages of a slow stream are stored within seconds' await lines ids 4
exec 3>&-
wait "$pid"
ok 'the process succeeds' test $? -eq 0
ok 'the last message is stored too' test "$(wc -l <ids)" -eq 5

# ---- the sentence ----

status 'a run' 0 ms-ingest mbox
echo 'ms-ingest: 500 seen: 0 new, 500 known, 0 left out, 0 failed' >want
same 'the summary is one line' want err
ok 'nothing on stdout' empty out

# ---- the report ----

sep='From ms-stream@1 Thu Jan  1 00:00:00 1970'
one() { printf '%s\nMS-Envelope: %s\nSubject: %s\n\ntext\n\n' "$sep" "$1" "$2"; }
{
	one 'user="u"; source="imap://a@h/"; folder="A"; uid="1/1"' a
	one 'user="u"; source="imap://a@h/"; folder="A"; uid="1/2"' b
	one 'user="u"; source="imap://a@h/"; folder="B\x09\"\\"' a
	one 'user="nobody"; source="imap://a@h/"; folder="A"' c
	one 'user="u"; source="imap://a@h/"; folder="A"; uid="1/3"' b
	one 'user="u"; folder="A"; folder="A"' d
	printf '%s\nMS-Envelope: end; messages=6; failed=0; status=0\n\n' "$sep"
} >stream
name=$(printf 'no\nmail\033[1m\377')
echo text >"$name"
status 'with a report' 1 ms-ingest --report report stream "$name" mbox
cat >want <<'END'
{"type":"failed","where":"stream, message 6","reason":"..."}
{"type":"failed","where":"no\nmail\u001B[1m�","where_b64":"bm8KbWFpbBtbMW3/","reason":"not a mail message"}
{"type":"failed","where":"stream, message 4","reason":"the archive has no user 'nobody'"}
{"type":"folder","user":"u","source":"imap://a@h/","folder":"A","seen":3,"new":2,"known":1,"left_out":0,"failed":0,"occurrences":2}
{"type":"folder","user":"u","source":"imap://a@h/","folder":"B\t\"\\","seen":1,"new":0,"known":1,"left_out":0,"failed":0,"occurrences":1}
{"type":"folder","user":"nobody","source":"imap://a@h/","folder":"A","seen":1,"new":0,"known":0,"left_out":0,"failed":1,"occurrences":0}
{"type":"folder","user":"u","source":"local:","folder":"INBOX","seen":2,"new":0,"known":0,"left_out":0,"failed":2,"occurrences":0}
{"type":"folder","user":"u","source":"local:","folder":"mbox","seen":500,"new":0,"known":500,"left_out":0,"failed":0,"occurrences":0}
{"type":"end","tool":"ms-ingest","status":1,"seen":507,"new":2,"known":502,"left_out":0,"failed":3,"occurrences":3}
END
sed 's/\(message 6","reason":"\)[^"]*/\1.../' report | sort >got
sort -o want want
same 'a line for each folder and failure, one at the end' want got
tail -n 1 report | grep -q '"type":"end"'
ok 'the line of type end is the last one' test $? -eq 0
ok 'failures are named without control bytes' absent -q '[[:cntrl:]]' err
status 'silent, with a report' 0 ms-ingest -q --report report mbox
ok 'nothing on stderr' empty err
ok 'two lines in the report' test "$(wc -l <report)" -eq 2
status 'an error of usage' 64 ms-ingest -u nobody --report report mbox
ok 'is in the report' grep -q '"type":"end","tool":"ms-ingest","status":64' report
status 'no archive' 66 ms-ingest -a nowhere --report report mbox
ok 'is in the report' grep -q '"type":"end","tool":"ms-ingest","status":66' report
finish
