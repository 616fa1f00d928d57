#!/bin/sh
# 4020-export-formats.t - ms-export: stream, mboxrd, eml; line ends; selection
# and order; the trailer in all cases; an output file gets its name when it is
# complete.
. "$(dirname "$0")/lib.sh"

# add FILE ENVELOPE: one more message of the stream, quoted.
add() {
	printf 'From ms-stream@1 Thu Jan  1 00:00:00 1970\nMS-Envelope: %s\n' "$2"
	sed 's/^\(>*From \)/>\1/' "$1" && echo
}
end() {
	printf 'From ms-stream@1 Thu Jan  1 00:00:00 1970\n'
	printf 'MS-Envelope: end; messages=%d; failed=%d; status=%d\n\n' "$@"
}
wire() { perl -pe 's/(?<!\r)\n/\r\n/' "$1" | sha256sum | cut -c 1-64; }

printf 'From: Bob <bob@example.org>\nSubject: one\n\nFrom here\n>From there\n>>From >From\n From x\nFrom\n' >e1.eml
printf 'Sender: "A B" <ab@example.org>\r\nSubject: two\r\n\r\nx\r\nFrom crlf\r\n' >e2.eml
printf 'Subject: mixed\n\nlf\ncrlf\r\nno end\rFrom x' >e3.eml
printf 'X: y\n\nFrom ' >e4.eml
{
	add e1.eml 'user="alice"; source="imap://alice@h/"; label="L"; folder="INBOX"; uid="1/2"; flags="\\Seen"; date="2024-03-01T10:00:00Z"'
	add e2.eml 'user="alice"; source="imap://alice@h/"; label="L"; folder="INBOX"; uid="1/3"; flags="$a b"; date="2024-03-02T10:00:00Z"'
	add e1.eml 'user="bob"; source="local:"; label="local"; folder="a/b\\/c"; date="2024-03-03T10:00:00Z"'
	add e3.eml 'user="bob"; source="local:"; label="local"; folder="INBOX"; date="2024-03-04T10:00:00Z"'
} >mail
end 4 0 0 >last
status 'an archive' 0 ms-init arc
status 'with mail' 0 sh -c 'cat mail last | ms-ingest -q -a arc --create-user'
export MS_ARCHIVE=arc

# ---- stream

status 'all messages are exported' 0 ms-export
# Record order: a message's occurrences are side by side.
{
	add e1.eml 'user="alice"; source="imap://alice@h/"; label="L"; folder="INBOX"; uid="1/2"; flags="\\Seen"; date="2024-03-01T10:00:00Z"'
	add e1.eml 'user="bob"; source="local:"; label="local"; folder="a/b\\/c"; date="2024-03-03T10:00:00Z"'
	add e2.eml 'user="alice"; source="imap://alice@h/"; label="L"; folder="INBOX"; uid="1/3"; flags="$a b"; date="2024-03-02T10:00:00Z"'
	add e3.eml 'user="bob"; source="local:"; label="local"; folder="INBOX"; date="2024-03-04T10:00:00Z"'
	cat last
} >want
same 'is the stream that was put in' want out
ms-list | sort >list
status 'into another archive' 0 sh -c 'ms-init two && ms-export | ms-ingest -q -a two --create-user'
ms-list -a two | sort >list2
same 'lists the same' list list2
status 'and exports the same' 0 ms-export -a two
same 'byte for byte' want out

status 'a user' 0 ms-export -u alice
ok 'has two messages' grep -q '; messages=2; failed=0; status=0$' out
status 'a query with from:' 0 ms-export from:bob user:bob
ok 'one occurrence' test "$(grep -c '^MS-Envelope: user' out)" -eq 1
status 'nothing found' 0 ms-export subject:nothing
end 0 0 0 >want
same 'is a trailer' want out
status 'an id alone' 0 ms-export "id:$(wire e1.eml)"
{ add e1.eml 'date="2024-03-01T10:00:00Z"'; end 1 0 0; } >want
same 'is the message, once, without a place' want out
status 'two ids' 0 ms-export "id:$(wire e2.eml)" "id:$(wire e1.eml)"
{ add e1.eml 'date="2024-03-01T10:00:00Z"'; add e2.eml 'date="2024-03-02T10:00:00Z"'; end 2 0 0; } >want
same 'are two messages in record order' want out
status 'an id with -u' 0 ms-export -u bob "id:$(wire e1.eml)"
ok 'is an occurrence' grep -q '^MS-Envelope: user="bob"' out
status 'an id and a user' 0 ms-export user:bob "id:$(wire e1.eml)"
ok 'is one too' grep -q '^MS-Envelope: user="bob"' out

# A reader must learn of every failure.
end 0 0 64 >want
for wrong in 'hello' '--eol foo' '--format foo' '--foo' '-u carol' '- -'; do
	# shellcheck disable=SC2086
	status "$wrong" 64 ms-export $wrong
	same 'a trailer says so' want out
	ok 'a sentence too' test -s err
done
status 'no archive' 66 ms-export -a nowhere
end 0 0 66 >want
same 'a trailer says so' want out
status 'another format' 64 ms-export --foo --format mboxrd
ok 'the output is empty' empty out

# ---- mboxrd

status 'an mbox' 0 ms-export --format mboxrd
{
	echo 'From bob@example.org Fri Mar  1 10:00:00 2024'
	sed 's/^\(>*From \)/>\1/' e1.eml && echo
	echo 'From bob@example.org Sun Mar  3 10:00:00 2024'
	sed 's/^\(>*From \)/>\1/' e1.eml && echo
	echo 'From ab@example.org Sat Mar  2 10:00:00 2024'
	tr -d '\r' <e2.eml | sed 's/^\(>*From \)/>\1/' && echo
	echo 'From MAILER-DAEMON Mon Mar  4 10:00:00 2024'
	sed 's/\r$//' e3.eml && echo && echo
} >want
same 'with From_ lines, LF, an empty line behind each' want out
status 'in CRLF' 0 ms-export --format mboxrd --eol crlf user:alice
{
	echo 'From bob@example.org Fri Mar  1 10:00:00 2024' | sed 's/$/\r/'
	sed 's/^\(>*From \)/>\1/; s/$/\r/' e1.eml && printf '\r\n'
	echo 'From ab@example.org Sat Mar  2 10:00:00 2024' | sed 's/$/\r/'
	sed 's/^\(>*From \)/>\1/' e2.eml && printf '\r\n'
} >want
same 'all lines end in it' want out
status 'as they came' 0 ms-export --format mboxrd --eol original user:alice
ok 'CRLF is kept' grep -q "^>From crlf$(printf '\r')$" out

status 'to a file' 0 ms-export --format mboxrd -o box user:alice
ok 'nothing on stdout' empty out
ms-export --format mboxrd user:alice >want
same 'the same' want box
ok 'is private' test "$(stat -c %a box)" = 600
status 'the same run again' 73 ms-export --format mboxrd -o box user:alice
same 'it is not touched' want box
status 'a stream neither' 73 ms-export -o box
: >empty
status 'an empty file' 0 ms-export --format mboxrd -o empty user:alice
same 'is replaced' want empty
status 'a failed run' 64 ms-export --format mboxrd -o new "id:00000000" -u carol
ok 'leaves no file' test ! -e new
ok 'of no name' sh -c '! ls -A | grep -q "^\.ms-export"'
status 'a device' 0 ms-export -o /dev/null
status 'a full one' 75 ms-export -o /dev/full
status 'a full stdout' 75 sh -c 'ms-export --format mboxrd >/dev/full'
status 'a full stdout, for a stream' 75 sh -c 'ms-export >/dev/full'
status 'no such directory' 66 ms-export -o no/where
status 'a directory' 73 ms-export -o .

# ---- eml on standard output

for e in e1 e2 e3; do
	status "$e" 0 ms-export --format eml "id:$(wire $e.eml)"
	same 'the message comes out as it came' $e.eml out
	status "$e in wire form" 0 ms-export --format eml --eol crlf -o - "id:$(wire $e.eml)"
	ok 'sha256sum says its id' test "$(sha256sum <out | cut -c 1-64)" = "$(wire $e.eml)"
	status "$e with LF" 0 ms-export --format eml --eol lf "id:$(wire $e.eml)"
	sed 's/\r$//' $e.eml >want
	same 'has LF only' want out
done
status 'two occurrences of a message' 0 ms-export --format eml subject:one
same 'are one message' e1.eml out
status 'two messages' 64 ms-export --format eml user:alice
ok 'nothing is written' empty out
status 'two ids' 64 ms-export --format eml "id:$(wire e1.eml)" "id:$(wire e2.eml)"
ok 'nothing is written' empty out
status 'none' 0 ms-export --format eml subject:nothing
ok 'nothing is written' empty out

# The form in which each copy came is kept, though the message is stored once.
sed 's/$/\r/' e1.eml >e1crlf.eml
status 'the same with CRLF' 0 ms-ingest -q -u bob -d crlf e1crlf.eml
status 'an occurrence' 0 ms-export --format eml folder:crlf
same 'the message comes out as it came' e1crlf.eml out
status 'another' 0 ms-export --format eml folder:INBOX subject:one
same 'as that came' e1.eml out
status 'the message alone' 0 ms-export --format eml "id:$(wire e1.eml)"
same 'as it came first' e1.eml out

# The end of a message can look like the beginning of a separator.
status 'one that ends with From' 0 ms-ingest -q -u bob -d from e4.eml
status 'as a stream' 0 ms-export folder:from
ok 'is quoted' sh -c 'sed -n 5p out | grep -qx ">From "'
status 'as a message' 0 ms-export --format eml folder:from
same 'the message comes out as it came' e4.eml out
finish
