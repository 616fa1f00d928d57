#!/bin/sh
# 2220-fetch-rogue.t - servers that break the protocol cannot damage an archive.
# Every message of such a server is accounted for, and the status is right. No
# message is archived that the server does not have, and the server is not
# changed.
# When the server follows the protocol again, the next run fetches the missing
# messages, each once.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"

echo secret >pw
# MODE, status, archived messages, failures, message (a pattern).
cat >modes <<'END'
good	0	6	0	6 seen: 6 new, 0 known, 0 left out
uid-last	0	6	0	6 seen: 6 new
noise	0	6	0	6 seen: 6 new
terse	0	6	0	6 seen: 6 new
search-no	0	6	0	6 seen: 6 new
search-empty	0	6	0	6 seen: 6 new
search-capped	0	6	0	6 seen: 6 new
wrong-size	0	6	0	the server says 5 bytes and sends
twice	0	6	0	6 seen: 6 new
unasked	0	6	0	6 seen: 6 new
no-uidvalidity	0	6	0	6 seen: 6 new
large	0	6	0	6 seen: 6 new
cut-once	0	6	0	6 seen: 6 new
bye-once	0	6	0	trying again in [12]
throttled	0	6	0	Suggested Backoff
not-now	0	6	0	6 seen: 6 new
flip	0	6	0	the folder has a new UIDVALIDITY
expunged	0	5	0	6 seen: 5 new, 0 known, 1 left out
gone	0	5	0	6 seen: 5 new, 0 known, 1 left out
gone-no	1	5	1	INBOX, UID 12: the server does not send the message
half-gone	1	5	1	INBOX, UID 12: the server does not send the message
shrink	0	2	0	6 seen: 2 new, 0 known, 4 left out
nil	1	5	1	INBOX, UID 12: the server sends no body
two-bodies	1	5	1	INBOX, UID 12: the server sends two bodies
hidden	1	5	1	INBOX, UID 12: the server does not send the message
no-uid	1	5	1	INBOX, UID 12: the server does not send the message
no-one	1	5	1	INBOX, UID 12: FETCH refused: cannot read message 12
fetch-no	1	0	6	Other, UID 21: FETCH refused: all is lost
examine-no	1	1	0/1	INBOX: EXAMINE refused: mailbox is damaged
exists	1	0	0/2	INBOX: 4000000000 messages, more than 16777216
more-exist	1	6	2	INBOX: 1 message not listed by the server
reset	75	5	1	INBOX, UID 12: connection lost
close	75	5	1	INBOX, UID 12: the server cut the connection
bye	0	6	0	the server ends the session: shutting down
huge-literal	75	5	1	INBOX, UID 12: the server cut the connection
long-literal	76	5	1	INBOX, UID 12: 
short-literal	75	5	1	INBOX, UID 12: 
bad-date	0	6	0	6 seen: 6 new
deep	1	5	1	INBOX, UID 12: the server does not send the message
wrap-number	0	6	0	6 seen: 6 new
wrap-uid	0	6	0	6 seen: 6 new
wrap-literal	76	5	1	INBOX, UID 12: .*a literal without a size
torn	76	3	3	INBOX, UID 14: .*a literal without a size
wrap	0	6	0	6 seen: 6 new
wrap-exists	76	0	0/2	INBOX: the server does not say how many messages
wrap-validity	0	6	0	6 seen: 6 new
stall	75	-	-	no answer within 4 seconds
preauth	76	0	0	PREAUTH
bad-login	77	0	0	login
garbage	76	0	0	is invalid
list-no	76	0	0	LIST refused: not today
other-tag	76	0	0/2	a line of an unknown kind
long-line	76	0	0	longer than [0-9]* bytes
long-flags	76	0	0/2	longer than [0-9]* bytes
endless	76	0	0	more than 100000 folders
endless-fetch	76	0	6	longer than 4194304 bytes
END
# shellcheck disable=SC2046 # a mode is a word
rogue_start $(cut -f 1 modes) || exit 1

# The runs of all modes are started at the same time, because most of a run is
# waiting for the server or before a retry.
cat >fetch <<'END'
url=$(sed -n "s|^$1 \(.*\)|imaps://alice@127.0.0.1:\1/|p" rogue.ports)
ms-fetch --retries 2 --timeout 4 -a "arc.$1" -u alice --ca-file "$2" --password-file pw \
	--report "arc.$1.report" "$url" >"arc.$1.stream" 2>"arc.$1.err"
echo $? >"arc.$1.status"
END
fetch_all() {
	rm -f arc.*.status
	cut -f 1 modes | xargs -P 6 -I MODE sh fetch MODE "$imap_ca"
}
# ended MODE: prints the messages of the run, and returns its status.
ended() { cat "arc.$1.err" >&2 && return "$(cat "arc.$1.status")"; }
# sums.py: for each line `REPORT STATUS FAILED[/FOLDERS]`, checks that the sums of
# a report agree with each other, with the status and with the number of
# messages, and of folders, that have failed. Prints what is wrong, or "right".
cat >sums.py <<'END'
import json, sys
def check(report, status, failed):
    lines = [json.loads(line) for line in open(report)]
    keys = ("new", "known", "left_out", "failed")
    total = dict.fromkeys(keys + ("seen", "failed_folders"), 0)
    for r in lines:
        if r["type"] == "folder":
            assert r["seen"] == sum(r[k] for k in keys), r
            for k in total:
                total[k] += r.get(k, 0)
    end = lines[-1]
    assert end["type"] == "end" and end["status"] == int(status), end
    for k in total:
        assert end.get(k, 0) == total[k], (k, end, total)
    named = [r for r in lines if r["type"] == "failed"]
    assert bool(named) == (total["failed"] + total["failed_folders"] > 0 or end["status"] > 1), named
    if failed != "-":
        messages, _, folders = failed.partition("/")
        assert total["failed"] == int(messages), end
        assert total["failed_folders"] == int(folders or 0), end
for line in sys.stdin:
    report, status, failed = line.split()
    try:
        check(report, status, failed)
        print(report, "right")
    except Exception as e:
        print(report, repr(e))
END
# right REPORT: whether sums.py said so.
right() { grep -qx "$1 right" sums || { grep "^$1 " sums && return 1; }; }
ids() { ms-list -a "$1" | awk -F '\t' '{ print $1, $4 }' | sort; }

tab=$(printf '\t')
for mode in $(cut -f 1 modes); do ms-init "arc.$mode"; done
fetch_all
awk -F '\t' '{ print "arc." $1 ".report", $2, $4 }' modes | python3 sums.py >sums
while IFS=$tab read -r mode want kept failed words; do
	status "$mode: the status is $want" "$want" ended "$mode"
	ok "  the message contains: $words" grep -qe "$words" err
	ok "  the sums of the report are right, with $failed failures" right "arc.$mode.report"
	status '  the stream is archived' "$want" \
		ms-ingest -q --create-user -a "arc.$mode" <"arc.$mode.stream"
	[ "$kept" = - ] ||
		ok "  $kept messages are archived" [ "$(ms-list -a "arc.$mode" | wc -l)" -eq "$kept" ]
done <modes

# Unreadable messages do not use up the retries of the run, however many
# connections ask for them.
for n in 1 5; do
	status "torn: with one retry and $n connections, the status is 76" 76 \
		ms-fetch --retries 1 --connections $n --ca-file "$imap_ca" --password-file pw \
		--report report "$(rogue_url torn)"
	echo report 76 3 | python3 sums.py >sums
	ok '  only the three messages have failed' right report
	ok '  each is named' [ "$(grep -c 'INBOX, UID 1[234]: the server' err)" -eq 3 ]
done

ok 'a UIDVALIDITY of more than 32 bits is kept' \
	grep -aq 'uid="4294967373/' arc.wrap-validity.stream

# From now on, all servers follow the protocol.
: >rogue.ports.good
ids arc.good >want
ok 'the archive has six messages' [ "$(wc -l <want)" -eq 6 ]
fetch_all
while IFS=$tab read -r mode _; do
	status "$mode: the next run succeeds" 0 ended "$mode"
	status '  the stream is archived' 0 \
		ms-ingest -q --create-user -a "arc.$mode" <"arc.$mode.stream"
	ids "arc.$mode" >got
	case $mode in
	large) ok '  the archive has all six messages' [ "$(wc -l <got)" -eq 6 ] ;;
	expunged) ok '  the archive has the five messages that are left' [ "$(wc -l <got)" -eq 5 ] ;;
	shrink) ok '  the archive has the two messages that are left' [ "$(wc -l <got)" -eq 2 ] ;;
	*) same '  the archive has each message once' want got ;;
	esac
done <modes
fetch_all
while IFS=$tab read -r mode _; do
	status "$mode: another run succeeds" 0 ended "$mode"
	ok '  no message is new' \
		grep -aq 'MS-Envelope: end; messages=0; failed=0; status=0' "arc.$mode.stream"
done <modes
ok 'no server was changed' [ ! -e rogue.ports.log ]
ok 'no server reported an error' empty rogue.err
finish
