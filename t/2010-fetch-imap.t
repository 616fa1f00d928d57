#!/bin/sh
# 2010-fetch-imap.t - ms-fetch from Dovecot. Every message comes out byte for
# byte as in Dovecot's files, with folder, UID, flags and date, and the
# mailbox is not changed.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"

# put FOLDER NAME FLAGS DATE: stdin, as a file of Dovecot's; wants it back.
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
ok 'nothing is said but the sums' grep -qx \
	'ms-fetch: 265 seen: 265 new, 0 known, 0 left out, 0 failed' err
[ "$(wc -l <err)" -eq 1 ] || fail 'one line is enough'
mkdir messages
ok 'it is a stream' sh -c 'python3 "$1/t/unstream.py" messages <stream >got' sh "$top"
imap_expected alice INBOX Projekte Projekte/Grün/Blau 'a&b "c" &-' 'back\slash' \
	'日本語 😀' | sort >want
echo 'end; messages=265; failed=0; status=0' >>want
{ sed '$d' got | sort && sed -n '$p' got; } >sorted
same 'every message is what Dovecot has in its files' want sorted

status 'a second time' 0 fetch -q
python3 "$top/t/unstream.py" <out | sort >again
python3 "$top/t/unstream.py" <stream | sort >want
same 'it is the same: nothing was changed by looking at it' want again
[ -s err ] && fail 'with -q success is silent'

status 'folders can be named' 0 fetch -q --folder 'Projekte/Grün/Blau' --folder 'back\\slash'
python3 "$top/t/unstream.py" <out | cut -f 3 >folders
printf '%s\n' 'Projekte/Grün/Blau' 'back\\slash' 'end; messages=2; failed=0; status=0' >want
same 'and only they come' want folders

status 'a folder that is not there fails, the others come' 1 \
	fetch --folder Nowhere --folder Projekte/Grün
# A folder without mail of its own is \Noselect to Dovecot: no such folder.
ok 'the error names it' grep -qx 'ms-fetch: Nowhere: no such folder' err
status 'and the trailer says so' 1 fetch -q --folder Nowhere --folder 'a&b "c" &-'
ok 'with the count' grep -qx 'MS-Envelope: end; messages=1; failed=1; status=1' out

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
same 'the report has a line for each folder, and the sum' want report.got

status '--check logs in and says so' 0 fetch --check
ok 'the message is one line' grep -qx 'ms-fetch: 127.0.0.1: logged in as alice, 7 folders' err
[ -s out ] && fail '--check writes nothing to stdout'
status '--check -q says nothing' 0 fetch --check -q
[ -s err ] && fail '--check -q says nothing'

finish
