#!/bin/sh
# 1262-ingest-pst.t - PST and OST files of Outlook, those of the corpora: each
# item in its folder, its attachments byte for byte, damage, and what was
# deleted. ms-mapi(7).
. "${0%/*}/lib.sh"

ms-init arc
{ printf '!BDN' && head -c 100000 /dev/zero; } >short.pst
status 'a PST without anything in it' 65 ms-ingest -a arc -u anna --create-user short.pst
ok '  the file is named' grep -q '^ms-ingest: short.pst: ' err
status '  likewise to a stream' 65 sh -c 'ms-ingest --to-stream short.pst >stream'
gzip -k short.pst
status '  likewise when it is compressed' 65 ms-ingest -a arc -u anna --create-user short.pst.gz
ok '    it is one failure' grep -q ' 1 seen: .* 1 failed' err

corpora dev
# Name, items, of them not mail; counted by two other programs.
cat >files <<'END'
apache-testPST.pst 7 0
aspose-email-MapiContactToPST1.pst 6 6
aspose-email-MapiNoteToPST_out.pst 3 3
aspose-email-Outlook.pst 17 2
aspose-email-edaac8-search.pst 1 0
emk-submessage.pst 1 0
emk-test_ansi.pst 1 0
grokify-sample.pst 1 0
mooijtech-32-bit.pst 1 1
npm-pstextractortest-at-outlook.com.ost 183 169
rjohnsondev-dist-list.pst 4 3
END
while read -r name items other; do
	rm -rf one && ms-init -u u one
	status "$name is read" 0 ms-ingest -a one -u u "$corpus/pst/$name"
	ok "  $items items" grep -q "^ms-ingest: $items seen: .*, 0 failed" err
	status '  again' 0 ms-ingest -a one -u u "$corpus/pst/$name"
	ok '    nothing is new' grep -q " 0 new, $items known" err
	status '  without what is not mail' 0 ms-ingest -q -a one -u u -d m --mail-only "$corpus/pst/$name"
	ok "    $other items are left out" test "$(ms-list -a one --json | jq -r .folder | grep -c '^m/')" -le $((items - other))
done <files

# ---- the report: what each folder should have, and has ----
ms-init -u anna rep
status 'a report' 0 ms-ingest -v -a rep -u anna --report report "$corpus/pst/aspose-email-Outlook.pst"
jq -c 'select(.type == "pst_folder") | [.folder, .expected, .items, .failed, .incomplete]' report | sort >got
cat >want <<'END'
["Calendar",1,1,0,0]
["Contacts",1,1,0,0]
["Freebusy Data",1,1,0,0]
["Inbox",8,8,0,0]
["Sent Items",6,6,0,0]
END
same '  has the items of each folder' want got
jq -r 'select(.type == "pst_folder") | "\(.attachments) \(.embedded) \(.bytes)"' report |
	awk '{ a += $1; e += $2; b += $3 } END { print a, e, b }' >got
echo '34 4 552452' >want
same '  attachments, embedded messages and bytes are those of truth/README-pst.md' want got
ok '  -v prints it' grep -q 'Outlook.pst: folder Inbox: 8 of 8 items, ' err
status 'a report without what is not mail' 0 ms-ingest -q -a rep -u anna -d mail --mail-only --report report "$corpus/pst/aspose-email-Outlook.pst"
ok '  counts it' test "$(jq -r 'select(.type == "pst_folder") | .left_out' report | awk '{ n += $1 } END { print n }')" -eq 2
status 'a PST that is damaged at its beginning' 65 ms-ingest -a arc -u anna --create-user \
	"$corpus/pst/aspose-email-AddingBulkMessagesWithImprovedPerformance.pst"
ok '  is named' grep -q 'AddingBulk.*: this PST file: ' err
cp "$corpus/pst/aspose-email-MapiContactToPST1.pst" contacts.pst
touch -d '2001-01-01' contacts.pst && ms-ingest -q --to-stream contacts.pst >want
touch -d '2002-01-01' contacts.pst && ms-ingest -q --to-stream contacts.pst >got
same 'items without a date do not have that of the file' want got

# ---- folders, subjects, attachments ----
status 'a directory of PST files' 1 ms-ingest -a arc -u anna --create-user "$corpus/pst"
ms-list -a arc --json | jq -r 'select(.folder | test("Outlook/Inbox$")) | .subject' | sort >got
cat >want <<'END'
HTML body
Microsoft Office Outlook Test Message
Microsoft Outlook Test Message
Multiple attachments
check sent date of this message
message 1
message 2
this message contains embedded MSG
END
same 'the messages of a folder' want got
ok 'a folder in a file in a directory' test -n "$(ms-list -a arc 'folder:"apache-testPST/Début du fichier de données Outlook"')"
ok 'the folders of an OST begin below its root' test -n "$(ms-list -a arc 'folder:"npm-pstextractortest-at-outlook.com/Calendar/United States holidays"')"
ms-export -a arc -q --format mboxrd -o all.mbox
cat >whole.py <<'END'
import email, email.policy, mailbox, sys
box = mailbox.mbox(sys.argv[1], factory=lambda f: email.message_from_binary_file(f, policy=email.policy.default))
count = size = bad = inner = 0
for m in box:
    for p in m.walk():
        bad += bool(p.defects)
        inner += p.get_content_type() == "message/rfc822"
        if (p.get_content_disposition() and p.get_content_maintype() not in ("message", "multipart")
                and p.get_filename() not in ("body.rtf", "contact.vcf")):
            count += 1
            size += len(p.get_payload(decode=True))
print(bad, inner, count, size)
END
ms-ingest -a arc -u anna -d again --progress=json "$corpus/pst/npm-pstextractortest-at-outlook.com.ost" 2>err
grep '^{' err >json
ok 'the progress counts items, of all items' \
	jq -se 'length > 0 and all(.messages > 0 and .messages <= 183 and .messages_total == 183)' json
status 'messages of it are read by Python' 0 python3 whole.py all.mbox
# Two other programs counted 73 attachments, of which 8 are messages, and the
# bytes of the others.
echo '0 8 65 1393292' >want
same '  without a defect, and each attachment is there' want out

# Items with those in messages, and how many of them have text and HTML. Truth
# counts 40 texts, of which two are equal to a third (sticky notes) and one is
# blank; one more is made of RTF; and 45 forms of HTML: two more are made of RTF.
cat >bodies.py <<'END'
import email, email.policy, re, sys
data = open(sys.argv[1], "rb").read()
plain = html = items = 0
def item(m):
    global plain, html, items
    items += 1
    p = h = 0
    todo = [m]
    while todo:
        q = todo.pop()
        t = q.get_content_type()
        if t == "message/rfc822":
            item(q.get_payload(0))
        elif q.is_multipart():
            todo += q.get_payload()
        elif t == "text/plain" and not q.get_content_disposition() and q.get_payload(decode=True).strip():
            p = 1
        elif t == "text/html" and not q.get_content_disposition():
            h = 1
    plain += p
    html += h
for text in re.split(rb"(?m)^From [^\n]*\n", data)[1:]:
    item(email.message_from_bytes(text, policy=email.policy.default))
print(items, plain, html)
END
status 'the bodies of the messages' 0 python3 bodies.py all.mbox
echo '231 38 47' >want
same '  text and HTML, as truth/pst-recipients-bodies.txt has them' want out

# ---- large files, pipes, containers ----
cp "$corpus/pst/apache-testPST.pst" large.pst
truncate -s 3G large.pst
ms-init -u u large
status 'a PST of 3 GiB' 0 ms-ingest -a large -u u large.pst
ok '  7 items' grep -q '^ms-ingest: 7 seen: 7 new' err
status 'a PST from a pipe' 0 sh -c 'cat "$1" | ms-ingest -a large -u u -' sh "$corpus/pst/apache-testPST.pst"
ok '  the same items' grep -q '^ms-ingest: 7 seen: 0 new, 7 known' err
tar -czf pst.tar.gz -C "$corpus/pst" apache-testPST.pst
status 'a PST in a container' 0 ms-ingest -a large -u u pst.tar.gz
ok '  the same items' grep -q '^ms-ingest: 7 seen: 0 new, 7 known' err
if [ -n "$MS_SOAK" ]; then
	status 'a PST of 3 GiB from a pipe' 0 sh -c 'cat large.pst | ms-ingest -a large -u u -'
	ok '  the same items' grep -q '^ms-ingest: 7 seen: 0 new, 7 known' err
fi
rm large.pst

# ---- damage ----
cat >damage.py <<'END'
import random, sys
data = bytearray(open(sys.argv[1], "rb").read())
r = random.Random(int(sys.argv[3]))
for _ in range(int(sys.argv[4])):
    data[r.randrange(len(data) // 100, len(data))] ^= 1 << r.randrange(8)
open(sys.argv[2], "wb").write(data[:r.randrange(len(data) // 2, len(data)) if r.random() < .3 else None])
END
seeds=12
[ -z "$MS_SOAK" ] || seeds=500
seed=0 other=0
while [ $((seed += 1)) -le $seeds ]; do
	python3 damage.py "$corpus/pst/aspose-email-Outlook.pst" damaged.pst $seed $((seed * 40))
	rm -rf one && ms-init -u u one
	ms-ingest -q -a one -u u damaged.pst 2>err
	case $? in
	0 | 1 | 65) ;;
	*) other=$((other + 1)) && note "seed $seed: $(cat err)" ;;
	esac
done
ok "each of $seeds damaged files is read or named" test $other -eq 0

status 'what was deleted' 0 ms-ingest -a arc -u anna -d deleted --recover "$corpus/pst/aspose-email-Outlook.pst"
ok '  is in a folder of its own' grep -Eq '(18|19|2[0-9]) seen' err
head -c 2000000 "$corpus/pst/aspose-email-Outlook.pst" >cut.pst
status 'in a file that is cut off' 1 ms-ingest -a arc -u anna -d cut --recover cut.pst
ok '  the search fails, and is named' grep -q 'cut.pst: folder Recovered items: what was deleted: ' err
ok '  after all other items' grep -Eq ' 1[0-9] seen: .* 1 failed' err
finish
