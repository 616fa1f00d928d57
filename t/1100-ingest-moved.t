#!/bin/sh
# 1100-ingest-moved.t - a message that was moved at its source. The new folder
# gets an occurrence and the old one is marked, in the archive, in the index,
# and in a rebuilt index.
. "$(dirname "$0")/lib.sh"

sep='From ms-stream@1 Thu Jan  1 00:00:00 1970'
reader=$top/t/second-reader.py
src='source="imap://alice@h/"'
# body ENVELOPE [SUBJECT], ref ENVELOPE [SUBJECT]: a message, or a word for it.
body() {
	printf '%s\nMS-Envelope: %s; %s\nSubject: %s\n\ntext\n\n' \
		"$sep" "$src" "$1" "${2-one}"
}
id() { printf 'Subject: %s\r\n\r\ntext\r\n' "${1-one}" | sha256sum | cut -c 1-64; }
ref() { printf '%s\nMS-Envelope: %s; %s; ref="%s"\n\n' "$sep" "$src" "$1" "$(id "${2-one}")"; }
end() { printf '%s\nMS-Envelope: end; messages=%d; failed=0; status=0\n\n' "$sep" "$1"; }
# expect WHAT QUERY LINE...: just these lie there: folder subject.
expect() {
	what=$1 query=$2 && shift 2
	# shellcheck disable=SC2086 # words of a query
	ms-list $query | cut -f 4,7 | tr '\t' ' ' | sort >got
	printf '%s\n' "$@" | sed '/^$/d' | sort >want
	same "$what" want got
}
count() { "$reader" arc records | cut -f 2 | grep -c "$1"; }
# The marks of the index, as the second reader sees them too.
marks() {
	ms-list --json is:moved | sed -n 's/.*"number":\([0-9]*\).*/\1 &/p' |
		sed 's/^\([0-9]*\) .*"moved_to":\([0-9]*\).*/\1\t\2/' | sort -n >got
	"$reader" arc moved >want
	same "$1: the second reader sees the same" want got
	status "$1: the index is what the packs say" 0 ms-verify -q --data
}
export MS_ARCHIVE=arc MS_USER=alice
ms-init -u alice arc

# ---- there ----

{ body 'folder=A; uid="1/1"' && body 'folder=A; uid="1/2"' two && end 2; } >start
status 'two messages' 0 ms-ingest start
{ ref 'folder=B; uid="1/1"; moved-from="A"' && end 1; } >there
status 'one was moved' 0 ms-ingest there
ok 'the message is known' grep -q '1 seen: 0 new, 1 known, 0 left out, 0 failed' err
expect 'it lies in its new folder' '' 'A two' 'B one'
expect 'where it was is:moved' is:moved 'A one'
expect 'with other terms' 'is:moved folder:B' ''
expect 'its id gives it once' "id:$(id)" 'B one'
expect 'or where it was' "id:$(id) is:moved" 'A one'
marks there
ms-list --json is:moved >got
ok 'JSON says where it went' grep -q '"moved_to":[0-9]' got
ms-list --json folder:B >got
ok 'and nothing of one that lies there' absent -q moved_to got
ms-list --summary | cut -f 1-3 >got
printf 'alice\tA\t1\nalice\tB\t1\n' >want
same 'a summary counts it once' want got

ms-export --format eml -o out.d >/dev/null 2>&1
ok 'an export gives two messages' test "$(find out.d -name '*.eml' | wc -l)" -eq 2
status 'one of what was moved' 0 ms-export is:moved
ok 'gives it' grep -q 'folder="A"' out
status 'a line of that listing' 0 sh -c 'ms-list is:moved | ms-export -'
ok 'gives it too' grep -q 'folder="A"' out

cp -a arc before
status 'the same stream again' 0 ms-ingest there
ok 'adds nothing' cmp before/pack/00000001.pack arc/pack/00000001.pack
rm -rf before

# ---- and back ----

{ ref 'folder=A; uid="1/3"; moved-from="B"' && end 1; } >back
status 'the message is moved back' 0 ms-ingest back
expect 'and lies there again' '' 'A one' 'A two'
expect 'while the other is left' is:moved 'B one'
marks back
status 'an old stream, played again' 0 ms-ingest there
expect 'changes nothing' '' 'A one' 'A two'
{ ref 'folder=C; uid="1/1"; moved-from="A"' && end 1; } >on
status 'the message is moved to a third folder' 0 ms-ingest on
expect 'to a third folder' '' 'A two' 'C one'
expect 'both others are left' is:moved 'A one' 'B one'
marks on
{ ref 'folder=B; uid="1/7"' && end 1; } >copied
status 'a copy in a folder it had left' 0 ms-ingest copied
expect 'is a second one' '' 'A two' 'B one' 'C one'
marks copied

rm -rf arc/index
expect 'an index made anew says so too' '' 'A two' 'B one' 'C one'
expect 'and what was left' is:moved 'A one'
marks anew
status 'also by ms-verify' 0 ms-verify -q --rebuild-index
marks rebuilt

# ---- in one stream, with bodies, without places ----

{
	body 'folder=A; uid="1/20"' three
	ref 'folder=B; uid="1/20"; moved-from="A"' three
	body 'folder=A; uid="1/21"; moved-from="Inbox/deep"' four
	body 'folder="x\\/y/z"; moved-from="A"' four
	body 'folder=A; moved-from="x\\/y/z"' four
	end 5
} >many
status 'all in one stream' 0 ms-ingest many
expect 'is the same' '' 'A two' 'B one' 'C one' 'B three' 'A four'
ok 'what was in no such folder is kept, and said' \
	grep -q '1 messages\{0,1\} .*moved from' err
marks stream
n=$(count MOVED)
{ body 'folder=A; moved-from="x\\/y/z"' four && end 1; } >again
status 'without a place, again' 0 ms-ingest again
ok 'the message is known' test "$(count MOVED)" -eq "$n"

# ---- the form in which it came ----

{
	printf '%s\nMS-Envelope: source="local:"; folder=A\nSubject: form\n\ntext\n\n' "$sep"
	printf '%s\nMS-Envelope: %s; folder=A; uid="1/40"\nSubject: form\r\n\r\ntext\r\n\n' "$sep" "$src"
	ref 'folder=F; uid="1/40"; moved-from="A"' form
	end 3
} >form
status 'one that came with CRLF, moved' 0 ms-ingest form
ms-export --format eml --eol original subject:form folder:F >got
printf 'Subject: form\r\n\r\ntext\r\n' >want
same 'is as it came from that source' want got
n=$(count MOVED)

# ---- what can be no move ----

{
	ref 'folder=A; uid="1/30"; moved-from="A"' two
	ref 'folder=B; uid="1/31"; moved-from="nowhere"' two
	ref 'folder=D; uid="1/32"; moved-from="B"' four
	end 3
} >no
status 'moves into the same folder, from an unknown folder, from a folder without the message' 0 ms-ingest no
ok 'the message says so' grep -q '^ms-ingest: 3 messages were moved from folders that do not have them' err
expect 'and kept' '' 'A two' 'B two' 'B one' 'C one' 'B three' 'A four' 'D four' \
	'A form' 'F form'
ok 'no occurrence is marked as moved' test "$(count MOVED)" -eq "$n"
{
	printf '%s\nMS-Envelope: user="bob"; %s; folder=E; moved-from="A"\nSubject: two\n\ntext\n\n' "$sep" "$src"
	printf '%s\nMS-Envelope: source="imap://other@h/"; folder=E; moved-from="A"; ref="%s"\n\n' "$sep" "$(id two)"
	end 2
} >others
status "another user's, or another source's, folder" 0 ms-ingest --create-user others
ok 'is another folder' grep -q '^ms-ingest: 2 messages were moved from folders that do not have them' err
expect 'nothing is marked' 'folder:A' 'A two' 'A four' 'A form'
marks no

# ---- sent ----

{
	body 'folder=Sent; uid="1/1"; special="\\Sent"' s1
	body 'folder=Gesendet; uid="1/1"; special="\\important \\SENT"' s2
	body 'folder=Sent; uid="1/2"; special="\\Sentinel"' s3
	ref 'folder=Sent; uid="1/3"; special="\\Sent"; moved-from="A"' four
	end 4
} >sent
status 'sent mail' 0 ms-ingest sent
expect 'is:sent by what its folder is for' is:sent 'Sent s1' 'Gesendet s2' 'Sent four'
expect 'is:sent and is:moved' 'is:sent is:moved' ''
ms-list --json subject:s2 >got
ok 'JSON says so' grep -q '"sent":true' got
status 'the message is exported' 0 ms-export is:sent
ok 'with what it was for' grep -q 'special="..important ..SENT"' out
ok 'the export has no attribute of an earlier move' absent moved-from out
status 'no other words' 64 ms-list is:lost
ok 'are known' grep -q 'is:moved or is:sent' err
marks sent
ok 'the second reader finds no damage' "$reader" arc check
finish
