#!/bin/sh
# 4025-export-report.t - what ms-export says of a run: the sentence at the end,
# the report, -q, -v and -n. A query that finds nothing leaves nothing behind.
. "$(dirname "$0")/lib.sh"

export MS_ARCHIVE=arc MS_USER=alice
ms-init -u alice arc
printf 'Subject: one\n\n1\n' >1.eml && printf 'Subject: two\n\n%01000d\n' 2 >2.eml
ms-ingest -q 1.eml 2.eml && ms-ingest -q -d Work 2.eml

status 'an mbox' 0 ms-export --format mboxrd -o box
echo 'ms-export: 3 messages exported to box, 2.0 KiB' >want
same '  the sentence has messages, bytes and the file' want err
status 'a stream on stdout' 0 ms-export folder:INBOX
echo 'ms-export: 2 messages exported, 1.0 KiB' >want
same '  the sentence has messages and bytes' want err
status 'with -q' 0 ms-export -q
ok '  nothing is printed' empty err
status 'one message on stdout' 0 ms-export --format eml subject:one
ok '  the message says enough' empty err
status 'with -v' 0 ms-export -v
cat >want <<'END'
ms-export: alice, local:, INBOX: 2 messages exported, 1.0 KiB
ms-export: alice, local:, Work: 1 message exported, 1015 B
ms-export: 3 messages exported, 2.0 KiB
END
same '  each folder has a sentence' want err

# ---- the report

status 'with --report' 0 ms-export -q --report report --format eml -o files
cat >want <<'END'
{"type":"folder","user":"alice","source":"local:","folder":"INBOX","seen":2,"exported":2,"failed":0,"bytes":1031}
{"type":"folder","user":"alice","source":"local:","folder":"Work","seen":1,"exported":1,"failed":0,"bytes":1015}
{"type":"end","tool":"ms-export","status":0,"seen":3,"exported":3,"failed":0,"bytes":2046}
END
sed 's/"sandbox":"[^"]*",//' report >got
same '  it has the folders and the sums' want got
ok '  it can be read only by its owner' [ "$(stat -c %a report)" = 600 ]
f=$(echo files/alice/Work/*) && echo other >"$f"
status 'a file differs' 73 ms-export --report report --format eml -o files
cat >want <<END
{"type":"failed","where":"$(ms-list folder:Work | cut -f 1)","reason":"$f: already exists with other contents"}
{"type":"folder","user":"alice","source":"local:","folder":"INBOX","seen":2,"exported":2,"failed":0,"bytes":1031}
{"type":"folder","user":"alice","source":"local:","folder":"Work","seen":1,"exported":0,"failed":1,"bytes":0}
{"type":"end","tool":"ms-export","status":73,"seen":3,"exported":2,"failed":1,"bytes":1031}
END
sed 's/"sandbox":"[^"]*",//' report >got
same '  the report has the failure' want got
ok '  so has the sentence' grep -qx 'ms-export: 2 messages exported to files, 1.0 KiB; 1 failed' err
ok '  the failure is printed once' [ "$(grep -c 'other contents' err)" = 1 ]
status 'a line that names no message' 1 sh -c 'echo 00000000 | ms-export --report report -'
ok '  the report has it' grep -q '^{"type":"failed","where":"standard input, line 1",' report
ok '  the sums, too' grep -q '"status":1,.*"seen":1,"exported":0,"failed":1,"bytes":0}$' report
status 'a report that cannot be written' 66 ms-export --report no/where -o new
ok '  nothing is exported' test ! -e new

# ---- a run that fails: the error is the last word

status 'no archive' 66 ms-export -a nowhere --format mboxrd -o new
ok '  one line is printed' [ "$(wc -l <err)" = 1 ]

# ---- nothing to export

for format in mboxrd eml; do
	status "nothing matches, $format" 0 ms-export --format $format -o new subject:nothing
	echo 'ms-export: no message matches; nothing was written' >want
	same '  it is said' want err
	ok '  nothing is left' test ! -e new
	status "nothing matches, $format, with -q" 0 ms-export -q --format $format -o new subject:nothing
	ok '  nothing is printed' empty err
	ok '  nothing is left' test ! -e new
done
status 'nothing matches, on stdout' 0 ms-export --format mboxrd subject:nothing
same '  it is said' want err
: >new
status 'nothing matches, and an empty file exists' 0 ms-export --format mboxrd -o new subject:nothing
ok '  the file stays' empty new
rm new

# ---- -n

status 'with -n' 0 ms-export -n --format mboxrd -o new
echo 'ms-export: 3 messages would be exported to new, 2.0 KiB' >want
same '  the sentence has what would be written' want err
ok '  no file is written' test ! -e new
status 'with -n, to a directory' 0 ms-export -n --format eml -o new
same '  the sentence is the same' want err
ok '  no directory is created' test ! -e new
status 'with -n, a stream on stdout' 0 ms-export -n
ok '  nothing is written' empty out
status 'with -n, to an mbox that exists' 73 ms-export -n --format mboxrd -o box
status 'with -n, lines' 0 sh -c 'ms-list | ms-export -n --report report -'
ok '  nothing is written' empty out
ok '  the report has the numbers' grep -q '"seen":3,"exported":3,"failed":0,' report
ok 'no temporary file is left' sh -c '! ls -A | grep -q "^\.ms-export"'
finish
