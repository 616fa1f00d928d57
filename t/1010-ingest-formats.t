#!/bin/sh
# 1010-ingest-formats.t - ms-ingest recognises the format of its input: single
# messages, mboxes, Maildirs, directories of these; and sets folder, date and
# flags.
. "$(dirname "$0")/lib.sh"

cat >shown.py <<'END'
import json, sys
for line in sys.stdin:
    o = json.loads(line)
    print("%(subject)s|%(folder)s|%(date)s|%(flags)s" % o)
END
n=0
export MS_USER=u
# kept NAME STATUS COMMAND...: into an archive of its own. Standard input is a
# line for each occurrence that is then there: subject|folder|date|flags.
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
kept 'on standard input, with a folder' 0 sh -c 'ms-ingest -d A/B <1.eml' <<'END'
m1|A/B|2004-01-01T11:00:00Z|
END
kept 'no Date: the time of its file' 0 ms-ingest nodate <<'END'
m1|INBOX|2010-01-01T00:00:00Z|
END
kept 'no Date, no file: none' 0 sh -c 'cat nodate | ms-ingest' <<'END'
m1|INBOX|None|
END
kept 'CRLF; a byte order mark' 0 ms-ingest crlf bom <<'END'
m1|INBOX|2004-01-01T11:00:00Z|
m1|INBOX|2004-01-01T11:00:00Z|
END
kept 'called .eml, with a From_ line' 0 ms-ingest from.eml <<'END'
m1|INBOX|2005-01-09T00:00:00Z|
END
kept 'a line of something before the header' 0 ms-ingest junk <<'END'
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
kept 'on standard input' 0 sh -c 'ms-ingest <Lists.mbox' <<'END'
m1|INBOX|2005-01-01T00:00:00Z|
m2|INBOX|2005-01-02T00:00:00Z|
m3|INBOX|2005-01-03T00:00:00Z|
END
kept 'as one message, if told so' 0 ms-ingest --format eml Lists.mbox <<'END'
m1|INBOX|2004-01-01T11:00:00Z|
END
tail -n +2 Lists.mbox >headless
kept 'without its first line, as an mbox' 1 ms-ingest --format mbox headless <<'END'
m2|headless|2005-01-02T00:00:00Z|
m3|headless|2005-01-03T00:00:00Z|
END
ok 'what was cut off is named' grep -q '^ms-ingest: headless @ 0: ' err

{ from 1 && printf 'Subject: quoted\n\n>From me\n>>From you\n'; } >quoted
kept 'mboxo' 0 ms-ingest -d F quoted <<'END'
quoted|F|2005-01-01T00:00:00Z|
END
ms-export --format eml subject:quoted >got
printf 'Subject: quoted\n\n>From me\n>>From you\n' >want
same 'as it is' want got
kept 'mboxrd' 0 ms-ingest --unquote -d F quoted <<'END'
quoted|F|2005-01-01T00:00:00Z|
END
ms-export --format eml subject:quoted >got
printf 'Subject: quoted\n\nFrom me\n>From you\n' >want
same 'unquoted' want got
{ from 1 && printf 'MS-Envelope: folder="Forged"; user="root"\n' && msg 1; } >forged
kept 'MS-Envelope in an mbox is text' 0 ms-ingest -d F forged <<'END'
m1|F|2005-01-01T00:00:00Z|
END

# ---- Maildirs ----

maildir() { mkdir -p "$1/cur" "$1/new" "$1/tmp"; }
# put FILE NUMBER: a message that came on that day of 2006.
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
m1|INBOX|2006-01-01T00:00:00Z|\Seen
m2|INBOX|2006-01-02T00:00:00Z|\Seen \Answered \Flagged
m3|INBOX|2006-01-03T00:00:00Z|\Draft \Deleted $Forwarded Urgent Later
m4|INBOX|2006-01-04T00:00:00Z|
m5|Sent|2006-01-05T00:00:00Z|\Seen
m6|Work/2006|2006-01-06T00:00:00Z|
m7|Jürgen|2006-01-07T00:00:00Z|
m8|INBOX|2006-01-08T00:00:00Z|
END
kept 'a Maildir' 0 ms-ingest Mail <maildir.want
sed 's/|INBOX|/|Old|/; s/|\(Sent\|Work\|J\)/|Old\/\1/' maildir.want >want.old
kept 'with a folder' 0 ms-ingest -d Old Mail/ <want.old
kept 'asked for' 0 ms-ingest --format maildir "$scratch/Mail" <maildir.want
ln -s Mail link
kept 'behind a link that is named' 0 ms-ingest link <maildir.want

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
kept 'below a folder' 0 ms-ingest -d X tree <want.x
kept 'the one we are in' 0 sh -c 'cd tree && ms-ingest .' <tree.want
sed 's/|INBOX|/|Home|/; s/|\(Sent\|Work\|J\)/|Home\/\1/' maildir.want >want.home
kept 'of which only Maildirs are asked for' 0 ms-ingest --format maildir tree <want.home

echo 'no mail' >tree/text
ln -s 1.eml tree/linked.eml
mkfifo tree/fifo
: >tree/empty.eml
kept 'what is no mail is named, the rest is kept' 1 ms-ingest tree <tree.want
sort err | grep -v seen >got
cat >want <<'END'
ms-ingest: tree/empty.eml: empty
ms-ingest: tree/fifo: not a regular file
ms-ingest: tree/linked.eml: symbolic link, not followed
ms-ingest: tree/text: not a mail message
END
same 'each with its reason' want got
ok 'and counted' grep -qx 'ms-ingest: 20 seen: 8 new, 8 known, 0 left out, 4 failed' err
finish
