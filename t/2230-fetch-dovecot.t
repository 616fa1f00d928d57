#!/bin/sh
# 2230-fetch-dovecot.t - a mailbox changes between two runs: folders are created
# again, renamed or restored from a backup, the server gets another name, mail
# is moved or copied, the index is lost. No message is downloaded twice, missed,
# or stored twice. The test also has unusual folder names and many folders.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"
. "$top/t/lib-proxy.sh"

imap_start || exit 1
imap_user alice secret
home=$imap_root/home/alice/Maildir

# put FOLDER FIRST LAST: adds messages with these numbers, 20 KB each.
put() {
	imap_folder alice "$1"
	python3 - "$imap_dir" "$2" "$3" <<-'END'
		import random, sys
		for n in range(int(sys.argv[2]), int(sys.argv[3]) + 1):
		    r = random.Random(n)
		    text = "Message-ID: <%d@example.org>\nDate: Mon, 1 Feb 2021 03:04:%02d +0000\n" % (n, n % 60)
		    text += "Subject: number %d\n\n" % n
		    text += "".join("%064x\n" % r.getrandbits(256) for i in range(300))
		    with open("%s/cur/%d.a:2,S" % (sys.argv[1], 1000 + n), "w") as f:
		        f.write(text)
	END
	imap_own
}

proxy_start "$imap_port" tls || exit 1
# A source is identified by the host name in the URL.
host=127.0.0.1
fetch() {
	ms-fetch -a arc -u alice --ca-file "$imap_ca" --password-file alice.pw \
		--connect "127.0.0.1:$proxy_port" --report report "$@" "imaps://alice@$host/" >stream
}
sums() { jq -r 'select(.type=="end") | "\(.seen) \(.new) \(.known) \(.left_out) \(.failed)"' report; }
has() { ms-list -a arc "$@" | wc -l; }
distinct() { ms-list -a arc | cut -f 1 | sort -u | wc -l; }

# run WHAT NEW KNOWN BODIES: fetches into the archive. At most BODIES bodies of
# messages may be downloaded.
run() {
	what=$1 new=$2 known=$3 bodies=$4 && shift 4
	proxy
	status "$what" 0 fetch "$@"
	proxy
	ok "  $new new, $known known" [ "$(sums)" = "$((new + known)) $new $known 0 0" ]
	[ "$(sums)" = "$((new + known)) $new $known 0 0" ] || note "$(sums)"
	most=$((bodies * 22000 + 60000))
	ok "  the server sends $proxy_server bytes, at most $most" [ "$proxy_server" -le $most ]
	status '  the stream is archived' 0 ms-ingest -q --create-user -a arc <stream
}
# holds MESSAGES OCCURRENCES MOVED: whether the archive has these numbers.
holds() {
	ok "  the archive has $1 messages in $2 places" [ "$(distinct) $(has)" = "$1 $2" ]
	[ "$(distinct) $(has)" = "$1 $2" ] || note "$(distinct) $(has)"
	ok "  $3 occurrences are marked as moved" [ "$(has is:moved)" -eq "$3" ]
}
# renumber FOLDER: gives the folder a new UIDVALIDITY. Dovecot uses the time in
# seconds.
renumber() {
	imap_idle
	validity=$(sed -n '1s/.* V\([0-9]*\).*/\1/p' "$1/dovecot-uidlist")
	rm -f "$1/dovecot-uidlist" "$1"/dovecot.index*
	await sh -c '[ "$(date +%s)" -gt "$1" ]' sh "$validity"
}

ms-init arc
put INBOX 1 20
put Work 21 40
put Work/Old 41 50
run 'a mailbox is fetched for the first time' 50 0 50
holds 50 50 0
run 'the same run again' 0 50 0

renumber "$home/Work"
run 'a folder has a new UIDVALIDITY' 0 50 0
holds 50 50 0
run 'the same run again' 0 50 0

imap_idle && mv "$home/Work/Old" "$home/Ancient" || exit 1
run 'a folder was renamed' 0 50 0
holds 50 50 10
run 'the same run again' 0 50 0
ok 'the moved messages are in the new folder' [ "$(has folder:Ancient)" -eq 10 ]

imap_idle
mv "$home/cur/1001.a:2,S" "$home/cur/1002.a:2,S" "$home/Work/cur"
cp -p "$home/cur/1003.a:2,S" "$home/Work/cur/2003.a:2,S"
imap_own
run 'two messages were moved, and one was copied' 0 51 0
holds 50 51 12
run 'the same run again' 0 51 0
imap_idle
mv "$home/Work/cur/1001.a:2,S" "$home/cur/3001.a:2,S"
run 'one message was moved back' 0 51 0
holds 50 51 12
imap_idle
mv "$home/Work/cur/1002.a:2,S" "$home/cur/3002.a:2,S"
run 'the other message was moved back, with --no-auto-move' 0 51 0 --no-auto-move
ok '  the message is in both folders' [ "$(has folder:Work subject:number)" -eq 22 ]
run 'a run without --no-auto-move marks the old occurrence' 0 51 0

host=localhost
run 'the server has another name' 0 51 0
ok '  each message has an occurrence of each source' [ "$(distinct)" -eq 50 ]
run 'the same run again' 0 51 0
host=127.0.0.1

# After the restoration of a backup, new messages get UIDs that other messages
# had.
imap_idle && cp -a "$home" backup && put INBOX 60 64 || exit 1
run 'five messages are new' 5 51 5
imap_idle && rm -rf "$home" && cp -a backup "$home" && put INBOX 70 72 || exit 1
run 'a backup was restored, and three other messages have come' 3 51 3
ok '  the archive has them' [ "$(distinct)" -eq 58 ]
run 'the same run again' 0 54 0
imap_idle && rm -rf "$home" && cp -a backup "$home" && put INBOX 80 89 || exit 1
run 'a backup was restored, and more messages have come than were lost' 10 51 10
ok '  the archive has them' [ "$(distinct)" -eq 68 ]
run 'the same run again' 0 61 0
messages=68 there=61

rm -rf arc/index
run 'the index is lost' 0 $there 0
ms-export -q -a arc --format mboxrd >all.mbox
rm -rf arc && ms-init arc && ms-ingest -q --create-user -u alice -a arc all.mbox
many=$(distinct)
ok 'a new archive has the exported mail' [ "$many" -eq $messages ]
run 'the archive has no places of the server' 0 $there 0
ok '  no message is stored twice' [ "$(distinct)" -eq $messages ]
run 'the same run again' 0 $there 0
imap_stop

# Unusual names, and many folders. The separator is `/`, then `.`.
names() {
	rm -rf arc && ms-init arc
	status "$1" 0 fetch
	ok "  $2 messages" [ "$(sums)" = "$2 $2 0 0 0" ]
	ms-ingest -q --create-user -a arc <stream
	ms-list -a arc | cut -f 4,7 | sort >got
	same '  each message is in its folder' want got
	proxy
	status '  the same run again' 0 fetch
	ok "  no message is new" [ "$(sums)" = "$2 0 $2 0 0" ]
}
rm -rf "$home"
imap_folder alice INBOX
: >want
# one DIRECTORY TEXT FOLDER: makes a folder with one message, and adds its line
# to `want`.
one() {
	dir=$imap_root/home/alice/Maildir
	[ "$1" = INBOX ] || dir=$dir/$1
	mkdir -p "$dir/cur" "$dir/new" "$dir/tmp"
	printf 'Subject: in %s\n\nx\n' "$2" >"$dir/cur/1.a:2,S"
	printf '%s\tin %s\n' "$3" "$2" >>want
}
one INBOX inbox INBOX
one 'a&b' amp 'a&b'
one '&-' shift '&-'
one 'say "what"' quotes 'say "what"'
one 'back\slash' back 'back\\\\slash'
one 'trail ' trail 'trail '
one ' lead' lead ' lead'
one 'dot.ted.name' dots 'dot.ted.name'
one 'per%cent*star' wild 'per%cent*star'
one '{12}' brace '{12}'
one '(a) [b]' brackets '(a) [b]'
one 'Grün/日本語/😀' deep 'Grün/日本語/😀'
one 'NIL' nil NIL
one "it's" apostrophe "it's"
i=0
while [ $i -lt 300 ]; do
	i=$((i + 1))
	one "Many/folder $i" "$i" "Many/folder $i"
done
imap_own
sort -o want want
imap_run || exit 1
names 'unusual names, and 300 folders' 314
imap_stop

rm -rf "$home"
imap_folder alice INBOX
: >want
one INBOX inbox INBOX
one '.a&b' amp 'a&b'
one '.one.two.three' deep one/two/three
one '.say "what"' quotes 'say "what"'
one '.back\slash' back 'back\\\\slash'
one '.trail ' trail 'trail '
one '.Grün.日本語' utf8 Grün/日本語
imap_own
sort -o want want
sed -i 's/^mail_location = .*/mail_location = maildir:~\/Maildir:UTF-8/' "$imap_root/dovecot.conf"
imap_run || exit 1
names 'the separator is a dot' 7

if [ "${MS_SOAK-}" = 1 ]; then
	imap_stop
	rm -rf "$home" arc && ms-init arc
	imap_folder alice INBOX
	put INBOX 1 20000
	imap_run || exit 1
	host=127.0.0.1
	run 'a mailbox of 20,000 messages is fetched' 20000 0 20000
	python3 "$top/t/unstream.py" <stream | sed '$d' | cut -f 3- | sort >got
	imap_expected alice INBOX | cut -f 3- | sort >want
	same '  they are equal to the files of Dovecot' want got
	run 'the same run again' 0 20000 40
fi
finish
