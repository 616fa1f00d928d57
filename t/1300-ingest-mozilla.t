#!/bin/sh
# 1300-ingest-mozilla.t - profiles of Thunderbird and SeaMonkey, as these write
# them: accounts, folders, X-Mozilla-Status, and what is no mail.
# ms-quirks(7), Mail clients.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-client.sh"

# moz STATUS STATUS2 KEYS SUBJECT: a message in an mbox.
moz() {
	printf 'From - Mon Oct 16 23:18:56 2023\r\nX-Mozilla-Status: %s\r\nX-Mozilla-Status2: %s\r\nX-Mozilla-Keys: %-80s\r\n' \
		"$1" "$2" "$3"
	crlf "$4" && printf '\r\n'
}
crlf() { mail "$1" | sed 's/$/\r/'; }

# ---- a profile ----

root=.thunderbird profile=.thunderbird/ab12cd34.default-release
imap=$profile/ImapMail/imap.example.org local="$profile/Mail/Local Folders"
pop=$profile/Mail/pop.example.org
mkdir -p "$imap/Arbeit.sbd" "$local/Work.sbd/Deep.sbd" "$pop" "$root/Crash Reports/events" \
	"$profile/News/news.example.org" "$profile/extensions" "$profile/Mail/smart mailboxes"
printf '[General]\nStartWithLastProfile=1\n\n[Profile0]\nPath=ab12cd34.default-release\n' >$root/profiles.ini
echo 1697000000 >"$root/Crash Reports/InstallTime2023"
cat >$profile/prefs.js <<'END'
// Mozilla User Preferences
user_pref("mail.account.account1.server", "server1");
user_pref("mail.server.server1.directory", "/home/alice/.thunderbird/ab12cd34.default-release/ImapMail/imap.example.org");
user_pref("mail.server.server1.directory-rel", "[ProfD]ImapMail/imap.example.org");
user_pref("mail.server.server1.hostname", "imap.example.org");
user_pref("mail.server.server1.name", "Alice \"work\" \u00c4");
user_pref("mail.server.server1.port", 993);
user_pref("mail.server.server2.directory-rel", "[ProfD]Mail/Local Folders");
user_pref("mail.server.server2.name", "Lokale Ordner");
user_pref("mail.server.server3.directory", "/home/alice/.thunderbird/ab12cd34.default-release/Mail/pop.example.org");
user_pref("mail.server.server3.hostname", "pop.example.org");
user_pref("mail.server.server3.userName", "bob");
END
for f in places.sqlite logins.json cert9.db times.json extensions/x.xpi News/news.example.org/x; do
	echo 'From: no mail' >"$profile/$f"
done
ln -s 127.0.1.1:+4711 $profile/lock
: >"$profile/Mail/smart mailboxes/Inbox.msf"

{ moz 0001 00000000 '' seen && moz 0009 00000000 '' expunged &&
	moz 0000 00200000 '$label1 work' deleted && moz 1007 00800000 '' all; } >$imap/INBOX
moz 0000 00000000 '' umlaut >"$imap/Entw&APw-rfe"
moz 0000 00000000 '' below >$imap/Arbeit.sbd/2023
touch $imap/INBOX.msf $imap/Arbeit $imap/Arbeit.msf
echo 'version="9"' >$imap/msgFilterRules.dat
echo '<html>' >$imap/filterlog.html
# The name of this folder is a hash.
moz 0000 04000000 '' hashed >"$local/1a2b3c4d"
cat >"$local/1a2b3c4d.msf" <<'END'
// <!-- <mdb:mork:z v="1.4"/> -->
< <(a=c)> // (f=iso-8859-1)
  (B8=customSortCol)(8F=mailboxName)(80=ns:msg:db:row:scope:msgs:all)>

<(A0=1)(A3=R$C3$BCckgabe: 1/2 \)ok)>
{1:^80 {(k^9D:c)(s=9u)} [1(^B8=)(^8F^A0)]}

@$${1{@
[1(^8F^A3)]
@$$}1}@
END
: >"$local/Work"
moz 0001 00000000 '' deep >"$local/Work.sbd/Deep.sbd/Sub"
# POP3 puts its own fields above the others.
{ printf 'From - Mon Oct 16 23:18:56 2023\r\nX-Account-Key: account3\r\nX-UIDL: 0001abc\r\nX-Mozilla-Status: 0000\r\nX-Mozilla-Status2: 00000000\r\n' &&
	crlf pop; } >$pop/Inbox
: >$pop/popstate.dat

kept 'a profile' 0 ms-ingest --client thunderbird $root <<'END'
Arbeit/2023|Alice "work" Ä||below
Entwürfe|Alice "work" Ä||umlaut
INBOX|Alice "work" Ä|\Deleted $label1 work|deleted
INBOX|Alice "work" Ä|\Seen \Answered \Flagged $Forwarded $MDNSent|all
INBOX|Alice "work" Ä|\Seen|seen
INBOX|bob@pop.example.org||pop
Rückgabe: 1\/2 )ok|Lokale Ordner|$label2|hashed
Work/Deep/Sub|Lokale Ordner|\Seen|deep
END
ok 'the deleted message is counted' grep -q '9 seen: 8 new, 0 known, 1 left out, 0 failed' err
ok 'the option that adds it is named' grep -q '1 left out, which the client has deleted; --with-deleted' err
ok 'nothing else is said' test "$(wc -l <err)" -eq 2

# The messages are those that the server has: only the From_ line and the fields
# of the client are gone.
crlf seen >want
ms-export --format mboxrd --eol original subject:seen 2>/dev/null | sed 1d | sed '$d' >got
same 'the bytes are those of the message' want got
ms-list --json subject:seen | jq -r .arrived >got
echo 2004-01-01T11:00:00Z >want
same 'the date of a From_ line that Thunderbird wrote is no arrival' want got

# ---- an account outside of the profile ----

echo 'user_pref("mail.server.server4.directory", "/srv/shared/inboxes");' >>$profile/prefs.js
status 'an account in another directory' 0 ms-ingest --client thunderbird $root
ok 'is named' grep -q 'prefs.js: the account in /srv/shared/inboxes is not in this profile' err
sed -i '$d' $profile/prefs.js

# ---- again, after messages were read, flagged and tagged ----

cp -a $root before
sed -i 's/X-Mozilla-Status: 0000/X-Mozilla-Status: 0005/; s/X-Mozilla-Keys:     /X-Mozilla-Keys: junk/' \
	"$imap/INBOX" "$imap/Entw&APw-rfe" "$local/1a2b3c4d" $pop/Inbox
status 'again, after messages were read' 0 ms-ingest --client thunderbird $root
ok 'nothing is new' grep -q '9 seen: 0 new, 8 known, 1 left out' err
rm -r $root && mv before $root
status 'without a directory, it is that of the home' 0 ms-ingest --client thunderbird
ok 'nothing is new there' grep -q '9 seen: 0 new, 8 known, 1 left out' err
status 'with the deleted message' 0 ms-ingest --client thunderbird --with-deleted $root
ok 'it is new' grep -q '9 seen: 1 new, 8 known, 0 left out' err
ms-list --json subject:expunged | jq -r .flags >got
echo '\Seen \Deleted' >want
same 'it has its flag' want got

# ---- parts of a profile ----

kept 'the directory of an account' 0 ms-ingest --client thunderbird $imap <<'END'
Arbeit/2023|local||below
Entwürfe|local||umlaut
INBOX|local|\Deleted $label1 work|deleted
INBOX|local|\Seen \Answered \Flagged $Forwarded $MDNSent|all
INBOX|local|\Seen|seen
END
kept 'an mbox, in a folder' 0 ms-ingest --client thunderbird -d Old/x $imap/INBOX <<'END'
Old/x|local|\Deleted $label1 work|deleted
Old/x|local|\Seen \Answered \Flagged $Forwarded $MDNSent|all
Old/x|local|\Seen|seen
END
moz 0001 00000000 '' plain >plain
kept 'without --client, every byte is kept' 0 ms-ingest plain <<'END'
plain|local||plain
END
sed 1d plain | sed '$d' >want
ms-export -q --format mboxrd --eol original | sed 1d | sed '$d' >got
same 'the bytes of an mbox' want got

# ---- fields that a sender wrote ----

{ printf 'From - Mon Oct 16 23:18:56 2023\nX-Mozilla-Status: 0001\nX-Mozilla-Status: 0008\n' &&
	mail twice && echo && printf 'From - Mon Oct 16 23:18:56 2023\nReceived: from x\nX-Mozilla-Status: 0008\n' &&
	mail below && echo && printf 'From - Mon Oct 16 23:18:56 2023\nX-Mozilla-Status: 0000\n' &&
	mail body && printf '\nX-Mozilla-Status: 0008\n'; } >forged
kept 'fields of a sender' 0 ms-ingest --client thunderbird -d F forged <<'END'
F|local|\Seen|twice
F|local||below
F|local||body
END
{ echo 'X-Mozilla-Status: 0008' && mail twice; } >want
ms-export -q --format mboxrd subject:twice | sed 1d | sed '$d' >got
same 'the second field is a part of the message' want got

# ---- SeaMonkey, and messages as files ----

sea=.mozilla/seamonkey/x1.default/Mail/mail.example.org
mkdir -p $sea/Inbox/cur $sea/Inbox/tmp $sea/Inbox.sbd/Sub/cur $sea/Inbox.sbd/Sub/tmp
echo 'user_pref("mail.server.server1.name", "none");' >.mozilla/seamonkey/x1.default/prefs.js
echo '[General]' >.mozilla/seamonkey/profiles.ini
moz 0001 00000000 '' file1 | sed 1d >$sea/Inbox/cur/1697494736000.eml
moz 0008 00000000 '' file2 >$sea/Inbox/cur/1697494736001.eml
moz 0002 00000000 '' file3 >$sea/Inbox.sbd/Sub/cur/1697494736002.eml
touch $sea/Inbox.msf $sea/Inbox.sbd/Sub.msf
kept 'SeaMonkey, with messages as files' 0 ms-ingest --client seamonkey <<'END'
INBOX/Sub|mail.example.org|\Answered|file3
INBOX|mail.example.org|\Seen|file1
END
ok 'one was deleted' grep -q '3 seen: 2 new, 0 known, 1 left out' err

finish
