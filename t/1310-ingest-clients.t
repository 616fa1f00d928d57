#!/bin/sh
# 1310-ingest-clients.t - the stores of Apple Mail, Google Takeout, imap-backup,
# MailStore, Evolution, KMail, MH, mutt, mbsync and OfflineIMAP, as these write
# them. t/1300 has Thunderbird. ms-quirks(7), Mail clients.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-client.sh"

# exported SUBJECT: the bytes of a message.
exported() { ms-export --format mboxrd --eol original "subject:$1" 2>/dev/null | sed '1d; s/^>\(>*From \)/\1/' | sed '$d'; }
# again COUNT COMMAND...: the same input finds nothing new.
again() {
	_count=$1 && shift
	status 'again' 0 "$@"
	ok 'nothing is new' grep -q ": $_count seen: 0 new" err
}

# ---- Apple Mail ----

# emlx FILE FLAGS <MESSAGE
emlx() {
	cat >message
	{
		printf '%-10d\n' "$(wc -c <message)" && cat message
		cat <<END
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>date-received</key>
	<integer>1104537600</integer>
	<key>flags</key>
	<integer>$2</integer>
</dict>
</plist>
END
	} >"$1"
}
v=Library/Mail/V10 uuid=11111111-2222-3333-4444-555555555555
inbox=$v/$uuid/INBOX.mbox/$uuid/Data
old="$v/IMAP-alice@imap.example.org/[Gmail].mbox/All Mail.mbox"
mkdir -p $inbox/3/Messages $inbox/3/Attachments/3001/2 $inbox/Messages $v/MailData "$old/Messages" \
	"$v/Mailboxes/Reisen.mbox"
mail apple1 | emlx $inbox/Messages/1.emlx 8590195713
mail apple2 | emlx $inbox/Messages/2.emlx 2
mail apple3 | emlx "$old/Messages/5.emlx" $((1 << 24 | 1 << 4 | 1 << 2 | 1 << 8))
{ echo 'From a@b Mon Jan  5 10:00:00 2026' && mail apple4; } >$v/Mailboxes/Reisen.mbox/mbox
echo x >$v/Mailboxes/Reisen.mbox/table_of_contents
echo '<?xml' >$v/MailData/Accounts.plist
echo '<?xml' >$v/$uuid/INBOX.mbox/Info.plist
# A message whose second part is a file, and whose third part is one of the
# older kind.
part() { printf -- '--b\nContent-Type: %s\nContent-Transfer-Encoding: %s\nContent-Disposition: attachment;\n\tfilename=%s\n' "$1" "$2" "$3"; }
whole() { # MARKER BODY2 BODY3
	printf 'From: a@example.org\nSubject: partial\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain\n\ntext\n'
	part application/pdf base64 x.pdf && printf '%s\n' "$1"
	[ -z "$2" ] || cat "$2"
	echo && part text/plain quoted-printable t.txt && printf '%s\n' "$1"
	[ -z "$3" ] || cat "$3"
	printf '\n--b--\n'
}
head -c 100 "$top/COPYING" >$inbox/3/Attachments/3001/2/x.pdf
base64 -w 76 <$inbox/3/Attachments/3001/2/x.pdf >body2
printf 'a =3D b\nend' >$inbox/3/Messages/3001.3.emlxpart
# The last line end of base64 belongs to the delimiter.
whole 'X-Apple-Content-Length: 7
' '' '' | emlx $inbox/3/Messages/3001.partial.emlx 1
whole '' body2 $inbox/3/Messages/3001.3.emlxpart | sed '/^$/N; /^\n--b$/D' >rebuilt
kept 'Apple Mail' 0 ms-ingest --client apple-mail <<END
[Gmail]/All Mail|alice@imap.example.org|\\Answered \\Flagged \$Forwarded \$Junk|apple3
INBOX|$uuid|\\Deleted|apple2
INBOX|$uuid|\\Seen|apple1
INBOX|$uuid|\\Seen|partial
Reisen|Mailboxes||apple4
END
ok 'nothing is said but the sums' test "$(wc -l <err)" -eq 1
mail apple1 >want && exported apple1 >got
same 'a message of an .emlx' want got
exported partial >got
ok 'the attachment is in the message' grep -qF "$(head -n 1 body2)" got
ok 'the older attachment, too' grep -qx 'a =3D b' got
ok 'the field of Apple is gone' absent -i x-apple-content got
python3 -c '
import email, sys
m = email.message_from_file(open("got"))
sys.stdout.buffer.write(m.get_payload()[1].get_payload(decode=True))' >part
same 'the attachment has its bytes' $inbox/3/Attachments/3001/2/x.pdf part
ms-list --json subject:apple1 | jq -r .arrived >got && echo 2005-01-01T00:00:00Z >want
same 'the date of arrival is that of the properties' want got
mail apple1 | emlx $inbox/Messages/1.emlx 17
again 5 ms-ingest --client apple-mail
rm -r $inbox/3/Attachments
status 'an attachment is missing' 1 ms-ingest --client apple-mail
ok 'the message is named' grep -q '3001.partial.emlx: kept without its attachments: 1 of them is missing' err
ok 'and kept' grep -q ' 5 seen: 1 new, 4 known, 0 left out, 0 failed' err
whole 'X-Apple-Content-Length: 7
' '' '' >want
ms-export --format mboxrd --eol original subject:partial 2>/dev/null >both
ok 'as it is' grep -q '^X-Apple-Content-Length: 7$' both

# ---- Google Takeout ----

mkdir -p "Takeout/Mail/User Settings" Takeout/Contacts
echo 'BEGIN:VCARD' >Takeout/Contacts/All.vcf
echo '{}' >"Takeout/Mail/User Settings/Filters.json"
echo '<html>' >Takeout/archive_browser.html
# gmail LABELS SUBJECT
gmail() {
	printf 'From 1780000000000000001@xxx Mon Oct 16 23:18:56 +0000 2023\r\nX-GM-THRID: 1780000000000000001\r\nX-Gmail-Labels: %s\r\n' "$1"
	mail "$2" | sed 's/$/\r/' && printf '\r\n'
}
{
	gmail 'Inbox,Opened,Starred,Category Promotions,Work/Deep,"a, b"' g1
	gmail 'Archived,Unread,Important,IMAP_$Forwarded' g2
	gmail 'Opened,Important' g3
	gmail '=?UTF-8?Q?Posteingang,Wichtig,Ungelesen,Kategorie:_=22Neuigkeiten=22?=' g4
	gmail '=?UTF-8?Q?Messages_archiv=C3=A9s,Ouvert,Cat=C3=A9gorie=C2=A0:_E-mails_?=
 =?UTF-8?Q?personnels,"Culture,_=C3=A9v=C3=A9nements"?=' g5
	gmail 'Sent,Category Foo' g6
	gmail 'Draft' g7
	printf 'From 1@xxx Mon Oct 16 23:18:56 +0000 2023\nReceived: x\nX-Gmail-Labels: Forged\n' && mail g8
} >'Takeout/Mail/All mail Including Spam and Trash.mbox'
kept 'Google Takeout' 0 ms-ingest --client takeout <<'END'
Archived|local|$Important $Forwarded|g2
Archived|local|\Seen $Important|g3
Archived|local|\Seen|g5
Archived|local||g8
Category Foo|local||g6
Culture, événements|local|\Seen|g5
Drafts|local|\Draft|g7
INBOX|local|$Important|g4
INBOX|local|\Seen \Flagged|g1
Sent|local||g6
Work/Deep|local|\Seen \Flagged|g1
a, b|local|\Seen \Flagged|g1
END
cp want takeout
python3 -m zipfile -c takeout.zip Takeout
kept 'Google Takeout, as it is sent' 0 ms-ingest --client takeout takeout.zip <takeout
rm takeout takeout.zip
mkdir many
gmail "Inbox,$(seq -s, -f L%g 600)" labels >many/Mail.mbox
status 'a message with 601 labels' 1 ms-ingest --client takeout many
ok 'it is named, once' test "$(grep -c 'many/Mail.mbox @ 0: has more than 500 folders' err)" -eq 1
ms-list subject:labels | wc -l >got && echo 500 >want
same 'and is in 500 of them' want got
rm -r many

# ---- imap-backup ----

b=.imap-backup/me_example.org
mkdir -p $b/Archive
echo '{"accounts":[]}' >.imap-backup/config.json
{ printf 'From a@example.org Thu Jan  1 12:00:00 2004\n' && mail ib1 && printf '>From the start\n>>From b\n\n'; } >one
{ printf 'From a@example.org\n' && mail ib2 && printf '\nFrom x Mon Jan  5 10:00:00 2026\nTo: y\n\n'; } >two
cat one two >$b/INBOX.mbox
cat >$b/INBOX.imap <<END
{"version":3,"uid_validity":1,"messages":[
{"uid":1,"offset":0,"length":$(wc -c <one),"flags":["Seen","\$Forwarded"]},
{"uid":2,"offset":$(wc -c <one),"length":$(wc -c <two),"flags":["Recent"]}]}
END
{ printf 'From a@example.org Thu Jan  1 12:00:00 2004\n' && mail ib3; } >$b/Archive/2020.mbox
echo '{"version":1,"uids":[1]}' >$b/Archive/2020.imap
kept 'imap-backup' 0 ms-ingest --client imap-backup <<'END'
Archive/2020|me_example.org||ib3
INBOX|me_example.org|\Seen $Forwarded|ib1
INBOX|me_example.org||ib2
END
{ mail ib1 && printf 'From the start\n>From b\n'; } >want && exported ib1 >got
same 'the quotes are removed' want got
{ mail ib2 && printf '\nFrom x Mon Jan  5 10:00:00 2026\nTo: y\n'; } >want && exported ib2 >got
same 'a From_ line in a message is text' want got
ok 'a pair without boundaries is named' grep -q '2020.mbox: .imap: a message without offset\|2020.mbox: .imap: no list of messages; its' err
echo rest >>$b/INBOX.mbox
status 'bytes of no message' 1 ms-ingest --client imap-backup
ok 'they are named' grep -q 'INBOX.mbox @ [0-9]*: 5 bytes that are of no message' err

head -c $(($(wc -c <one) + 30)) $b/INBOX.mbox >part && mv part $b/INBOX.mbox
status 'a file that is cut' 1 ms-ingest --client imap-backup
ok 'its last message is named, once' test "$(grep -c 'INBOX.mbox @ [0-9]*: the file ends in this message' err)" -eq 1
ok 'the others are read' grep -q ' 3 seen: 0 new, 2 known, 0 left out, 1 failed' err

# ---- MailStore ----

mkdir ms
{ printf 'X-MailStore-Message-ID: x\nX-MailStore-Date: 20140624082321\nX-MailStore-Flags: 1\nX-MailStore-Folder-UTF7: Exchange alice/Entw&APw-rfe\n' && mail st1; } >ms/1.eml
{ mail st2 | sed '1s/.*/&\nX-MailStore-Folder-UTF7: Forged/'; } >ms/2.eml
kept 'MailStore' 0 ms-ingest --client mailstore ms <<'END'
Exchange alice/Entwürfe|local|\Seen|st1
INBOX|local||st2
END
mail st1 >want && exported st1 >got
same 'the fields are removed' want got
ms-list --json subject:st1 | jq -r .arrived >got && echo 2014-06-24T08:23:21Z >want
same 'the date is that of MailStore' want got

# ---- Evolution, KMail, MH, mutt, mbsync, OfflineIMAP ----

e=.local/share/evolution/mail/local
mkdir -p $e/cur $e/new $e/tmp $e/.Sent_2EOld.Sub/cur $e/.Sent_2EOld.Sub/new $e/.Sent_2EOld.Sub/tmp evo
mail ev1 >"$e/cur/1697494736.1_1.host:2,S" && mail ev2 >"$e/.Sent_2EOld.Sub/cur/1697494736.2_1.host:2,R"
touch $e/.Sent_2EOld.Sub.cmeta $e/folders.db $e/..maildir++
kept 'Evolution' 0 ms-ingest --client evolution <<'END'
INBOX|local|\Seen|ev1
Sent.Old/Sub|local|\Answered|ev2
END
{ echo 'From a@b Mon Jan  5 10:00:00 2026' && mail ev3 | sed '/^Date/s/$/\nX-Evolution: 00000a21-0019; flags=work,$label1/'; } >evo/Inbox
echo x >evo/Inbox.cmeta && echo x >evo/Inbox.ev-summary
kept 'Evolution, mbox' 0 ms-ingest --client evolution evo <<'END'
INBOX|local|\Answered \Flagged \Seen work $label1|ev3
END

k=.kde/share/apps/kmail/mail
for d in inbox .inbox.directory/Sub .inbox.directory/.Sub.directory/Deep; do
	mkdir -p $k/$d/cur $k/$d/new $k/$d/tmp
done
mkdir $k/.hidden && echo x >$k/.hidden/x
mail km1 | sed '1s/^/Status: R\nX-Status: NF\nX-KMail-MDN-Sent:\n/' >"$k/inbox/cur/1697494736.1.R28v:2,S"
mail km2 | sed '1s/^/X-Status: RAG\n/' >$k/.inbox.directory/Sub/cur/1697494736.2.x
mail km3 >$k/.inbox.directory/.Sub.directory/Deep/new/1697494736.3.x
{ echo 'From a@b Mon Jan  5 10:00:00 2026' && mail km4; } >$k/sent-mail
touch $k/.sent-mail.index $k/.inbox.index.ids
kept 'KMail' 0 ms-ingest --client kmail <<'END'
INBOX/Sub/Deep|local||km3
INBOX/Sub|local|\Seen \Answered \Flagged|km2
INBOX|local|\Seen $Forwarded|km1
sent-mail|local||km4
END
ok 'a hidden directory is named and counted' grep -q '\.hidden: hidden directory, not read' err
ok 'it is counted' grep -q '1 remark' err

mkdir -p mh/inbox mh/drafts && echo 'Path: mh' >.mh_profile
for i in 1 2 3; do mail "mh$i" >mh/inbox/$i; done
mail mh4 >mh/inbox/,4 && mail mh5 >mh/drafts/1
echo 'Current-Folder: inbox' >mh/context && echo x >mh/components
printf 'cur: 2\nunseen: 2-3\nreplied: 1\n' >mh/inbox/.mh_sequences
kept 'MH' 0 ms-ingest --client mh <<'END'
INBOX|local|\Seen \Answered|mh1
INBOX|local||mh2
INBOX|local||mh3
drafts|local||mh5
END
ok 'the removed message is counted' grep -q '5 seen: 4 new, 0 known, 1 left out' err
echo 'unseen: 3' >mh/inbox/.mh_sequences
again 5 ms-ingest --client mh

mkdir mutt
{ printf 'From MAILER-DAEMON Mon Jan  5 10:00:00 2026\nFrom: Mail System Internal Data <MAILER-DAEMON@h>\nSubject: DONT DELETE\nX-IMAP: 1 2\nStatus: RO\n\ndata\n\n' &&
	echo 'From a@b Mon Jan  5 10:00:00 2026' && mail mu1 | sed '/^Date/s/$/\nStatus: RO\nX-Status: AF\nX-Keywords: todo $Label2\nX-UID: 7/' && echo &&
	echo 'From a@b Mon Jan  5 10:00:00 2026' && mail mu2 | sed '/^Date/s/$/\nStatus: O\nX-Status: D\nContent-Length: 12/' && echo 'Status: RO'; } >mutt/Inbox
echo 'set x' >mutt/.rc && echo 'set y' >mutt/news.rc && echo sig >mutt/x.mailsignature
kept 'mutt' 0 ms-ingest --client mutt mutt <<'END'
INBOX|local|\Deleted|mu2
INBOX|local|\Seen \Answered \Flagged todo $Label2|mu1
END
mail mu1 >want && exported mu1 >got
same 'the fields of mbox tools are removed' want got
sed -i 's/Status: O$/Status: RO/' mutt/Inbox
again 3 ms-ingest --client mutt mutt
kept 'mutt, as generic' 0 ms-ingest --client generic mutt <<'END'
INBOX|local|\Seen \Deleted|mu2
INBOX|local|\Seen \Answered \Flagged todo $Label2|mu1
END

for d in INBOX Work/Sub; do mkdir -p mbs/$d/cur mbs/$d/new mbs/$d/tmp; done
mail mb1 >"mbs/INBOX/cur/1697494736_0.1.host,U=12:2,S" && mail mb2 >"mbs/Work/Sub/cur/1697494736_1.1.host,U=3:2,FS"
touch mbs/INBOX/.mbsyncstate mbs/INBOX/.uidvalidity
printf 'MaildirStore local\nPath ~/mbs/\nInbox ~/mbs/INBOX\n' >.mbsyncrc
kept 'mbsync' 0 ms-ingest --client mbsync <<'END'
INBOX|local|\Seen|mb1
Work/Sub|local|\Seen \Flagged|mb2
END
for d in INBOX INBOX.Work.Sub; do mkdir -p off/$d/cur off/$d/new off/$d/tmp; done
mail of1 >"off/INBOX/cur/1697494736_0.1.host,U=12,FMD5=7e33429f656f1e6e9d79b29c3f82c57e:2,S"
mail of2 >"off/INBOX.Work.Sub/cur/1697494736_1.1.host,U=3,FMD5=x:2,"
printf '[Repository Local]\ntype = Maildir\nlocalfolders = ~/off\n' >.offlineimaprc
kept 'OfflineIMAP' 0 ms-ingest --client offlineimap <<'END'
INBOX/Work/Sub|local||of2
INBOX|local|\Seen|of1
END

# ---- which stores a home has ----

status 'the stores of a home' 1 ms-ingest --list-clients "$scratch"
sed "s|$scratch|HOME|" out | cut -f 1-5 >got
cat >want <<'END'
apple-mail	HOME/Library/Mail	5	0	0
takeout	HOME/Takeout	12	0	0
imap-backup	HOME/.imap-backup	2	0	1
evolution	HOME/.local/share/evolution/mail/local	2	0	0
kmail	HOME/.kde/share/apps/kmail/mail	4	0	0
mh	HOME/mh	4	1	0
mbsync	HOME/mbs	2	0	0
offlineimap	HOME/off	2	0	0
END
same 'their messages' want got
status 'as JSON, of one client' 0 ms-ingest --list-clients --json --client mh
jq -c '[.client, .messages, .left_out, .failed]' out >got && echo '["mh",4,1,0]' >want
same 'its counts' want got
status 'no store of a client' 66 ms-ingest --client seamonkey
ok 'it is named' grep -q 'no store of seamonkey there; name its directory' err

finish
