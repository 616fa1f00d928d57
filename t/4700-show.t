#!/bin/sh
# 4700-show.t - ms-show: what it prints of a message, parts and bytes, errors,
# rights, and that nothing from mail reaches a terminal as a command.
# shellcheck disable=SC2154 # set by lib.sh
. "$(dirname "$0")/lib.sh"
command -v jq >/dev/null || skip jq 'no jq'
command -v python3 >/dev/null || skip python3 'no python3'
export MS_ARCHIVE=arc MS_USER=anna TZ=Europe/Berlin
ms-init -u anna arc || exit 1

cat >hut.eml <<'END'
From: =?utf-8?q?J=C3=BCrgen?= <j@b.example>
To: anna@example.org, Ben <ben@example.org>
Cc: c@example.org
Date: Thu, 1 Jan 2015 10:00:00 -0500
Subject: The hut
Message-ID: <a@b>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: multipart/alternative; boundary=c

--c
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

H=FCtte =1B[31mred=1B]0;title=07 =
and=0D so on

--c
Content-Type: text/html

<p>Hi <b>there</b>

--c--
--b
Content-Type: application/pdf; name="../..//.x y.pdf"
Content-Transfer-Encoding: base64
Content-Disposition: attachment

JVBERi0xLjQKAAEC
--b
Content-Type: text/plain; name="=?utf-8?q?=E2=80=AEfdp.exe?="

an invoice
--b
Content-Type: message/rfc822

From: x@example.org
Subject: inner

inner text
--b--
END
printf 'From: z@example.org\r\nDate: Fri, 1 Jan 2016 10:00:00 +0000\r\nSubject: two\r\n\r\nsecond\r\n' >two.eml
status 'mail is stored' 0 ms-ingest -q hut.eml two.eml
status '  one message in two folders' 0 ms-ingest -q -d Work two.eml
id=$(ms-list subject:hut | cut -f 1)

# ---- a message for people ----

# shown FILE: without what differs in each run.
shown() { sed -E 's/since [0-9-]+ [0-9:]+$/since WHEN/; s/^(Message: )[0-9a-f]{64}$/\1ID/' "$1"; }
cat >want <<'END'
Message: ID
From: Jürgen <j@b.example>
To: anna@example.org, Ben <ben@example.org>
Cc: c@example.org
Date: 2015-01-01 16:00 (Thu, 1 Jan 2015 10:00:00 -0500)
Subject: The hut
Folder: INBOX of anna, since WHEN
Part: 1, text/plain, 36 B
Part: 2, text/html, 19 B
Part: 3, application/pdf, 12 B, "../..//.x y.pdf", attachment
Part: 4, text/plain, 10 B, "?fdp.exe", attachment
Part: 5, message/rfc822, 46 B, attachment
Part: 6, text/plain, 10 B

Hütte ?[31mred?]0;title? and
 so on

an invoice

----------------------------------------
From: x@example.org
Subject: inner

inner text
END
status 'a message' 0 ms-show subject:hut
shown out >got
same '  header, places, parts and text' want got
for by in "$id" "$(echo "$id" | cut -c 1-8)" "$(echo "$id" | tr a-f A-F)" "id:$id"; do
	status "by its id: $by" 0 ms-show "$by"
	shown out >got
	same '  the same' want got
done
status 'several messages' 0 ms-show since:2015
grep -A 2 '^inner text' out >between
ok '  an empty line is between them' test "$(sed -n 2p between)" = ''
ok '  the oldest is first' test "$(grep '^Subject: [Tt]' out | tr '\n' ,)" = 'Subject: The hut,Subject: two,'
ok '  one in two folders is shown once, with both' \
	test "$(grep -c '^Message' out) $(grep -c '^Folder.*Work of anna\|^Folder.*INBOX of anna' out)" = '2 3'
ok '  a message that is only a text has no list of parts' \
	test "$(sed -n '/^Subject: two/,$p' out | grep -c '^Part')" -eq 0

# ---- other forms ----

status '--header: all fields' 0 ms-show --header subject:hut
ok '  each on one line, decoded' grep -qx 'From: Jürgen <j@b.example>' out
ok '  and no text' test "$(grep -c 'MIME-Version: 1.0' out) $(grep -c H.tte out)" = '1 0'
status '--raw: the bytes' 0 ms-show --raw subject:two
same '  as they came' two.eml out
status '--html: the HTML' 0 ms-show --html subject:hut
printf '\357\273\277<p>Hi <b>there</b>\n' >want
same '  in UTF-8' want out
status '--json' 0 ms-show --json since:2015
jq -s -c '.[0] | [.id, .date, .from, .subject, (.places | length), .addresses.to, .parts[2].name,
	.parts[2].size, .parts[2].attachment, .parts[1].shown, (.text | length > 50), .header[6].value]' out >got
printf '["%s","2015-01-01T15:00:00Z","Jürgen <j@b.example>","The hut",1,["anna@example.org","ben@example.org"],"../..//.x y.pdf",12,true,null,true,"1.0"]\n' "$id" >want
same '  keys' want got
ok '  a line for each message' test "$(grep -c '' out)" -eq 2
ms-show subject:hut | sed '1,/^$/d' >want
ms-show --json subject:hut | jq -j .text | tr '\033\007' '??' >got
same '  the text is the one below the header' want got
status '--html of a message without HTML' 64 ms-show --html subject:two
ok '  says so' grep -q 'no HTML' err

# ---- parts ----

printf '%%PDF-1.4\n\000\001\002' >pdf
status '--part' 0 ms-show --part 3 subject:hut
same '  its bytes' pdf out
status '--part -o' 0 ms-show --part 3 -o file.pdf subject:hut
same '  its bytes' pdf file.pdf
status '  a file that exists is kept' 73 ms-show --part 3 -o file.pdf subject:two
same '  as it is' pdf file.pdf
mkdir names && cd names || exit 1
status '--name: the name of the part' 0 ms-show -a ../arc --part 3 --name subject:hut
same '  without directories and dots' ../pdf 'x y.pdf'
ok '  and nothing else' test "$(find . -type f ! -name out ! -name err | wc -l)" -eq 1
status '  a file that exists is kept' 73 ms-show -a ../arc --part 3 --name subject:hut
status '  what turns the text around is not in a name' 0 ms-show -a ../arc --part 4 --name subject:hut
ok '  but something harmless' test -e _fdp.exe
status '  a part without a name' 64 ms-show -a ../arc --part 1 --name subject:hut
cd ..
status 'an embedded message' 0 ms-show --part 5 subject:hut
printf 'From: x@example.org\nSubject: inner\n\ninner text' >want
same '  its bytes' want out

# ---- threads ----

for n in 1 2 3; do
	printf 'From: t@example.org\nDate: Mon, %s Feb 2016 10:00:00 +0000\nSubject: t%s\n' $n $n >t$n.eml
	printf 'Message-ID: <t%s@x>\nReferences: <t%s@x>\n\nx\n' $n $((n - 1)) >>t$n.eml
done
status 'a thread is stored' 0 ms-ingest -q t1.eml t2.eml t3.eml
status '--thread' 0 ms-show --thread subject:t2
ok '  all messages of it, the oldest first' test "$(grep '^Subject' out | tr '\n' ,)" = 'Subject: t1,Subject: t2,Subject: t3,'
status '  several of them' 0 ms-show --thread subject:t2 or subject:t3 or subject:hut
ok '  each message once' test "$(grep -c '^Message' out)" -eq 4
status '  of nothing' 66 ms-show --thread subject:none

# ---- a terminal ----

term() { python3 "$top/t/on-terminal.py" 40 env TERM=xterm PAGER=cat "$@" >out 2>err; }
# harmless: no control but line ends and the colours of ms-show.
harmless() { absent -qaP '[\x00-\x09\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]|\xe2\x80\xae|\xc2[\x80-\x9f]|\x1b(?!\[(0|1|33|1;31)?m)' out; }
for form in '' --raw --header --html '--part 1' '--part 2' '--part 5'; do
	# shellcheck disable=SC2086 # words
	term ms-show $form subject:hut
	ok "on a terminal: $form has no control byte" harmless
done
term ms-show subject:hut
ok 'colours' grep -qa "$(printf '\033\\[1mFrom:')" out
python3 "$top/t/on-terminal.py" 20 env PAGER=cat ms-show subject:hut >out
ok '  long lines are wrapped' grep -qa '^and' out
term env NO_COLOR=1 ms-show subject:hut
ok '  NO_COLOR' absent -qa "$(printf '\033')" out
term ms-show --color never subject:hut
ok '  --color never' absent -qa "$(printf '\033')" out
ms-show --color always subject:hut >out
ok '  --color always' grep -qa "$(printf '\033')" out
term ms-show --part 3 subject:hut
ok 'a part that is no text is refused' grep -qa 'part 3 is application/pdf, and no text for a terminal; use -o FILE' out
ok '  and none of it is there' absent -qa PDF out
python3 "$top/t/on-terminal.py" 80 env 'PAGER=sed s/^/page:/' ms-show subject:hut >out
ok 'PAGER is used' grep -qa '^page:.*The hut' out
python3 "$top/t/on-terminal.py" 80 env 'PAGER=sed s/^/page:/' ms-show --no-pager subject:hut >out
ok '  not with --no-pager' absent -qa page: out

# ---- errors ----

while IFS='|' read -r code words say; do
	# shellcheck disable=SC2086 # words
	status "ms-show $words" "$code" ms-show $words
	ok "  $say" grep -qF -e "$say" err
	ok '  nothing is printed' test ! -s out
done <<'END'
64||too few arguments
64|--raw since:2015|more than one message matches
64|--part 1 since:2015|more than one message matches
64|--part 9 subject:hut|the message has no part 9
64|--part 0 subject:hut|--part
64|--part 1 --raw subject:hut|--part
64|--name subject:hut|--name needs --part
64|--part 1 --name -o x subject:hut|exclude
64|fom:ben|did you mean
64|-u nobody subject:hut|nobody
66|subject:none|no message matches
66|0123456789abcdef|no message matches
66|-a none subject:hut|no archive
END

# ---- what cannot be read whole ----

{
	printf 'From: a@b\nSubject: deep\n'
	awk 'BEGIN { for (i = 0; i < 10000; i++) printf "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i }'
	printf '\nthe text\n'
} >deep.eml
{
	printf 'From: a@b\nSubject: many\nContent-Type: multipart/mixed; boundary=b\n\n'
	awk 'BEGIN { for (i = 0; i < 250000; i++) printf "--b\n\na\n" }'
} >many.eml
{
	printf 'From: a@b\nSubject: list\nContent-Type: multipart/mixed; boundary=b\n\n'
	awk 'BEGIN { for (i = 0; i < 1500; i++) printf "--b\n\nx\n" }'
} >list.eml
cat >pgp.eml <<'END'
From: a@b
Subject: secret
Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b

--b
Content-Type: application/pgp-encrypted

Version: 1
--b
Content-Type: application/octet-stream; name=encrypted.asc

-----BEGIN PGP MESSAGE-----
--b--
END
printf 'From: a@b\nSubject: closed\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\n\nMIAG\n' >smime.eml
status 'more mail' 0 ms-ingest -q deep.eml many.eml list.eml pgp.eml smime.eml
status '10,000 levels' 0 ms-show subject:deep
ok '  are named' grep -q '^Note: its parts cannot be shown: parts are nested deeper than 100 levels' out
ok '  the text is there' grep -qx 'the text' out
status '250,000 parts' 0 ms-show subject:many
ok '  are named' grep -q '^Note: its parts cannot be shown: more than 200000 parts' out
status '1,500 parts' 0 ms-show subject:list
ok '  1,000 are listed' test "$(grep -c '^Part:' out)" -eq 1000
ok '  the others are counted' grep -q '^Note: 500 further parts' out
status 'PGP/MIME' 0 ms-show subject:secret
ok '  is named' grep -qx 'Note: encrypted with PGP/MIME' out
ok '  and is no attachment' absent -q ', attachment' out
ok '  in JSON, too' test "$(ms-show --json subject:secret | jq -c '[.encrypted, .signed]')" = '[true,null]'
status 'S/MIME' 0 ms-show subject:closed
ok '  is named' grep -qx 'Note: encrypted with S/MIME' out

# ---- rights ----

status 'another user' 0 ms-ingest -q --create-user -u ben two.eml
printf 'From: q@example.org\nSubject: own\n\nof ben\n' >own.eml
status '  has mail of his own' 0 ms-ingest -q -u ben own.eml
status '--as: mail of others is not found' 66 ms-show --as ben subject:hut
status '  a message that both have' 0 ms-show --as ben subject:two
ok '  is shown where it lies for this user' test "$(grep '^Folder' out | cut -d , -f 1)" = 'Folder: INBOX of ben'
ms-show --json --as ben subject:two | jq -c '[.places[].user]' >got
echo '["ben"]' >want
same '  in JSON, too' want got
status '  -u of another user is refused' 77 ms-show --as ben -u anna subject:two
status '  a file is refused' 77 ms-show --as ben --part 1 -o stolen subject:two
status '  --name is refused' 77 ms-show --as ben --part 1 --name subject:two
ok '  nothing was written' test ! -e stolen
status '-u: only the places of this user' 0 ms-show -u ben subject:two
ok '  are named' test "$(grep -c '^Folder' out)" -eq 1
status 'a user who may read the mail of others' 0 ms-users grant ben read --on anna
status '  reads it' 0 ms-show --as ben subject:hut
ok '  which is recorded' sh -c 'ms-users log | grep -q "ms-show.*subject:hut"'

# ---- damage ----

export MS_SHIM_AT=mime MS_SHIM_DO=exec MS_SHIM_FILE="$scratch/made"
if [ "${SAN-}" != 1 ] && [ -e "$top/build/t/sandbox.so" ]; then
	status 'a message that takes over its parser' 0 \
		env -u MS_SANDBOX LD_PRELOAD="$top/build/t/sandbox.so" ms-show subject:hut
	ok '  is shown as one part' grep -q '^Note: its parts cannot be shown' out
	ok '  the attack is refused' grep -q 'execve is refused' err
	ok '  and did nothing' test ! -e made
fi
finish
