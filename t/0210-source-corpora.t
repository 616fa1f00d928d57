#!/bin/sh
# 0210-source-corpora.t - real mail. Each mbox splits as a second splitter,
# written from ms-stream(5), and an independent count say; each file and
# Maildir comes out byte for byte.
. "$(dirname "$0")/lib.sh"
corpora dev
messages="$build/unit/source"
[ -x "$messages" ] || skip units "build/unit/source is not built (make units)"

cat >split.py <<'END'
# ms-stream(5), Foreign mboxes, for files that begin with a From_ line.
import hashlib, re, sys
day = rb"(?i:mon|tue|wed|thu|fri|sat|sun)"
month = rb"(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
time = rb"\d?\d:\d\d(?::\d\d)?"
zone = rb"(?:[+-]\d{4}|[A-Za-z]{1,5})"
date = re.compile(rb"From (?:.*[ \t])?" + day + rb",?[ \t]+(?:" +
    month + rb"[ \t]+\d\d?[ \t]+" + time + rb"(?:[ \t]+" + zone + rb"){0,2}[ \t]+\d{4}|" +
    rb"\d\d?[ \t]+" + month + rb"[ \t]+\d{4}[ \t]+" + time + rb")(?:[ \t\r]|$)")
word = re.compile(rb"From [^ \t\r]+[ \t]*\r?$")
field = re.compile(rb"[!-9;-~]+[ \t]*:")
for path in sys.argv[1:]:
    lines = re.findall(rb"[^\n]*\n|[^\n]+", open(path, "rb").read())
    first = lines[0].rstrip(b"\n")
    def opens(i):
        l = lines[i].rstrip(b"\n")
        if i == 0:
            return True
        ok = date.match(l) or (word.match(l) and word.match(first))
        return ok and i + 1 < len(lines) and field.match(lines[i + 1])
    at = [i for i in range(len(lines)) if opens(i)] + [len(lines)]
    for a, b in zip(at, at[1:]):
        body = lines[a + 1:b]
        if body and body[-1] in (b"\n", b"\r\n"):
            body.pop()
        print(path, hashlib.sha256(b"".join(body)).hexdigest(), sep="\t")
END

cd "$corpus" || exit 1
"$messages" mbox/* | cut -f 1,3 >"$scratch/got"
grep -v failed "$scratch/got" >"$scratch/kept"
cut -f 1 "$scratch/kept" | uniq | xargs python3 "$scratch/split.py" >"$scratch/want"
cd "$scratch" || exit 1
same 'each mbox is split as ms-stream(5) says' want kept

# File and number of messages, as counted by another program. It wants dates:
# three files are split without, or have text before their first message.
tail -n +2 "$corpus/truth/mbox.tsv" | awk -F '\t' '{
	if ($1 ~ /issue1189/) $8 = 4
	if ($1 ~ /MimeKit__simple/) $8 = 3
	if ($1 ~ /test-attached/) $8 = 0
	print "mbox/" $1 "\t" $8 }' | sort >want
awk -F '\t' '{ n[$1] += !($2 ~ /^failed/) } END { for (f in n) print f "\t" n[f] }' got |
	sort >counts
same 'and into as many messages as were counted' want counts
grep failed got >refused
printf 'mbox/%s\tfailed: not a mail message\n' git__0001mboxrd.mbox \
	node-mbox__test-attached.mbox node-mbox__test-not-an.mbox >want
same 'what is no mbox is named' want refused

# A From_ line on top of an .eml is taken away, and one empty line at its end.
cd "$corpus" || exit 1
"$messages" eml/* | cut -f 1,3 | sort >"$scratch/got"
python3 - eml/* <<'END' | sort >"$scratch/want"
import hashlib, re, sys
for path in sys.argv[1:]:
    raw = open(path, "rb").read()
    if raw.startswith(b"From "):
        raw = raw.split(b"\n", 1)[1]
        raw = re.sub(rb"(^|\n)\r?\n\Z", rb"\1", raw)
    print(path, hashlib.sha256(raw).hexdigest(), sep="\t")
END
same 'each single message comes out as it is' "$scratch/want" "$scratch/got"

find maildir -type f '(' -path '*/cur/*' -o -path '*/new/*' ')' \
	-exec sha256sum {} + | sed 's/\(^[0-9a-f]*\)  \(.*\)/\2\t\1/' |
	sort >"$scratch/want"
"$messages" maildir | cut -f 2,3 | sort >"$scratch/got"
same 'each message of a Maildir comes out as it is' "$scratch/want" "$scratch/got"
finish
