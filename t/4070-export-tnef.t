#!/bin/sh
# 4070-export-tnef.t - ms-export --expand-tnef: winmail.dat becomes parts that
# every program reads; nothing else changes. ms-export(1), Winmail.dat.
. "${0%/*}/lib.sh"

# make.py FOLDER: writes messages with TNEF in each of its forms.
cat >make.py <<'END'
import base64, os, struct, sys

def attribute(level, id, value):
    return struct.pack("<BII", level, id, len(value)) + value + struct.pack("<H", sum(value) & 0xffff)

def tnef(*attributes):
    return struct.pack("<IH", 0x223e9f78, 1) + b"".join(attributes)

def attachment(name, data):
    return (attribute(2, 0x00069002, bytes(14)) + attribute(2, 0x00018010, name + b"\0")
            + attribute(2, 0x0006800f, data))

def html(text): # a list of one property
    return attribute(1, 0x00069003, struct.pack("<IHHII", 1, 0x0102, 0x1013, 1, len(text)) + text + bytes(-len(text) % 4))

TEXT = tnef(attribute(1, 0x0002800c, b"The text\0"), html(b"<p>The text</p>"), attachment(b"a.txt", b"attached"))
FILES = tnef(attachment(b"one.bin", bytes(range(256))), attachment(b"two.txt", b"From here\nFrom there\n"))
MEETING = tnef(attribute(1, 0x00078008, b"IPM.Microsoft Schedule.MtgReq\0"), attribute(1, 0x00018004, b"Meet\0"))
CUT = FILES[:-9]

def part(data, type="application/ms-tnef", name="winmail.dat"):
    return (f'Content-Type: {type};\n name="{name}"\nContent-Transfer-Encoding: base64\nX-Part: kept\n folded\n'
            f'Content-Disposition: attachment;\n filename="{name}"\n\n' + base64.encodebytes(data).decode())

def mixed(*parts, type="multipart/mixed", boundary="b"):
    return (f"Content-Type: {type}; boundary={boundary}\n\nbefore\n"
            + "".join(f"--{boundary}\n{p}\n" for p in parts) + f"--{boundary}--\nafter\n")

def message(subject, entity, mime="MIME-Version: 1.0\n"):
    return (f"From: Ann <ann@example.org>\nSubject: {subject}\nDate: Mon, 1 Jan 2024 10:00:00 +0000\n"
            + mime + entity)

PLAIN = "Content-Type: text/plain\n\nPlain\n"
FORMS = {
    "text": mixed(PLAIN, part(TEXT)),
    "crlf": mixed(PLAIN, part(TEXT)),
    "files": mixed(PLAIN, part(FILES)),
    "meeting": mixed(PLAIN, part(MEETING)),
    "whole": part(FILES),
    "named": mixed(PLAIN, part(FILES, type="application/octet-stream", name="WINMAIL.DAT")),
    "vnd": mixed(part(FILES, type="application/vnd.ms-tnef", name="x")),
    "twice": mixed(part(TEXT), part(FILES), part(TEXT)),
    "attached": mixed(PLAIN, "Content-Type: message/rfc822\n\n" + message("inner", part(FILES), "")),
    "cut": mixed(PLAIN, part(CUT), part(FILES)),
    "empty": mixed(part(b"")),
    "signed": mixed(mixed(part(TEXT), "Content-Type: application/pkcs7-signature\n\nx\n", boundary="s"),
                    type="multipart/signed"),
    "other": mixed(part(b"no TNEF", type="application/octet-stream")),
    "word": mixed("Content-Type: text/plain\n\nContent-Type: application/ms-tnef\n"),
    "none": PLAIN,
}
for name in FORMS:
    text = message(name, FORMS[name]).encode()
    with open(os.path.join(sys.argv[1], name + ".eml"), "wb") as f:
        f.write(text.replace(b"\n", b"\r\n") if name == "crlf" else text)
END
mkdir in && python3 make.py in
ms-init -u anna arc
ms-ingest -q -a arc -u anna in
export MS_ARCHIVE=arc

# take FOLDER: gives the files of an export the names of the messages.
take() {
	for f in in/*.eml; do
		f=${f##*/} && mv "$1/anna"/*/*_"${f%.eml}"_*.eml "$1/$f"
	done
	rm -r "$1/anna"
}
status 'without the option' 0 ms-export -q --format eml -o plain
take plain
ok '  each message has the bytes of the archive' diff -r in plain
status 'with the option' 1 ms-export --format eml -o new --expand-tnef
take new
sed -n 's/.*\(winmail.dat is kept\)/\1/p' err | sort >got
cat >want <<'END'
winmail.dat is kept as it is, because it is signed
winmail.dat is kept as it is: 2 parts are missing from this message: the rest of winmail.dat is damaged
winmail.dat is kept as it is: TNEF of 0 bytes
END
same '  what is kept is named' want got
sed -n 's/^ms-export: \([0-9a-f]\{64\}\): .*/id:\1/p' err | xargs ms-list --json | jq -r .subject | sort >got
printf 'cut\nempty\nsigned\n' >want
same '  by the id of its message' want got
ok '  and counted if it failed' grep -q '15 messages exported to new, .*; 2 failed' err
for f in empty signed other word none; do cmp in/$f.eml new/$f.eml; done >got 2>&1
ok '  messages without anything to replace are as they were' test ! -s got

cat >show.py <<'END'
import email, email.policy, sys
for path in sys.argv[1:]:
    with open(path, "rb") as f:
        m = email.message_from_bytes(f.read(), policy=email.policy.default)
    print(m["Subject"])
    for p in m.walk():
        assert not p.defects, (path, p.defects)
        print(" ", p.get_content_type(), p.get_filename(), len(p.get_payload(decode=True) or b""))
END
status 'Python finds no defect in them' 0 python3 show.py new/text.eml new/files.eml new/meeting.eml \
	new/whole.eml new/twice.eml new/attached.eml new/cut.eml
cat >want <<'END'
text
  multipart/mixed None 0
  text/plain None 6
  multipart/mixed None 0
  multipart/alternative None 0
  text/plain None 8
  text/html None 15
  application/octet-stream a.txt 8
files
  multipart/mixed None 0
  text/plain None 6
  multipart/mixed None 0
  application/octet-stream one.bin 256
  application/octet-stream two.txt 21
meeting
  multipart/mixed None 0
  text/plain None 6
  text/calendar None 203
whole
  multipart/mixed None 0
  application/octet-stream one.bin 256
  application/octet-stream two.txt 21
twice
  multipart/mixed None 0
  multipart/mixed None 0
  multipart/alternative None 0
  text/plain None 8
  text/html None 15
  application/octet-stream a.txt 8
  multipart/mixed None 0
  application/octet-stream one.bin 256
  application/octet-stream two.txt 21
  multipart/mixed None 0
  multipart/alternative None 0
  text/plain None 8
  text/html None 15
  application/octet-stream a.txt 8
attached
  multipart/mixed None 0
  text/plain None 6
  message/rfc822 None 0
  multipart/mixed None 0
  application/octet-stream one.bin 256
  application/octet-stream two.txt 21
cut
  multipart/mixed None 0
  text/plain None 6
  application/ms-tnef winmail.dat 384
  multipart/mixed None 0
  application/octet-stream one.bin 256
  application/octet-stream two.txt 21
END
same '  their parts' want out
sed '/^X-Part/,$d' new/files.eml >got
sed '/^Content-Type: app/,$d' in/files.eml >want
same 'what is around the part is as it was' want got
ok '  also after it' test "$(tail -n 2 new/files.eml)" = "$(printf -- '--b--\nafter')"
ok 'an attached message gets a MIME-Version' test "$(grep -c '^MIME-Version: 1.0$' new/attached.eml)" -eq 2
ok 'lines end as those of the message' absent -q "$(printf '\r')" new/text.eml
tr -d '\r' <new/crlf.eml | sed 's/crlf/text/' >got
same '  the same with CRLF' new/text.eml got
ok '    in each line' test "$(grep -c "$(printf '\r')\$" new/crlf.eml)" -eq "$(wc -l <new/crlf.eml)"

# ---- other formats, and a second time ----
status 'again' 1 ms-export -q --format eml -o again --expand-tnef
take again
ok '  the same bytes' diff -r new again
ms-list subject:files >line
status 'a message of a line' 0 sh -c 'ms-export -q --format eml --eol lf --expand-tnef - <line >one'
same '  is the same' new/files.eml one
status 'an mbox' 1 ms-export -q --format mboxrd --expand-tnef folder:INBOX
python3 -c 'import mailbox
for m in sorted(mailbox.mbox("out"), key=lambda m: m["Subject"]):
    print(m["Subject"], sum(1 for p in m.walk()), [p.defects for p in m.walk() if p.defects])' | grep -E '^(files|text)' >got
printf 'files 5 []\ntext 7 []\n' >want
same '  has the parts' want got
status 'an archive that has messages in two folders, and moves' 0 ms-ingest -q -u anna -d Other in/files.eml
status '  a stream of it' 1 sh -c 'ms-export -q --expand-tnef >stream'
ok '  says that some failed' grep -q 'messages=16; failed=2; status=1$' stream
ms-init -u anna two
status '  another archive reads it' 1 ms-ingest -a two --format stream stream
ok '    completely' grep -q ' 0 failed' err
ms-export -q -a two --format eml -o back subject:files folder:Other 2>err || note "$(cat err)"
same '    with the same bytes' new/files.eml "$(echo back/anna/Other/*.eml)"
{
	printf 'From ms-stream@1 Thu Jan  1 00:00:00 1970\nMS-Envelope: user="anna"; source="imap://h/"; folder="INBOX"; uid="1/5"\n'
	cat in/files.eml
	printf '\nFrom ms-stream@1 Thu Jan  1 00:00:00 1970\nMS-Envelope: user="anna"; source="imap://h/"; folder="INBOX"; uid="1/6"; ref="%s"\n\n' \
		"$(perl -pe 's/\n/\r\n/' in/files.eml | sha256sum | cut -c 1-64)"
	printf 'From ms-stream@1 Thu Jan  1 00:00:00 1970\nMS-Envelope: end; messages=2; failed=0; status=0\n\n'
} >places
ms-init -u anna twice.arc && ms-init -u anna third.arc
status 'an archive that has a message in two places' 0 ms-ingest -q -a twice.arc --format stream places
status '  a stream of it is read' 0 sh -c 'ms-export -q -a twice.arc --expand-tnef | ms-ingest -q -a third.arc'
ms-export -q -a third.arc >got
ok '  its reference has the id of the new bytes' test "$(grep -c 'uid="1/[56]"' got)" -eq 2
status 'nothing is read for a dry run' 0 ms-export -n --format eml -o x --expand-tnef
status 'a report' 1 ms-export -q --format eml -o three --expand-tnef --report report
ok '  has the failures' test "$(jq -r 'select(.type == "failed") | .reason' report | grep -c '^winmail.dat is kept')" -eq 2
ok '  and the remark' test "$(jq -r 'select(.type == "note") | .reason' report | grep -c 'signed$')" -eq 1

# ---- the corpora ----
corpora dev
mkdir real
cat >wrap.py <<'END'
import base64, os, sys
for path in sys.argv[1:]:
    name = os.path.basename(path)
    with open(path, "rb") as f, open(os.path.join("real", name + ".eml"), "wb") as out:
        out.write(b"Subject: " + name.encode() + b"\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
                  b"--b\nContent-Type: application/ms-tnef\nContent-Transfer-Encoding: base64\n\n"
                  + base64.encodebytes(f.read()) + b"--b--\n")
END
python3 wrap.py "$corpus"/tnef/*
ms-init -u anna real.arc
status 'real files' 0 ms-ingest -q -a real.arc -u anna real
status '  are expanded' 1 ms-export -q -a real.arc --format eml -o real.new --expand-tnef
ok '  but one' test "$(wc -l <err)" -eq 1
status '  without a defect' 0 python3 show.py real.new/anna/*/*.eml
grep -v '^  \(multipart/\|text/\|application/rtf\)' out >got
cat >want <<'END'
MimeKit__christmas.tnef
  application/octet-stream kitten-playing-with-a-christmas-tree.jpg 375081
  message/rfc822 Untitled Attachment.eml 0
  message/rfc822 Untitled Attachment.eml 0
  application/octet-stream kitten-playing-with-a-christmas-tree.jpg 375081
MimeKit__data-before-name.tnef
  application/octet-stream AUTOEXEC.BAT 0
  application/octet-stream CONFIG.SYS 0
  application/octet-stream boot.ini 289
MimeKit__missing-filenames.tnef
  application/octet-stream generpts.src 61210
  application/octet-stream TechlibDEC99.doc 33792
  application/octet-stream TechlibDEC99-JAN00.doc 34304
  application/octet-stream TechlibNOV99.doc 33792
MimeKit__multi-name-property.tnef
MimeKit__multi-value-attribute.tnef
  audio/mp3 208225__5_seconds__Voice_Mail.mp3 10656
MimeKit__panic.tnef
  application/ms-tnef None 67359
MimeKit__rtf.tnef
MimeKit__triples.tnef
poi__winmail-sample1.dat
  application/octet-stream zappa_av1.jpg 2937
  application/octet-stream bookmark.htm 85805
roundcubemail__one-file.tnef
  application/octet-stream AUTHORS 244
roundcubemail__winmail-10193.tnef
  image/png image.png 34965
  image/png image.png 39201
  image/png image.png 37205
END
same '  their attachments, as truth/tnef.txt has them where it has any' want got
ms-init -u anna eml.arc
ms-ingest -q -a eml.arc -u anna "$corpus/eml" 2>/dev/null
ms-export -q -a eml.arc --format mboxrd -o eml.plain 2>/dev/null
status 'real messages' 1 ms-export -q -a eml.arc --format mboxrd -o eml.new --expand-tnef
cat >differ.py <<'END'
import email, email.policy, re, sys
def parts(message):
    m = email.message_from_bytes(message, policy=email.policy.default)
    return [p.get_content_type() for p in m.walk()], [p.defects for p in m.walk() if p.defects]
boxes = [re.split(rb"(?m)^From [^\n]*\n", open(p, "rb").read()) for p in sys.argv[1:]]
assert len(boxes[0]) == len(boxes[1])
for a, b in zip(*boxes):
    if a != b:
        was, now = parts(a), parts(b)
        print(was[0].count("application/ms-tnef"), now[0].count("application/ms-tnef"), now[1])
END
status '  only those with TNEF change' 0 python3 differ.py eml.plain eml.new
finish
