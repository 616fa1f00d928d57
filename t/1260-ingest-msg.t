#!/bin/sh
# 1260-ingest-msg.t - MSG files of Outlook: ms-mapi(7). Made ones, and those of
# the corpora, compared with what independent programs found in them.
. "${0%/*}/lib.sh"

# ---- a file that is made here ----
"$build/unit/mapi-msg" --make made.msg
ms-init arc
status 'an MSG file is a message' 0 ms-ingest -a arc -u anna --create-user made.msg
ms-list -a arc -u anna --json >list
ok '  its flags and category are flags' grep -qF '"flags":"\\Seen Red"' list
ok '  its date is that of the item' grep -qF '"arrived":"2026-01-02T00:00:00Z"' list
status 'on standard input' 0 ms-ingest -a arc -u anna <made.msg
ok '  it is the same message' grep -q ': 0 new, 1 known' err
mkdir -p tree/Sub && cp made.msg tree/Sub/letter.txt && cp made.msg tree/b.oft
status 'in a directory, by its content' 0 ms-ingest -a arc -u anna -d Tree tree
ok '  the same message again' grep -q '2 seen: 0 new, 2 known' err
ms-export -a arc -u anna -q --format mboxrd folder:INBOX >made.mbox
cat >parts.py <<'END'
import mailbox, sys
m = next(iter(mailbox.mbox(sys.argv[1])))
for p in m.walk():
    assert not p.defects, p.defects
    print(p.get_content_type(), p.get_filename(), len(p.get_payload(decode=True) or b""))
END
python3 parts.py made.mbox >parts
cat >want <<'END'
multipart/mixed None 0
text/plain None 8
application/octet-stream big.bin 70000
message/rfc822 Inner.eml 0
multipart/mixed None 0
text/plain None 0
application/octet-stream small.txt 5
END
head -n 7 parts >got
same '  its parts' want got
ok '  an OLE object is a file of its own' grep -q '^application/x-ole-storage attachment-3 ' parts

# ---- a journal ----
"$build/unit/mapi-msg" --make-journal report.msg
ms-init -u admin firm
for u in anna ben cleo; do ms-users -a firm add --address $u@firm.example $u; done
status 'a journal report as an item of Outlook' 0 ms-ingest -a firm --assign \
	--own-address journal@firm.example --journal report.msg
ok '  is known as one' grep -qx 'ms-ingest: 1 journal report' err
ms-list -a firm --json | jq -r '[.user, .folder, .subject] | join(" ")' | sort >got
cat >want <<'END'
anna anna@firm.example/Sent Items Secret
ben ben@firm.example/Inbox Secret
cleo cleo@firm.example/Inbox Secret
END
same '  its original goes to all users of the envelope' want got
ms-export -a firm -q --format mboxrd user:cleo >got
ok '  as a message of its own' grep -q '^The original' got
ok '  without the report' absent -q 'journal-sender' got
status 'again' 0 ms-ingest -a firm --assign --own-address journal@firm.example --journal report.msg
ok '  nothing is new' grep -q ' 0 new, 1 known' err
status 'without --journal it is a message' 0 ms-ingest -a firm --assign --own-address journal@firm.example report.msg
ok '  of nobody' test "$(ms-list -a firm -u @catchall | wc -l)" -eq 1

# ---- damage ----
head -c 3000 made.msg >cut.msg
status 'nothing can be read' 65 ms-ingest -a arc -u anna cut.msg
ok '  the file is named' grep -q '^ms-ingest: cut.msg: ' err
status 'a damaged file costs itself' 1 ms-ingest -a arc -u anna cut.msg made.msg
ok '  the next one is read' grep -q ' 1 known' err
printf '\320\317\021\340\241\261\032\341' >short.msg
status 'the header of OLE2 alone' 65 ms-ingest -a arc -u anna short.msg

# ---- options ----
status 'a code page that is none' 64 ms-ingest -a arc -u anna --codepage 7 made.msg
ok '  it is named' grep -q -- '--codepage: 7 is not a known code page' err
status 'a known code page' 0 ms-ingest -a arc -u anna --codepage 1251 made.msg

# ---- the corpora ----
corpora dev
mkdir eml
status 'each MSG file is read' 0 "$build/unit/mapi-msg" eml "$corpus"/msg/*
cat >compare.py <<'END'
import sys
FIELDS = ("recip=", "att=", "embed=", "ole=", "bin=", "bytes=", "hdr=")
def rows(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        for line in f:
            f = line.rstrip("\n").split("\t")
            yield [f[0]] + [x for x in f if x.startswith(FIELDS)]
want, got = (list(rows(p)) for p in sys.argv[1:3])
bad = [(w, g) for w, g in zip(want, got) if w != g]
total = {}
for row in got:
    for x in row[1:]:
        name, n = x.split("=")
        total[name] = total.get(name, 0) + int(n)
print(len([r for r in got if not r[0].isdigit()]), total["recip"], total["att"],
      total["embed"], total["bin"], total["bytes"])
sys.exit(bad != [] or len(want) != len(got))
END
cp out got.tsv
status 'items, recipients and attachments as in truth' 0 \
	python3 compare.py "$corpus/truth/msg.txt" got.tsv
echo '146 1736 118 33 84 3627220' >want
same '  and their sums' want out

# Each message is read without a defect, and has what its file has. Without a
# header of its own, its fields have all recipients.
cat >messages.py <<'END'
import email, email.policy, os, sys
items = {}
for line in open(sys.argv[1], encoding="utf-8"):
    f = line.rstrip("\n").split("\t")
    if not f[0].isdigit():
        name, items[f[0]] = f[0], []
    items[name].append(dict(x.split("=") for x in f[2:]))
bad = files = count = 0
for name in sorted(items):
    with open(os.path.join("eml", name + ".eml"), "rb") as f:
        m = email.message_from_bytes(f.read(), policy=email.policy.default)
    own, smime = items[name], "smime" in (m["X-MAPI-Message-Class"] or "")
    sizes = [len(p.get_payload(decode=True)) for p in m.walk()
             if p.get_content_disposition() and p.get_content_maintype() not in ("message", "multipart")
             and p.get_filename() not in ("body.rtf", "contact.vcf")
             and p.get_content_type() != "application/x-ole-storage"]
    inner = sum(p.get_content_type() == "message/rfc822" for p in m.walk())
    people = 0
    for field in ("To", "Cc", "Bcc"):
        for group in m[field].groups if m[field] else ():
            people += len(group.addresses) or 1
    wrong = [str(p.defects) for p in m.walk() if p.defects]
    if not smime and (sum(sizes), inner) != (sum(int(i["bytes"]) for i in own),
                                             sum(int(i["embed"]) for i in own)):
        wrong.append("attachments: %s, %s" % (sizes, own))
    if own[0]["hdr"] == "0" and people < int(own[0]["recip"]):
        wrong.append("%d of %s recipients" % (people, own[0]["recip"]))
    for w in wrong:
        print(name + ": " + w[:200])
    bad += wrong != []
sys.exit(bad)
END
status 'each message is whole, and has no defect' 0 python3 messages.py got.tsv
empty out || cat out

# The text of each message, compared with the property of the file, which is read
# here without libgsf ([MS-CFB], [MS-OXMSG]), in the code page that truth names.
cat >bodies.py <<'END'
import email, email.policy, os, struct, sys
def streams(data):
    shift, mini_shift = struct.unpack_from("<HH", data, 30)
    size, mini = 1 << shift, 1 << mini_shift
    first_dir, = struct.unpack_from("<I", data, 48)
    cutoff, first_mini = struct.unpack_from("<II", data, 56)
    sector = lambda n: data[(n + 1) * size:(n + 2) * size]
    difat = list(struct.unpack_from("<109I", data, 76))
    more, = struct.unpack_from("<I", data, 68)
    while more < 0xfffffffa:
        block = struct.unpack("<%dI" % (size // 4), sector(more))
        difat += block[:-1]
        more = block[-1]
    fat = []
    for n in difat:
        if n < 0xfffffffa:
            fat += struct.unpack("<%dI" % (len(sector(n)) // 4), sector(n))
    def chain(n, table, get):
        out, seen = [], 0
        while n < len(table) and seen < len(table):
            out.append(get(n))
            n = table[n]
            seen += 1
        return b"".join(out)
    entries = chain(first_dir, fat, sector)
    minifat_bytes = chain(first_mini, fat, sector)
    minifat = struct.unpack("<%dI" % (len(minifat_bytes) // 4), minifat_bytes)
    dirs = []
    for at in range(0, len(entries) - 127, 128):
        e = entries[at:at + 128]
        n, = struct.unpack_from("<H", e, 64)
        left, right, child = struct.unpack_from("<3I", e, 68)
        start, length = struct.unpack_from("<IQ", e, 116)
        dirs.append((e[:max(n - 2, 0)].decode("utf-16le", "replace"), e[66], left, right, child, start, length & 0xffffffff))
    small = chain(dirs[0][5], fat, sector)
    todo, found = [dirs[0][4]], {}
    while todo:
        i = todo.pop()
        if i >= len(dirs):
            continue
        name, kind, left, right, child, start, length = dirs[i]
        todo += [left, right]
        if kind == 2 and length < cutoff:
            found[name] = chain(start, minifat, lambda n: small[n * mini:(n + 1) * mini])[:length]
        elif kind == 2:
            found[name] = chain(start, fat, sector)[:length]
    return found
def words(text):
    return " ".join(text.replace("\0", " ").split())
def text_of(path, codepage):
    found = streams(open(path, "rb").read())
    if "__substg1.0_1000001F" in found:
        return found["__substg1.0_1000001F"].decode("utf-16le", "replace")
    text = found.get("__substg1.0_1000001E", b"")
    return text.decode("utf-16le" if text[1:2] == b"\0" else codepage, "replace")
def body_of(path):
    m = email.message_from_bytes(open(path, "rb").read(), policy=email.policy.default)
    for p in m.walk():
        if p.get_content_type() == "message/rfc822":
            break
        if p.get_content_type() == "text/plain" and not p.get_content_disposition():
            return p.get_payload(decode=True).decode(p.get_content_charset() or "ascii", "replace")
    return ""
codepages = {}
for line in open(sys.argv[2], encoding="utf-8", errors="replace"):
    f = line.split("\t")
    if not f[0].isdigit():
        number = [x[3:].split("/") for x in f if x.startswith("cp=")][0]
        codepages[f[0]] = [n for n in number[::-1] if n != "0"]
count = {}
for path in sys.argv[3:]:
    name = os.path.basename(path)
    for n in codepages[name] + ["1252"]:
        try:
            codec = {"65001": "utf-8", "20866": "koi8-r", "50220": "cp932", "28591": "latin-1"}.get(n, "cp" + n)
            "".encode(codec)
            break
        except LookupError:
            pass
    want, got = words(text_of(path, codec)), words(body_of(os.path.join(sys.argv[1], name + ".eml")))
    what = "no text" if not want and not got else "made" if not want else "same" if want == got else "other"
    count[what] = count.get(what, 0) + 1
    if what in ("other", "made"):
        print(what, name)
print(*sorted(count.items()))
END
status 'the text of each message is that of its file' 0 \
	python3 bodies.py eml "$corpus/truth/msg.txt" "$corpus"/msg/*
# Three have only RTF, of which text is made; one is called UTF-8 and is in 1252;
# in one, the text begins with NULs.
cat >want <<'END'
made aspose-.NET__MsgHeaders-ffe613.msg
made aspose-.NET__outputAttachmentRemoved-977f27.msg
made aspose-.NET__outputAttachments.msg
other poi__ASCII_UTF-8_CP1252_LCID1031.msg
other poi__unknown_properties.msg
('made', 3) ('no text', 29) ('other', 2) ('same', 112)
END
same '  but of five files' want out

ms-init all
status 'all files are imported' 1 ms-ingest -a all -u anna --create-user "$corpus/msg"
ok '  but what one of them lacks' grep -q 'unknown_properties.msg: .*: 1 part is missing' err
ok '  and nothing else' test "$(wc -l <err)" -eq 2
status 'a second import finds nothing new' 1 ms-ingest -a all -u anna "$corpus/msg"
ok '  all are known' grep -q ': 0 new, 146 known' err
# In the process that is confined, and outside of it.
status 'the same messages come without the sandbox' 0 ms-ingest -a all -u anna eml
ok '  byte for byte' grep -q ': 0 new, 146 known' err
status 'what is not mail can be left out' 1 ms-ingest -a all -u anna -d Mail --mail-only "$corpus/msg"
ok '  and is counted' grep -q 'items that are not mail: left out' err
finish
