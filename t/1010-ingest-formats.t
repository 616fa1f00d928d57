#!/bin/sh
# 1010-ingest-formats.t - ms-ingest recognizes the format of its input (single
# messages, mboxes, Maildirs, directories of these), and sets folder, date of
# arrival and flags. t/1015 has the rules for dates.
. "$(dirname "$0")/lib.sh"

cat >shown.py <<'END'
import json, sys
for line in sys.stdin:
    o = json.loads(line)
    print("%(subject)s|%(folder)s|%(arrived)s|%(flags)s" % o)
END
n=0
export MS_USER=u
# kept NAME STATUS COMMAND...: the command adds mail to a new archive. Standard
# input has a line for each occurrence of the archive:
# subject|folder|date|flags.
kept() {
	what=$1 code=$2 && shift 2
	n=$((n + 1)) && export MS_ARCHIVE="$scratch/arc$n"
	sort >want
	ms-init -u u "$MS_ARCHIVE"
	status "$what" "$code" "$@"
	ms-list --json | python3 "$scratch/shown.py" | sort >got
	same "$what: subject, folder, date, flags" want got
}
# Messages with a Date in January 2004, and From_ lines of 2005.
msg() {
	printf 'From: b@example.org\nSubject: m%d\nDate: Thu, 0%d Jan 2004 12:00:00 +0100\n\ntext\n' \
		"$1" "$1"
}
from() { printf 'From x@example.org Sat Jan  %d 00:00:00 2005\n' "$1"; }

# ---- single messages ----

msg 1 >1.eml
sed 's/$/\r/' 1.eml >crlf
{ printf '\357\273\277' && cat 1.eml; } >bom
{ from 9 && cat 1.eml; } >from.eml
{ echo 'junk first' && cat 1.eml; } >junk
grep -v Date 1.eml >nodate
touch -d 2010-01-01 1.eml nodate
kept 'a message' 0 ms-ingest 1.eml <<'END'
m1|INBOX|2004-01-01T11:00:00Z|
END
kept 'a message on standard input, with a folder' 0 sh -c 'ms-ingest -d A/B <1.eml' <<'END'
m1|A/B|2004-01-01T11:00:00Z|
END
kept 'without a Date, the date is the time of the file' 0 ms-ingest nodate <<'END'
m1|INBOX|2010-01-01T00:00:00Z|
END
kept 'without a Date and without a file, there is no date' 0 sh -c 'cat nodate | ms-ingest' <<'END'
m1|INBOX|None|
END
kept 'messages with CRLF, and with a byte order mark' 0 ms-ingest crlf bom <<'END'
m1|INBOX|2004-01-01T11:00:00Z|
m1|INBOX|2004-01-01T11:00:00Z|
END
kept 'a file .eml with a From_ line' 0 ms-ingest from.eml <<'END'
m1|INBOX|2005-01-09T00:00:00Z|
END
kept 'another line before the header' 0 ms-ingest junk <<'END'
m1|INBOX|2004-01-01T11:00:00Z|
END

# ---- mboxes ----

{ from 1 && msg 1 && from 2 && msg 2 && echo && from 3 && msg 3 && echo; } >Lists.mbox
kept 'an mbox' 0 ms-ingest Lists.mbox <<'END'
m1|Lists|2005-01-01T00:00:00Z|
m2|Lists|2005-01-02T00:00:00Z|
m3|Lists|2005-01-03T00:00:00Z|
END
kept 'with a folder' 0 ms-ingest -d Here Lists.mbox <<'END'
m1|Here|2005-01-01T00:00:00Z|
m2|Here|2005-01-02T00:00:00Z|
m3|Here|2005-01-03T00:00:00Z|
END
kept 'an mbox on standard input' 0 sh -c 'ms-ingest <Lists.mbox' <<'END'
m1|INBOX|2005-01-01T00:00:00Z|
m2|INBOX|2005-01-02T00:00:00Z|
m3|INBOX|2005-01-03T00:00:00Z|
END
kept 'an mbox as one message, with --format eml' 0 ms-ingest --format eml Lists.mbox <<'END'
m1|INBOX|2004-01-01T11:00:00Z|
END
tail -n +2 Lists.mbox >headless
kept 'an mbox without its first line, with --format mbox' 1 ms-ingest --format mbox headless <<'END'
m2|headless|2005-01-02T00:00:00Z|
m3|headless|2005-01-03T00:00:00Z|
END
ok 'the error names the text before the first From_ line' grep -q '^ms-ingest: headless @ 0: ' err

{ from 1 && printf 'Subject: quoted\n\n>From me\n>>From you\n'; } >quoted
kept 'an mboxo' 0 ms-ingest -d F quoted <<'END'
quoted|F|2005-01-01T00:00:00Z|
END
ms-export -q --format eml subject:quoted >got
printf 'Subject: quoted\n\n>From me\n>>From you\n' >want
same 'the lines with > do not change' want got
kept 'an mboxrd with --unquote' 0 ms-ingest --unquote -d F quoted <<'END'
quoted|F|2005-01-01T00:00:00Z|
END
ms-export -q --format eml subject:quoted >got
printf 'Subject: quoted\n\nFrom me\n>From you\n' >want
same 'one > is removed from each quoted line' want got
{ from 1 && printf 'MS-Envelope: folder="Forged"; user="root"\n' && msg 1; } >forged
kept 'MS-Envelope in an mbox is text' 0 ms-ingest -d F forged <<'END'
m1|F|2005-01-01T00:00:00Z|
END

# ---- Maildirs ----

maildir() { mkdir -p "$1/cur" "$1/new" "$1/tmp"; }
# put FILE NUMBER: creates a message in a file of January 2006. As it has no
# Received line, it is not known to have come then.
put() { msg "$2" >"$1" && touch -d "2006-01-0$2" "$1"; }
maildir Mail && maildir Mail/.Sent && maildir Mail/.Work.2006 && maildir 'Mail/.J&APw-rgen'
put Mail/cur/1.host:2,S 1
put Mail/cur/2.host:2,FRS 2
put Mail/cur/3.host:2,DPTab 3
put Mail/new/4.host 4
put Mail/tmp/9.host 9
put Mail/.Sent/cur/5.host:2,S 5
put Mail/.Work.2006/cur/6.host:2, 6
put 'Mail/.J&APw-rgen/new/7.host' 7
{ from 1 && msg 8; } >Mail/cur/8.host:2,
touch -d 2006-01-08 Mail/cur/8.host:2,
: >Mail/dovecot-uidlist
printf '0 Urgent\n1 Later\n' >Mail/dovecot-keywords
: >Mail/.Sent/maildirfolder
cat >maildir.want <<'END'
m1|INBOX|2004-01-01T11:00:00Z|\Seen
m2|INBOX|2004-01-02T11:00:00Z|\Seen \Answered \Flagged
m3|INBOX|2004-01-03T11:00:00Z|\Draft \Deleted $Forwarded Urgent Later
m4|INBOX|2004-01-04T11:00:00Z|
m5|Sent|2004-01-05T11:00:00Z|\Seen
m6|Work/2006|2004-01-06T11:00:00Z|
m7|Jürgen|2004-01-07T11:00:00Z|
m8|INBOX|2004-01-08T11:00:00Z|
END
kept 'a Maildir' 0 ms-ingest Mail <maildir.want
sed 's/|INBOX|/|Old|/; s/|\(Sent\|Work\|J\)/|Old\/\1/' maildir.want >want.old
kept 'with a folder' 0 ms-ingest -d Old Mail/ <want.old
kept 'a Maildir with --format maildir' 0 ms-ingest --format maildir "$scratch/Mail" <maildir.want
ln -s Mail link
kept 'a link to a Maildir, named by the user' 0 ms-ingest link <maildir.want

# ---- directories ----

mkdir -p tree/2003 tree/Mails.sbd
put tree/1.eml 1
put tree/2003/2.eml 2
cp Lists.mbox tree/2003/Lists.mbox
cp Lists.mbox tree/Mails.sbd/Sub
: >tree/Mails.msf
: >tree/Mails
cp -Rp Mail tree/Home
cat >tree.want <<'END'
m1|INBOX|2004-01-01T11:00:00Z|
m2|2003|2004-01-02T11:00:00Z|
m1|2003/Lists|2005-01-01T00:00:00Z|
m2|2003/Lists|2005-01-02T00:00:00Z|
m3|2003/Lists|2005-01-03T00:00:00Z|
m1|Mails/Sub|2005-01-01T00:00:00Z|
m2|Mails/Sub|2005-01-02T00:00:00Z|
m3|Mails/Sub|2005-01-03T00:00:00Z|
END
sed 's/|INBOX|/|Home|/; s/|\(Sent\|Work\|J\)/|Home\/\1/' maildir.want >>tree.want
kept 'a directory' 0 ms-ingest tree <tree.want
sed 's/|INBOX|/||/; s/|\([^|]*\)/|X\/\1/; s/X\/|/X|/' tree.want >want.x
kept 'a directory, below a folder' 0 ms-ingest -d X tree <want.x
kept 'the current directory' 0 sh -c 'cd tree && ms-ingest .' <tree.want
sed 's/|INBOX|/|Home|/; s/|\(Sent\|Work\|J\)/|Home\/\1/' maildir.want >want.home
kept 'a directory of which only Maildirs are read' 0 ms-ingest --format maildir tree <want.home

# A profile of Thunderbird.
mkdir -p "bird/Mail/Local Folders/Trips.sbd" bird/storage bird/ImapMail
echo '// Mozilla User Preferences' >bird/prefs.js
echo '{"logins":[]}' >bird/logins.json
printf 'SQLite format 3\000' | tee bird/key4.db bird/places.sqlite >bird/storage/1.sqlite
cp Lists.mbox "bird/Mail/Local Folders/Trips.sbd/Rome"
: >"bird/Mail/Local Folders/Trips"
: >"bird/Mail/Local Folders/Trips.msf"
echo '<html>' >"bird/Mail/Local Folders/filterlog.html"
echo 'version=1' >"bird/Mail/Local Folders/virtualFolders.dat"
sed -n 's|2003/Lists|Mail/Local Folders/Trips/Rome|p' tree.want >bird.want
kept 'a profile of Thunderbird' 0 ms-ingest bird <bird.want
ok 'what is not read is said' grep -qx 'ms-ingest: bird: profile of Thunderbird, of which only Mail and ImapMail are read; see --client' err
ok '  and nothing fails' grep -q ': 3 seen: 3 new, 0 known, 0 left out, 0 failed$' err
mkdir bird2 && cp bird/prefs.js bird2 && put bird2/1.eml 1
kept 'a directory with prefs.js and without these' 1 ms-ingest bird2 <<'END'
m1|INBOX|2004-01-01T11:00:00Z|
END

echo 'no mail' >tree/text
ln -s 1.eml tree/linked.eml
mkfifo tree/fifo
: >tree/empty.eml
kept 'other files of a directory fail, and the mail is stored' 1 ms-ingest tree <tree.want
sort err | grep -v seen >got
cat >want <<'END'
ms-ingest: tree/empty.eml: empty
ms-ingest: tree/fifo: not a regular file
ms-ingest: tree/linked.eml: symbolic link, not followed
ms-ingest: tree/text: not a mail message
END
same 'each of these files is named with the reason' want got
ok 'the report counts them' grep -qx 'ms-ingest: 20 seen: 8 new, 8 known, 0 left out, 4 failed' err
finish
