#!/bin/sh
# 1040-ingest-report.t - the output of ms-ingest: the ids in the order of the
# input, printed after the messages are durable; the report; the summary, which
# is one line, or nothing with -q.
. "$(dirname "$0")/lib.sh"

gen="$top/t/mailgen.py"
export MS_USER=u MS_ARCHIVE=arc
ms-init -u u arc
# ids.py MBOX: another program, which prints the ids of the messages.
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
same 'the ids are in the order of the messages' want out
status 'the same run again' 0 env MS_BATCH=7 ms-ingest --print-ids -d other mbox
sed -i 's/new$/known/' want
same 'the messages are known, in batches of another size' want out
status 'the first run is repeated, and nothing is written' 0 ms-ingest --print-ids mbox
same 'the messages are known' want out

# lines FILE N: whether the file has at least N lines.
lines() { [ "$(wc -l <"$1")" -ge "$2" ]; }
"$gen" 1000 4 >first
"$gen" 2000 1 >next
mkfifo pipe
MS_BATCH=2 ms-ingest --print-ids <pipe >ids 2>err &
pid=$!
exec 3>pipe
cat first >&3
head -n 2 next >&3 # ends the message before it
ok 'ids are printed while the stream is open' await lines ids 4
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

: >ids # deletes the ids of the previous run
ms-ingest --print-ids -d slow <pipe >ids 2>err &
pid=$!
exec 3>pipe
cat first next >&3 # four complete messages
ok 'messages of a slow stream are stored within seconds' await lines ids 4
exec 3>&-
wait "$pid"
ok 'the process succeeds' test $? -eq 0
ok 'the last message is stored too' test "$(wc -l <ids)" -eq 5

# ---- the summary ----

status 'a run without -q' 0 ms-ingest mbox
echo 'ms-ingest: 500 seen: 0 new, 500 known, 0 left out, 0 failed' >want
same 'the summary is one line' want err
ok 'stdout is empty' empty out

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
status 'a run with --report' 1 ms-ingest --report report - "$name" mbox <stream
cat >want <<'END'
{"type":"failed","where":"stdin, message 6","reason":"..."}
{"type":"failed","where":"no\nmail\u001B[1m�","where_b64":"bm8KbWFpbBtbMW3/","reason":"not a mail message"}
{"type":"failed","where":"stdin, message 4","reason":"the archive has no user 'nobody'"}
{"type":"folder","user":"u","source":"imap://a@h/","folder":"A","seen":3,"new":2,"known":1,"left_out":0,"failed":0,"occurrences":2}
{"type":"folder","user":"u","source":"imap://a@h/","folder":"B\t\"\\","seen":1,"new":0,"known":1,"left_out":0,"failed":0,"occurrences":1}
{"type":"folder","user":"nobody","source":"imap://a@h/","folder":"A","seen":1,"new":0,"known":0,"left_out":0,"failed":1,"occurrences":0}
{"type":"folder","user":"u","source":"local:","folder":"INBOX","seen":2,"new":0,"known":0,"left_out":0,"failed":2,"occurrences":0}
{"type":"folder","user":"u","source":"local:","folder":"mbox","seen":500,"new":0,"known":500,"left_out":0,"failed":0,"occurrences":0}
{"type":"end","tool":"ms-ingest","status":1,"seen":507,"new":2,"known":502,"left_out":0,"failed":3,"occurrences":3}
END
sed 's/\(message 6","reason":"\)[^"]*/\1.../; s/"sandbox":"[^"]*",//' report | sort >got
sort -o want want
same 'the report has a line for each folder and failure, and a line of type end' want got
tail -n 1 report | grep -q '"type":"end"'
ok 'the line of type end is the last one' test $? -eq 0
ms-ingest --version | sed -n 's/^sandbox: //p' >want
tail -n 1 report | jq -r .sandbox >got
same 'it says what can confine a process, as --version does' want got
ok 'failures are named without control bytes' absent -q '[[:cntrl:]]' err
status 'a run with -q and --report' 0 ms-ingest -q --report report mbox
ok 'stderr is empty' empty err
ok 'the report has two lines' test "$(wc -l <report)" -eq 2
status 'a usage error' 64 ms-ingest -u nobody --report report mbox
ok 'the report has the status' grep -q '"type":"end","tool":"ms-ingest","status":64' report
status 'an archive that does not exist' 66 ms-ingest -a nowhere --report report mbox
ok 'the report has the status' grep -q '"type":"end","tool":"ms-ingest","status":66' report
finish
