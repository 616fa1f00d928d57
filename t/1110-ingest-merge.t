#!/bin/sh
# 1110-ingest-merge.t - one archive is added to another by ms-export and
# ms-ingest: occurrences, places and moves are the same afterwards, a second
# time adds nothing, and two archives that have diverged become equal.
# ms-stream(5), Moves of another archive.
. "$(dirname "$0")/lib.sh"

sep='From ms-stream@1 Thu Jan  1 00:00:00 1970'
# message USER SOURCE FOLDER UID SUBJECT [MORE]: prints a message of a stream;
# UID - is none.
message() {
	_uid="uid=\"$4\"; " && [ "$4" != - ] || _uid=
	printf '%s\nMS-Envelope: user="%s"; source="%s"; folder="%s"; %s%s\nSubject: %s\n\ntext\n\n' \
		"$sep" "$1" "$2" "$3" "$_uid" "${6-}" "$5"
}
imap() { message alice imap://alice@h/ "$@"; }
files() { message bob local: "$1" - "$2" "${3-}"; }
# add ARCHIVE: adds the messages on stdin.
add() {
	{ cat && printf '%s\nMS-Envelope: end; messages=0; failed=0; status=0\n\n' "$sep"; } >in
	ms-ingest -q -a "$1" --create-user <in 2>err || note "$(cat err)"
}
# state ARCHIVE: prints each occurrence with its places and where it was moved.
state() {
	ms-export -a "$1" >stream 2>err || note "ms-export: $(cat err)"
	python3 - stream <<-'END' | sort
		import re, sys, hashlib
		text, subjects = open(sys.argv[1]).read(), {}
		for part in text.split("From ms-stream@1 Thu Jan  1 00:00:00 1970\nMS-Envelope: ")[1:]:
		    line, body = part.split("\n", 1)
		    if line.startswith("end"):
		        continue
		    f = dict(re.findall(r'([a-z-]+)="((?:[^"\\]|\\.)*)"', line))
		    if "ref" not in f:
		        subject = body.split("\n", 1)[0][9:]
		        subjects[hashlib.sha256(body[:-1].replace("\n", "\r\n").encode()).hexdigest()] = subject
		    else:
		        subject = subjects[f["ref"]]
		    print(f["user"], f["folder"], subject, f.get("uid", "-"), f.get("flags", ""),
		          "away" if "moved-away" in f else "here")
		    if "moved-from" in f:
		        print(f["user"], f["moved-from"], subject, "moved to", f["folder"], f["moved-at"],
		              *sorted(f["moved-places"].split()))
	END
	ms-list -a "$1" | cut -f 1,3,4,5,6,7,8 | sort
	echo moved && ms-list -a "$1" is:moved | cut -f 1,3,4,5,6,7,8 | sort
}
merge() { ms-export -a "$1" 2>err | ms-ingest -q -a "$2" --create-user 2>>err || note "$(cat err)"; }
# equal NAME A B: both have the same state.
equal() {
	state "$2" >want && state "$3" >got
	same "$1" want got
}
# nothing NAME FROM TO: a merge writes nothing.
nothing() {
	cp -a "$3" before && merge "$2" "$3"
	ok "$1" cmp -s before/pack/00000001.pack "$3/pack/00000001.pack"
	rm -rf before
}
# both NAME: arc and other, merged in both directions, become equal.
both() {
	cp -a arc arc1 && cp -a other other1
	merge other arc && merge arc other
	equal "$1: equal after both directions" arc other
	nothing "$1: again, nothing is added" arc other
	nothing "$1: nor in the other direction" other arc
	# Streams that were written before either archive changed.
	ms-export -q -a arc1 >one && ms-export -q -a other1 >two
	status "$1: one stream" 0 ms-ingest -q -a other1 --create-user <one
	status "$1: the other stream" 0 ms-ingest -q -a arc1 --create-user <two
	equal "$1: equal after streams of both" arc1 other1
	equal "$1: the same as in turns" arc arc1
	for _a in arc other arc1; do
		status "$1: $_a is whole" 0 ms-verify -q -a $_a --data
	done
	rm -rf arc1 other1
}
fresh() { rm -rf arc other && cp -a empty arc && cp -a base other; }
ms-init -u alice empty

# ---- an archive is copied ----

cp -a empty base
{
	imap INBOX 1/1 a 'flags="\\Seen"'
	imap INBOX 1/2 b
	imap INBOX 1/2 b2
	imap INBOX 1/7 a
	imap INBOX 2/1 a
	imap Work 1/1 a 'flags="$x"; moved-from="INBOX"'
	imap Done 1/1 a 'moved-from="Work"'
	imap Two 1/1 b 'moved-from="INBOX"'
	imap INBOX 1/9 b 'moved-from="Two"'
	imap Copy 1/1 c
	imap Copy2 1/1 c
	imap Target 1/1 c 'moved-from="Copy"'
	imap Target 1/2 c 'moved-from="Copy2"'
	imap INBOX 4294967296/5 large
	imap INBOX 'short 1 0123456789abcdef 1/20' short 'short="99"'
	message alice pop3://alice@h/ INBOX 'uidl;\"x' popped
	message alice pop3://alice@h/ INBOX 'other uidl' popped
	files Inbox f1 && files Later f1 'moved-from="Inbox"'
	files Inbox f2 && files Later f2 'moved-from="Inbox"' && files Inbox f2 'moved-from="Later"'
	message carol imap://alice@h/ INBOX 1/1 a
} | add base
fresh
merge other arc
equal 'a copy has the same occurrences, places and moves' other arc
nothing 'a second time adds nothing' other arc
nothing 'nor back' arc other
status 'the copy is whole' 0 ms-verify -q -a arc --data
MS_BATCH=1 && export MS_BATCH && rm -rf arc && cp -a empty arc
merge other arc
equal 'the same with a batch for each message' other arc
nothing 'and nothing a second time' other arc
unset MS_BATCH
rm -rf arc/index other/index
equal 'the same with new indexes' other arc

# ---- a part of an archive ----

rm -rf arc && cp -a empty arc
ms-export -q -a other 'folder:Done' >part
ok 'a folder without the one that was left: no move' absent -q moved part
ms-export -q -a other 'folder:Work' >part
ok 'a folder that was left: nothing' absent -q Subject part
ms-export -q -a other subject:a user:alice >part
ok 'all folders of a message: its moves' grep -q 'folder="Done".*moved-from="Work"' part
ms-export -q -a other --format mboxrd >mbox
ok 'an mbox has each message once' test "$(grep -c '^Subject: a' mbox)" -eq 2

# ---- two archives that have diverged ----

fresh && imap Work 1/9 b 'moved-from="INBOX"' | add base && fresh
merge base arc
imap New 1/1 a 'moved-from="Done"' | add arc
imap Other 1/1 b 'moved-from="Work"' | add other
both 'moves of different messages'

fresh && merge base arc
imap New 1/1 b 'moved-from="Work"' | add arc
imap Other 1/1 b 'moved-from="Work"' | add other
both 'a message moved to different folders'

fresh && merge base arc
imap New 1/1 b 'moved-from="Work"' | add arc
imap Work 1/30 b 'moved-from="New"' | add arc
imap Other 1/1 b 'moved-from="Work"' | add other
both 'moved and back, and moved elsewhere'

fresh && merge base arc
imap Work 9/1 b | add arc
imap Other 1/1 b 'moved-from="Work"' | add other
both 'a new UIDVALIDITY in one, moved in the other'
imap New 1/1 b 'moved-from="Work"' | add arc
both 'and moved from the new place'

fresh && merge base arc
imap Work 9/1 b | add other
imap Other 1/1 b 'moved-from="Work"' | add other
both 'both in one archive'

fresh && merge base arc
{ imap New 1/1 b 'moved-from="Work"' && imap Newer 1/1 b 'moved-from="New"'; } | add arc
{ imap New 1/1 b && imap Newest 1/1 b 'moved-from="New"'; } | add other
both 'a part of the moves was seen'

fresh && merge base arc
files Later f2 'moved-from="Inbox"' | add arc
{ files Inbox f1 'moved-from="Later"' && files Third f1 'moved-from="Inbox"'; } | add other
both 'moves without places'
ms-list -a arc user:bob | cut -f 4,7 | tr '\t' ' ' | sort >got
printf 'Later f2\nThird f1\n' >want
same 'the later moves count' want got

fresh && merge base arc
imap INBOX 1/1 new1 | add arc
imap INBOX 1/1 b | add other
merge other arc && merge arc other
equal 'a place that the archives have for different messages' arc other
nothing 'again, nothing is added' arc other
nothing 'nor in the other direction' other arc
finish
