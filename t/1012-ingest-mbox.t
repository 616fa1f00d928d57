#!/bin/sh
# 1012-ingest-mbox.t - the lines at which a message of an mbox begins: From_
# lines with dates of all kinds, without dates, and lines of text that look like
# From_ lines.
. "$(dirname "$0")/lib.sh"
n=0
# kept NAME STATUS FILE...: ingests into a new archive. Standard input has a
# line "date subject" for each message, in the order of the file.
kept() {
	what=$1 code=$2 && shift 2
	n=$((n + 1)) && arc=$scratch/arc$n
	cat >want
	ms-init -u u "$arc"
	status "$what" "$code" ms-ingest -a "$arc" -u u --report report.json "$@"
	ms-list -a "$arc" --json | jq -r '"\(.number) \(.date) \(.subject)"' |
		sort -n | cut -d ' ' -f 2- >got
	same "$what: its messages" want got
}
# msg NUMBER: prints a message without a Date field.
msg() { printf 'From: a@example.org\nSubject: m%d\n\ntext %d\n\n' "$1" "$1"; }

# ---- dates ----

{
	echo 'From a@b.c Mon Oct 16 2023 16:18:56 GMT-0700' && msg 1
	echo 'From - a@b.c  Mon Oct 16 2023 16:18:56 GMT-0700' && msg 2
	echo 'From a@b.c  Mon Oct 16 2023 23:18:56-0700' && msg 3
	echo 'From a@b.c 2023-10-16T23:18:56Z' && msg 4
	echo 'From a@b.c Tue, 17 Oct 2023 01:18:56 +0200' && msg 5
} >js.mbox
kept 'dates of JavaScript, ISO 8601 and RFC 5322' 0 js.mbox <<'END'
2023-10-16T23:18:56Z m1
2023-10-16T23:18:56Z m2
2023-10-16T23:18:56Z m3
2023-10-16T23:18:56Z m4
2023-10-16T23:18:56Z m5
END

# ---- no dates ----

{ echo 'From ' && msg 1 && echo 'From ' && msg 2 && echo 'From ' && msg 3; } >bare.mbox
kept 'From_ lines with nothing but From' 0 bare.mbox <<'END'
null m1
null m2
null m3
END
{
	echo 'From a@b.c Mon Oct 16 16:18:56 2023' && msg 1
	echo 'From ' && msg 2
	echo 'From a@b.c' && msg 3
	echo 'From - ' && msg 4
	printf ' \t\r\nFrom ???@???\n\n' && msg 5
	printf 'From x\n>From y\n' && msg 6
	printf '\357\273\277From a@b.c Tue Oct 17 16:18:56 2023\n' && msg 7
} >mixed.mbox
kept 'From_ lines with and without a date' 0 mixed.mbox <<'END'
2023-10-16T16:18:56Z m1
null m2
null m3
null m4
null m5
null m6
2023-10-17T16:18:56Z m7
END

# ---- text ----

{
	echo 'From a@b.c Mon Oct 16 16:18:56 2023' && msg 1
	printf 'From what I hear\nNote: it rains\n\n'
	printf 'From our pages\nhttp://a.example/\nhttp://b.example/\n\n'
	printf 'From : here\nTo: there\n\n'
	printf 'and\nFrom there\nA: b\nC: d\n\n'
	printf 'From the list\n\n'
	printf 'From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001\n'
	printf 'From: c@example.org\nSubject: [PATCH] x\n\n'
	printf 'From a@b.c Mon Oct 16 25:18:56 2023\n\nAnd: so on\n\n'
} >text.mbox
kept 'lines of text that look like From_ lines' 0 text.mbox <<'END'
2023-10-16T16:18:56Z m1
END
{ head -n 1 text.mbox && tail -n +2 text.mbox | sed '$d' && echo; } >all
same 'the file has the expected lines' text.mbox all
tail -n +2 text.mbox | sed '$d' >want
ms-export -q -a "$arc" --format eml --eol original >got
same 'the message is not split' want got
for line in 'From what' 'From there' 'From a@b.c Mon Oct 16 25'; do
	grep -b "$line" text.mbox | sed 's/:.*//; s/.*/text.mbox @ &: perhaps a message begins here, but the line was kept as text/'
done >lines
sed 's/^/ms-ingest: /' lines >want
echo 'ms-ingest: 3 remarks' >>want
grep -v seen err >got
same 'a line that may be a From_ line is named with its offset, and counted' want got
jq -r 'select(.type == "note") | .where + ": " + .reason' report.json >got
same 'the report has these lines, too' lines got
status 'the same file with -q' 0 ms-ingest -a "$arc" -u u -q text.mbox
ok 'nothing is printed' empty err
finish
