#!/bin/sh
# 0210-source-corpora.t - the sources read real mail. Each mbox is split as by
# split.py, which was written from ms-stream(5), and into as many messages as
# another program counts. The bytes of single files and Maildirs do not change.
. "$(dirname "$0")/lib.sh"
corpora dev
messages="$build/unit/source"
[ -x "$messages" ] || skip units "build/unit/source is not built (make units)"

cat >split.py <<'END'
# ms-stream(5), Foreign mboxes, for files that begin with a From_ line.
import hashlib, re, sys
day = rb"(?:mon|tue|wed|thu|fri|sat|sun),?"
month = rb"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
hms = rb"(?:[01]?\d|2[0-3]):[0-5]\d(?::(?:[0-5]\d|60))?(?:[+-]\d{1,4}|[+-]\d\d:\d\d)?"
zone = rb"(?:[+-]\d{4}|[a-z]{1,5}(?:[+-]\d{1,4})?)"
date = re.compile(rb"From (?:.*[ \t])?" + day + rb"(?:" + b"|".join(rb"[ \t]+" +
    rb"[ \t]+".join(parts) for parts in (
    (month, rb"\d\d?,?", hms + rb"(?:[ \t]+" + zone + rb"){0,2}", rb"\d{4}"),
    (month, rb"\d\d?,?", rb"\d{4}", hms), (rb"\d\d?", month, rb"\d{4}", hms))) +
    rb")(?:[ \t]|$)", re.I)
iso = re.compile(rb"From[ \t]+[^ \t]+[ \t]+\d{4}-\d\d-\d\d(?:T|[ \t]+)\d\d:")
git = re.compile(rb"From (?:[0-9a-f]{40}|[0-9a-f]{64}) Mon Sep 17 00:00:00 2001$")
word = re.compile(rb"From [^ \t]+[ \t]*$")
colon = re.compile(rb"From[ \t]+:")
field = re.compile(rb"[!-9;-~]+[ \t]*:|>From ")
usual = re.compile(rb"(?=[^:]*[A-Za-z])[A-Za-z0-9._-]+[ \t]*:(?!//)")
for path in sys.argv[1:]:
    lines = re.findall(rb"[^\n]*\n|[^\n]+", open(path, "rb").read())
    text = [l.rstrip(b"\n").removesuffix(b"\r") for l in lines] + [b""] * 4
    first = text[0]
    def fields(i):
        i += not usual.match(text[i])
        if not usual.match(text[i]):
            return False
        i += 1
        while text[i][:1] in (b" ", b"\t"):
            i += 1
        return bool(usual.match(text[i]))
    def opens(i):
        l = text[i]
        if not l.startswith(b"From ") or colon.match(l) or len(l) > 2045:
            return False
        if i == 0:
            return True
        if git.match(l) and not git.match(first):
            return False
        if (date.match(l) or iso.match(l)) and field.match(text[i + 1]):
            return True
        blank = not text[i - 1].strip(b" \t\r\0")
        alike = word.match(l) and word.match(first)
        return bool((blank or alike) and fields(i + 1))
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
same 'each mbox is split according to ms-stream(5)' want kept

# File and number of messages, as counted by another program. That program
# requires a date in each From_ line, so its count is wrong for three files:
# their From_ lines have no date, or text comes before the first message.
tail -n +2 "$corpus/truth/mbox.tsv" | awk -F '\t' '{
	if ($1 ~ /issue1189/) $8 = 4
	if ($1 ~ /MimeKit__simple/) $8 = 3
	if ($1 ~ /test-attached/) $8 = 0
	print "mbox/" $1 "\t" $8 }' | sort >want
awk -F '\t' '{ n[$1] += !($2 ~ /^failed/) } END { for (f in n) print f "\t" n[f] }' got |
	sort >counts
same 'each mbox has as many messages as the other program counts' want counts
ok 'a month of pipermail has 151 messages, although few follow an empty line' grep -qx \
	'mbox/pipermail-twisted__2005-December.txt.mbox	151' counts
grep failed got >refused
printf 'mbox/%s\tfailed: not a mail message\n' git__0001mboxrd.mbox \
	node-mbox__test-attached.mbox node-mbox__test-not-an.mbox >want
same 'each file that is no mbox is refused' want refused

# If an .eml begins with a From_ line, this line and one empty line at the end
# are removed.
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
same 'the bytes of each single message do not change' "$scratch/want" "$scratch/got"

find maildir -type f '(' -path '*/cur/*' -o -path '*/new/*' ')' \
	-exec sha256sum {} + | sed 's/\(^[0-9a-f]*\)  \(.*\)/\2\t\1/' |
	sort >"$scratch/want"
"$messages" maildir | cut -f 2,3 | sort >"$scratch/got"
same 'the bytes of each message of a Maildir do not change' "$scratch/want" "$scratch/got"
finish
