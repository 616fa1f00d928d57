#!/bin/sh
# 2040-fetch-rogue.t - servers that break the protocol. Every message is
# accounted for, complete messages are kept, and the status says whether
# anything is missing.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"

echo secret >pw
# Each mode that is used below gets a server with a port of its own.
# shellcheck disable=SC2046 # a mode is a word
set -- $(sed -n -e 's/^rogue \([a-z-]*\) .*/\1/p' -e 's/^for mode in \(.*\); do/\1/p' \
	"$top/t/2040-fetch-rogue.t")
rogue_start "$@" || exit 1

# rogue MODE STATUS MESSAGES FAILED[/FOLDERS] WORDS: the result of a fetch; some
# messages have failed, and perhaps folders.
rogue() {
	status "$1: status $2" "$2" ms-fetch --connections 1 --retries 0 --timeout 2 --ca-file "$imap_ca" \
		--password-file pw --report report "$(rogue_url "$1")"
	ok "  $3 messages, ${4%/*} failed" \
		grep -aqx "MS-Envelope: end; messages=$3; failed=${4%/*}; status=$2" out
	case $4 in
	*/*) ok "  folders that failed: ${4#*/}" \
		grep -q "^{\"type\":\"end\".*\"failed_folders\":${4#*/}[,}]" report ;;
	*) ok '  no folder has failed' absent -q failed_folders report ;;
	esac
	ok "  $5" grep -qe "$5" err
}
# sums: prints the digests of the messages in INBOX.
sums() { python3 "$top/t/unstream.py" <out | grep 'INBOX' | cut -f 7 | sort; }

rogue good 0 6 0 '6 seen: 6 new'
sed -n 's/^MS-Envelope: source="imap:..alice@127.0.0.1:[0-9]*\/"; //p' out | head -n 1 >got
printf '%s\n' 'folder="INBOX"; uid="77/11"; flags="\\Seen $Work"; date="2021-02-01T01:34:05Z"' >want
same '  the envelope has no \Recent, and the date is in UTC' want got
sums >want.sums

# The answers are unusual, but all messages come.
for mode in uid-last noise search-no search-empty search-capped wrong-size; do
	rogue $mode 0 6 0 '6 seen: 6 new'
	sums >sums
	same "  with $mode, the messages are the same" want.sums sums
done
ok '  a message names the wrong size' grep -q 'INBOX, UID 12: the server says 5 bytes and sends' err
for mode in twice unasked; do
	rogue $mode 0 6 0 '6 seen: 6 new'
	sums >sums
	same "  with $mode, each message comes once" want.sums sums
done
rogue large 0 6 0 '6 seen: 6 new'
rogue empty 0 6 0 '6 seen: 6 new'
rogue quoted 0 6 0 '6 seen: 6 new'
ok '  a quoted body is decoded' grep -aqx 'quoted "body\\' out
rogue many-flags 0 6 0 'INBOX, UID 12: too many flags'
rogue no-uidvalidity 0 6 0 '6 seen: 6 new'
ok '  without UIDVALIDITY, the stream has no UID' absent -aq 'uid=' out

# A message that is gone has not failed.
rogue gone 0 5 0 '6 seen: 5 new, 0 known, 1 left out, 0 failed'
ok '  the report names it' grep -q '"left_out".*INBOX, UID 12.*gone from the server' report

# One message or folder fails, and the others come.
rogue nil 1 5 1 'INBOX, UID 12: the server sends no body'
rogue two-bodies 1 5 1 'INBOX, UID 12: the server sends two bodies'
rogue hidden 1 5 1 'INBOX, UID 12: the server does not send the message'
rogue no-uid 1 5 1 'INBOX, UID 12: the server does not send the message'
rogue no-one 1 5 1 'INBOX, UID 12: FETCH refused: cannot read message 12'
rogue fetch-no 1 0 6 'Other, UID 21: FETCH refused: all is lost'
rogue examine-no 1 1 0/1 'INBOX: EXAMINE refused: mailbox is damaged'
rogue exists 1 0 0/2 'INBOX: 4000000000 messages, more than 16777216'
rogue more-exist 1 6 2 'INBOX: 1 message not listed by the server'
rogue half-gone 1 5 1 'INBOX, UID 12: the server does not send the message'
rogue wrap 0 6 0 '6 seen: 6 new'
rogue deep 1 5 1 'INBOX, UID 12: the server does not send the message'
rogue names 1 6 0/7 'line??end: EXAMINE refused: no such mailbox'
for name in 'Other/a\\/b\\\\c' 'flat\\/name' 'Grün' 'lite ral' 'bad&&&name'; do
	ok "  $name" grep -q "^ms-fetch: $name: " err
done
ok '  two folders of the same name are reported' grep -q 'Grün: another folder has the same name' err

# INBOX always exists, but a mailbox without any folder is an error.
rogue inbox-unlisted 0 6 0 '6 seen: 6 new'
rogue list-nothing 0 5 0 '5 seen: 5 new'
rogue no-folder 66 0 0 'the mailbox has no folder (--allow-empty accepts that)'
status '  unless --allow-empty is given' 0 ms-fetch --allow-empty --ca-file "$imap_ca" \
	--password-file pw "$(rogue_url no-folder)"

# The session is lost: 75 or 76, and what has come is kept.
rogue reset 75 1 4/1 'INBOX, UIDs 12:15: not fetched: connection lost: Connection reset'
ok '  what follows is named' grep -q 'Other: connection lost' err
rogue close 75 1 4/1 'INBOX, UIDs 12:15: not fetched: the server cut'
rogue stall 75 1 4/1 'INBOX, UIDs 12:15: not fetched: no answer within 2 seconds'
rogue bye 75 2 3/1 'the server ends the session: shutting down'
rogue silent 75 0 0 'no answer within 2 seconds'
rogue bye-first 75 0 0 'the server ends the session: too many connections'
rogue later 75 0 0 'login refused: try later'
rogue bad-login 77 0 0 'login'
rogue garbage 76 0 0 'is invalid'
rogue preauth 76 0 0 'PREAUTH'
rogue list-no 76 0 0 'LIST refused: not today'
rogue other-tag 76 0 0/2 'a line of an unknown kind'
rogue bad-date 0 6 0 '6 seen: 6 new'
ok '  the date alone is missing' sh -c 'grep -a "uid=.77/12" out | grep -aq "date=" && exit 1 || grep -aq "uid=.77/12" out'
rogue long-literal 76 1 4/1 'INBOX, UIDs 12:15: not fetched'
rogue short-literal 76 1 4/1 'INBOX, UIDs 12:15: not fetched'
rogue huge-literal 75 1 4/1 'the server cut'
rogue long-line 76 0 0 'a line longer than 2097152 bytes'
rogue long-flags 76 0 0/2 'a line longer than 2097152 bytes'
rogue endless 76 0 0 'more than 100000 folders'
ok 'the servers reported no error' empty rogue.err
finish
