#!/bin/sh
# 4000-list.t - ms-list: lines, their order and escapes, --json, --summary, -z,
# and the selection of a user.
. "$(dirname "$0")/lib.sh"

tab=$(printf '\t')
# line FIELD...: prints the fields with TABs between them.
line() { (IFS=$tab && printf '%s\n' "$*"); }
wire() { sed 's/$/\r/' "$1" | sha256sum | cut -c 1-64; }
size() { sed 's/$/\r/' "$1" | wc -c; }
# add FILE ENVELOPE: prints a message of a stream.
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
status 'an archive is created' 0 ms-init arc
status 'the mail of two users is ingested' 0 ms-ingest -q -a arc --create-user <mail
export MS_ARCHIVE=arc

{
	line "$(wire e3)" '1999-12-31T23:59:59Z' 'bob' 'INBOX' "$(size e3)" 'x@example.org' '12345678 12345678 12345678 12345678 12345678 12345678 1234ä…' 'local:'
	line "$(wire e2)" '2023-01-01T00:00:00Z' 'alice' 'a\tb\nc\\/d' "$(size e2)" 'Jürgen <j@example.org>' 't\\w o' 'imap://alice@h/'
	line "$(wire e1)" '2024-03-01T09:59:59Z' 'bob' 'INBOX' "$(size e1)" 'Bob <bob@example.org>' 'one' 'local:'
	line "$(wire e1)" '2024-03-01T10:00:00Z' 'alice' 'INBOX' "$(size e1)" 'Bob <bob@example.org>' 'one' 'imap://alice@h/'
	line "$(wire e4)" '2030-01-01T00:00:00Z' 'bob' 'Sent' "$(size e4)" 'y@example.org' 'ärger' 'local:'
} >want
status 'all messages are listed' 0 ms-list
same 'each occurrence has a line, in the order of dates' want out
status 'the archive is named by an option' 0 env -u MS_ARCHIVE ms-list -a arc
same 'the lines are the same' want out
status '-z' 0 ms-list -z
tr '\0' '\n' <out >got
same 'the lines are the same, and end with NUL' want got

grep "${tab}alice${tab}" want >want.alice
status '-u selects a user' 0 ms-list -u alice
same 'only the mail of this user is listed' want.alice out
status 'user: selects a user' 0 ms-list user:alice
same 'user: lists the same mail' want.alice out
status 'a user who does not exist' 64 ms-list -u carol
ok 'the error names it' grep -qx 'ms-list: the archive has no user "carol"' err
ok 'and nothing is listed' empty out
status 'user: with an unknown user' 0 ms-list user:carol
ok 'so nothing is listed' empty out

# A user of the archive who has no mail.
status 'a user without mail' 0 ms-list -u "$(id -un)"
ok 'the output is empty' empty out

cat >want <<END
{"id":"$(wire e3)","date":"1999-12-31T23:59:59Z","arrived":"1999-12-31T23:59:59Z","archived":@,"user":"bob","folder":"INBOX","size":$(size e3),"from":"x@example.org","to":"","cc":"","subject":"12345678 12345678 12345678 12345678 12345678 12345678 1234ää and more","message_id":"","source":"local:","label":"Old mail","flags":"","number":@}
{"id":"$(wire e2)","date":"2023-01-01T00:00:00Z","arrived":"2023-01-01T00:00:00Z","archived":@,"user":"alice","folder":"a\\tb\\nc\\\\/d","size":$(size e2),"from":"Jürgen <j@example.org>","to":"","cc":"","subject":"t\\\\w o","message_id":"","source":"imap://alice@h/","label":"alice@h","flags":"","number":@}
{"id":"$(wire e1)","date":"2024-03-01T09:59:59Z","arrived":"2024-03-01T09:59:59Z","archived":@,"user":"bob","folder":"INBOX","size":$(size e1),"from":"Bob <bob@example.org>","to":"","cc":"","subject":"one","message_id":"","source":"local:","label":"Old mail","flags":"","number":@}
{"id":"$(wire e1)","date":"2024-03-01T10:00:00Z","arrived":"2024-03-01T10:00:00Z","archived":@,"user":"alice","folder":"INBOX","size":$(size e1),"from":"Bob <bob@example.org>","to":"","cc":"","subject":"one","message_id":"","source":"imap://alice@h/","label":"alice@h","flags":"\\\\Seen \$Work","number":@}
{"id":"$(wire e4)","date":"2030-01-01T00:00:00Z","arrived":"2030-01-01T00:00:00Z","archived":@,"user":"bob","folder":"Sent","size":$(size e4),"from":"y@example.org","to":"","cc":"","subject":"ärger","subject_b64":"5HJnZXI=","message_id":"","source":"local:","label":"Old mail","flags":"","number":@}
END
status '--json' 0 ms-list --json
sed 's/"number":[1-9][0-9]*}/"number":@}/
	s/"archived":"20[0-9T:-]*Z"/"archived":@/' out >got
same 'each line is an object' want got
ok 'each object has another number' test "$(sed 's/.*"number"://' out | sort -u | wc -l)" -eq 5

{
	line 'alice' 'INBOX' '1' "$(size e1)" '2024-03-01T10:00:00Z' '2024-03-01T10:00:00Z'
	line 'alice' 'a\tb\nc\\/d' '1' "$(size e2)" '2023-01-01T00:00:00Z' '2023-01-01T00:00:00Z'
	line 'bob' 'INBOX' '2' "$(($(size e1) + $(size e3)))" '1999-12-31T23:59:59Z' '2024-03-01T09:59:59Z'
	line 'bob' 'Sent' '1' "$(size e4)" '2030-01-01T00:00:00Z' '2030-01-01T00:00:00Z'
} >want
status '--summary' 0 ms-list --summary
same 'a line for each user and folder' want out
status '--summary with a query' 0 ms-list --summary user:bob before:2025
grep INBOX want | grep ^bob >want.bob
same 'the summary has only what the query finds' want.bob out
status '--summary with --json' 0 ms-list --summary --json user:bob folder:INBOX
cat >want <<END
{"user":"bob","folder":"INBOX","messages":2,"bytes":$(($(size e1) + $(size e3))),"first":"1999-12-31T23:59:59Z","last":"2024-03-01T09:59:59Z"}
END
same 'each line of the summary is an object' want out
status '--summary with a query that finds nothing' 0 ms-list --summary user:carol
ok 'the output is empty' empty out

# Two sources of a user have a folder of the same name, which has one line.
{
	add e2 'user="bob"; source="imap://bob@h/"; folder="INBOX"; date="1998-01-01T00:00:00Z"'
	end 1
} >mail2
status 'mail of another source is ingested' 0 ms-ingest -q -a arc <mail2
status '--summary of a folder of two sources' 0 ms-list --summary user:bob folder:INBOX
line 'bob' 'INBOX' '3' "$(($(size e1) + $(size e2) + $(size e3)))" '1998-01-01T00:00:00Z' '2024-03-01T09:59:59Z' >want
same 'the folder has one line' want out

# A message without a date.
{ add e5 'user="bob"; folder="Undated"'; end 1; } >mail2
status 'a message without a date is ingested' 0 ms-ingest -q -a arc <mail2
ms-list folder:Undated | cut -f 2 >out
echo >want
same 'its date is empty' want out
ok 'its date is null in JSON' sh -c 'ms-list --json folder:Undated | grep -q "\"date\":null"'
status 'since: does not find it' 0 ms-list folder:Undated since:0000
ok 'the output is empty' empty out
status 'before: does not find it' 0 ms-list folder:Undated before:9999
ok 'the output is empty' empty out
printf 'bob\tUndated\t1\t%d\t\t\n' "$(size e5)" >want
status '--summary of a folder without dates' 0 ms-list --summary folder:Undated
same 'the summary has no dates' want out

status 'no archive is named' 64 env -u MS_ARCHIVE ms-list
ok 'the error names the option' grep -q -e '-a' err
mkdir empty
status 'a directory that is no archive' 66 ms-list -a empty
status 'a directory that does not exist' 66 ms-list -a nowhere
status 'an invalid query is refused' 64 ms-list subject:x form:ben
ok '  the error shows the place' grep -qx ' *^' err
ok '  and the word that was meant' grep -q 'did you mean "from:"' err
status 'an unknown option is refused' 64 ms-list --foo
ms-list >want
rm -r arc/index
status 'stdout is closed' 74 sh -c 'ms-list >&-'
status 'stdin, stdout and stderr are closed' 74 sh -c 'ms-list <&- >&- 2>&-'
status 'the index was not opened as one of these descriptors' 0 ms-list
same 'all mail is listed' want out
status 'stdout is a full disk' 75 sh -c 'ms-list >/dev/full'
finish
