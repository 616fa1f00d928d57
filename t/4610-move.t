#!/bin/sh
# 4610-move.t - ms-move shows messages in another folder, and a folder under
# another name. Its source, another archive and a new index do not move them
# back. ms-move(1); ms-archive(5), View.
. "$(dirname "$0")/lib.sh"

sep='From ms-stream@1 Thu Jan  1 00:00:00 1970'
src='source="imap://anna@h/"'
body() { printf '%s\nMS-Envelope: %s; %s\nSubject: %s\n\ntext\n\n' "$sep" "$src" "$1" "$2"; }
id() { printf 'Subject: %s\r\n\r\ntext\r\n' "$1" | sha256sum | cut -c 1-64; }
ref() { printf '%s\nMS-Envelope: %s; %s; ref="%s"\n\n' "$sep" "$src" "$1" "$(id "$2")"; }
end() { printf '%s\nMS-Envelope: end; messages=%d; failed=0; status=0\n\n' "$sep" "$1"; }
# expect WHAT QUERY LINE...: the query finds exactly these: user folder subject.
expect() {
	what=$1 query=$2 && shift 2
	# shellcheck disable=SC2086 # words of a query
	ms-list $query | cut -f 3,4,7 | tr '\t' ' ' | sort >got
	printf '%s\n' "$@" | sed '/^$/d' | sort >want
	same "$what" want got
}
# sums LINE...: the lines of the summary: user folder messages.
sums() {
	what=$1 && shift
	ms-list --summary | cut -f 1-3 | tr '\t' ' ' >got
	printf '%s\n' "$@" >want
	same "$what" want got
}
move() { ms-move -q --force "$@" >out && change=$(cut -f 1 out); }
export MS_ARCHIVE=arc MS_USER=anna
ms-init -u anna arc && ms-users add bob
body 'folder=A; uid="1/1"' one >mail
body 'folder=A; uid="1/2"' two >>mail
body 'folder=A/sub; uid="1/1"' three >>mail
body 'folder=B; uid="1/1"' four >>mail
end 4 >>mail
status 'mail is ingested' 0 ms-ingest <mail
cp -a arc start

# ---- messages ----

status 'what would be moved is printed' 0 ms-move -n --to C subject:one --force
ok '  as ms-list does' sh -c 'ms-list subject:one | cmp - out'
ok '  and in a sentence' grep -q '1 message would be moved' err
status 'more than a tenth is refused' 64 ms-move --to C folder:A
ok '  the error names --force' grep -q -e 'use --force to move' err
status '  a renamed folder counts with the folders below it' 64 ms-move --rename-folder A C
status 'a single message needs no --force' 0 ms-move --reason why --to C subject:one
change=$(cut -f 1 out)
ok '  stderr says how to undo it' grep -q "ms-move --undo $change" err
expect '  it is there' '' 'anna C one' 'anna A two' 'anna A/sub three' 'anna B four'
expect '  its old folder does not have it' folder:A 'anna A two'
expect '  the new one does' folder:C 'anna C one'
expect '  its id finds it there' "id:$(id one)" 'anna C one'
sums '  a summary counts it there' 'anna A 1' 'anna A/sub 1' 'anna B 1' 'anna C 1'
ms-export -q --format eml -o files
ok '  a file is there' sh -c 'find files -type f | grep -q /C/'
printf '%s\tmove\t1\t\tC\tsubject:one\twhy\n' "$change" >want
ms-move --log | cut -f 1,4- >got
same '  the log has the change' want got
status 'ms-verify finds no error' 0 ms-verify -q --data
ms-verify -q --rebuild-index
expect 'a new index has it there' subject:one 'anna C one'
status 'the same mail is ingested again' 0 ms-ingest <mail
ok '  it is known' grep -q '4 seen: 0 new, 4 known, 0 left out' err
expect '  it stays' subject:one 'anna C one'
{ body 'folder=A; uid="2/1"' one && end 1; } >in
status 'it has a new UIDVALIDITY' 0 ms-ingest <in
expect '  it stays' subject:one 'anna C one'
{ ref 'folder=B; uid="1/2"; moved-from=A' one && end 1; } >in
status 'it is moved at its source' 0 ms-ingest <in
expect '  it stays' subject:one 'anna C one'
{ ref 'folder=A; uid="2/2"; moved-from=B' one && end 1; } >in
status 'it is moved back there' 0 ms-ingest <in
expect '  it stays' subject:one 'anna C one'
{ body 'folder=C; uid="1/1"' five && end 1; } >in
status 'its source creates that folder' 0 ms-ingest <in
expect '  they are together' folder:C 'anna C one' 'anna C five'
status 'it is undone' 0 ms-move --undo "$change"
expect '  the message is where its source has it' subject:one 'anna A one'
status 'it cannot be undone twice' 66 ms-move --undo "$change"
ms-remove -q --force subject:one >out
removed=$(cut -f 1 out)
status 'a removal is not for ms-move' 64 ms-move --undo "$removed"
ok '  the error names ms-remove' grep -q 'use ms-remove' err
ms-remove -q --undo "$removed" >out
status 'ms-verify finds no error' 0 ms-verify -q --data

# ---- another user ----

rm -rf arc && cp -a start arc && ms-ingest -q <mail
move -u bob --to Gift subject:one
expect 'a message is moved to another user' '' 'bob Gift one' 'anna A two' 'anna A/sub three' 'anna B four'
expect '  whose queries find it' user:bob 'bob Gift one'
ms-list -u bob | cut -f 3,4,7 >got
printf 'bob\tGift\tone\n' >want
same '  and so does -u' want got
status '  it is known to its source' 0 ms-ingest <mail
ok '  ' grep -q '4 seen: 0 new, 4 known, 0 left out' err
expect '  and stays' subject:one 'bob Gift one'
move --to Other user:bob
expect 'it is moved again, and stays with this user' subject:one 'bob Other one'
second=$change
ms-move -q --undo "$second" >out
expect 'the later change is undone' subject:one 'bob Gift one'

# ---- order of changes ----

rm -rf arc && cp -a start arc
move --to C subject:one && first=$change
move --to D subject:one && second=$change
ms-remove -q --force subject:one >out && third=$(cut -f 1 out)
ms-move -q --undo "$first" >out
expect 'the first of three changes is undone' subject:one ''
ms-remove -q --undo "$third" >out
expect 'then the last one' subject:one 'anna D one'
ms-move -q --undo "$second" >out
expect 'then the second one' subject:one 'anna A one'
ms-ingest -q <mail
move --to C subject:one
ms-remove -q --force subject:one >out
ms-ingest -q --restore-removed <mail
expect 'a restored message is where it was before' subject:one 'anna C one'

# ---- folders ----

rm -rf arc && cp -a start arc
status 'what would be renamed is printed' 0 ms-move -n --force --rename-folder A New
printf 'A\tNew\nA/sub\tNew/sub\n' >want
same '  old and new names' want out
move --rename-folder A New
printf '%s\t2\n' "$change" >want
same 'a folder is renamed, with the one below it' want out
sums '  it has the new name' 'anna B 1' 'anna New 2' 'anna New/sub 1'
expect '  the old name finds nothing' folder:A ''
expect '  the new name does' 'folder:New*' 'anna New one' 'anna New two' 'anna New/sub three'
{ cat mail && body 'folder=A; uid="1/3"' six && end 1; } >further
status '  new mail comes' 0 ms-ingest <further
sums '  and is shown under the new name' 'anna B 1' 'anna New 3' 'anna New/sub 1'
ms-verify -q --rebuild-index
sums '  also by a new index' 'anna B 1' 'anna New 3' 'anna New/sub 1'
name=$change
move --to A subject:four
expect 'a message is moved to a folder of the old name' folder:A 'anna A four'
{ body 'folder=A; uid="1/4"' seven && end 1; } >in && ms-ingest -q <in
expect '  the mail of the source does not go there' folder:A 'anna A four'
four=$change
move --rename-folder New B
sums 'a folder gets the name of another one' 'anna A 1' 'anna B 4' 'anna B/sub 1'
both=$change
ms-move -q --undo "$four" >out
sums '  which has a message of its own' 'anna B 5' 'anna B/sub 1'
ms-move -q --undo "$both" >out
sums 'an undo separates them' 'anna B 1' 'anna New 4' 'anna New/sub 1'
ms-move -q --undo "$name" >out
sums 'an undo gives the old name back' 'anna A 4' 'anna A/sub 1' 'anna B 1'
status 'ms-verify finds no error' 0 ms-verify -q --data
status 'there is no such folder' 66 ms-move --force --rename-folder nothing C
ms-ingest -q -u bob <mail
status 'several users have it' 64 ms-move --force --rename-folder A C
ok '  the error names --user' grep -q -e --user err
status 'one of them is named' 0 ms-move --force -u bob --rename-folder A C
expect '  the other keeps it' 'user:anna folder:A' 'anna A one' 'anna A two' 'anna A six' 'anna A seven'

# ---- another archive ----

rm -rf arc && cp -a start arc
body 'folder=A; uid="1/9"; special="\\\\Sent"; of-another="x"' nine >in && end 1 >>in && ms-ingest -q <in
move --to C subject:one
move --to C subject:nine
move -u bob --to Gift subject:two
move --rename-folder B Bee
all='anna C one|anna C nine|bob Gift two|anna A/sub three|anna Bee four'
IFS='|'
# shellcheck disable=SC2086 # a list
expect 'messages and a folder are moved' '' $all
ms-export -q >stream
ok 'a stream has the folder of the source' grep -q 'folder="A"; uid="1/1".*shown="C"' stream
ok '  and what the archive does not interpret' grep -q 'folder="A"; uid="1/9".*of-another="x"' stream
ok '  and the other user' grep -q 'folder="A"; uid="1/2".*shown="Gift"; shown-user="bob"' stream
status 'another archive gets it' 0 sh -c 'ms-init -u anna other && ms-ingest -a other --create-user <stream'
export MS_ARCHIVE=other
# shellcheck disable=SC2086
expect '  and shows it alike' '' $all
unset IFS
status '  the source knows its mail there' 0 ms-ingest <mail
ok '  ' grep -q '4 seen: 0 new, 4 known, 0 left out' err
status '  the stream comes again' 0 ms-ingest <stream
ok '  ' grep -q '5 seen: 0 new, 5 known, 0 left out' err
ms-move --log >log
ok '  that is one change' test "$(wc -l <log)" -eq 1
ms-move -q --undo "$(cut -f 1 log)" >out
ms-ingest -q <stream
expect '  which a person has undone' subject:one 'anna A one'
move --to D subject:two
ms-remove -q --force subject:nine >out
status '  a person moves and removes messages, and the stream comes again' 0 ms-ingest <stream
ok '  ' grep -q '5 seen: 0 new, 4 known, 1 left out' err
expect '  they stay where the person wants them' '' 'anna A one' 'anna D two' 'anna A/sub three' 'anna B four'
status 'ms-verify finds no error' 0 ms-verify -q --data
export MS_ARCHIVE=arc
ms-export -q -u bob >stream
ok 'an export of one user does not name the other' absent -q 'user="anna"' stream
ok '  and has the folder of this user' grep -q 'user="bob".*folder="Gift"' stream
# Two occurrences of a message, of which one has left its folder for the other,
# and one that has further places.
rm -rf arc && cp -a start arc
{ ref 'folder=B; uid="1/2"; moved-from=A' one && ref 'folder=A; uid="1/7"; keyword=x' two && end 2; } >in
ms-ingest -q <in
ms-move -q --force -u bob --to Gift 'subject:one and is:moved' >out
ms-move -q --force -u bob --to Gift subject:one >out
ms-move -q --force -u bob --to Gift subject:two >out
ms-users grant bob export
for who in '-u bob' '--as bob'; do
	# shellcheck disable=SC2086 # words
	ms-export -q $who >stream
	ok "what another user has left is not in ms-export $who" \
		absent -q 'user="anna"\|folder="\?[AB]\|moved\|uid=' stream
	ok '  each message is there once' [ "$(grep -c '^From ' stream)" = 3 ] || note "$(grep -a '^MS-Env' stream)"
done
ok 'it is in ms-export' sh -c 'ms-export -q | grep -q "moved-from=.*user=.bob\|user=.anna.*moved-from"'

status '-u decides whose mail it is' 0 sh -c 'ms-init -u eve third && ms-export | ms-ingest -q -a third -u eve'
MS_ARCHIVE=third expect '  ' subject:two 'eve Gift two'

# The folder in which an occurrence was shown before the message left it is not
# that of the new one: folder A is renamed, and a person moved the message in B
# before it came there from A.
rm -rf arc && cp -a start arc
{ ref 'folder=B; uid="1/2"' one && end 1; } >in && ms-ingest -q <in
move --to C folder:B subject:one
{ ref 'folder=B; uid="1/3"; moved-from=A' one && ref 'folder=B; uid="1/4"; moved-from=A' two &&
	end 2; } >in && ms-ingest -q <in
move --rename-folder A New
expect 'messages leave a folder that is renamed' '' 'anna C one' 'anna B two' 'anna New/sub three' 'anna B four'
ms-export -q >stream
ok '  the stream has what they have left' test "$(grep -c 'folder="A"; uid="1/[12]".*moved-away="yes"' stream)" -eq 2
status '  another archive gets it' 0 sh -c 'ms-init -u anna fourth && ms-ingest -q -a fourth <stream'
MS_ARCHIVE=fourth expect '  and shows it alike' '' 'anna C one' 'anna B two' 'anna New/sub three' 'anna B four'

# ---- usage ----

status 'no folder is named' 64 ms-move subject:one
status 'no query' 64 ms-move --to C
status 'one name only' 64 ms-move --rename-folder A
status '--to and --rename-folder' 64 ms-move --to C --rename-folder A B
status 'an unknown user' 64 ms-move --force --to C -u nobody subject:one
status 'an empty folder' 64 ms-move --force --to '' subject:one
status 'a folder that is not UTF-8' 64 ms-move --force --to "$(printf '\377')" subject:one

# ---- reports ----

rm -rf arc && cp -a start arc
status 'a report of a renamed folder' 0 ms-move -q --force --report report --rename-folder A D
ok '  counts messages and folders' jq -se '.[0].type == "change" and .[0].count == 2 and
	(.[1] | .tool == "ms-move" and .matched == 3 and .changed == 2)' report
status 'a report of moved messages' 0 ms-move -q --force --report report --to E folder:B
ok '  ' jq -se '.[0].count == 1 and (.[1] | .matched == 1 and .changed == 1)' report

# ---- parts ----

rm -rf arc && cp -a start arc
status 'a change of several batches' 0 env MS_VIEW_PART=1,1 ms-move --force --to All user:anna
change=$(cut -f 1 out)
sums '  is one change' 'anna All 4'
ms-verify -q --rebuild-index
sums '  also in a new index' 'anna All 4'
ms-move -q --undo "$change" >out
sums '  and undone' 'anna A 2' 'anna A/sub 1' 'anna B 1'

# ---- privileges ----

ms-users add carl && ms-users grant carl move && ms-users grant --on anna carl read
ms-users add eve && ms-users grant --on anna eve read write delete
status 'a user without the privilege' 77 ms-move --as eve --force --to C subject:one
status 'a user without the right' 77 ms-move --as carl --force --to C subject:one
ms-users grant --on anna carl write
status 'a user with both' 0 ms-move --as carl --force --to C subject:one
status 'to another user: not without further rights' 77 ms-move --as carl --force -u bob --to C subject:one
ms-users grant --on anna carl delete && ms-users grant --on bob carl write
status 'to another user, with them' 0 ms-move --as carl --force -u bob --to C subject:one
status 'a folder is renamed' 0 ms-move --as carl --force -u anna --rename-folder B C
renamed=$(cut -f 1 out)
status '  not that of a user without the right' 77 ms-move --as carl --force -u eve --rename-folder B C
ms-users add fred && printf 'Subject: private\n\nx\n' | ms-ingest -q -u fred -d Private
status '  nor is a folder found whose mail the user may not read' 66 ms-move --as carl --force --rename-folder Private C
ok '    as if there were none' grep -q "there is no folder 'Private'" err

# Undo needs the rights that the way back would need.
ms-users add dora && ms-users grant dora move
status 'a renamed folder of others' 77 ms-move --as dora --undo "$renamed"
ms-users grant --on anna dora write
status '  with the right' 0 ms-move --as dora --undo "$renamed"
move --to D subject:two
ms-users revoke --on anna dora write
status 'a message of others' 77 ms-move --as dora --undo "$change"
ms-users grant --on anna dora write
status '  with the right' 0 ms-move --as dora --undo "$change"
move -u bob --to D subject:two
status 'mail that went to another user: the right for one' 77 ms-move --as dora --undo "$change"
ms-users grant --on bob dora write
status '  without the right to take it away' 77 ms-move --as dora --undo "$change"
expect '  it stays' subject:two 'bob D two'
ms-users grant --on bob dora delete
status '  with both' 0 ms-move --as dora --undo "$change"
expect '  it is back' subject:two 'anna A two'
finish
