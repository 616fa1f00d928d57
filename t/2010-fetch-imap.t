#!/bin/sh
# 2010-fetch-imap.t - ms-fetch reads a mailbox of Dovecot. Every message has the
# bytes of Dovecot's file, and its folder, UID, flags and date. The mailbox is
# not changed.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"

# put FOLDER NAME FLAGS DATE: adds the message on stdin to a folder.
put() {
	imap_folder alice "$1"
	${imap_as} sh -c 'cat >"$1" && touch -d "$2" "$1"' sh \
		"$imap_dir/cur/$2:2,$3" "$4"
}

imap_start || exit 1
imap_user alice 'secret "quoted\" password'

printf 'Subject: one\n\nplain\n' | put INBOX 1.a S 2021-03-04T05:06:07
printf 'Subject: two\n\nFrom here\n>From there\n>>From\n' | put INBOX 2.a FRS 1999-12-31T23:59:59
printf 'Subject: three\n\nno newline at the end' | put INBOX 3.a '' 2021-03-04T05:06:07
printf 'Subject: four\r\n\r\nCRLF\r\nFrom CRLF\r\n' | put INBOX 4.a DT 2021-03-04T05:06:07
printf 'Subject: five\n\nbare\rCR, NUL \000, 8-bit \344\n.\n..\n\n\n' | put INBOX 5.a S 2021-03-04T05:06:07
printf '\n' | put INBOX 6.a S 2021-03-04T05:06:07
printf 'From someone Thu Jan  1 00:00:00 1970\nSubject: seven\n\nx\n' | put INBOX 7.a S 2021-03-04T05:06:07
printf 'MS-Envelope: end; messages=0; failed=0; status=0\nSubject: eight\n\nx\n' | put INBOX 8.a S 2021-03-04T05:06:07
{ printf 'Subject: nine\n\n' && head -c 300000 /dev/zero | tr '\0' x; } | put INBOX 9.a S 2021-03-04T05:06:07
{ printf 'Subject: ten\n\n' && seq 1 700000; } | put INBOX 10.a S 2021-03-04T05:06:07
printf 'Subject: eleven\n\nx\n' | put Projekte/Grün/Blau 1.b S 2021-03-04T05:06:07
printf 'Subject: twelve\n\nx\n' | put Projekte 1.c S 2021-03-04T05:06:07
printf 'Subject: thirteen\n\nx\n' | put 'a&b "c" &-' 1.d S 2021-03-04T05:06:07
printf 'Subject: fourteen\n\nx\n' | put 'back\slash' 1.e S 2021-03-04T05:06:07
printf 'Subject: fifteen\n\nx\n' | put '日本語 😀' 1.f S 2021-03-04T05:06:07
imap_folder alice Empty
i=0
while [ $i -lt 250 ]; do
	i=$((i + 1))
	printf 'Subject: many %d\n\nbody %d\n' $i $i | ${imap_as} tee \
		"$imap_root/home/alice/Maildir/Projekte/cur/$((1000 + i)).m:2,S" >/dev/null
done

fetch() {
	ms-fetch -u alice --ca-file "$imap_ca" --password-file alice.pw "$@" \
		"$(imap_url alice)"
}

status 'a mailbox is fetched' 0 fetch --report report
cp out stream
ok 'the sums are printed' grep -qx \
	'ms-fetch: 265 seen: 265 new, 0 known, 0 left out, 0 failed' err
[ "$(wc -l <err)" -eq 1 ] || fail 'stderr has one line'
mkdir messages
ok 'the output is a stream' sh -c 'python3 "$1/t/unstream.py" messages <stream >got' sh "$top"
imap_expected alice INBOX Projekte Projekte/Grün/Blau 'a&b "c" &-' 'back\slash' \
	'日本語 😀' | sort >want
echo 'end; messages=265; failed=0; status=0' >>want
{ sed '$d' got | sort && sed -n '$p' got; } >sorted
same 'every message equals the file of Dovecot' want sorted

status 'the mailbox is fetched a second time' 0 fetch -q
python3 "$top/t/unstream.py" <out | sort >again
python3 "$top/t/unstream.py" <stream | sort >want
same 'the stream is the same, so the first run has changed nothing' want again
[ -s err ] && fail 'with -q nothing is printed'

status 'two folders are selected' 0 fetch -q --folder 'Projekte/Grün/Blau' --folder 'back\\slash'
# Two workers fetch them, in any order.
python3 "$top/t/unstream.py" <out | cut -f 3 | sort >folders
printf '%s\n' 'Projekte/Grün/Blau' 'back\\slash' 'end; messages=2; failed=0; status=0' | sort >want
same 'only these folders are fetched' want folders

status 'a folder that does not exist fails, and the others are fetched' 1 \
	fetch --folder Nowhere --folder Projekte/Grün
# Dovecot lists a folder without mail of its own as \Noselect: there is no such
# folder.
ok 'the error names the folder' grep -qx 'ms-fetch: Nowhere: no such folder' err
status 'a folder that does not exist fails in a stream' 1 fetch -q --folder Nowhere --folder 'a&b "c" &-'
ok 'the trailer has the status, and no failed message' grep -qx 'MS-Envelope: end; messages=1; failed=0; status=1' out

python3 - report >report.got <<'END'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
for r in lines:
    print(r["type"], r.get("folder", "-"), r["seen"], r["new"], r.get("status", "-"))
END
cat >want <<'END'
folder Empty 0 0 -
folder INBOX 10 10 -
folder Projekte 251 251 -
folder Projekte/Grün/Blau 1 1 -
folder a&b "c" &- 1 1 -
folder back\\slash 1 1 -
folder 日本語 😀 1 1 -
end - 265 265 0
END
same 'the report has a line for each folder, and the sums' want report.got

status '--check logs in' 0 fetch --check
ok 'it prints one line' grep -qx 'ms-fetch: 127.0.0.1: logged in as alice, 7 folders' err
[ -s out ] && fail '--check writes nothing to stdout'
status '--check -q logs in' 0 fetch --check -q
[ -s err ] && fail '--check -q prints nothing'

finish
