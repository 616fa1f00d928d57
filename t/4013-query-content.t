#!/bin/sh
# 4013-query-content.t - terms about the parts and the text of a message: words,
# body:, text:, has:attachment, attachment:, type:, is:encrypted, is:signed,
# is:unsearchable.
# ms-query(7), Terms of the content.
. "$(dirname "$0")/lib.sh"
export MS_ARCHIVE=arc MS_USER=anna
ms-init arc && mkdir mail || exit 1

# mail NAME FIELDS...: a message with this subject; the body comes from stdin.
mail() {
	_name=$1 && shift
	{
		printf 'Subject: %s\nMessage-ID: <%s@x>\nMIME-Version: 1.0\n' "$_name" "$_name"
		[ $# -eq 0 ] || printf '%s\n' "$@"
		echo
		cat
	} >"mail/$_name.eml"
}
multi='Content-Type: multipart/mixed; boundary=b'
echo 'The quick brown fox' | mail plain
echo '<p>The <b>quick</b> red&nbsp;fox &eacute;t&eacute;</p>' | mail html 'Content-Type: text/html; charset=utf-8'
printf 'R3LDvMOfZSBhdXMgS8O2bG4=\n' | mail coded 'Content-Type: text/plain; charset=utf-8' 'Content-Transfer-Encoding: base64'
printf '東京都に行く\n' | mail tokyo 'Content-Type: text/plain; charset=utf-8'
mail pdf "$multi" <<'END'
--b

See the report.
--b
Content-Type: application/pdf; name="Report 2024.pdf"
Content-Disposition: attachment; filename="Report 2024.pdf"
Content-Transfer-Encoding: base64

JVBERi0=
--b--
END
mail named "$multi" <<'END'
--b

See the notes.
--b
Content-Type: text/plain; charset=utf-8
Content-Disposition: attachment; filename*=utf-8''Z%C3%BCge.txt

hidden words
--b--
END
mail rich "$multi" <<'END'
--b

See the letter.
--b
Content-Type: application/rtf
Content-Disposition: attachment; filename=letter.rtf

{\rtf1 Dear \b walrus\b0 , hello}
--b--
END
mail broken "$multi" <<'END'
--b

See the table.
--b
Content-Type: application/vnd.openxmlformats-officedocument.wordprocessingml.document
Content-Disposition: attachment; filename=table.docx

no zip
--b--
END
mail people 'From: Zoe Quick <zoe@example.org>' 'To: yves@example.org' 'Cc: Xaver <xaver@example.org>' </dev/null
mail inner "$multi" <<'END'
--b

forwarded
--b
Content-Type: message/rfc822

From: carol@example.org
Subject: zebra crossing

embedded text
--b--
END
mail image 'Content-Type: multipart/related; boundary=b' <<'END'
--b
Content-Type: text/html

<img src="cid:1">picture
--b
Content-Type: image/png
Content-ID: <1>
Content-Disposition: inline

x
--b--
END
mail sealed 'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b' <<'END'
--b
Content-Type: application/pgp-encrypted

Version: 1
--b
Content-Type: application/octet-stream

secret
--b--
END
mail signed 'Content-Type: multipart/signed; protocol="application/pgp-signature"; micalg=pgp-sha256; boundary=b' <<'END'
--b

signed words
--b
Content-Type: application/pgp-signature; name="signature.asc"

x
--b--
END
status 'the messages are ingested' 0 ms-ingest -q --create-user mail

# Rows: query|subjects, in the order of the alphabet.
cat >rows <<'END'
body:quick|html plain
body:QUICK|html plain
body:"quick brown"|plain
body:"brown quick"|
body:"quick red fox"|html
body:fo*|html inner plain
body:fo|
body:qui*|html plain
body:"qui*"|
body:ete|html
body:gruße|coded
body:GRUSSE|coded
body:koln|coded
body:köln|coded
body:東京|tokyo
body:京都|tokyo
body:都に行|tokyo
body:京東|
body:京|tokyo
body:京*|tokyo
body:p|
body:href|
body:zebra|inner
body:embedded|inner
body:carol|inner
body:"zebra crossing"|inner
body:hidden|
body:secret|
body:report|pdf
body:"signed words"|signed
body:quick -body:brown|html
body:quick or body:zebra|html inner plain
not body:quick|broken coded image inner named pdf people rich sealed signed tokyo
body:quick subject:html|html
subject:plain or body:zebra|inner plain
has:attachment|broken inner named pdf rich
-has:attachment|coded html image people plain sealed signed tokyo
attachment:report|pdf
attachment:REPORT|pdf
attachment:"report 2024"|pdf
attachment:*.pdf|pdf
attachment:*.PDF|pdf
attachment:pdf|pdf
attachment:report*|pdf
attachment:2024*|
filename:pdf|pdf
attachment:zuge|named
attachment:züge.txt|named
attachment:signature|
type:application/pdf|pdf
type:pdf|pdf
type:APPLICATION/PDF|pdf
type:image/*|image
type:image|image
type:image/jpeg|
type:text/html|html image
type:message/rfc822|inner
type:multipart/*|broken image inner named pdf rich sealed signed
type:mixed|broken inner named pdf rich
type:application|broken pdf rich sealed signed
is:encrypted|sealed
is:signed|signed
is:encrypted or is:signed|sealed signed
not (is:encrypted or is:signed) has:attachment type:pdf|pdf
has:attachment smaller:1|
is:unsearchable -subject:pdf|broken sealed
is:unsearchable has:attachment -type:pdf|broken
not is:unsearchable has:attachment -type:pdf|inner named rich
text:quick|html plain
text:hidden|named
text:"hidden words"|named
text:hid*|named
text:"words hidden"|
text:letter|rich
body:walrus|
text:walrus|rich
text:"DEAR WALRUS"|rich
text:secret|
text:rtf|
text:zuge|
text:carol|inner
text:report|pdf
text:東京|tokyo
text:zoe|
text:walrus or body:quick|html plain rich
quick|html people plain
Quick -body:brown|html people
"quick brown"|plain
qui*|html people plain
"qui*"|
hidden|named
walrus|rich
"dear walrus hello"|rich
plain|plain
pdf|pdf
docx|broken
züge|named
letter rtf|rich
"letter rtf"|rich
"letter rich"|
report 2024|pdf
zoe|people
ZOË|people
"zoe quick zoe"|people
zoe@example.org|people
xaver yves|people
xav*|people
"yves xaver"|
carol|inner
京都|tokyo
京*|tokyo
secret|
words|named signed
words -is:signed|named
not (words or quick) text:the|broken pdf rich
subject:pdf report|pdf
subject:pdf walrus|
(walrus or zebra) has:attachment|inner rich
thread:rich@x walrus|rich
thread:pdf@x has:attachment|pdf
thread:plain@x has:attachment|
END
# answers HOW: each query has its answer.
answers() {
	while IFS='|' read -r query want; do
		got=$(ms-list -- "$query" 2>err | cut -f 7 | sort | tr '\n' ' ')
		if [ "$got" = "$want${want:+ }" ] && [ ! -s err ]; then
			pass "$1$query: $want"
		else
			fail "$1$query: $want" && note "found $got" && note "$(cat err)"
		fi
	done <rows
}
answers ''

# ---- the same with the text index ----

# damage: the messages cannot be read from the pack.
middle=$(($(stat -c %s arc/pack/00000001.pack) / 2))
damage() { dd if=/dev/zero of=arc/pack/00000001.pack bs=1 seek=$middle count=50 conv=notrunc status=none; }
cp arc/pack/00000001.pack whole
damage
status 'words of damaged messages are not found' 1 ms-list body:zebra
cp whole arc/pack/00000001.pack
status 'the messages are indexed' 0 ms-index -q
damage
status 'by the text index, words of damaged messages are found' 0 ms-list body:zebra
ok '  it is that message' grep -q 'inner' out
cp whole arc/pack/00000001.pack
answers 'indexed: '
dd if=/dev/zero of=arc/text/00000001.part bs=4096 seek=3 count=90 conv=notrunc status=none
answers 'damaged: '
rm -r arc/text
status 'ms-export finds parts, too' 0 ms-export --format eml has:attachment type:pdf
ok '  it is that message' grep -q '^Subject: pdf' out
status 'ms-show finds words without the text index' 0 ms-show walrus
ok '  it is that message' grep -q 'rich' out
status 'ms-remove finds words' 0 ms-remove --dry-run body:zebra
ok '  it is that message' grep -q 'inner' out

# Words without a letter or digit, and wrong patterns.
for word in 'has:files' 'body:!' 'body:q*' 'body:"- "' 'body:a*b' 'text:!' 'q*' '!' '"- "' 'a*b'; do
	status "refused: $word" 64 ms-list "$word"
done
finish
