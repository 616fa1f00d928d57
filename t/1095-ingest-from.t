#!/bin/sh
# 1095-ingest-from.t - messages that begin with a From_ line, and the additional
# attributes of an occurrence. An export returns both.
. "$(dirname "$0")/lib.sh"

# A Maildir that was copied without its empty folders new and tmp.
mkdir -p box/cur
for i in 1 2 3; do
	printf 'From a@example.org Mon Jan  5 10:00:0%d 2026\nSubject: %d\n\n' \
		"$i" "$i" >"box/cur/$i"
	printf 'text %d\n' "$i" >>"box/cur/$i"
done
cat box/cur/1 box/cur/2 box/cur/3 >want

arcs() { ms-list -a "$1" | cut -f 1 | sort; }

status 'two archives are created' 0 ms-init -u anna arc
ms-init -u anna again
status 'a folder that has only cur is a Maildir' 0 ms-ingest -a arc -u anna -q box
status 'its messages are exported' 0 \
	ms-export -q -a arc --format eml --eol original -o files
find files -type f | sort | xargs cat >got
same 'they have the bytes of the files' want got

status 'they are exported as an mbox' 0 ms-export -a arc --format mboxrd -o arc.mbox
status 'their first lines are quoted' 0 grep -c '^>From ' arc.mbox
status 'the mbox is ingested into another archive' 0 \
	ms-ingest -a again -u anna -q --unquote arc.mbox
arcs arc >one
arcs again >two
same 'both archives have the same messages' one two

# Flags that are longer than a row of the index allows, and an unknown
# attribute.
flags=$(printf '\\\\Seen'; i=0; while [ $i -lt 90 ]; do printf ' keyword%03d' $i; i=$((i + 1)); done)
cat >in.stream <<EOF
From ms-stream@1 Thu Jan  1 00:00:00 1970
MS-Envelope: user="anna"; source="imap://anna@imap.example.org/"; folder="Sent"; uid="7/1"; flags="$flags"; date="2026-11-20T10:00:00Z"; special="\\\\Sent"; colour="green"
Subject: kept

x

From ms-stream@1 Thu Jan  1 00:00:00 1970
MS-Envelope: end; messages=1; failed=0; status=0

EOF
status 'a stream with these attributes is ingested' 0 ms-ingest -a arc -q <in.stream
status 'the message is exported' 0 ms-export -a arc folder:Sent
tr ';' '\n' <out | sed -n 's/^ *//; /^flags=\|^special=\|^colour=/p' | sort >got
tr ';' '\n' <in.stream | sed -n 's/^ *//; /^flags=\|^special=\|^colour=/p' | sort >want
same 'the exported attributes are complete' want got
finish
