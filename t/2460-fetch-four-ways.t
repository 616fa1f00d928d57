#!/bin/sh
# 2460-fetch-four-ways.t - the mail of 50 users, and a message for 3,000, comes by
# IMAP and POP3 from Dovecot, as an mbox, and by LMTP from Postfix: each time, who
# gets what is as in the table t/data/assignments, a second run finds nothing new,
# and what was left is still there and is filed when a user has its address.
# MS_SOAK=1: 2,000 messages, and one for 19,000.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"
. "$top/t/lib-lmtp.sh"
. "$top/t/lib-postfix.sh"
[ -e /usr/lib/dovecot/pop3 ] || skip dovecot "no dovecot-pop3d"
postfix_needs
imap_start || exit 1
trap 'postfix_stop; imap_stop; cd /; rm -rf "$scratch"' EXIT
imap_user drop secret
rounds=1 crowd=3000
[ -z "${MS_SOAK-}" ] || rounds=10 crowd=19000
"$top/t/make-assigned.py" "$top/t/data/assignments" 7 $rounds $crowd || exit 1
LC_ALL=C sort -o want want
messages=$(ls in | wc -l) left=$(wc -l <left)

ms-init base && ms-users import -a base users.csv >said 2>&1 || exit 1
ms-users delete -a base gone1 gone2 gone3 gone4 gone5 gone6 gone7
ms-users settings -a base alias-domains="$(cat aliases)"
# assign ARCHIVE ARGUMENT ...: one more Received is that of Postfix.
assign() {
	_arc=$1 && shift
	ms-ingest -a "$_arc" --assign --unknown leave --own-address "$(cat own)" \
		--envelope-header Delivered-To,X-Envelope-To,Return-Path "$@"
}
has() { ms-list -a "$1" | awk -F '\t' -v OFS='\t' '{ print $7, $3, $4 }' | LC_ALL=C sort; }
# The address of those that were left is given to a user.
give() { ms-users add -a "$1" --address stranger@z.example new; }
awk -v OFS='\t' '/^envelope-unknown / { print $0, "new", "stranger@z.example/Inbox" }' left |
	cat want - | LC_ALL=C sort >want-new
filed=$(grep -c '^envelope-unknown' left)

# ---- IMAP and POP3 ----
for f in in/*; do cp "$f" "$imap_dir/cur/17000$(basename "$f" .eml).M1.h:2,S"; done
imap_own
fetch() { ms-fetch -u @multidrop --ca-file "$imap_ca" --password-file drop.pw "$@"; }
for way in imap pop3; do
	url=$("${way}_url" drop)
	arc=arc.$way
	cp -a base $arc
	status "$way: the mailbox is fetched" 0 fetch -q -a $arc "$url"
	cp out stream
	ok "$way: and assigned" assign $arc -q <stream
	has $arc >got
	same "$way: as in the table" want got
	"$top/t/second-reader.py" $arc receipts >receipts
	ok "$way: each message that was not left has a receipt" test \
		"$(wc -l <receipts)" -eq $((messages - left))
	ok "$way: that of the crowd names all its users" \
		test "$(grep r0: receipts | grep -o "r[0-9]*:r[0-9]*@crowd.example/Inbox" | sort -u | wc -l)" -eq "$crowd"
	status "$way: a second run" 0 fetch -q -a $arc "$url"
	ok "$way: fetches what was left" test "$(grep -ac '^Subject: ' out)" -eq "$left"
	cp out stream
	status "$way: that is read again" 0 assign $arc <stream
	ok "$way: and nothing is new" grep -q "$left seen: 0 new, 0 known, $left left out" err
	give $arc
	fetch -q -a $arc "$url" >stream
	ok "$way: a user has the address, and a third run" assign $arc -q <stream
	has $arc >got
	same "$way: files what was left" want-new got
done
status 'a run that would delete' 0 fetch -q -n -a arc.imap --delete-archived "$(imap_url drop)"
ok 'names all messages that were filed, also that for the crowd' \
	test "$(wc -l <out)" -eq $((messages - left + filed))
rm -rf arc.imap/index
status 'the same with an index that is built again' 0 fetch -q -n -a arc.imap --delete-archived "$(imap_url drop)"
ok 'names them, too' test "$(wc -l <out)" -eq $((messages - left + filed))

# ---- mbox ----
python3 - in in.mbox <<'END'
import os, sys
with open(sys.argv[2], "wb") as mbox:
    for name in sorted(os.listdir(sys.argv[1])):
        with open(os.path.join(sys.argv[1], name), "rb") as f:
            mbox.write(b"From x@y Thu Jan  1 00:00:00 2026\n" + f.read() + b"\n")
END
cp -a base arc.mbox
status 'mbox: a file is assigned' 0 assign arc.mbox in.mbox
has arc.mbox >got
same 'mbox: as in the table' want got
status 'mbox: a second run' 0 assign arc.mbox in.mbox
ok 'mbox: finds nothing new' grep -q "$messages seen: 0 new, $((messages - left)) known, $left left out" err
give arc.mbox
status 'mbox: a user has the address' 0 assign arc.mbox -q in.mbox
has arc.mbox >got
same 'mbox: what was left is filed' want-new got

# ---- LMTP ----
# All mail goes to an own address, so that the headers decide. With soft_bounce,
# Postfix keeps what is refused with 550.
socket=$scratch/lmtp.socket
postfix_start "default_transport = lmtp:unix:$socket" 'soft_bounce = yes' \
	'message_drop_headers =' 'local_header_rewrite_clients =' 'header_size_limit = 4194304' \
	'lmtp_line_length_limit = 0' || { cat "$postfix_root/start" && exit 1; }
# send DIRECTORY SENDER RECIPIENT
send() {
	python3 - "$postfix_port" "$@" <<'END'
import os, smtplib, sys
port, folder, sender, to = sys.argv[1:]
with smtplib.SMTP("127.0.0.1", int(port)) as c:
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), "rb") as f:
            c.sendmail(sender, [to], f.read())
END
}
# 2,000 messages can take more than 30 seconds.
queued() { await postfix_queued "$1" || await postfix_queued "$1"; }
# complete FILE: the archive has as many occurrences. A message that Postfix moves
# from one queue to another can be missing when it counts them.
complete() { has arc.lmtp >got && [ "$(wc -l <got)" -eq "$(wc -l <"$1")" ]; }
serve() {
	rm -f "$socket"
	MS_ARCHIVE=$1 && shift && export MS_ARCHIVE
	lmtp_start "$socket" -q "$@"
	chmod 666 "$socket"
}
cp -a base arc.lmtp
serve arc.lmtp --unknown leave --trusted-hop 2 --own-address "$(cat own)" \
	--envelope-header Delivered-To,X-Envelope-To,Return-Path
status 'LMTP: Postfix accepts the mail' 0 send in s@z.example journal@x1.example
ok 'LMTP: what was left stays in the queue' queued "$left"
await complete want
same 'LMTP: as in the table' want got
give arc.lmtp
ok 'LMTP: a user has the address' queued $((left - filed))
await complete want-new
same 'LMTP: what was left is filed' want-new got
lmtp_stop
ok 'LMTP: the listener ended in good order' test "$lmtp_status" -eq 0

# The same bytes again, as after a lost reply: Postfix itself adds another Received.
python3 - in session <<'END'
import os, re, sys
with open(sys.argv[2], "wb") as s:
    s.write(b"LHLO x\r\n")
    for name in sorted(os.listdir(sys.argv[1])):
        with open(os.path.join(sys.argv[1], name), "rb") as f:
            text = re.sub(rb"^\.", b"..", f.read(), flags=re.M).replace(b"\n", b"\r\n")
        s.write(b"MAIL FROM:<s@z.example>\r\nRCPT TO:<journal@x1.example>\r\nDATA\r\n"
                + text + b".\r\n")
    s.write(b"QUIT\r\n")
END
cp -a base arc.again
status 'LMTP: a session with all messages' 0 assign arc.again -q --lmtp <session
has arc.again >got
same 'LMTP: as in the table' want got
status 'LMTP: the same session again' 0 assign arc.again --lmtp <session
ok 'LMTP: nothing is new' grep -q "$messages seen: 0 new, $((messages - left)) known, $left left out" err
finish
