#!/bin/sh
# 0060-examples.t - every EXAMPLE of the manuals is run. A path like /srv/mail
# is below the scratch folder, and the servers are a Dovecot.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"
. "$top/t/lib-manual.sh"

imap_skip
command -v jq >/dev/null || skip jq 'no jq'
printf 'archiver:{PLAIN}correct::::::\n' >masters
imap_start "
auth_master_user_separator = *
passdb {
  driver = passwd-file
  master = yes
  args = $scratch/masters
}" || exit 1
export SSL_CERT_FILE="$imap_ca"

# The mailboxes of the examples, each with an old message.
for user in alice bob anna alice@example.org a b; do
	imap_user "$user" correct
	printf 'From: x@example.org\nTo: %s\nSubject: old\nDate: Mon, 1 Jan 2024 10:00:00 +0000\n\n%s\n' \
		"$user" "$user" | imap_put "$imap_root/home/$user/Maildir" 1704103200.M1P1.h:2,S
done
printf 'bob:{PLAIN}hunter2::::::\n' >"$imap_root/users/bob"
imap_folder alice INBOX/2024
printf 'From: y@example.org\nSubject: of 2024\n\n' | imap_put "$imap_dir" 1704103200.M2P1.h:2,S
touch -d 2024-01-01 "$imap_root"/home/*/Maildir/cur/*
imap_own

# Programs that are not ours.
mkdir bin && PATH=$PWD/bin:$PATH
tool() { cat >"bin/$1" && chmod +x "bin/$1"; }
echo 'echo correct' | tool pass
# shellcheck disable=SC2016 # for the tool itself
echo 'cat "$2"' | tool gpg
echo 'cat >crontab.new' | tool crontab

mkdir -p srv etc/ms log vmail backup spool
for f in alice archiver; do echo correct >etc/ms/$f; done
chmod 600 etc/ms/*

# here FILE: makes the paths and hosts of a block those of this test.
here() {
	sed -i -e "s,/srv/,$PWD/srv/,g; s,/etc/ms/,$PWD/etc/ms/,g; s,/var/log/ms/,$PWD/log/,g" \
		-e "s,/var/vmail/,$PWD/vmail/,g; s,/backup/,$PWD/backup/,g; s,/home/anna/,$HOME/,g" \
		-e "s,imap\.example\.org,127.0.0.1:$imap_port,g; s,mail\.example\.com,127.0.0.1:$imap_port,g" \
		-e "s,@example\.org;,@127.0.0.1:$imap_port;,g; s,@example\.org ),@127.0.0.1:$imap_port ),g" "$1"
}

: >pages
# page NAME NUMBER: unpacks the examples of a page; it has NUMBER of them.
page() {
	blocks "$1"
	ok "$1 has $2 examples" test "$block_count" -eq "$2"
	page=$1 && echo "$1" >>pages
	for block in "$1"/*; do here "$block"; done
}
# example NUMBER [STATUS [QUESTION ANSWER]...]: runs an example.
example() {
	n=$1 want=${2-0}
	shift $(($# < 2 ? $# : 2))
	grep -q '^\$ ' "$page/$n" && sed -i -n 's/^\$ //p' "$page/$n"
	[ $# -eq 0 ] || set -- python3 "$top/t/type.py" "$@" --
	status "$page: example $n" "$want" "$@" sh -e "$page/$n"
	[ "$want" -eq "$_got" ] || cat -v out | head -n 20 | sed 's/^/# /'
}

page ms-init.1 1
example 1
ok '  the archive has its user' ms-users -a srv/mail show alice

# ---- files ----
page ms-ingest.1 5
cp -R "$top/t/data/Maildir" "$HOME/Maildir"
cp "$top/t/data/hut.mbox" .
cp -R "$top/t/data/Maildir" vmail/alice
cp -R "$top/t/data/Maildir" vmail/carol
printf 'From: a@b\nSubject: with LF\n\n' >spool/lf.eml
printf 'From: a@b\r\nSubject: with CRLF\r\n\r\n' >spool/crlf.eml
example 1
ok '  all messages are there' test "$(ms-list -a ~/mail | grep -c '')" -eq 6
example 2
ok '  they are in the folder' test "$(ms-list -a srv/mail folder:Old/2009 | grep -c '')" -eq 5
example 3
ok '  a user was created' ms-users -a srv/mail show carol
mkdir -p vmail/archive/cur vmail/archive/new vmail/archive/tmp
cat >vmail/archive/new/1 <<'END'
Delivered-To: archive@example.org
Received: from x by example.org
From: alice@example.org
To: carol@example.org

END
ms-users -a srv/mail set --address alice@example.org alice
ms-users -a srv/mail set --address carol@example.org carol
example 4
tab=$(printf '\t')
ok '  the sender is printed' grep -q "${tab}alice${tab}alice@example.org/Sent Items${tab}sent${tab}" out
ok '  the recipient has the message' test "$(ms-list -a srv/mail folder:carol@example.org/Inbox | grep -c '')" -eq 1
example 5
ok '  the file whose id is its SHA-256 is gone, the other stays' test "$(ls spool)" = lf.eml

# ---- servers ----
page ms-fetch.1 5
example 1 0 assword correct
example 2
ok '  the message is there' test "$(ms-list -a srv/mail user:alice subject:old | grep -c '')" -eq 1
example 3
ok '  the mailbox is the one of the authorization identity' \
	test "$(ms-list -a srv/mail user:alice subject:old to:alice@example.org | grep -c '')" -eq 1
example 4
ok '  the old message is gone at the server' test -z "$(ls "$imap_root/home/alice/Maildir/cur")"
example 5
ok '  the file has the message' grep -q '^Subject: of 2024' 2024.mbox

# ---- reading ----
export MS_ARCHIVE="$PWD/srv/mail"
id=$(ms-list subject:CRLF | cut -f 1)
page ms-export.1 6
rm 2024.mbox
sed -i "s/id:0123456789abcdef/id:$id/" ms-export.1/1
example 1
ok '  it is the message' grep -q 'Subject: with CRLF' out
example 2
ok '  the files are there' test "$(find alice-mail -type f | grep -c '')" -gt 5
example 3
ok '  the mbox has the messages' test "$(grep -c '^From ' 2024.mbox)" -ge 5
example 4
ok '  the mbox has the messages' grep -q '^From ' backup/*.mbox
example 5
ok '  the other archive has the mail' test "$(ms-list -a ~/mail subject:CRLF | grep -c '')" -eq 1
example 6
ok '  the mbox has the mail' grep -q '^From ' alice.mbox

page ms-show.1 2
example 1
ok '  the message is shown' grep -q '^Subject:.*[Hh]ut' out
sed -i 's/subject:hut/"$(ms-list -a srv\/mail subject:hut | head -n 1 | cut -f 1)"/' ms-show.1/2
example 2
ok '  the part is written' test -s part.txt

page ms-list.1 6
example 1
ok '  there are ten lines without ids' test "$(grep -c '' out)" -eq 10 -a -z "$(cut -f 1 out | grep -v :)"
example 2
ok '  each user has a line' grep -qE '^(alice|carol) [0-9]+ [0-9]+' out
example 3
ok '  there are ten sizes and subjects' test "$(grep -cE '^[0-9]+	' out)" -eq 10
ok '  in order' sort -c -r -n -k 1,1 out
example 4
ok '  each line has a short id' test -s list.txt -a -z "$(grep -vE '^[0-9a-f]{8}  ' list.txt)"
sed -i 's/since:2024 before:2025/before:2025/' ms-list.1/5
example 5
ok '  there are addresses' grep -qE '^[^ ]+@[^ ]+	[0-9]+$' out
sed -i 's/since:30d/since:2024/; s/-i invoice/-i hut/' ms-list.1/6
example 6
ok '  the mbox has the messages' grep -qi '^Subject:.*hut' invoices.mbox

page ms-stat.1 4
example 1
ok '  messages of two users are stored once' test "$(cat out)" -gt 0
sed -i 's/since:2025 before:2026/before:2026/' ms-stat.1/2
example 2
ok '  each domain has a number' grep -qE '^[a-z.]+	[0-9]+$' out
example 3
ok '  each user has a line' grep -qE '^(alice|carol)	[0-9]+	' out
example 4
ok '  there are three files' test "$(find large -name '*.eml' | grep -c '')" -eq 3

page ms-query.7 5
for n in 1 2 3 4 5; do example $n; done
ok '  messages of the server are counted' grep -q '^alice	INBOX	' out

page ms-json.5 2
example 1
ok '  subjects are printed' grep -qx 'with CRLF' out
echo 'BEGIN:VCARD' >card.vcf
ms-ingest --report report.json card.vcf >/dev/null 2>&1
example 2
ok '  the failed file is named' grep -q 'card.vcf: ' out

page ms-index.1 2
example 1
ok '  nothing is printed' empty out
example 2
ok '  all messages are indexed' grep -qE '^([0-9]+) of \1 messages indexed' out

page ms-verify.1 3
example 1
ok '  nothing is printed' empty out
rm -r srv/mail/index
example 2
example 3
ok '  nothing is damaged' empty out

page ms-stream.5 2
ms-ingest -a ~/mail --create-user <ms-stream.5/1 2>/dev/null
ok 'ms-stream.5: the stream of example 1 is accepted' ms-list -a ~/mail user:alice folder:Notes
sed -i "s,@example.org,@127.0.0.1:$imap_port/,g" ms-stream.5/2
export MS_USER=alice
example 2 0 assword correct assword correct

# ---- changes of the view ----
page ms-remove.1 3
sed -i 's/from:newsletter before:2020/from:warden/' ms-remove.1/1
example 1
example 2
ok '  nothing is removed any more' ms-list -a srv/mail from:warden
ms-remove -q -a srv/mail from:warden >/dev/null
example 3
ok '  the removed message is listed' test "$(grep -c 'Your booking' out)" -eq 1

page ms-move.1 2
ms-ingest -q -a srv/mail --create-user -u anna -d INBOX.old "$top/t/data/eml/crlf.eml"
sed -i 's/subject:moon/subject:booking/' ms-move.1/1
ms-remove -q -a srv/mail --undo "$(ms-remove -a srv/mail --log | tail -n 1 | cut -f 1)" >/dev/null
example 1
ok '  the message is in the folder' test "$(ms-list -a srv/mail folder:Projects/Moon | grep -c '')" -gt 0
sed -i "s#4711#\$(ms-move -a $PWD/srv/mail --log | tail -n 1 | cut -f 1)#" ms-move.1/2
example 2
ok '  the folder has its old name' ms-list -a srv/mail user:anna folder:INBOX.old

# ---- users and jobs ----
page ms-users.1 6
ms-init -u root arc 2>/dev/null
example 1 0 assword geheim 'Once more' geheim
example 2
example 3
ok '  the admin is printed' grep -q '^root' out
sed -i "s,/etc/ssl/domain.pem,$imap_ca,; s,dc[12].example.org,127.0.0.1:1,g" ms-users.1/4
cp etc/ms/alice etc/ms/reader
example 4 75
ok '  the servers cannot be reached' grep -q '127.0.0.1:1' err
example 5 75
ok '  the sync cannot reach them' grep -q '127.0.0.1:1' err
# Example 6 is a configuration of Dovecot; 3015-users-dovecot.t tests it.

page ms-profile.1 4
example 1 0 assword correct 'Once more' correct
printf 'correct\n' | ms-profile secret --password-fd 0 archiver
example 2
example 3
ok '  the crontab has both profiles' test "$(grep -c 'ms-profile' crontab.new)" -eq 2
example 4
ok '  nothing has failed' empty out

page ms-profile.5 4
ms-users add bob && ms-users add carol 2>/dev/null
for n in 1 2 3; do
	ok "ms-profile.5: example $n is a profile" ms-profile add -f ms-profile.5/$n "p$n"
done

page ms-config.5 2
mkdir -p "$HOME/.config/ms"
cp ms-config.5/1 "$HOME/.config/ms/config"
chmod 600 "$HOME/.config/ms/config"
unset MS_ARCHIVE
example 2
ok '  the message is there' test "$(ms-list to:anna subject:old | grep -c '')" -eq 1

page ms-csvbatch.1 4
imap_user alice 'se;cret'
await sh -c 'ms-fetch --check --password-file alice.pw "$1" 2>/dev/null' sh "$(imap_url alice)"
sed -n '/^\$ /!p' ms-csvbatch.1/1 | tee etc/ms/mailboxes.csv >mailboxes.csv
chmod 600 mailboxes.csv etc/ms/mailboxes.csv
cp mailboxes.csv mailboxes.csv.gpg
example 1
ok '  it shows the table, and that both logins work' \
	test "$(grep -c ';' out) $(grep -c '	succeeded	' out)" = '3 2'
for n in 2 3 4; do example $n; done
ok '  the report has both mailboxes' test "$(grep -c '"type":"mailbox"' log/csv.json)" -eq 2

(cd "$top/man" && grep -lx '\.Sh EXAMPLES' ./*) | sed 's,^\./,,' | sort >all-pages
sort -o pages pages
same 'every page with examples was tried' all-pages pages

finish
