#!/bin/sh
# 2300-fetch-pop3.t - ms-fetch reads a mailbox of Dovecot by POP3. Messages have
# the same bytes, no message comes twice, also if the server changes its UIDLs,
# and only archived messages are deleted.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"
[ -e /usr/lib/dovecot/pop3 ] || skip dovecot "no dovecot-pop3d"
imap_start "pop3_uidl_format = %f" || exit 1
imap_user alice secret

printf 'From: a\r\n\r\n.\r\n..\r\n.x\r\n\r\n.\r\nbody\r\n' | imap_put "$imap_dir" 1.crlf:2,S
printf 'From: b\n\n.\n..\n.x\n\n.\n\0nul\0\n\r\rbare\r x\r\n.\n' | imap_put "$imap_dir" 2.mixed:2,
printf 'From: c\nBody: none\n' | imap_put "$imap_dir" 3.head:2,
printf '\377\200 no field \376\n\n\n' | imap_put "$imap_dir" 4.bytes:2,
{ printf 'From: e\n\n' && head -c 3000000 /dev/zero | tr '\0' x && printf '\n.\n'; } |
	imap_put "$imap_dir" 5.long:2,
i=0
while [ $i -lt 700 ]; do
	i=$((i + 1))
	printf 'From: f\nSubject: %d\n\ntext\n' $i | ${imap_as} tee "$imap_dir/new/6.$i" >/dev/null
done

# expected USER: prints the lines that unstream.py must print, from the files of
# Dovecot.
expected() {
	python3 - "$1" "pop3://$1@127.0.0.1:$pop3s_port/" "$imap_root/home/$1/Maildir" <<-'END'
		import hashlib, os, re, sys
		user, source, root = sys.argv[1:]
		for sub in ("cur", "new"):
		    for name in os.listdir(os.path.join(root, sub)):
		        with open(os.path.join(root, sub, name), "rb") as f:
		            data = re.sub(rb"(?<!\r)\n", b"\r\n", f.read())
		        print(user, source, "INBOX", name.split(":")[0], "-", "-",
		              hashlib.sha256(data).hexdigest(), sep="\t")
	END
}
# fetch OPTION ...: fetches the mailbox of alice.
fetch() { ms-fetch --ca-file "$imap_ca" --password-file alice.pw "$@" "$(pop3_url alice)"; }
# sends NAME COUNT SUMS OPTION...: a fetch sends COUNT messages and prints SUMS.
sends() {
	what=$1 many=$2 sums=$3 && shift 3
	status "$what" 0 fetch "$@"
	ok "  $many messages" grep -aqEx "MS-Envelope: end; messages=$many; failed=0; status=0(; archive=[0-9a-f]{32})?" out
	cp out stream
	ok "  $sums" grep -qx "ms-fetch: $sums" err
}
kept() { ms-list -a arc -u alice | wc -l; }

sends 'a mailbox is fetched over TLS' 705 '705 seen: 705 new, 0 known, 0 left out, 0 failed' -u alice
expected alice | sort >want
python3 "$top/t/unstream.py" <stream | sed '/^end;/d' | sort >got
same '  every message is equal to the file of Dovecot' want got
status 'the mailbox is fetched with STLS' 0 ms-fetch --ca-file "$imap_ca" --password-file alice.pw \
	-u alice "pop3://alice@127.0.0.1:$pop3_port/"
python3 "$top/t/unstream.py" <out | sed -e '/^end;/d' -e "s/:$pop3_port/:$pop3s_port/" | sort >got
same '  the messages are the same' want got

ms-init arc
status 'the stream is archived' 0 ms-ingest -q --create-user -a arc <stream
sends 'no message is new the second time' 0 '705 seen: 0 new, 705 known, 0 left out, 0 failed' -a arc -u alice
printf 'From: g\n\nnew\n' | imap_put "$imap_dir" 7.new:2,
sends 'one message is new' 1 '706 seen: 1 new, 705 known, 0 left out, 0 failed' -a arc -u alice
ok '  the new message is sent' grep -qax 'new.' stream
status '  the stream is archived' 0 ms-ingest -q -a arc <stream

# Other UIDLs: known by header and size, except for headers that do not identify
# their message; no other body comes.
imap_stop
sed -i 's/pop3_uidl_format = .*/pop3_uidl_format = new-%u.%v/' "$imap_root/dovecot.conf"
imap_run || exit 1
kept >want
sends 'the server has new UIDLs' 706 '706 seen: [0-9]* new, [0-9]* known, 0 left out, 0 failed' -a arc -u alice
ok '  nothing is downloaded again that has a Message-ID' absent -aqi '^Message-ID: ' stream
status '  they are archived' 0 ms-ingest -a arc <stream
kept >got
same '  no message is stored twice' want got
sends '  the new UIDLs are known after that' 0 '706 seen: 0 new, 706 known, 0 left out, 0 failed' -a arc -u alice

# Only archived messages are deleted.
printf 'From: h\n\nnot archived\n' | imap_put "$imap_dir" 8.stays:2,
status '--delete-archived with -n' 0 fetch -n -a arc -u alice --delete-archived
ok '  the messages are listed' [ "$(grep -c UIDL out)" = 706 ]
ok '  nothing is deleted' [ "$(expected alice | wc -l)" = 707 ]
new=$(printf 'From: g\r\n\r\nnew\r\n' | sha256sum | cut -c 1-64)
status 'a message is removed from the archive by hand' 0 ms-remove -q -a arc --force "id:$new"
change=$(cut -f 1 out)
sends '  a fetch does not count it as known' 1 '707 seen: 1 new, 705 known, 1 left out, 0 failed' -a arc -u alice
status '--delete-archived' 0 fetch -a arc -u alice --delete-archived --report report
ok '  the summary names the number of deleted messages' grep -q ' 705 deleted' err
expected alice | cut -f 4 | sort >got
printf '7.new\n8.stays\n' >want
same '  the message that was removed by hand is not deleted' want got
ok '  it is named' grep -q '"left_out".*removed by hand: ms-remove --undo '"$change"'"' report
ms-remove -q -a arc --undo "$change" >out
status '--delete-archived after the undo' 0 fetch -a arc -u alice --delete-archived
ok '  it deletes the message' grep -q ' 1 deleted' err
expected alice | cut -f 4 >got
echo 8.stays >want
same '  a message that is not archived is not deleted' want got
kept >got
echo 706 >want
same '  the archive has the same messages' want got
status '  ms-verify finds no error' 0 ms-verify -q -a arc
status '--delete-archived again' 0 fetch -a arc -u alice --delete-archived
ok '  it deletes nothing' grep -q ' 0 deleted\|1 left out' err

# Logins that are refused.
echo wrong >wrong.pw
status 'a wrong password is refused' 77 ms-fetch --ca-file "$imap_ca" --password-file wrong.pw "$(pop3_url alice)"
ok '  the message quotes the server' grep -q 'login refused: \[AUTH\]' err
status 'a certificate of another authority is refused' 76 ms-fetch --ca-file "$imap_root/stranger.pem" --password-file alice.pw \
	"$(pop3_url alice)"
status '--check succeeds' 0 fetch --check
finish
