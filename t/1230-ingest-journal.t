#!/bin/sh
# 1230-ingest-journal.t - journal reports: who gets the originals, and which
# reports count.
. "$(dirname "$0")/lib.sh"

. "$top/t/lib-journal.sh"

# ---- every kind of report ----

new arc
status 'a journal is ingested' 0 ingest -a arc --journal journal
mv err journal.err
table arc <all
same 'each user has the originals, and unknown mail is kept' want got
ok 'the run says how many reports there were' grep -qx 'ms-ingest: 39 journal reports' journal.err
grep -o 'journal report is broken.*' journal.err | sort >got
printf 'journal report is broken, and is kept whole: %s\n' \
	'it has a part that is not a message' 'it is cut off' \
	'it is cut off' 'it is cut off' 'its envelope names no address' 'its original is empty' \
	'its original is not encoded correctly' | sort >want
same 'broken reports are named, with the reason' want got
status 'the journal is read again' 0 ingest -a arc --journal journal
ok 'nothing is new' grep -q ': 0 new, 42 known, 0 left out, 0 failed' err
status 'ms-verify finds no error' 0 ms-verify -q -a arc --data

# The same as a stream, which is how ms-fetch gives it.
new raw && new streamed
ms-ingest -q -a raw -u admin journal
ms-export -q -a raw --format stream >stream
status 'the journal is a message stream' 0 ingest -a streamed --journal <stream
table streamed <all
same 'each user has the same' want got

# The same as an mbox, and by LMTP, where the last line of a report that is cut
# gets its end.
python3 - in.mbox session <<'END'
import os, re, sys
with open(sys.argv[1], "wb") as mbox, open(sys.argv[2], "wb") as s:
    s.write(b"LHLO x\r\n")
    for name in sorted(os.listdir("journal")):
        with open("journal/" + name, "rb") as f:
            text = f.read()
        text += b"" if text.endswith(b"\n") else b"\r\n"
        mbox.write(b"From x@y Mon Nov  2 10:00:00 2026\r\n"
                   + re.sub(rb"(?m)^(>*From )", rb">\1", text) + b"\r\n")
        s.write(b"MAIL FROM:<>\r\nRCPT TO:<journal@firm.example>\r\nDATA\r\n"
                + re.sub(rb"(^|(?<=\r\n))\.", b"..", text) + b".\r\n")
    s.write(b"QUIT\r\n")
END
new boxed && new sent
status 'the journal is an mbox' 0 ingest -a boxed --journal --unquote in.mbox
table boxed <all
grep -v '^in/cut' want >want.whole
grep '^[io]' got | grep -v '^in/cut' >got.whole
same 'each user has the same' want.whole got.whole
ok 'nothing is missing' test "$(wc -l <got)" -eq "$(wc -l <want)"
status 'the journal comes by LMTP' 0 ingest -a sent --journal --lmtp <session
ok 'each message is accepted' \
	test "$(grep -c '^250 2.0.0 In the archive' out)" -eq "$(ls journal | wc -l)"
table sent <all
grep '^[io]' got | grep -v '^in/cut' >got.whole
same 'each user has the same' want.whole got.whole
ok 'nothing is missing' test "$(wc -l <got)" -eq "$(wc -l <want)"
status 'the journal comes by LMTP again' 0 ingest -a sent --journal --lmtp <session
ok 'nothing is new' grep -q ': 0 new, 42 known, 0 left out, 0 failed' err

# ---- which reports count ----

new plain
status 'without an option, reports are ordinary mail' 0 ingest -a plain \
	r/in/bcc.eml r/in/nested.eml r/in/nested-forged.eml r/in/cut.eml forged
table plain <<'END'
in/bcc.eml ?
in/nested.eml ?
in/cut.eml ?
in/forged.eml ?
in/forged-from.eml ?
in/forged-below.eml ?
in/forged-bare.eml ?
in/nested-forged.eml ?
END
same 'nobody is named by them' want got

new trusted
status 'reports of one sender count' 0 ingest -a trusted \
	--journal-sender x@firm.example,"$exchange" r/in/bcc.eml r/in/nested.eml \
	r/in/nested-own.eml r/in/nested-forged.eml r/in/cut.eml r/in/e2003-bcc.eml forged
table trusted <<'END'
out/bcc anna/s ben/r
out/nested ben/r
out/nested-own anna/s cleo/r
out/nested-forged ?
in/cut.eml anna/s ben/r cleo/r
in/e2003-bcc.eml anna/s cleo/r
in/forged.eml ?
in/forged-from.eml ?
in/forged-below.eml ?
in/forged-bare.eml ?
END
same 'forged reports do not: other senders, the right one below the hop, or no hop' want got

# A report that has passed two own servers.
{ echo 'Received: from a by b; Mon, 2 Nov 2026 10:00:01 +0000' && cat r/in/to.eml; } >hops.eml
new one && new two
status 'with one trusted hop' 0 ingest -a one --journal-sender "$exchange" hops.eml
status 'with two' 0 ingest -a two --journal-sender "$exchange" --trusted-hop 2 hops.eml
rows one | cut -f 2 >got && printf '?\n' >want
same 'Return-Path below the trusted hop does not count' want got
rows two | cut -f 2 >got && printf 'anna/s\nben/r\n' >want
same 'Return-Path above the trusted hop counts' want got

# ---- options ----

new keep
status 'reports are kept' 0 ingest -a keep --journal --keep-reports r/in/bcc.eml r/in/cut.eml
table keep <<'END'
out/bcc anna/s ben/r
in/bcc.eml @multidrop
in/cut.eml anna/s ben/r cleo/r
END
sed -i 's/\t@multidrop\t.*/\t@multidrop/' got
same 'the report is mail of the mailbox, so that only its users see Bcc' want got
status 'they are kept once' 0 ingest -a keep --journal --keep-reports r/in/bcc.eml r/in/cut.eml
ok 'nothing is new then' grep -q ': 0 new, 3 known, 0 left out, 0 failed' err

status 'a dry run' 0 ingest -a arc -n --journal r/in/forwarded.eml r/in/bcc.eml r/in/unknown.eml r/in/cut.eml
cut -f 1-6 out >got
cat >want <<'END'
r/in/forwarded.eml	anna	anna@firm.example/Sent Items	sent	anna@firm.example	Sender of a report
r/in/forwarded.eml	ben	ben@firm.example/Inbox	received	ben@firm.example	To of a report
r/in/forwarded.eml	cleo	cleo@firm.example/Inbox	received	cleo@firm.example	Forwarded of a report
r/in/bcc.eml	anna	anna@firm.example/Sent Items	sent	anna@firm.example	Sender of a report
r/in/bcc.eml	ben	ben@firm.example/Inbox	received	ben@firm.example	Bcc of a report
r/in/unknown.eml	@catchall	Unknown E-mail Addresses	unknown	y@other.example, x@other.example	
r/in/cut.eml	anna	anna@firm.example/Sent Items	sent	anna@firm.example	Sender of a report
r/in/cut.eml	ben	ben@firm.example/Inbox	received	ben@firm.example	To of a report
r/in/cut.eml	cleo	cleo@firm.example/Inbox	received	cleo@firm.example	Bcc of a report
END
same 'prints who would get the originals, and which line names them' want got
ok 'the originals are known' grep -q ': 0 new, 4 known' err

new left
status 'reports for unknown addresses are left' 0 ingest -a left --journal \
	--unknown leave --report rep r/in/unknown.eml r/in/nameless.eml r/in/to.eml
ok 'the addresses of an envelope are named' grep -q \
	'unknown.eml.*unknown addresses: y@other.example, x@other.example' rep
ok 'a broken report without addresses is named' grep -q 'nameless.eml.*unknown addresses: none' rep
ok 'both are counted' grep -q ': 1 new, 0 known, 2 left out, 0 failed' err
ms-users -a left addresses --add dora x@other.example
status 'the address is given to a user, and the mailbox is read again' 0 ingest -a left \
	--journal --unknown leave r/in/unknown.eml r/in/nameless.eml r/in/to.eml
table left <<'END'
out/to anna/s ben/r
out/unknown dora/r
END
same 'the original is filed' want got

for option in --journal "--journal-sender a@firm.example" --keep-reports; do
	# shellcheck disable=SC2086 # two words
	status "$option needs --assign" 64 ms-ingest -a arc $option r/in/to.eml
done
status '--keep-reports needs reports' 64 ingest -a arc --keep-reports r/in/to.eml
status 'the sender is an address' 64 ingest -a arc --journal-sender exchange r/in/to.eml

# ---- a large report ----

# It is larger than what ms-ingest has in memory for its pipeline.
"$top/t/mailgen.py" big 60000000 base64 >big
{
	sed '/^Content-Type: message/,$d' r/in/to.eml
	printf 'Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n'
	base64 big
	printf '\r\n--_000_to--\r\n'
} >big.eml
new large && ms-init -u anna alone
status 'a large original in base64' 0 "$top/t/peak.py" peak ms-ingest --assign -a large --journal big.eml
status 'the same without a report' 0 "$top/t/peak.py" peak.alone ms-ingest -a alone -u anna big
rows large >got && rows alone | cut -f 1 | sed 's|\(.*\)|\1\tanna/s\n\1\tben/r|' >want
same 'the large original is exact' want got
if [ "${SAN-}" != 1 ]; then
	ok 'the report is not in memory' [ "$(cat peak)" -lt "$(($(cat peak.alone) + 30000))" ]
	note "$(cat peak) KiB, $(cat peak.alone) KiB without a report"
fi
finish
