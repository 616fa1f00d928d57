#!/bin/sh
# 2310-fetch-pop3-rogue.t - POP3 servers that break the protocol. Every
# message is accounted for, complete messages are kept, and nothing is deleted
# that the archive does not have.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"

echo secret >pw
rogue_kind=pop3
# All modes that are used below, each on a port.
# shellcheck disable=SC2046 # a mode is a word
set -- $(sed -n -e 's/^\(rogue\|stls\|deletes\) \([a-z-]*\) .*/\2/p' \
	-e 's/^for mode in \(.*\); do.*/\1/p' "$top/t/2310-fetch-pop3-rogue.t" | tr ' ' '\n' | sort -u)
rogue_start "$@" || exit 1

fetch() { ms-fetch --timeout 4 --retries 1 --ca-file "$imap_ca" --password-file pw "$@"; }
# sent STATUS MESSAGES FAILED WORDS: the result of a fetch.
sent() {
	ok "  $2 messages, $3 failed" \
		grep -aqx "MS-Envelope: end; messages=$2; failed=$3; status=$1" out
	ok "  $4" grep -q -e "$4" err
}
# The runs of all modes go on side by side: most of their time is a wait for the
# server or before a retry.
cat >run <<'END'
url=$(sed -n "s|^$1 \(.*\)|pop3s://alice@127.0.0.1:\1/|p" rogue.ports)
ms-fetch --timeout 4 --retries 1 --ca-file "$2" --password-file pw --report "$1.report" \
	"$url" >"$1.out" 2>"$1.err"
echo $? >"$1.status"
END
sed -n -e 's/^rogue \([a-z-]*\) .*/\1/p' -e 's/^for mode in \(.*\); do # rogue/\1/p' \
	"$top/t/2310-fetch-pop3-rogue.t" | tr ' ' '\n' |
	xargs -P 6 -I MODE sh run MODE "$imap_ca"
ended() { cat "$1.out" && cat "$1.err" >&2 && return "$(cat "$1.status")"; }
# rogue MODE STATUS MESSAGES FAILED WORDS
rogue() {
	status "$1: status $2" "$2" ended "$1"
	shift && sent "$@"
}
# stls MODE STATUS MESSAGES FAILED WORDS: on a port that begins without TLS.
stls() {
	status "$1: status $2" "$2" fetch "$(rogue_url "$1" | sed 's/^pop3s/pop3/')"
	shift && sent "$@"
}
# sums: digests of the messages, in the order in which they lie on the server.
sums() { python3 "$top/t/unstream.py" <out | grep INBOX | cut -f 7; }

rogue good 0 5 0 '5 seen: 5 new'
sums >want
sed -n 's/^MS-Envelope: source="pop3:..alice@127.0.0.1:[0-9]*\/"; //p' out | head -n 1 >got
echo 'folder="INBOX"; uid="u1"' >envelope
same '  the envelope: folder and UIDL' envelope got

rogue bare 0 5 0 '5 seen: 5 new'
printf 'Subject: message 4\r\nDate: 1 Feb 2021 03:04:05 +0000\r\n\r\n' >fourth
printf '.\r\n..\r\n.x\r\n\0 nul\0\r\n\r\r\r\n\377\r\nbare\n.\n.\r\n' >>fourth
mkdir messages && python3 "$top/t/unstream.py" messages <out >got
same '  dots, NUL, bare CR and bare LF come as they are' fourth messages/4

# Unusual answers, but all messages come.
for mode in no-capa no-uidl no-top no-pipelining wrong-size list-short uidl-short uidl-same uidl-garbage; do # rogue
	rogue $mode 0 5 0 '5 seen: 5 new'
	sums >got
	same "  with $mode nothing is other than it should be" want got
done
rogue large 0 5 0 '5 seen: 5 new'
rogue cut-once 0 5 0 'the server cut the connection: trying again'
sums >got
same '  what was under way comes again, nothing twice' want got

# If the user has mail, headers are requested first. A server without TOP, which
# it does not announce, still sends its messages.
ms-init -u alice other && printf 'Subject: other\n\n' | ms-ingest -q -a other -u alice
for mode in no-top top-no; do
	status "$mode, headers asked for: status 0" 0 fetch -a other -u alice "$(rogue_url $mode)"
	sent 0 5 0 '5 seen: 5 new'
	sums >got
	same '  the messages came whole' want got
done

# One message is lost, the others come.
rogue retr-no 1 4 1 'INBOX, UIDL u2: RETR refused: cannot read it'
rogue empty 1 4 1 'INBOX, UIDL u2: the server sends an empty message'
rogue stat-more 1 5 2 'INBOX: 2 messages not listed by the server'
rogue gone-later 0 4 0 '5 seen: 4 new, 0 known, 1 left out, 0 failed'
rogue no-uidl-cut 1 1 4 'INBOX, message 5: cannot be found again after a lost connection'

# Messages that came before the end of the session are kept.
rogue cut 75 1 4 'INBOX: 4 messages not fetched: the server cut the connection'
rogue reset 75 1 4 'INBOX: 4 messages not fetched: connection lost'
rogue stall 75 1 4 'no answer within 4 seconds'
rogue retr-odd 76 1 4 "the server's answer to RETR is invalid: what?"

# Invalid numbers: a wrong list is refused as a whole.
rogue list-zero 76 0 1 'INBOX: a line of the answer to LIST is invalid: 0 1'
rogue list-past 76 0 1 'answer to LIST is invalid: 4294967297 1'
rogue list-twice 76 0 1 'names message 2 twice in its answer to LIST'
rogue list-garbage 76 0 1 'answer to LIST is invalid: ?? what'
rogue uidl-zero 76 0 1 'answer to UIDL is invalid: 0 u9'
rogue uidl-past 76 0 1 'answer to UIDL is invalid: 4294967298 u2'
rogue uidl-twice 76 0 1 'names message 2 twice in its answer to UIDL'
rogue uidl-words 76 0 1 'answer to UIDL is invalid: two u2'
rogue uidl-line 76 0 1 'a line longer than 4096 bytes'
rogue uidl-endless 76 0 1 'more than 4194304 messages'
rogue stat-no 66 0 1 'STAT refused: no such mailbox'

# No session.
rogue closed 75 0 0 'the server ends the session: \[SYS/TEMP\] too many connections'
rogue imap 76 0 0 'answer to a connection is invalid: \* OK IMAP4rev1 ready'
rogue bare-lf 76 0 0 'a line without CR at its end'
rogue long-line 76 0 0 'a line longer than 4096 bytes'
rogue in-use 75 0 0 'login refused: \[IN-USE\] no'
rogue login-delay 75 0 0 'login refused: \[LOGIN-DELAY\] no: trying again in 1'
rogue sys-temp 75 0 0 'login refused: \[SYS/TEMP\] no'
rogue sys-perm 66 0 0 'login refused: \[SYS/PERM\] no'
rogue auth 77 0 0 'login refused: \[AUTH\] no'
stls stls-good 0 5 0 '5 seen: 5 new'
stls stls-missing 76 0 0 'the server does not offer STLS'
stls stls-no-capa 76 0 0 'the server does not offer STLS'
stls stls-refused 76 0 0 'the server refuses STLS: not today'
stls stls-injected 76 0 0 'plain text after its answer to STLS'
ok 'no server received the password' absent -q 'password sent' rogue.err

# deletes MODE STATUS LEFT WORDS: archives the mailbox and deletes what it has
# of it; LEFT are on the server afterwards, and all are in the archive.
deletes() {
	rm -rf arc && ms-init arc
	for _ in 1 2; do # the second run fetches messages with new UIDLs
		fetch -q -a arc -u alice "$(rogue_url "$1")" >stream &&
			ms-ingest -q --create-user -a arc stream || fail "$1: archived"
	done
	status "$1: deleting, status $2" "$2" fetch -a arc -u alice --delete-archived "$(rogue_url "$1")"
	ok "  $4" grep -q -e "$4" err
	fetch "$(rogue_url "$1")" >out 2>err
	ok "  $3 left" grep -q "^ms-fetch: $3 seen: " err
	ms-export -a arc >out
	sums | sort >got
	sort want >all
	same '  the archive has them all' all got
}
deletes for-good 0 0 ' 5 deleted'
deletes uidl-new 0 0 ' 5 deleted'
deletes top-whole 0 0 ' 5 deleted'
deletes expire 0 0 ' 5 deleted'
deletes changed 1 1 'UIDL v2: not deleted: its body differs from that of the archived message'
# If header or size are missing or differ, the whole message is compared.
deletes top-no 0 0 ' 5 deleted'
deletes no-top 0 0 ' 5 deleted'
deletes wrong-size 0 0 ' 5 deleted'
deletes dele-no 1 1 'UIDL u2: not deleted: DELE refused: locked'
# Only an answered QUIT deletes.
deletes quit-no 75 5 'QUIT refused: some messages not removed'
deletes quit-cut 0 0 " 5 left out"
deletes expire-new 1 5 'not deleted: .*EXPIRE 0'
finish
