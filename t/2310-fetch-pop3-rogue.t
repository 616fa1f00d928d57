#!/bin/sh
# 2310-fetch-pop3-rogue.t - POP3 servers that break the protocol. Every message
# is accounted for, complete messages are passed on, and no message is deleted
# that the archive does not have.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"

echo secret >pw
rogue_kind=pop3
# Each mode that is used below gets a server with a port of its own.
# shellcheck disable=SC2046 # a mode is a word
set -- $(sed -n -e 's/^\(rogue\|stls\|deletes\) \([a-z-]*\) .*/\2/p' \
	-e 's/^for mode in \(.*\); do.*/\1/p' -e 's/.*(rogue_url \([a-z][a-z-]*\)).*/\1/p' "$top/t/2310-fetch-pop3-rogue.t" | tr ' ' '\n' | sort -u)
rogue_start "$@" || exit 1

# Only the mode stall waits for the timeout, so that a busy machine does not
# change the result of another.
fetch() { ms-fetch --timeout 60 --retries 1 --ca-file "$imap_ca" --password-file pw "$@"; }
# sent STATUS MESSAGES FAILED[/FOLDERS] WORDS: the result of a fetch; the mailbox
# is one folder, INBOX.
sent() {
	ok "  $2 messages, ${3%/*} failed" \
		grep -aqEx "MS-Envelope: end; messages=$2; failed=${3%/*}; status=$1(; archive=[0-9a-f]{32})?" out
	case $3 in
	*/1) ok '  the folder has failed' grep -q '; 1 folder failed$' err ;;
	*) ok '  the folder has not failed' absent -q 'folder failed' err ;;
	esac
	ok "  $4" grep -q -e "$4" err
}
# The runs of all modes are started at the same time, because most of a run is
# waiting for the server or before a retry.
cat >run <<'END'
url=$(sed -n "s|^$1 \(.*\)|pop3s://alice@127.0.0.1:\1/|p" rogue.ports)
[ "$1" = stall ] && seconds=8 || seconds=60
ms-fetch --timeout "$seconds" --retries 1 --ca-file "$2" --password-file pw --report "$1.report" \
	"$url" >"$1.out" 2>"$1.err"
echo $? >"$1.status"
END
sed -n -e '1i stall' -e '/^rogue stall/d' -e 's/^rogue \([a-z-]*\) .*/\1/p' -e 's/^for mode in \(.*\); do # rogue/\1/p' \
	"$top/t/2310-fetch-pop3-rogue.t" | tr ' ' '\n' |
	xargs -P 6 -I MODE sh run MODE "$imap_ca"
ended() { cat "$1.out" && cat "$1.err" >&2 && return "$(cat "$1.status")"; }
# rogue MODE STATUS MESSAGES FAILED WORDS: checks the result of such a run.
rogue() {
	status "$1: status $2" "$2" ended "$1"
	shift && sent "$@"
}
# stls MODE STATUS MESSAGES FAILED WORDS: a fetch from a server that begins
# without TLS.
stls() {
	status "$1: status $2" "$2" fetch "$(rogue_url "$1" | sed 's/^pop3s/pop3/')"
	shift && sent "$@"
}
# sums: prints the digests of the messages in the order of the server.
sums() { python3 "$top/t/unstream.py" <out | grep INBOX | cut -f 7; }

rogue good 0 5 0 '5 seen: 5 new'
sums >want
ms-init first && ms-ingest -q --create-user -u alice -a first <out
ms-list -a first | cut -f 1 >ids
sed -n 's/^MS-Envelope: source="pop3:..alice@127.0.0.1:[0-9]*\/"; //p' out | head -n 1 >got
echo 'folder="INBOX"; uid="u1"' >envelope
same '  the envelope has the folder and the UIDL' envelope got

rogue bare 0 5 0 '5 seen: 5 new'
printf 'Subject: message 4\r\nDate: 1 Feb 2021 03:04:05 +0000\r\nMessage-ID: <4@h>\r\n\r\n' >fourth
printf '.\r\n..\r\n.x\r\n\0 nul\0\r\n\r\r\r\n\377\r\nbare\n.\n.\r\n' >>fourth
mkdir messages && python3 "$top/t/unstream.py" messages <out >got
same '  dots, NUL, bare CR and bare LF are not changed' fourth messages/4

# The answers are unusual, but all messages come.
for mode in no-capa no-uidl no-top no-pipelining wrong-size list-short uidl-short uidl-same uidl-garbage; do # rogue
	rogue $mode 0 5 0 '5 seen: 5 new'
	sums >got
	same "  with $mode, the messages are the same" want got
done
for mode in bare-lf capa-cut uidl-more; do # rogue
	rogue $mode 0 5 0 '5 seen: 5 new'
	sums >got
	same "  with $mode, the messages are the same" want got
done
ok '  additional words are not part of a UIDL' grep -aq 'uid="u2"' out
rogue lf-lines 0 5 0 '5 seen: 5 new'
ms-init lf && ms-ingest -q --create-user -u alice -a lf <out
ok '  lines that end with LF give messages with the same ids' sh -c \
	'ms-list -a lf | cut -f 1 | grep -c -f ids >found; [ "$(cat found)" -ge 4 ]'
rogue large 0 5 0 '5 seen: 5 new'
rogue cut-once 0 5 0 'the server cut the connection: trying again'
sums >got
same '  the interrupted messages come again, and each comes once' want got

# If the user has mail, headers are requested first. A server without TOP, which
# it does not announce, still sends its messages.
ms-init -u alice other && printf 'Subject: other\n\n' | ms-ingest -q -a other -u alice
for mode in no-top top-no; do
	status "$mode: a fetch that requests headers succeeds" 0 fetch -a other -u alice "$(rogue_url $mode)"
	sent 0 5 0 '5 seen: 5 new'
	sums >got
	same '  the messages are complete' want got
done

# One message fails, and the others come.
rogue retr-no 1 4 1 'INBOX, UIDL u2: RETR refused: cannot read it'
rogue empty 1 5 1 'INBOX, UIDL u2: short: the server says [0-9]* bytes and sends 0 (run 1 of 3)'
rogue stat-more 1 5 2 'INBOX: 2 messages not listed by the server'
rogue gone-later 0 4 0 '5 seen: 4 new, 0 known, 1 left out, 0 failed'
rogue no-uidl-cut 1 1 4 'INBOX, message 5: cannot be found again after a lost connection'

# The message that costs its sessions fails, and the others come.
rogue cut 75 4 1 'INBOX, UIDL u2: the server cut the connection'
rogue reset 75 4 1 'INBOX, UIDL u2: connection lost'
rogue retr-odd 76 4 1 "INBOX, UIDL u2: the server's answer to RETR is invalid: what?"
rogue stall 75 4 1 'INBOX, UIDL u2: no answer within 8 seconds'

# A line that cannot be used costs this line: the message is found by the other
# list, or counted as failed if the server has more messages than it lists.
line='127.0.0.1: 1 line of the server.s list cannot be used, the first is'
rogue list-zero 0 5 0 "$line LIST: 0 1\$"
rogue list-past 0 5 0 "$line LIST: 4294967297 1\$"
rogue list-twice 0 5 0 "$line LIST: 2, twice\$"
rogue list-garbage 0 5 0 "$line LIST: ?? what\$"
rogue uidl-zero 0 5 0 "$line UIDL: 0 u9\$"
rogue uidl-past 0 5 0 "$line UIDL: 4294967298 u2\$"
rogue uidl-twice 0 5 0 "$line UIDL: 2, twice\$"
rogue uidl-words 0 5 0 "$line UIDL: two u2\$"
rogue stat-words 0 5 0 "$line STAT: many\$"
rogue both-lost 1 4 1 'INBOX: 1 message not listed by the server'
ok '  both lines are counted' grep -q ': 2 lines of the server.s list cannot be used, the first is LIST: two 99$' err
rogue list-empty 1 0 5 'INBOX: 5 messages not listed by the server'
# A list that has lost a line does not show that a message is gone.
rogue later-lost 1 4 1 "UIDL u2: cannot be found again .*: the server's list is incomplete"

# An answer without an end, or with a line above the limit, is refused.
rogue uidl-line 76 0 0/1 'a line longer than 4096 bytes'
rogue uidl-endless 76 0 0/1 'more than 4194304 messages'
rogue stat-no 66 0 0/1 'STAT refused: no such mailbox'

# There is no session.
rogue closed 75 0 0 'the server ends the session: \[SYS/TEMP\] too many connections'
rogue imap 76 0 0 'answer to a connection is invalid: \* OK IMAP4rev1 ready'
rogue long-line 76 0 0 'a line longer than 4096 bytes'
rogue in-use 75 0 0 'login refused: \[IN-USE\] no'
rogue login-delay 75 0 0 'login refused: \[LOGIN-DELAY\] no: trying again in 1'
rogue sys-temp 75 0 0 'login refused: \[SYS/TEMP\] no'
rogue sys-perm 66 0 0 'login refused: \[SYS/PERM\] no'
rogue login-limit 75 0 0 'login refused: Exceeded the login limit'
rogue auth 77 0 0 'login refused: \[AUTH\] no'
stls stls-good 0 5 0 '5 seen: 5 new'
stls stls-missing 76 0 0 'the server does not offer STLS'
stls stls-no-capa 76 0 0 'the server does not offer STLS'
stls stls-refused 76 0 0 'the server refuses STLS: not today'
stls stls-injected 76 0 0 'plain text after its answer to STLS'
ok 'no server received the password' absent -q 'password sent' rogue.err

# deletes MODE STATUS LEFT WORDS: archives the mailbox and deletes the archived
# messages. LEFT messages are at the server afterwards, and all of them are in
# the archive.
deletes() {
	rm -rf arc && ms-init arc
	for _ in 1 2; do # the second run fetches messages with new UIDLs
		fetch -q -a arc -u alice "$(rogue_url "$1")" >stream &&
			ms-ingest -q --create-user -a arc <stream || fail "$1: the mailbox is archived"
	done
	status "$1: the deletion ends with $2" "$2" fetch -a arc -u alice --delete-archived "$(rogue_url "$1")"
	ok "  $4" grep -q -e "$4" err
	fetch "$(rogue_url "$1")" >out 2>err
	ok "  $3 messages are left" grep -q "^ms-fetch: $3 seen: " err
	# Messages with new UIDLs have further places, as references.
	ms-export -q -a arc >exported
	python3 "$top/t/unstream.py" <exported | grep INBOX | cut -f 7 |
		grep -vx "$(printf '' | sha256sum | cut -d ' ' -f 1)" | sort >got
	sort want >all
	same '  the archive has all messages' all got
}
deletes for-good 0 0 ' 5 deleted'
deletes uidl-new 0 0 ' 5 deleted'
deletes top-whole 0 0 ' 5 deleted'
deletes expire 0 0 ' 5 deleted'
deletes changed 1 1 'UIDL v2: not deleted: the server has another message in its place'
deletes top-no 0 0 ' 5 deleted'
deletes no-top 0 0 ' 5 deleted'
deletes wrong-size 0 0 ' 5 deleted'
deletes dele-no 1 1 'UIDL u2: not deleted: DELE refused: locked'
# A notice instead of the message is archived, but its place stays unknown for
# three runs, and it is not deleted.
rm -rf arc && ms-init arc
for run in 1 2 3; do
	status "notice, run $run: the message has failed" 1 \
		fetch --report report -a arc -u alice "$(rogue_url notice)"
	cp err said && cp out stream
	ok '  it is named' grep -q "INBOX, UIDL u2: short: .* sends 51 (run $run of 3)" said
	status '  what came is archived' 1 ms-ingest -q --create-user -a arc <stream
	status '  it is not deleted' 0 fetch -a arc -u alice -v --delete-archived -n "$(rogue_url notice)"
	ok '  for this reason' grep -q "INBOX, UIDL u2: left out: $([ $run = 3 ] &&
		echo 'the archive has a short body' || echo 'not archived')" err
done
status 'notice, run 4: the message is known' 0 \
	fetch --report report -a arc -u alice "$(rogue_url notice)"
ok '  nothing comes' grep -aqE "^MS-Envelope: end; messages=0; failed=0; status=0; archive=" out
ok '  the report marks it' grep -q '"type":"short","where":"INBOX, UIDL u2"' report
ok '  the archive has the notice once' [ "$(ms-list -a arc | wc -l)" -eq 5 ]
status 'a delete run leaves it' 0 fetch -a arc -u alice --delete-archived "$(rogue_url notice)"
ok '  four are deleted' grep -q ' 1 left out, 0 failed, 4 deleted' err
status 'unless --force-short is given' 0 \
	fetch -a arc -u alice --delete-archived --force-short "$(rogue_url notice)"
ok '  it is deleted' grep -q ' 1 deleted, 51 bytes compared' err

# Messages are deleted only when the server has answered QUIT.
deletes quit-no 75 5 'QUIT refused: some messages not removed'
deletes quit-cut 0 0 " 5 left out"
deletes expire-new 0 0 ' 5 deleted'
# What was downloaded and differs must not be deleted by QUIT.
deletes expire-changed 1 5 'not deleted: .*EXPIRE 0'
finish
