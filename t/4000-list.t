#!/bin/sh
# 4000-list.t - ms-list: lines, their order and escapes, --json, --summary,
# -z, and the user that is asked for.
. "$(dirname "$0")/lib.sh"

tab=$(printf '\t')
# line FIELD...: with a TAB between.
line() { (IFS=$tab && printf '%s\n' "$*"); }
wire() { sed 's/$/\r/' "$1" | sha256sum | cut -c 1-64; }
size() { sed 's/$/\r/' "$1" | wc -c; }
# add FILE ENVELOPE: one more message of the stream.
add() {
	printf 'From ms-stream@1 Thu Jan  1 00:00:00 1970\nMS-Envelope: %s\n' "$2"
	cat "$1" && echo
}
end() {
	printf 'From ms-stream@1 Thu Jan  1 00:00:00 1970\n'
	printf 'MS-Envelope: end; messages=%d; failed=0; status=0\n\n' "$1"
}

printf 'From: Bob <bob@example.org>\nSubject: one\n\nhello\n' >e1
printf 'From: =?utf-8?q?J=C3=BCrgen?= <j@example.org>\nSubject: t\\w\to\n\nx\n' >e2
printf 'From: x@example.org\nSubject: %s\303\244\303\244 and more\n\nx\n' \
	'12345678 12345678 12345678 12345678 12345678 12345678 1234' >e3
printf 'Subject: \344rger\nFrom: y@example.org\n\nx\n' >e4
printf '\nno header\n' >e5
{
	add e1 'user="alice"; source="imap://alice@h/"; folder="INBOX"; uid="1/2"; flags="\\Seen $Work"; date="2024-03-01T10:00:00Z"'
	add e2 'user="alice"; source="imap://alice@h/"; folder="a\x09b\x0ac\\/d"; date="2023-01-01T00:00:00Z"'
	add e1 'user="bob"; folder="INBOX"; date="2024-03-01T09:59:59Z"'
	add e3 'user="bob"; folder="INBOX"; label="Old mail"; date="1999-12-31T23:59:59Z"'
	add e4 'user="bob"; folder="Sent"; date="2030-01-01T00:00:00Z"'
	end 5
} >mail
status 'an archive' 0 ms-init arc
status 'with mail of two users' 0 ms-ingest -q -a arc --create-user mail
export MS_ARCHIVE=arc

{
	line "$(wire e3)" '1999-12-31T23:59:59Z' 'bob' 'INBOX' "$(size e3)" 'x@example.org' '12345678 12345678 12345678 12345678 12345678 12345678 1234ä…' 'local:'
	line "$(wire e2)" '2023-01-01T00:00:00Z' 'alice' 'a\tb\nc\\/d' "$(size e2)" 'Jürgen <j@example.org>' 't\\w o' 'imap://alice@h/'
	line "$(wire e1)" '2024-03-01T09:59:59Z' 'bob' 'INBOX' "$(size e1)" 'Bob <bob@example.org>' 'one' 'local:'
	line "$(wire e1)" '2024-03-01T10:00:00Z' 'alice' 'INBOX' "$(size e1)" 'Bob <bob@example.org>' 'one' 'imap://alice@h/'
	line "$(wire e4)" '2030-01-01T00:00:00Z' 'bob' 'Sent' "$(size e4)" 'y@example.org' 'ärger' 'local:'
} >want
status 'all messages are listed' 0 ms-list
same 'a line an occurrence, by date' want out
status 'the archive as an option' 0 env -u MS_ARCHIVE ms-list -a arc
same 'the same' want out
status 'ended by NUL' 0 ms-list -z
tr '\0' '\n' <out >got
same 'the same lines' want got

grep "${tab}alice${tab}" want >want.alice
status 'one user' 0 ms-list -u alice
same 'her mail only' want.alice out
status 'as a term' 0 ms-list user:alice
same 'the same' want.alice out
status 'a user who does not exist' 64 ms-list -u carol
ok 'the error names it' grep -qx 'ms-list: the archive has no user "carol"' err
ok 'and nothing is listed' empty out
status 'as a term, nobody has such mail' 0 ms-list user:carol
ok 'so nothing is listed' empty out

# What users are there who have no mail? None is found, and none is missing.
status 'a user without mail' 0 ms-list -u "$(id -un)"
ok 'the output is empty' empty out

cat >want <<END
{"id":"$(wire e3)","date":"1999-12-31T23:59:59Z","user":"bob","folder":"INBOX","size":$(size e3),"from":"x@example.org","subject":"12345678 12345678 12345678 12345678 12345678 12345678 1234ä","cut":["subject"],"source":"local:","label":"Old mail","flags":"","number":@}
{"id":"$(wire e2)","date":"2023-01-01T00:00:00Z","user":"alice","folder":"a\\tb\\nc\\\\/d","size":$(size e2),"from":"Jürgen <j@example.org>","subject":"t\\\\w o","source":"imap://alice@h/","label":"alice@h","flags":"","number":@}
{"id":"$(wire e1)","date":"2024-03-01T09:59:59Z","user":"bob","folder":"INBOX","size":$(size e1),"from":"Bob <bob@example.org>","subject":"one","source":"local:","label":"Old mail","flags":"","number":@}
{"id":"$(wire e1)","date":"2024-03-01T10:00:00Z","user":"alice","folder":"INBOX","size":$(size e1),"from":"Bob <bob@example.org>","subject":"one","source":"imap://alice@h/","label":"alice@h","flags":"\\\\Seen \$Work","number":@}
{"id":"$(wire e4)","date":"2030-01-01T00:00:00Z","user":"bob","folder":"Sent","size":$(size e4),"from":"y@example.org","subject":"ärger","subject_b64":"5HJnZXI=","source":"local:","label":"Old mail","flags":"","number":@}
END
status 'as JSON' 0 ms-list --json
sed 's/"number":[1-9][0-9]*}/"number":@}/' out >got
same 'an object a line' want got
ok 'numbers differ' test "$(sed 's/.*"number"://' out | sort -u | wc -l)" -eq 5

{
	line 'alice' 'INBOX' '1' "$(size e1)" '2024-03-01T10:00:00Z' '2024-03-01T10:00:00Z'
	line 'alice' 'a\tb\nc\\/d' '1' "$(size e2)" '2023-01-01T00:00:00Z' '2023-01-01T00:00:00Z'
	line 'bob' 'INBOX' '2' "$(($(size e1) + $(size e3)))" '1999-12-31T23:59:59Z' '2024-03-01T09:59:59Z'
	line 'bob' 'Sent' '1' "$(size e4)" '2030-01-01T00:00:00Z' '2030-01-01T00:00:00Z'
} >want
status 'a summary' 0 ms-list --summary
same 'a line for each user and folder' want out
status 'of what a query means' 0 ms-list --summary user:bob before:2025
grep INBOX want | grep ^bob >want.bob
same 'only that' want.bob out
status 'as JSON' 0 ms-list --summary --json user:bob folder:INBOX
cat >want <<END
{"user":"bob","folder":"INBOX","messages":2,"bytes":$(($(size e1) + $(size e3))),"first":"1999-12-31T23:59:59Z","last":"2024-03-01T09:59:59Z"}
END
same 'an object a line' want out
status 'of nothing' 0 ms-list --summary user:carol
ok 'the output is empty' empty out

# Two sources of a user have a folder of one name: one line.
{
	add e2 'user="bob"; source="imap://bob@h/"; folder="INBOX"; date="1998-01-01T00:00:00Z"'
	end 1
} >mail2
status 'another source' 0 ms-ingest -q -a arc mail2
status 'summed up' 0 ms-list --summary user:bob folder:INBOX
line 'bob' 'INBOX' '3' "$(($(size e1) + $(size e2) + $(size e3)))" '1998-01-01T00:00:00Z' '2024-03-01T09:59:59Z' >want
same 'in one line' want out

# A message that nobody knows a date of.
{ add e5 'user="bob"; folder="Undated"'; end 1; } >mail2
status 'a message without date' 0 ms-ingest -q -a arc mail2
ms-list folder:Undated | cut -f 2 >out
echo >want
same 'has an empty one' want out
ok 'null in JSON' sh -c 'ms-list --json folder:Undated | grep -q "\"date\":null"'
status 'is not since anything' 0 ms-list folder:Undated since:0000
ok 'the output is empty' empty out
status 'nor before' 0 ms-list folder:Undated before:9999
ok 'the output is empty' empty out
printf 'bob\tUndated\t1\t%d\t\t\n' "$(size e5)" >want
status 'sums up' 0 ms-list --summary folder:Undated
same 'without dates' want out

status 'no archive named' 64 env -u MS_ARCHIVE ms-list
ok 'says how to' grep -q -e '-a' err
mkdir empty
status 'no archive there' 66 ms-list -a empty
status 'nothing there' 66 ms-list -a nowhere
status 'a query that is none' 64 ms-list hello
ok 'the output says so' grep -q '^ms-list: query: "hello" at character 1' err
status 'an option that is none' 64 ms-list --foo
ms-list >want
rm -r arc/index
status 'stdout is closed' 74 sh -c 'ms-list >&-'
status 'all three are' 74 sh -c 'ms-list <&- >&- 2>&-'
status 'no index was in their place' 0 ms-list
same 'all is listed' want out
status 'a full disk' 75 sh -c 'ms-list >/dev/full'
finish
