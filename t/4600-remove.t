#!/bin/sh
# 4600-remove.t - ms-remove takes messages out of view, and nothing but an undo
# or --restore-removed brings them back. ms-remove(1); ms-archive(5), View.
. "$(dirname "$0")/lib.sh"

sep='From ms-stream@1 Thu Jan  1 00:00:00 1970'
src='source="imap://anna@h/"'
# body ENVELOPE SUBJECT: prints a message. ref ENVELOPE SUBJECT: prints a
# reference to it.
body() { printf '%s\nMS-Envelope: %s; %s\nSubject: %s\n\ntext\n\n' "$sep" "$src" "$1" "$2"; }
id() { printf 'Subject: %s\r\n\r\ntext\r\n' "$1" | sha256sum | cut -c 1-64; }
ref() { printf '%s\nMS-Envelope: %s; %s; ref="%s"\n\n' "$sep" "$src" "$1" "$(id "$2")"; }
end() { printf '%s\nMS-Envelope: end; messages=%d; failed=0; status=0\n\n' "$sep" "$1"; }
# expect WHAT QUERY LINE...: the query finds exactly these: folder subject.
expect() {
	what=$1 query=$2 && shift 2
	# shellcheck disable=SC2086 # words of a query
	ms-list $query | cut -f 4,7 | tr '\t' ' ' | sort >got
	printf '%s\n' "$@" | sed '/^$/d' | sort >want
	same "$what" want got
}
export MS_ARCHIVE=arc MS_USER=anna
ms-init -u anna arc
for n in 1 2 3 4 5 6 7 8 9; do body "folder=A; uid=\"1/$n\"" $n; done >some
body 'folder=A; uid="1/10"' one >>some
body 'folder=B; uid="1/1"' two >>some
{ cat some && end 11; } >mail
status 'mail is ingested' 0 ms-ingest <mail
numbers='A 1
A 2
A 3
A 4
A 5
A 6
A 7
A 8
A 9'

# ---- removed and brought back ----

ok 'FORMAT has no feature that a program must know' absent -q '^read' arc/FORMAT
status 'what would be removed is printed' 0 ms-remove -n subject:one
ok '  as ms-list does' sh -c 'ms-list subject:one | cmp - out'
ok '  and in a sentence' grep -q '1 message would be removed from view' err
expect '  and nothing is changed' subject:one 'A one'
ok '  not even FORMAT' absent -q '^read' arc/FORMAT
status 'a message is removed' 0 ms-remove --reason 'no longer wanted' subject:one
one=$(cut -f 1 out)
printf '%s\t1\n' "$one" >want
same '  the number of the change and of the messages is printed' want out
ok '  stderr says how to undo it' grep -q "ms-remove --undo $one" err
expect '  it is no longer found' '' "$numbers" 'B two'
expect '  nor by its id' "id:$(id one)" ''
expect '  is:removed finds it' is:removed 'A one'
ok 'FORMAT has the feature' grep -qx 'read view' arc/FORMAT
ms-export -q >out
ok 'it is not exported' absent -q 'Subject: one' out
status 'nor by its id' 0 ms-export "id:$(id one)"
ok '  ' grep -q 'messages=0; failed=0' out
ms-list is:removed >lines
status 'nor by a line of ms-list' 1 ms-export - <lines
ok 'the JSON says so' sh -c "ms-list --json is:removed | grep -q '\"removed\":true,\"change\":$one,'"
status 'ms-verify finds no error' 0 ms-verify -q --data
status 'the index is built again' 0 ms-verify -q --rebuild-index
expect '  it is still removed' '' "$numbers" 'B two'
ms-remove --log >log
printf '%s\tremove\t1\t\t\tsubject:one\tno longer wanted\n' "$one" >want
cut -f 1,4- log >got
same 'the log has the change' want got
ms-users log --last 1 | cut -f 3- >got
printf 'remove\t\t{"change":%d,"count":1,"query":"subject:one","reason":"no longer wanted"}\n' "$one" >want
same '  and so has the log of the archive' want got
status '  as JSON' 0 ms-users log --last 1 --json
ok '  ' grep -q "^{\"number\":$one,\"time\":\"[^\"]*\",\"kind\":\"remove\",\"change\":$one,\"count\":1,\"event\":{" out
ok '  without the numbers of the messages' absent -e ranges -e occurrences out
status '  the log of a user does not have it' 0 sh -c 'ms-users log anna >out && ! grep -q remove out'
status 'it is undone' 0 ms-remove --undo "$one" --reason 'it was'
expect '  the message is back' 'folder:A subject:one' 'A one'
expect '  nothing is removed' is:removed ''
ms-remove --log | cut -f 6 >got
echo undone >want
same '  the log says so' want got
ms-users log --last 1 | cut -f 3- >got
printf 'undo\t\t{"change":%d,"reason":"it was"}\n' "$one" >want
same '  and so does the log of the archive' want got
status 'it cannot be undone twice' 66 ms-remove --undo "$one"
ok '  and the error says why' grep -q 'was undone already' err
status 'there is no such change' 66 ms-remove --undo 99999
status 'a number that is no change' 66 ms-remove --undo 1
status 'ms-verify finds no error' 0 ms-verify -q --data

# ---- what was removed stays removed ----

ms-remove -q subject:one >out && one=$(cut -f 1 out)
# left_out WHAT FILE...: a repeated ingest leaves the message out.
left_out() {
	what=$1 && shift
	status "$what" 0 ms-ingest --print-ids --report report "$@"
	ok '  the message counts as left out' grep -q '0 new, [0-9]* known, 1 left out, 0 failed' err
	ok '  and its id is not printed' absent -q "$(id one)" out
	ok '  the report says how it comes back' grep -q "removed by hand: ms-remove --undo $one" report
	expect '  it is still removed' subject:one ''
}
left_out 'the same mail is ingested again' <mail
{ body 'folder=A; uid="2/10"' one && end 1; } >in
left_out 'it has a new UIDVALIDITY' <in
{ ref 'folder=A; uid="3/10"' one && end 1; } >in
left_out 'a reference to it comes' <in
{ ref 'folder=C; uid="1/1"; moved-from=A' one && end 1; } >in
left_out 'it was moved at its source' <in
expect 'both occurrences are removed' 'is:removed is:moved' 'A one'
expect '  also in the new folder' is:removed 'C one'
{ ref 'folder=A; uid="3/11"; moved-from=C' one && end 1; } >in
left_out 'it was moved back' <in
{ body 'folder=A; uid="3/11"' one && end 1; } >in
left_out 'it comes to its old folder again' <in
status 'ms-verify finds no error' 0 ms-verify -q --data
ms-verify -q --rebuild-index
left_out 'all the same with a new index' <in
status 'the change is undone' 0 ms-remove --undo "$one"
expect '  the message is where its source has it' subject:one 'A one'
expect '  once' 'is:moved' 'C one'
ms-init -u anna other && ms-ingest -q -a other <mail
ms-remove -q subject:one >out && one=$(cut -f 1 out)
ms-export -q -a other >in
left_out 'another archive is exported into this one' <in
ms-export -q >out && ms-init -u anna third && ms-ingest -q -a third <out
ok 'an export does not have it' absent -q "$(id one)" out
MS_ARCHIVE=third expect 'nor has an archive that is made of it' '' "$numbers" 'B two'

# ---- --restore-removed ----

status 'it is restored when it arrives' 0 ms-ingest --restore-removed --print-ids <mail
ok '  it is known' grep -q '11 seen: 0 new, 11 known, 0 left out' err
ok '  and its id is printed' grep -qx "$(id one)	known" out
expect '  it is in view' subject:one 'A one'
ms-remove --log | tail -n 1 | cut -f 4,5,6 >got
printf 'restore\t1\t\n' >want
same '  the log has that' want got
restored=$(ms-remove --log | tail -n 1 | cut -f 1)
status 'the restoration is undone' 0 ms-remove --undo "$restored"
expect '  it is removed again' subject:one ''
status 'the removal is undone, too' 0 ms-remove --undo "$one"
expect '  it is in view' subject:one 'A one'

# ---- several changes of one message ----

ms-remove -q subject:one >out && one=$(cut -f 1 out)
ms-ingest -q --restore-removed <mail
ms-remove -q subject:one >out && two=$(cut -f 1 out)
ms-remove -q --undo "$one"
expect 'a later removal counts' subject:one ''
ms-remove -q --undo "$two"
expect 'when both are undone, it is in view' subject:one 'A one'

# ---- questions and refusals ----

status 'an empty query is refused' 64 ms-remove
ok '  and the error says what is missing' grep -q 'say which messages' err
status 'more than a tenth is refused' 64 ms-remove folder:A
ok '  the error has both numbers and --force' grep -q '10 messages are more than a tenth of the 11 in view; use --force' err
expect '  nothing is removed' is:removed ''
status 'it is removed with --force' 0 ms-remove --force folder:A
all=$(cut -f 1 out)
expect '  all of it' '' 'B two'
status '  a single message needs no --force' 0 ms-remove folder:B
expect '    nothing is left' '' ''
status '    it is undone' 0 ms-remove --undo "$(cut -f 1 out)"
status '  and undone' 0 ms-remove --undo "$all"
status 'a query that finds nothing' 0 ms-remove subject:nothing
ok '  prints nothing' test ! -s out
status 'a query is not for --undo' 64 ms-remove --undo "$all" subject:one
status 'an invalid query' 64 ms-remove 'is:nonsense'
status 'an unknown user' 64 ms-remove -u nobody subject:one
ms-users add bob && ms-ingest -q -u bob -d A <mail
status 'only the mail of a user is removed' 0 ms-remove --force -u bob subject:one
expect '  the other user has it' subject:one 'A one'

# A question is asked on a terminal only.
if command -v python3 >/dev/null; then
	cat >ask.py <<'END'
import os, pty, sys
answer, command = sys.argv[1], sys.argv[2:]
pid, fd = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
said = b""
while True:
    try:
        got = os.read(fd, 4096)
    except OSError:
        break
    if not got:
        break
    said += got
    if said.endswith(b"[y/N] "):
        os.write(fd, answer.encode() + b"\n")
sys.stdout.write(said.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
	status 'no: nothing is removed' 1 python3 ask.py n ms-remove -u anna subject:two
	ok '  the question has the number' grep -q 'remove 1 message? \[y/N\]' out
	expect '  it is in view' 'user:anna subject:two' 'B two'
	status '--yes: there is no question' 0 python3 ask.py n ms-remove --yes -u anna subject:two
	expect '  it is removed' 'user:anna subject:two' ''
	ms-remove -q --undo "$(ms-remove --log | tail -n 1 | cut -f 1)" >/dev/null
	status 'yes: it is removed' 0 python3 ask.py y ms-remove -u anna subject:two
	expect '  it is removed' 'user:anna subject:two' ''
	ms-remove -q --undo "$(ms-remove --log | tail -n 1 | cut -f 1)" >/dev/null
fi

# ---- reports ----

# reported WHAT JSON...: the report has these lines, without the sandbox.
reported() {
	what=$1 && shift
	jq -cS 'del(.sandbox)' report >got
	printf '%s\n' "$@" | jq -cS . >want
	same "$what" want got
}
status 'a report of -n' 0 ms-remove -q -n --report report -u anna subject:two
reported '  nothing is changed' \
	'{"type":"end","tool":"ms-remove","status":0,"dry_run":true,"matched":1,"changed":0,"failed":0}'
status 'a report' 0 ms-remove -q --report report --force -u anna subject:two
two=$(cut -f 1 out)
reported '  has the change and the sums' "{\"type\":\"change\",\"change\":$two,\"count\":1}" \
	'{"type":"end","tool":"ms-remove","status":0,"matched":1,"changed":1,"failed":0}'
ok '  only the owner can read it' sh -c 'ls -l report | grep -q ^-rw-------'
status 'a report of an undo' 0 ms-remove -q --report report --undo "$two"
reported '  ' "{\"type\":\"change\",\"undone\":$two,\"count\":1}" \
	'{"type":"end","tool":"ms-remove","status":0,"matched":0,"changed":1,"failed":0}'
status 'a report of an error' 66 ms-remove -q --report report --undo "$two"
reported '  has the status' '{"type":"end","tool":"ms-remove","status":66,"matched":0,"changed":0,"failed":0}'
status 'a report of a refusal' 64 ms-remove --report report folder:A
reported '  has what matched' '{"type":"end","tool":"ms-remove","status":64,"matched":'"$(ms-list folder:A | wc -l)"',"changed":0,"failed":0}'
status 'a report that cannot be written' 66 ms-remove --report none/report --force -u anna subject:two
expect '  nothing is removed' 'user:anna subject:two' 'B two'
status 'a report on a full disk' 75 ms-remove -q --report /dev/full --force -u anna subject:two
ms-remove -q --undo "$(cut -f 1 out)" >out

# ---- parts ----

# Two numbers in an event, two events in a batch.
status 'a change of several batches' 0 env MS_VIEW_PART=2,2 ms-remove --force -u anna folder:A
all=$(cut -f 1 out)
printf '%s\t10\n' "$all" >want
same '  is one change' want out
expect '  all of it is removed' 'user:anna' 'B two'
ms-verify -q --rebuild-index
expect '  also in a new index' 'user:anna' 'B two'
status '  and undone' 0 ms-remove --undo "$all"
expect '  all of it is back' 'user:anna' "$numbers" 'A one' 'B two'

# ---- privileges ----

ms-users add eve && ms-users add carl --privileges delete && ms-users grant --on anna carl read
expect 'mail is found' 'user:anna subject:two' 'B two'
status 'a user without the privilege' 77 ms-remove --as eve subject:two --force
status 'a user without the right' 77 ms-remove --as carl subject:two --force
ok '  the message says which' grep -q "'carl' has no such right .*ms-users grant --on" err
ms-init -u anna new && ms-users -a new add eve --privileges delete
ms-ingest -q -a new -u eve <mail && cp new/FORMAT before
status '  and what is refused adds no feature to the archive' 77 ms-remove -a new --as eve --force subject:one
same '    FORMAT is as it was' before new/FORMAT
ms-users grant --on anna carl delete
status 'a user with both' 0 ms-remove --as carl user:anna subject:two --force
two=$(cut -f 1 out)
status '  but not with a report' 77 ms-remove --as carl --report kept user:anna subject:two --force
ok '  no file is written' test ! -e kept
ok 'the log has the user' sh -c 'ms-remove --log | tail -n 1 | cut -f 3 | grep -qx carl'
ms-users set --privileges delete eve
status 'another user cannot undo it' 77 ms-remove --as eve --undo "$two"
status 'the same user can' 0 ms-remove --as carl --undo "$two"
take_out() { ms-remove -q --as carl --force user:anna subject:two | cut -f 1; }
two=$(take_out)
status 'a user with the right for other mail cannot' 77 sh -c \
	"ms-users grant --on bob eve delete && ms-remove --as eve --undo $two"
expect '  it stays removed' 'user:anna subject:two' ''
ms-users grant --on anna eve delete
status 'a user with the right for this mail can' 0 ms-remove --as eve --undo "$two"
expect '  it is back' 'user:anna subject:two' 'B two'
ms-users revoke --on anna eve delete
status 'mail of two users is removed' 0 ms-remove -q --force subject:two
both=$(cut -f 1 out)
status '  the right for the mail of one is not enough' 77 ms-remove --as eve --undo "$both"
ms-users grant --on anna eve delete
status '  the rights for both are' 0 ms-remove --as eve --undo "$both"
ms-users revoke --on anna eve delete && ms-users revoke --on bob eve delete
two=$(take_out)
ms-users rename carl karl && ms-users add carl --privileges delete
status 'a later user of the same name cannot' 77 ms-remove --as carl --undo "$two"
status '  but the one who was renamed can' 0 ms-remove --as karl --undo "$two"
ms-users rename carl other && ms-users rename karl carl
ms-remove -q --as carl --force user:anna subject:two >out && two=$(cut -f 1 out)
ms-ingest -q --restore-removed <mail
restored=$(ms-remove --log | tail -n 1 | cut -f 1)
status 'a restoration of the mail of others' 77 ms-remove --as eve --undo "$restored"
status '  with the right' 0 ms-remove --as carl --undo "$restored"
expect '  it is removed again' 'user:anna subject:two' ''
ms-remove -q --undo "$two" >out
status 'the log is for admins' 77 ms-remove --as carl --log
status '  such as this one' 0 ms-remove --as anna --log
status 'there is no such user' 77 ms-remove --as nobody subject:two
ms-users revoke --on anna carl read
status 'mail that the user may not read is not found' 0 ms-remove --as carl user:anna subject:two --force
ok '  ' grep -q 'no message matches' err
finish
