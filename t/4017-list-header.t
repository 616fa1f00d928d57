#!/bin/sh
# 4017-list-header.t - long headers are shown and found whole; the character set
# of raw fields can stand in a part.
. "$(dirname "$0")/lib.sh"
command -v jq >/dev/null || skip jq "no jq"
export MS_ARCHIVE=arc MS_USER=anna TZ=UTC
ms-init arc || exit 1

# recipients N: N addresses, folded.
recipients() { awk -v n="$1" 'BEGIN { for (i = 1; i < n; i++) printf "r%06d@example.org,\n ", i; printf "r%06d@example.org\n", n }'; }
# long N: a message with N recipients and fields after them.
long() {
	printf 'From: early@example.org\nTo: ' && recipients "$1"
	printf 'Cc: last@example.org\nSubject: after\nMessage-ID: <m@x>\n'
	printf 'Date: Mon, 16 Oct 2023 16:18:56 +0000\n\nbody\n'
}
count() { ms-list "$@" 2>err | wc -l; }

# More than 256 KiB, in both kinds of line ends, and with a body that is kept
# apart.
long 14000 >lf
long 15000 | sed 's/$/\r/' >crlf
{ long 16000 && seq 1 100000; } >body
{ long 13000 | sed '5s/$/\r/' && seq 1 10; } >mixed
for f in lf crlf body mixed; do
	rm -rf arc && ms-init arc
	status "$f: it is stored" 0 ms-ingest -q --create-user $f
	ms-list | cut -f 2,6,7 >got
	printf '2023-10-16T16:18:56Z\tearly@example.org\tafter\n' >want
	same "  the fields and the date after the recipients" want got
	for q in to:r000001 to:r012999 to:last@ subject:after from:early; do
		ok "  $q" test "$(count $q)" -eq 1
	done
	ok '  to:r099999' test "$(count to:r099999)" -eq 0
	{ recipients "$(grep -ac '^ *r0\|^To' $f)" | tr -d '\n' && echo; } >want
	ms-list --json | jq -r .to >got
	same '  all recipients in JSON' want got
	ms-list --json | jq -r '.cc, .subject, .message_id, .cut' >got
	printf '%s\n' last@example.org after '<m@x>' null >want
	same '  the other fields in JSON' want got
	ms-export -q --format eml "$(printf 'since:2023')" >got
	ok '  the bytes come back' cmp -s $f got
	status '  verified' 0 ms-verify --data
done

# The header goes on in a BLOB in archives of version 0.1.
if command -v python3 >/dev/null; then
	python3 "$top/t/make-pack.py" old long-header
	ms-list -a old | cut -f 6,7 >got
	printf 'a@example.org\tafter\n' >want
	same 'an old long header is shown' want got
	ok '  and found' test "$(count -a old to:r014999 subject:after)" -eq 1
	ms-list -a old --json | jq -r .subject >got
	echo after >want
	same '  and in JSON' want got
fi

# More than 4 MiB: what is after the limit is not read, and the output says so.
rm -rf arc && ms-init arc
long 240000 >huge
status 'a huge header is stored' 0 ms-ingest -q --create-user huge
ok 'what is before the limit is found' test "$(count to:r000001)" -eq 1
status 'what is after it is not, and that is said' 1 ms-list subject:after
ok '  with the limit' grep -q 'the header is longer than 4194304 bytes' err
status 'a field may be missing in the list' 1 ms-list
status 'and in JSON' 1 ms-list --json
ok '  which names the fields' jq -e '.cut == ["to", "cc", "subject", "message_id"]' out
status 'a summary needs no header' 0 ms-list --summary from:early
status 'and verified' 0 ms-verify --data

# Raw fields in the character set of a part: a small message is in the record, a
# large part is in a BLOB.
rm -rf arc && ms-init arc
for size in 10 100000; do
	{
		printf 'Subject: \317\360\350\342\345\362 %d\nFrom: a@example.org\n' $size
		printf 'Content-Type: multipart/mixed; boundary=b\n\n--b\n'
		printf 'Content-Type: text/plain; charset=windows-1251\n\n'
		seq 1 $size && printf '%s\n' '--b--'
	} >part.$size
done
status 'raw fields' 0 ms-ingest -q --create-user part.10 part.100000
ms-list subject:привет | cut -f 7 | sort >got
printf 'Привет 10\nПривет 100000\n' >want
same 'the part gives the character set' want got
ms-list --json subject:привет | jq -r .subject | sort >got
same '  also in JSON' want got
ok '  not otherwise' test "$(count 'subject:Ïðèâåò')" -eq 0
finish
