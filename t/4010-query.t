#!/bin/sh
# 4010-query.t - a table of queries and the messages that they find.
# ms-query(7).
. "$(dirname "$0")/lib.sh"

# msg NAME ENVELOPE FIELD...: prints a message of a stream; its body has the
# name.
msg() {
	name=$1 envelope=$2 && shift 2
	printf 'From ms-stream@1 Thu Jan  1 00:00:00 1970\nMS-Envelope: %s\n' "$envelope"
	printf '%s\n' "$@" '' "this is $name" ''
}
long='0123456789 0123456789 0123456789 0123456789 0123456789 0123456789'
{
	msg A 'user="alice"; folder="INBOX"; date="2024-02-29T23:59:59Z"' \
		'From: Bob <bob@example.org>' 'To: alice@example.org' 'Subject: Hello World'
	msg B 'user="alice"; folder="INBOX/Work"; date="2024-03-01T00:00:00Z"' \
		'From: =?utf-8?q?=C3=84nne?= <anne@example.org>' 'Cc: bob@example.org' \
		'Subject: =?iso-8859-1?q?=DCbung?=' ' fortgesetzt'
	msg C 'user="alice"; folder="INBOX/Work/Old"; source="imap://alice@mail.example.org/"; label="Alice at work"; date="2024-03-31T12:00:00Z"' \
		"From: $long <carol@example.org>" 'Bcc: dan@example.org' "Subject: $long Tail end"
	msg D 'user="bob"; folder="Sent"; date="2024-12-31T23:59:59Z"' \
		'From: bob@example.org' "To: $long <erin@example.org>," ' frank@example.org' 'Subject: Re: hello world'
	msg E 'user="bob"; folder="INBOX2"; source="imap://bob@mail.example.org/"; date="2025-01-01T00:00:00Z"' \
		'From: x@example.org' 'Subject: (odd) "quoted" or not: 100%'
	msg F 'user="bob"; folder="a\\/b/c"; date="2025-06-01T00:00:00Z"' 'Subject:'
	printf 'From ms-stream@1 Thu Jan  1 00:00:00 1970\nMS-Envelope: end; messages=6; failed=0; status=0\n\n'
} >mail
status 'an archive is created' 0 ms-init arc
status 'six messages are ingested' 0 ms-ingest -q -a arc --create-user <mail
export MS_ARCHIVE=arc

# names: the id and the name of each message.
ms-list | cut -f 1 | while read -r i; do
	echo "$i $(ms-export --format eml "id:$i" | sed -n 's/^this is //p')"
done >names

# finds QUERY NAMES: the query finds these messages, in the order of dates.
finds() {
	said=$(ms-list -- "$1" 2>err | cut -f 1 | while read -r i; do
		sed -n "s/^$i //p" names
	done | tr -d '\n')
	if [ "$said" = "$2" ] && [ ! -s err ]; then
		pass "$1: $2"
	else
		fail "$1: $2" && note "found $said" && note "$(cat err)"
	fi
}

while IFS='|' read -r query want; do
	finds "$query" "$want"
done <<'END'
|ABCDEF
user:alice|ABC
user:Alice|
user:*|ABCDEF
user:a* folder:INBOX|A
user:*b|DEF
folder:INBOX|A
folder:inbox|A
folder:INBOX/*|BC
folder:inbox/Work|B
folder:inbox/work|
folder:INBOX*|ABCE
folder:*/Old|C
folder:"INBOX"|A
folder:sent|
folder:a\/b/c|F
folder:"a\\/b/c"|F
folder:a/b/c|
source:local:|ABDF
source:imap://alice@mail.example.org/|C
source:*@mail.example.org/|CE
source:mail.example.org|
label:"Alice at work"|C
label:*work|C
since:2024-03|BCDEF
since:2024-03-01|BCDEF
since:2024-03-01T00:00:01Z|CDEF
before:2024-03-01|A
before:2024-03-01T00:00:01Z|AB
since:2024-03-01 before:2024-04|BC
since:2024 before:2025|ABCD
since:2024 and since:2025|EF
before:2025 before:2024-03-01|A
since:2025 before:2024|
since:1h|
before:1h|ABCDEF
from:bob|AD
from:BOB@EXAMPLE|AD
from:änne|B
from:ÄNNE|B
from:anne|B
from:"bob <bob"|A
from:carol|C
from:nobody|
to:alice|A
to:bob|B
to:dan|C
to:erin|D
to:frank|D
to:"0123456789 <erin"|D
subject:hello|AD
subject:"hello world"|AD
subject:"Übung fortgesetzt"|B
subject:"tail END"|C
subject:"56789 tail"|C
subject:re:|D
subject:"(odd) \"quoted\""|E
subject:"or not: 100%"|E
subject:100%|E
from:bob subject:hello user:alice|A
from:bob and subject:hello and user:bob|D
from:carol since:2024-04|
from:example.org folder:INBOX*|ABCE
from:bob or from:anne|ABD
from:bob or from:anne subject:hello|AD
(from:bob or from:anne) user:alice|AB
not from:bob|BCEF
-from:bob user:bob|EF
not (user:bob or folder:INBOX)|BC
-(since:2024-03 before:2025)|AEF
not not user:bob|DEF
user:alice -folder:INBOX -folder:INBOX/Work/Old|B
from:carol or subject:"tail end" or to:frank|CD
not to:frank|ABCEF
cc:bob|B
to:bob -cc:bob|
bcc:dan|C
cc:dan|
recipient:dan or recipient:bob|BC
recipient:"0123456789 <erin"|D
list:anything|
smaller:1 or larger:1G|
larger:0|ABCDEF
on:2024-03|BC
on:2024|ABCD
on:2024-12-31 or on:2025-01-01|DE
not since:2024-12-31|ABC
is:seen|
is:unseen|ABCDEF
in:inbox|A
in:anywhere after:2025/01/01|EF
older_than:1h newer_than:9000d|ABCDEF
from:muller or from:Anne@EXAMPLE|B
subject:ubung|B
hello|AD
Hello World|AD
"hello world" user:bob|D
"world hello"|
this is D|D
"this is f"|F
bob -from:bob|B
erin or dan|CD
tail "anne"|
example -user:bob|ABC
END

# What a query reads.
status 'a query is explained' 0 ms-list --explain 'folder:INBOX* since:2024 from:bob (to:x or cc:x)'
cat >want <<'END'
rows of the index: of folders, 4; sent since 2024-01-01T00:00:00Z
folders decide: folder:
rows decide: since:
rows or, if these do not decide, headers: from: to: cc:
END
same '  its rows and its terms' want out
status 'a query with an or has the wider period' 0 ms-list --explain 'since:2025 or on:2024-03'
printf 'rows of the index: of all folders; sent since 2024-03-01T00:00:00Z\nrows decide: since: on:\n' >want
same '  both are in it' want out
status 'what does not match has no period' 0 ms-list --explain 'not since:2025'
printf 'rows of the index: of all folders\nrows decide: since:\n' >want
same '  undated messages are in it' want out
status 'it is only for admins' 64 ms-list --as alice --explain since:2024

# Ids and beginnings of ids.
a=$(sed -n 's/ A$//p' names) d=$(sed -n 's/ D$//p' names)
finds "id:$a" A
finds "id:$(echo "$a" | cut -c 1-8)" A
finds "id:$(echo "$a" | cut -c 1-13 | tr a-f A-F)" A
finds "id:$d id:$a" AD
finds "id:$d and id:$a and user:bob" D
finds "id:$a since:2024-03" ''
finds 'id:0000000000000000' ''
finds "id:$a subject:hello from:bob to:alice folder:INBOX" A
status 'a beginning of an id that is too short' 64 ms-list id:1234567
status 'a query in three operands' 0 ms-list from:bob and user:bob
ok 'it is the same query as in one operand' test "$(wc -l <out)" -eq 1

# Two ids that begin with the same 8 digits. A pair is found quickly, because 8
# digits have few values.
mkdir alike
perl -MDigest::SHA=sha256_hex -e '
	for ($i = 0; ; $i++) {
		$t = "Subject: $i\r\n\r\nx\r\n"; $h = substr(sha256_hex($t), 0, 8);
		if (exists $s{$h}) {
			for $n ($i, $s{$h}) { open F, ">", "alike/$n.eml"; print F "Subject: $n\r\n\r\nx\r\n"; }
			print "$h\n"; exit }
		$s{$h} = $i }' >prefix
status 'two messages with similar ids are ingested' 0 ms-ingest -q -u alice -d Alike alike
status 'a common beginning of two ids is refused' 64 ms-list "id:$(cat prefix)"
ok 'the error names the beginning' grep -q "id:$(cat prefix) is the beginning of more than one id" err
status 'ms-export refuses it, too' 64 ms-export "id:$(cat prefix)"
finish
