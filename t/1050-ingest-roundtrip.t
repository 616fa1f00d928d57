#!/bin/sh
# 1050-ingest-roundtrip.t - real mail is exported from the archive with the same
# bytes (SHA-256), also after it was ingested twice, and with a rebuilt index.
. "$(dirname "$0")/lib.sh"
corpora dev
export MS_USER=u MS_ARCHIVE=arc
ms-init -u u arc

# Single messages, each in a folder of its own, so that copies of one message
# that differ in their line ends are exported separately. A From_ line at the
# beginning is removed, with one empty line at the end: ms-stream(5), Single
# messages.
cat >want.py <<'END'
import hashlib, os, re, shutil, sys
for i, name in enumerate(sorted(os.listdir(sys.argv[1]))):
    os.makedirs("eml/%d" % i)
    shutil.copy2("%s/%s" % (sys.argv[1], name), "eml/%d/%s" % (i, name))
    raw = open("eml/%d/%s" % (i, name), "rb").read()
    if raw.startswith(b"From "):
        raw = raw.split(b"\n", 1)[1]
        raw = re.sub(rb"(^|\n)\r?\n\Z", rb"\1", raw)
    print("%d\t%s" % (i, hashlib.sha256(raw).hexdigest()))
END
python3 want.py "$corpus/eml" | sort >want
n=$(find "$corpus/eml" -type f | wc -l)
ok "there are $n single messages" test "$(wc -l <want)" -eq "$n" -a "$n" -gt 700

# out QUERY...: prints the folder and the SHA-256 of each exported message.
out() {
	ms-export -q "$@" >stream && python3 "$top/t/unstream.py" <stream >lines &&
		grep -v '^end;' lines | cut -f 3,7 | sort
}
status 'the single messages are archived' 0 ms-ingest eml
out >got
same 'each comes out as it is' want got
"$top/t/second-reader.py" arc digests | cut -f 3,7 | sort >got
same 'the second reader returns the same bytes' want got
cat arc/pack/* | sha256sum >before
status 'the same run again' 0 ms-ingest eml
ok 'no message is new' grep -q ": 0 new, $n known, 0 left out, 0 failed" err
cat arc/pack/* | sha256sum >after
same 'nothing was written' before after

# The messages as files in their wire form. An id is the SHA-256 of this form.
ms-list | cut -f 1 | sort -u >want
status 'the messages are exported as files' 0 ms-export --format eml --eol crlf -o wire
find wire -type f -exec sha256sum {} + | cut -c 1-64 | sort -u >got
same 'each id is the SHA-256 of the wire form' want got

# Maildirs.
find "$corpus/maildir" -type f '(' -path '*/cur/*' -o -path '*/new/*' ')' \
	-exec sha256sum {} + | cut -c 1-64 | sort -u >want
n=$(find "$corpus/maildir" -type f '(' -path '*/cur/*' -o -path '*/new/*' ')' | wc -l)
status "the $n messages of Maildirs are archived" 0 ms-ingest -u maildir --create-user "$corpus/maildir"
ok 'no message of the Maildirs failed' grep -q "^ms-ingest: $n seen: .* 0 failed" err
out user:maildir | cut -f 2 | sort -u >got
same 'each comes out as it is' want got

# Mboxes. t/0210-source-corpora.t tests how they are split; here, the SHA-256 of
# each part is compared.
cd "$corpus" || exit 1
"$build/unit/source" mbox/* >"$scratch/parts"
cd "$scratch" || exit 1
grep -v failed parts | cut -f 3 | sort -u >want
status 'the mboxes are archived' 1 ms-ingest -u mbox --create-user "$corpus/mbox"
ok 'the three files that are no mboxes are named' test "$(grep -c ': not a mail message$' err)" -eq 3
ok 'all other messages are stored' grep -q "^ms-ingest: $(wc -l <parts) seen: .* 3 failed" err
out user:mbox | cut -f 2 | sort -u >got
same 'each exported message is a part of an mbox' want got
# The counts of another program, which requires a date in a From_ line and an
# mbox that begins with one. For three files, ms-stream(5) has other rules.
tail -n +2 "$corpus/truth/mbox.tsv" | grep -v issue1189 | grep -v MimeKit__simple |
	grep -v test-attached | awk -F '\t' '{ print $8 "\t" $1 }' | sort >want
status 'an archive for counting is created' 0 ms-init -u u counts
for f in "$corpus"/mbox/*; do
	case $f in *issue1189* | *MimeKit__simple* | *test-attached*) continue ;; esac
	ms-ingest -a counts -q --report r "$f" 2>/dev/null
	printf '%s\t%s\n' "$(sed -n 's/.*"end".*"new":\([0-9]*\),"known":\([0-9]*\).*/\1+\2/p' r)" "${f##*/}"
done | python3 -c 'import sys
for line in sys.stdin:
    n, name = line.split("\t")
    print(sum(map(int, n.split("+"))), name, sep="\t", end="")' | sort >got
same 'each mbox has as many messages as another program counts' want got

status 'ms-verify finds no error' 0 ms-verify -q
rm -rf arc/index
out user:u >got
"$top/t/second-reader.py" arc digests | grep '^u	' | cut -f 3,7 | sort >want
same 'the exported bytes are the same without the index' want got
finish
