#!/bin/sh
# 1015-ingest-dates.t - when a message was sent and when it arrived, by its
# header and its source; and what an export and a second ingest make of it.
# ms-query(7), Dates; ms-archive(5), Dates.
. "$(dirname "$0")/lib.sh"
command -v jq >/dev/null || skip jq "no jq"

n=0
# kept NAME COMMAND...: the command adds mail to a new archive. Standard input
# has a line "subject sent arrived" for each message, "-" for an unknown date.
kept() {
	what=$1 && shift
	n=$((n + 1)) && export MS_ARCHIVE="$scratch/arc$n" MS_USER=u
	sort >want
	ms-init -u u "$MS_ARCHIVE"
	status "$what" 0 "$@"
	dates >got
	same "  sent and arrived" want got
}
dates() { ms-list --json | jq -r '"\(.subject) \(.date // "-") \(.arrived // "-")"' | sort; }
# msg SUBJECT FIELD...: a message with these fields.
msg() {
	printf 'Subject: %s\n' "$1" && shift
	[ $# -eq 0 ] || printf '%s\n' "$@"
	printf '\ntext\n\n'
}
received='Received: from x by a with SMTP; Mon, 16 Oct 2023 16:00:00 +0000'
sent='Date: Mon, 16 Oct 2023 17:59:00 +0200'
forged='Date: Mon, 1 Jan 2001 00:00:00 +0000'

# ---- mboxes with dates that are none ----

{
	echo 'From mboxrd@z Thu Jan  1 00:00:00 1970' && msg lore1 "$sent"
	echo 'From mboxrd@z Thu Jan  1 01:00:00 1970' && msg lore2 "$sent" "$received"
	echo 'From mboxrd@z Wed Dec 31 16:00:00 1969' && msg lore3 "$sent"
	echo 'From mboxrd@z Thu Jan  1 00:00:00 1970 +0100' && msg lore4
} >lore.mbox
hash=1234567890abcdef1234567890abcdef12345678
{
	echo "From $hash Mon Sep 17 00:00:00 2001" && msg git1 "$sent"
	echo "From $hash Mon Sep 17 00:00:00 2001" && msg git2 "$sent"
} >git.mbox
{
	echo 'From - Tue Oct 17 10:00:00 2023' && msg bird1 "$sent" "$received"
	echo 'From - Tue Oct 17 10:00:00 2023' && msg bird2 "$sent"
	echo 'From - Tue Oct 17 10:00:00 2023' && msg bird3
} >bird.mbox
kept 'constant dates, and those of Thunderbird' ms-ingest -q lore.mbox git.mbox bird.mbox <<'END'
lore1 2023-10-16T15:59:00Z 2023-10-16T15:59:00Z
lore2 2023-10-16T15:59:00Z 2023-10-16T16:00:00Z
lore3 2023-10-16T15:59:00Z 2023-10-16T15:59:00Z
lore4 - -
git1 2023-10-16T15:59:00Z 2023-10-16T15:59:00Z
git2 2023-10-16T15:59:00Z 2023-10-16T15:59:00Z
bird1 2023-10-16T15:59:00Z 2023-10-16T16:00:00Z
bird2 2023-10-16T15:59:00Z 2023-10-16T15:59:00Z
bird3 - -
END
cp want constant
ok 'since:2020 finds them' [ "$(ms-list since:2020 | wc -l)" -eq 7 ]

# ---- sources that know when a message arrived ----

{
	echo 'From a@b Tue Oct 17 10:00:00 2023' && msg mbox1 "$sent" "$received"
	echo 'From a@b Tue Oct 17 10:00:00 2023' && msg mbox2 "$forged" "$received"
	echo 'From a@b Tue Oct 17 10:00:00 2023' && msg mbox3
} >known.mbox
mkdir -p Maildir/cur Maildir/new
for i in 1 2 3 4; do
	case $i in
	1) msg dir1 "$sent" "$received" ;; # copied a year later
	2) msg dir2 "$sent" "$received" ;; # delivered
	3) msg dir3 "$sent" ;;             # nothing confirms its file
	4) msg dir4 ;;                     # and nothing else is known
	esac >"Maildir/cur/$i:2,"
done
touch -d 2024-10-16T16:00:00Z Maildir/cur/1:2,
touch -d 2023-10-16T16:00:05Z Maildir/cur/2:2, Maildir/cur/3:2, Maildir/cur/4:2,
kept 'an mbox and a Maildir' ms-ingest -q known.mbox Maildir <<'END'
mbox1 2023-10-16T15:59:00Z 2023-10-17T10:00:00Z
mbox2 2023-10-16T16:00:00Z 2023-10-17T10:00:00Z
mbox3 2023-10-17T10:00:00Z 2023-10-17T10:00:00Z
dir1 2023-10-16T15:59:00Z 2023-10-16T16:00:00Z
dir2 2023-10-16T15:59:00Z 2023-10-16T16:00:05Z
dir3 2023-10-16T15:59:00Z 2023-10-16T15:59:00Z
dir4 2023-10-16T16:00:05Z 2023-10-16T16:00:05Z
END
cp want known

# ---- odd Date fields ----

odd() { printf 'From: a@x.example\nSubject: %s\nDate: %s\n\nx\n' "$1" "$2" >"$1.eml"; }
odd q '=?utf-8?Q?Mon,_16_Oct_2023_16:18:56_+0000?='
odd nozone '=?iso-8859-1?Q?16_Oct_2023_16:18:56?='
odd escapes '=?utf-8?q?Sat=2C_01_Sep_2012_13=3A08=3A29_-0300?='
odd cut '=?utf-8?Q?Mon,_16_Oct_2023_16:18:56'
odd pm '16/10/2023 04:18:56 p. m.'
odd epoch 1697473136
odd zone 'Mon, 16 Oct 2023 16:18:56 -0060'
touch -d 2024-02-03T04:05:06Z ./*.eml
kept 'odd dates are read correctly or are unknown' sh -c 'ms-ingest -q *.eml' <<'END'
q 2023-10-16T16:18:56Z 2023-10-16T16:18:56Z
nozone 2023-10-16T16:18:56Z 2023-10-16T16:18:56Z
escapes 2012-09-01T16:08:29Z 2012-09-01T16:08:29Z
cut 2024-02-03T04:05:06Z 2024-02-03T04:05:06Z
pm 2023-10-16T16:18:56Z 2023-10-16T16:18:56Z
epoch 2023-10-16T16:18:56Z 2023-10-16T16:18:56Z
zone 2023-10-16T16:18:56Z 2023-10-16T16:18:56Z
END

# ---- an export, and back ----

grep -v '^git' constant | cat - known >both
kept 'what is exported' ms-ingest -q lore.mbox known.mbox Maildir bird.mbox <both
from=$MS_ARCHIVE
dates >all
ms-export -q -a "$from" >stream
kept 'a stream keeps both dates' ms-ingest -q --format stream stream <all
ms-export -q >stream2
same '  and what the sources said about them' stream stream2

ms-export -q -a "$from" --format mboxrd >box
grep '^From ' box | sed 's/^From [^ ]* //' | sort -u >got
cat >lines <<'END'
Mon Oct 16 15:59:00 2023
Mon Oct 16 16:00:00 2023
Mon Oct 16 16:00:05 2023
Thu Jan  1 00:00:00 1970
Tue Oct 17 10:00:00 2023
END
same 'the From_ lines of an mbox have the dates of arrival' lines got
kept 'an mbox keeps both dates' ms-ingest -q box <all

ms-export -q -a "$from" --format eml -o files
file=$(find files -name '2023-10-16_16-00-00_mbox2_*')
ok 'the name of a file has the date of sending' test -f "$file"
ok '  and its mtime is the date of arrival' [ "$(stat -c %Y "$file")" -eq 1697536800 ]
ok '  a file without a date has the epoch' [ "$(stat -c %Y "$(find files -name 'undated_bird3_*')")" -eq 0 ]
# A single file does not prove when a message arrived; but an unknown date stays
# unknown.
cut -d ' ' -f 1,2 all >some
n=$((n + 1)) && export MS_ARCHIVE="$scratch/arc$n"
ms-init -u u "$MS_ARCHIVE" && ms-ingest -q files
dates | cut -d ' ' -f 1,2 >got
same 'files keep the date of sending, or that none is known' some got

# ---- the same message twice ----

kept 'a reference has the dates of its message' sh -c "{
	printf 'From ms-stream@1 Thu Jan  1 00:00:00 1970\nMS-Envelope: folder=A\n'
	printf '%s\nSubject: one\n\nx\n\nFrom ms-stream@1 Thu Jan  1 00:00:00 1970\n' '$received'
	printf 'MS-Envelope: folder=B; uid=1/2; ref=%s\n\n' \
		\$(printf '%s\r\nSubject: one\r\n\r\nx\r\n' '$received' | sha256sum | cut -c 1-64)
	printf 'From ms-stream@1 Thu Jan  1 00:00:00 1970\nMS-Envelope: end; messages=2; failed=0; status=0\n\n'
} | ms-ingest -q" <<'END'
one 2023-10-16T16:00:00Z 2023-10-16T16:00:00Z
one 2023-10-16T16:00:00Z 2023-10-16T16:00:00Z
END
finish
