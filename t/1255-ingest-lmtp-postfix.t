#!/bin/sh
# 1255-ingest-lmtp-postfix.t - Postfix hands mail over by LMTP, while the listener
# is killed again and again: nothing is lost, and nothing is there twice.
# ms-ingest(1), LMTP.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-lmtp.sh"
. "$top/t/lib-postfix.sh"
postfix_needs

ms-init -u alice arc && export MS_ARCHIVE=arc || exit 1
ms-users set alice --address alice@example.org >out || exit 1
ms-users add bob --address bob@example.org >out || exit 1
ms-users settings alias-domains=archive.invalid=example.org >out || exit 1
# shellcheck disable=SC2016 # ${1} is for Postfix
echo '/^(.+)@example\.org$/ ${1}@archive.invalid' >bcc.pcre
socket=$scratch/lmtp.socket
postfix_start 'transport_maps = inline:{ { archive.invalid = lmtp:unix:'"$socket"' } }' \
	'default_transport = discard:' "recipient_bcc_maps = regexp:$scratch/bcc.pcre" ||
	{ cat "$postfix_root/start" && exit 1; }
serve() {
	rm -f "$socket"
	lmtp_start "$socket" -q
	chmod 666 "$socket"
}
# send COUNT RECIPIENT ...: by SMTP; each message has a number.
sent=0
send() {
	_n=$1 && shift
	python3 - "$postfix_port" "$sent" "$_n" "$@" <<'END' || return
import smtplib, sys
port, first, n = (int(x) for x in sys.argv[1:4])
with smtplib.SMTP("127.0.0.1", port) as c:
    for i in range(first, first + n):
        c.sendmail("s@example.com", sys.argv[4:],
                   "From: s@example.com\r\nSubject: number %d\r\n\r\n.dot\r\nx\r\n" % i)
END
	sent=$((sent + _n))
}
numbers() { ms-list -u "$1" | cut -f 7 | sort; }
expected() { for i in $(seq 0 $((sent - 1))); do echo "number $i"; done | sort; }

serve
status 'Postfix accepts mail' 0 send 20 alice@example.org bob@example.org
await postfix_queued 0
expected >want
numbers alice >got
same 'alice has all messages, once' want got
numbers bob >got
same 'bob, too' want got
ms-export --format eml -u bob 'subject:"number 3"' | tail -n 2 | tr -d '\r' >got
printf '.dot\nx\n' >want
same 'the text is that of the sender' want got

# Killed while messages arrive, at many moments.
i=0
while [ $((i += 1)) -le 12 ]; do
	send 5 alice@example.org || fail 'Postfix accepts mail'
	sleep 0.0$((i % 10))
	kill -KILL "$lmtp_pid"
	wait "$lmtp_pid" 2>/dev/null
	serve
done
await postfix_queued 0 && pass 'Postfix tries again until all is delivered' ||
	fail 'Postfix tries again until all is delivered'
expected >want
numbers alice >got
same 'nothing is lost, and nothing is there twice' want got

# No listener: the mail stays in the queue of Postfix.
lmtp_stop
rm -f "$socket"
status 'mail while there is no listener' 0 send 3 alice@example.org
ok '  it waits' await postfix_queued 3
serve
await postfix_queued 0
expected >want
numbers alice >got
same '  and is delivered later' want got

# Other forms of addresses, with the extensions that Postfix offers to its client.
ms-users addresses --add bob jörg@example.org
python3 - "$postfix_port" <<'END'
import smtplib, sys
with smtplib.SMTP("127.0.0.1", int(sys.argv[1])) as c:
    c.ehlo()
    c.sendmail("ö@example.com",
               ['"alice"@archive.invalid', "ALICE+tag@archive.invalid", "jörg@archive.invalid"],
               "Subject: forms\r\n\r\nhé\r\n".encode(),
               mail_options=["SMTPUTF8", "BODY=8BITMIME", "SIZE=100"],
               rcpt_options=["NOTIFY=SUCCESS,FAILURE"])
END
await postfix_queued 0
ms-list subject:forms | cut -f 3,4 | sort >got
printf '%s\n' 'alice	alice@example.org/Inbox' 'bob	bob@example.org/Inbox' >want
same 'quoted, tagged and internationalised addresses are those of the users' want got
lmtp_stop
ok 'the listener ended in good order' test "$lmtp_status" -eq 0
status 'the archive is whole' 0 ms-verify -q
finish
