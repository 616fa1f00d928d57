#!/bin/sh
# 2040-fetch-rogue.t - servers that break the protocol. Every message is
# accounted for, complete messages are kept, and the status says whether
# anything is missing.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"

echo secret >pw
# libetpan forgets a greeting that is a BYE; that much leak is not ours.
echo leak:mailimap_greeting_new >lsan
export LSAN_OPTIONS="suppressions=$scratch/lsan:print_suppressions=0"
# All modes that are used below, each on a port.
# shellcheck disable=SC2046 # a mode is a word
set -- $(sed -n -e 's/^rogue \([a-z-]*\) .*/\1/p' -e 's/^for mode in \(.*\); do/\1/p' \
	"$top/t/2040-fetch-rogue.t")
rogue_start "$@" || exit 1

# rogue MODE STATUS MESSAGES FAILED WORDS: what comes of it.
rogue() {
	status "$1: status $2" "$2" ms-fetch --connections 1 --retries 0 --timeout 2 --ca-file "$imap_ca" \
		--password-file pw --report report "$(rogue_url "$1")"
	ok "  $3 messages, $4 failed" \
		grep -aqx "MS-Envelope: end; messages=$3; failed=$4; status=$2" out
	ok "  $5" grep -qe "$5" err
}
# sums: digests of the messages in INBOX.
sums() { python3 "$top/t/unstream.py" <out | grep 'INBOX' | cut -f 7 | sort; }

rogue good 0 6 0 '6 seen: 6 new'
sed -n 's/^MS-Envelope: source="imap:..alice@127.0.0.1:[0-9]*\/"; //p' out | head -n 1 >got
printf '%s\n' 'folder="INBOX"; uid="77/11"; flags="\\Seen $Work"; date="2021-02-01T01:34:05Z"' >want
same '  the envelope: \Recent left out, the date in UTC' want got
sums >want.sums

# Odd, but all there.
for mode in uid-last noise search-no search-empty search-capped wrong-size; do
	rogue $mode 0 6 0 '6 seen: 6 new'
	sums >sums
	same "  with $mode nothing is other than it should be" want.sums sums
done
ok '  a wrong size is remarked on' grep -q 'INBOX, UID 12: the server says 5 bytes and sends' err
for mode in twice unasked; do
	rogue $mode 0 6 0 '6 seen: 6 new'
	sums >sums
	same "  with $mode nothing comes twice or unasked" want.sums sums
done
rogue large 0 6 0 '6 seen: 6 new'
rogue empty 0 6 0 '6 seen: 6 new'
rogue quoted 0 6 0 '6 seen: 6 new'
ok '  a quoted body' grep -aqx 'quoted "body\\' out
rogue many-flags 0 6 0 'INBOX, UID 12: too many flags'
rogue no-uidvalidity 0 6 0 '6 seen: 6 new'
ok '  a UID without UIDVALIDITY is not told' absent -aq 'uid=' out

# Gone is not failed.
rogue gone 0 5 0 '6 seen: 5 new, 0 known, 1 left out, 0 failed'
ok '  it is accounted for' grep -q '"left_out".*INBOX, UID 12.*gone from the server' report

# One message or folder is lost, the others come.
rogue nil 1 5 1 'INBOX, UID 12: the server sends no body'
rogue two-bodies 1 5 1 'INBOX, UID 12: the server sends two bodies'
rogue hidden 1 5 1 'INBOX, UID 12: the server does not send the message'
rogue no-uid 1 5 1 'INBOX, UID 12: the server does not send the message'
rogue no-one 1 5 1 'INBOX, UID 12: FETCH refused: cannot read message 12'
rogue fetch-no 1 0 6 'Other, UID 21: FETCH refused: all is lost'
rogue examine-no 1 1 1 'INBOX: EXAMINE refused: mailbox is damaged'
rogue exists 1 0 2 'INBOX: 4000000000 messages, more than 16777216'
rogue more-exist 1 6 2 'INBOX: 1 message not listed by the server'
# wrap: numbers past 2^32, which libetpan would count modulo 2^32.
rogue wrap 76 0 2 'is invalid: a number above 2.32'
rogue deep 76 '[14]' '[25]' 'parentheses more than 50 deep'
rogue names 1 6 7 'line??end: the folder name has CR or LF'
for name in 'Other/a\\/b\\\\c' 'flat\\/name' 'Grün' 'lite ral' 'bad&&&name'; do
	ok "  $name" grep -q "^ms-fetch: $name: " err
done
ok '  two folders of one name' grep -q 'Grün: another folder has the same name' err

# The session is lost: 75 or 76, and what has come is kept.
rogue reset 75 1 5 'INBOX: 4 messages not fetched: connection lost: Connection reset'
ok '  what follows is named' grep -q 'Other: connection lost' err
rogue close 75 1 5 'INBOX: 4 messages not fetched: the server cut'
rogue stall 75 1 5 'INBOX: 4 messages not fetched: no answer within 2 seconds'
rogue bye 75 2 4 'the server ends the session: shutting down'
rogue silent 75 0 0 'no answer within 2 seconds'
rogue bye-first 75 0 0 'the server ends the session: too many connections'
rogue later 75 0 0 'login refused: try later'
rogue bad-login 77 0 0 'login'
rogue garbage 76 0 0 'is invalid'
rogue preauth 76 0 0 'PREAUTH'
rogue list-no 76 0 0 'LIST refused: not today'
rogue other-tag 76 0 2 'but something else'
rogue bad-date 0 6 0 '6 seen: 6 new'
ok '  the date alone is missing' sh -c 'grep -a "uid=.77/12" out | grep -aq "date=" && exit 1 || grep -aq "uid=.77/12" out'
rogue long-literal 76 1 5 'INBOX: 4 messages not fetched'
rogue short-literal 76 1 5 'INBOX: 4 messages not fetched'
rogue huge-literal 75 1 5 'the server cut'
rogue long-line 76 0 0 'a line longer than 2097152 bytes'
rogue long-flags 76 0 2 'a line longer than 2097152 bytes'
rogue endless 76 0 0 'longer than 4194304 bytes'
ok 'the servers reported no error' empty rogue.err
finish
