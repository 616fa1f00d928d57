#!/bin/sh
# 1100-ingest-moved.t - a message that was moved at its source. The new folder
# gets an occurrence, and the occurrence in the old folder is marked as moved,
# in the packs, in the index and in a rebuilt index.
. "$(dirname "$0")/lib.sh"

sep='From ms-stream@1 Thu Jan  1 00:00:00 1970'
reader=$top/t/second-reader.py
src='source="imap://alice@h/"'
# body ENVELOPE [SUBJECT]: prints a message. ref ENVELOPE [SUBJECT]: prints a
# reference to it.
body() {
	printf '%s\nMS-Envelope: %s; %s\nSubject: %s\n\ntext\n\n' \
		"$sep" "$src" "$1" "${2-one}"
}
id() { printf 'Subject: %s\r\n\r\ntext\r\n' "${1-one}" | sha256sum | cut -c 1-64; }
ref() { printf '%s\nMS-Envelope: %s; %s; ref="%s"\n\n' "$sep" "$src" "$1" "$(id "${2-one}")"; }
end() { printf '%s\nMS-Envelope: end; messages=%d; failed=0; status=0\n\n' "$sep" "$1"; }
# expect WHAT QUERY LINE...: the query finds exactly these: folder subject.
expect() {
	what=$1 query=$2 && shift 2
	# shellcheck disable=SC2086 # words of a query
	ms-list $query | cut -f 4,7 | tr '\t' ' ' | sort >got
	printf '%s\n' "$@" | sed '/^$/d' | sort >want
	same "$what" want got
}
count() { "$reader" arc records | cut -f 2 | grep -c "$1"; }
# marks WHEN: compares the marks of the index with those that the second reader
# finds in the packs.
marks() {
	ms-list --json is:moved | sed -n 's/.*"number":\([0-9]*\).*/\1 &/p' |
		sed 's/^\([0-9]*\) .*"moved_to":\([0-9]*\).*/\1\t\2/' | sort -n >got
	"$reader" arc moved >want
	same "$1: the second reader finds the same marks" want got
	status "$1: ms-verify finds no error" 0 ms-verify -q --data
}
export MS_ARCHIVE=arc MS_USER=alice
ms-init -u alice arc

# ---- moved to another folder ----

{ body 'folder=A; uid="1/1"' && body 'folder=A; uid="1/2"' two && end 2; } >start
status 'two messages are ingested' 0 ms-ingest <start
{ ref 'folder=B; uid="1/1"; moved-from="A"' && end 1; } >there
status 'one of them is moved' 0 ms-ingest <there
ok 'the message is known' grep -q '1 seen: 0 new, 1 known, 0 left out, 0 failed' err
expect 'the message is in its new folder' '' 'A two' 'B one'
expect 'is:moved finds it in its old folder' is:moved 'A one'
expect 'is:moved with another folder finds nothing' 'is:moved folder:B' ''
expect 'its id finds it only in its new folder' "id:$(id)" 'B one'
expect 'its id with is:moved finds it in its old folder' "id:$(id) is:moved" 'A one'
marks moved
ms-list --json is:moved >got
ok 'the JSON of the old occurrence names the new one' grep -q '"moved_to":[0-9]' got
ms-list --json folder:B >got
ok 'the JSON of the new occurrence does not' absent -q moved_to got
ms-list --summary | cut -f 1-3 >got
printf 'alice\tA\t1\nalice\tB\t1\n' >want
same 'a summary counts the message once' want got

ms-export --format eml -o out.d >/dev/null 2>&1
ok 'an export gives two messages' test "$(find out.d -name '*.eml' | wc -l)" -eq 2
status 'is:moved is exported' 0 ms-export is:moved
ok 'the export has the message in its old folder' grep -q 'folder="A"' out
status 'a line of the list of moved messages is exported' 0 sh -c 'ms-list is:moved | ms-export -'
ok 'the export has the message in its old folder, too' grep -q 'folder="A"' out

cp -a arc before
status 'the same stream is ingested again' 0 ms-ingest <there
ok 'nothing is added' cmp before/pack/00000001.pack arc/pack/00000001.pack
rm -rf before

# ---- moved back ----

{ ref 'folder=A; uid="1/3"; moved-from="B"' && end 1; } >back
status 'the message is moved back' 0 ms-ingest <back
expect 'the message is in its old folder again' '' 'A one' 'A two'
expect 'is:moved finds it in the other folder' is:moved 'B one'
marks 'moved back'
status 'an old stream is ingested again' 0 ms-ingest <there
expect 'it changes nothing' '' 'A one' 'A two'
{ ref 'folder=C; uid="1/1"; moved-from="A"' && end 1; } >on
status 'the message is moved to a third folder' 0 ms-ingest <on
expect 'the message is in the third folder' '' 'A two' 'C one'
expect 'is:moved finds it in both other folders' is:moved 'A one' 'B one'
marks 'moved to a third folder'
{ ref 'folder=B; uid="1/7"' && end 1; } >copied
status 'a copy comes into a folder from which the message was moved' 0 ms-ingest <copied
expect 'the copy is another occurrence' '' 'A two' 'B one' 'C one'
marks copied

rm -rf arc/index
expect 'a new index has the same occurrences' '' 'A two' 'B one' 'C one'
expect 'a new index has the same moved occurrences' is:moved 'A one'
marks 'new index'
status 'ms-verify rebuilds the index' 0 ms-verify -q --rebuild-index
marks rebuilt

# ---- moves in one stream, with bodies, and without places ----

{
	body 'folder=A; uid="1/20"' three
	ref 'folder=B; uid="1/20"; moved-from="A"' three
	body 'folder=A; uid="1/21"; moved-from="Inbox/deep"' four
	body 'folder="x\\/y/z"; moved-from="A"' four
	body 'folder=A; moved-from="x\\/y/z"' four
	end 5
} >many
status 'messages and their moves come in one stream' 0 ms-ingest <many
expect 'the moves have the same effect' '' 'A two' 'B one' 'C one' 'B three' 'A four'
ok 'a message whose old folder does not have it is stored and reported' \
	grep -q '1 messages\{0,1\} .*moved from' err
marks stream
n=$(count MOVED)
{ body 'folder=A; moved-from="x\\/y/z"' four && end 1; } >again
status 'a message without a place comes again' 0 ms-ingest <again
ok 'the message is known' test "$(count MOVED)" -eq "$n"

# ---- the line ends of the copy ----

{
	printf '%s\nMS-Envelope: source="local:"; folder=A\nSubject: form\n\ntext\n\n' "$sep"
	printf '%s\nMS-Envelope: %s; folder=A; uid="1/40"\nSubject: form\r\n\r\ntext\r\n\n' "$sep" "$src"
	ref 'folder=F; uid="1/40"; moved-from="A"' form
	end 3
} >form
status 'a message that came with CRLF is moved' 0 ms-ingest <form
ms-export -q --format eml --eol original subject:form folder:F >got
printf 'Subject: form\r\n\r\ntext\r\n' >want
same 'the moved copy has the line ends of its source' want got
n=$(count MOVED)

# ---- moves that are not possible ----

{
	ref 'folder=A; uid="1/30"; moved-from="A"' two
	ref 'folder=B; uid="1/31"; moved-from="nowhere"' two
	ref 'folder=D; uid="1/32"; moved-from="B"' four
	end 3
} >no
status 'moves into the same folder, from an unknown folder, from a folder without the message' 0 ms-ingest <no
ok 'the report counts these moves' grep -q '^ms-ingest: 3 messages were moved from folders that do not have them' err
expect 'the messages are stored' '' 'A two' 'B two' 'B one' 'C one' 'B three' 'A four' 'D four' \
	'A form' 'F form'
ok 'no occurrence is marked as moved' test "$(count MOVED)" -eq "$n"
{
	printf '%s\nMS-Envelope: user="bob"; %s; folder=E; moved-from="A"\nSubject: two\n\ntext\n\n' "$sep" "$src"
	printf '%s\nMS-Envelope: source="imap://other@h/"; folder=E; moved-from="A"; ref="%s"\n\n' "$sep" "$(id two)"
	end 2
} >others
status "moves from a folder of another user or source" 0 ms-ingest --create-user <others
ok 'they are moves from another folder' grep -q '^ms-ingest: 2 messages were moved from folders that do not have them' err
expect 'no occurrence of the folder is marked' 'folder:A' 'A two' 'A four' 'A form'
marks no

# ---- sent mail ----

{
	body 'folder=Sent; uid="1/1"; special="\\Sent"' s1
	body 'folder=Gesendet; uid="1/1"; special="\\important \\SENT"' s2
	body 'folder=Sent; uid="1/2"; special="\\Sentinel"' s3
	ref 'folder=Sent; uid="1/3"; special="\\Sent"; moved-from="A"' four
	end 4
} >sent
status 'sent mail is ingested' 0 ms-ingest <sent
expect 'is:sent uses the attribute special of the folder' is:sent 'Sent s1' 'Gesendet s2' 'Sent four'
expect 'is:sent with is:moved finds nothing' 'is:sent is:moved' ''
ms-list --json subject:s2 >got
ok 'the JSON has the key sent' grep -q '"sent":true' got
status 'the message is exported' 0 ms-export is:sent
ok 'the export has the attribute special' grep -q 'special="..important ..SENT"' out
ok 'the export has no attribute of an earlier move' absent moved-from out
status 'an unknown word after is: is refused' 64 ms-list is:lost
ok 'the error names the known words' grep -qF '(try seen, unseen, ' err
marks sent
ok 'the second reader finds no damage' "$reader" arc check
finish
