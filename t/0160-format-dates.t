#!/bin/sh
# 0160-format-dates.t - an archive of version 0.1, which has one date for each
# occurrence and not where it came from, gets both dates; and version 0.1 reads
# the date of arrival from an archive of this version. ms-archive(5), Dates.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip python3 "no python3"
command -v jq >/dev/null || skip jq "no jq"

# dates: prints subject, sent and arrived of each occurrence.
dates() { ms-list -a "$1" --json | jq -r '[.subject, .date, .arrived] | @tsv' | sort; }

# ---- an archive of version 0.1 ----

python3 "$top/t/make-pack.py" old old-dates || fail 'the archive is made'
sort >want <<'END'
file-near	2023-10-16T15:59:00Z	2023-10-16T17:00:00Z
file-far	2023-10-16T15:59:00Z	2023-10-16T16:00:00Z
file-forged	2023-10-16T16:00:00Z	2023-10-16T16:00:00Z
file-no-received	2023-10-16T15:59:00Z	2023-10-16T15:59:00Z
file-constant	2023-10-16T15:59:00Z	2023-10-16T15:59:00Z
file-alone	2023-10-16T17:00:00Z	2023-10-16T17:00:00Z
file-constant-alone		
file-unknown		
imap	2023-10-16T15:59:00Z	2026-11-18T11:06:40Z
imap-alone	2026-11-18T11:06:40Z	2026-11-18T11:06:40Z
pop3	2023-10-16T16:00:00Z	2023-10-16T16:00:00Z
END
dates old >got
same 'an archive of version 0.1 has both dates' want got
status 'its index is built again' 0 ms-verify -q -a old --rebuild-index
dates old >got
same '  and has the same dates' want got
status '  and ms-verify agrees' 0 ms-verify -q -a old

status 'the archive is copied by a stream' 0 sh -c \
	'ms-init -u alice copy && ms-export -a old >stream && ms-ingest -q -a copy <stream'
dates copy >got
same '  the copy has the same dates' want got
status '  and is copied again' 0 sh -c \
	'ms-init -u alice again && ms-export -a copy | tee second | ms-ingest -q -a again'
same '    by the same stream' stream second

# ---- an archive of this version ----

# Version 0.1 reads the date at offset 48 of an OCCURRENCE, and nothing else.
# The raw date of each kind, as offset 58 and the field with tag 4 have it.
cat >raw.py <<'END'
import importlib.util, struct, sys, time
spec = importlib.util.spec_from_file_location("reader", sys.argv[1])
reader = importlib.util.module_from_spec(spec)
spec.loader.exec_module(reader)
archive = reader.Archive(sys.argv[2])
text = lambda t: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t))
for n in sorted(archive.records):
    kind, stub, _, _, c = archive.records[n][:5]
    if kind != reader.OCCURRENCE:
        continue
    date, bits, raw_kind = struct.unpack_from("<q", c, 48)[0], c[57], c[58]
    raw = dict(archive.fields(c, 60)).get(4)
    print("-" if bits & 2 else text(date), raw_kind,
          "-" if raw is None else text(struct.unpack("<q", raw)[0]))
END
mkdir -p Maildir/cur
printf 'Date: Mon, 16 Oct 2023 15:59:00 +0000\nSubject: 1\n\n1\n' >1.eml
printf 'Received: by a; Mon, 16 Oct 2023 16:00:00 +0000\nSubject: 2\n\n2\n' >Maildir/cur/2:2,
touch -d 2024-01-01T00:00:00Z 1.eml
touch -d 2023-10-16T17:00:00Z Maildir/cur/2:2,
printf 'From a@b Mon Oct 16 18:00:00 2023\nSubject: 3\n\n3\n' >3.mbox
printf 'From - Mon Oct 16 18:00:00 2023\nSubject: 4\n\n4\n' >4.mbox
printf 'From a@b Thu Jan  1 00:00:00 1970\nDate: Mon, 16 Oct 2023 15:59:00 +0000\nSubject: 5\n\n5\n' >5.mbox
printf 'Subject: 6\n\n6\n' >six
printf 'From ms-stream@1 Thu Jan  1 00:00:00 1970\nMS-Envelope: source="imap://a@h/"; date="2023-10-16T19:00:00Z"\nSubject: 7\n\n7\n' >seven
printf '\nFrom ms-stream@1 Thu Jan  1 00:00:00 1970\nMS-Envelope: end; messages=1; failed=0; status=0\n\n' >>seven
ms-init -u alice new
status 'mail of all kinds is added' 0 sh -c 'ms-ingest -q -a new -u alice 1.eml Maildir 3.mbox 4.mbox 5.mbox &&
	cat six | ms-ingest -q -a new -u alice && ms-ingest -q -a new -u alice <seven'
cat >want <<'END'
2023-10-16T15:59:00Z 5 2024-01-01T00:00:00Z
2023-10-16T17:00:00Z 4 -
2023-10-16T18:00:00Z 2 -
- 3 2023-10-16T18:00:00Z
2023-10-16T15:59:00Z 2 1970-01-01T00:00:00Z
- 6 -
2023-10-16T19:00:00Z 1 -
END
python3 raw.py "$top/t/second-reader.py" new >got 2>&1
same 'the log has the date of arrival, the kind and the raw date' want got
dates new >want
ms-verify -q -a new --rebuild-index
dates new >got
same 'a rebuilt index has the same dates' want got
finish
