#!/bin/sh
# 4020-export-formats.t - ms-export: the formats stream, mboxrd and eml; line
# ends; selection and order; the trailer in all cases. An output file gets its
# name when it is complete.
. "$(dirname "$0")/lib.sh"

# add FILE ENVELOPE: prints a message of a stream, quoted.
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
status 'an archive is created' 0 ms-init arc
status 'mail is ingested' 0 sh -c 'cat mail last | ms-ingest -q -a arc --create-user'
export MS_ARCHIVE=arc

# ---- stream

status 'all messages are exported' 0 ms-export
# In the order of records, the occurrences of a message follow each other.
{
	add e1.eml 'user="alice"; source="imap://alice@h/"; label="L"; folder="INBOX"; uid="1/2"; flags="\\Seen"; date="2024-03-01T10:00:00Z"'
	add e1.eml 'user="bob"; source="local:"; label="local"; folder="a/b\\/c"; date="2024-03-03T10:00:00Z"'
	add e2.eml 'user="alice"; source="imap://alice@h/"; label="L"; folder="INBOX"; uid="1/3"; flags="$a b"; date="2024-03-02T10:00:00Z"'
	add e3.eml 'user="bob"; source="local:"; label="local"; folder="INBOX"; date="2024-03-04T10:00:00Z"'
	cat last
} >want
same 'the stream equals the ingested one' want out
ms-list | sort >list
status 'the stream is ingested into another archive' 0 sh -c 'ms-init two && ms-export | ms-ingest -q -a two --create-user'
ms-list -a two | sort >list2
same 'the other archive has the same list' list list2
status 'the other archive is exported' 0 ms-export -a two
same 'the streams are equal' want out

status '-u selects a user' 0 ms-export -u alice
ok 'two messages are exported' grep -q '; messages=2; failed=0; status=0$' out
status 'a query with from:' 0 ms-export from:bob user:bob
ok 'one occurrence is exported' test "$(grep -c '^MS-Envelope: user' out)" -eq 1
status 'a query that finds nothing' 0 ms-export subject:nothing
end 0 0 0 >want
same 'the stream has only a trailer' want out
status 'a query of an id' 0 ms-export "id:$(wire e1.eml)"
{ add e1.eml 'date="2024-03-01T10:00:00Z"'; end 1 0 0; } >want
same 'the message is exported once, without a place' want out
status 'a query of two ids' 0 ms-export "id:$(wire e2.eml)" "id:$(wire e1.eml)"
{ add e1.eml 'date="2024-03-01T10:00:00Z"'; add e2.eml 'date="2024-03-02T10:00:00Z"'; end 2 0 0; } >want
same 'the messages are in the order of records' want out
status 'an id with -u' 0 ms-export -u bob "id:$(wire e1.eml)"
ok 'the occurrence of this user is exported' grep -q '^MS-Envelope: user="bob"' out
status 'an id with user:' 0 ms-export user:bob "id:$(wire e1.eml)"
ok 'the occurrence of this user is exported, too' grep -q '^MS-Envelope: user="bob"' out

# The reader of a stream must learn of every failure.
end 0 0 64 >want
for wrong in 'form:hello' '--eol foo' '--format foo' '--foo' '-u carol' '- -'; do
	# shellcheck disable=SC2086
	status "the usage error: $wrong" 64 ms-export $wrong
	same 'the trailer has the status' want out
	ok 'there is an error message' test -s err
done
status 'the archive does not exist' 66 ms-export -a nowhere
end 0 0 66 >want
same 'the trailer has the status' want out
status 'a usage error with another format' 64 ms-export --foo --format mboxrd
ok 'the output is empty' empty out

# ---- mboxrd

status '--format mboxrd' 0 ms-export --format mboxrd
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
same 'the mbox has From_ lines, LF, and an empty line after each message' want out
status '--eol crlf' 0 ms-export --format mboxrd --eol crlf user:alice
{
	echo 'From bob@example.org Fri Mar  1 10:00:00 2024' | sed 's/$/\r/'
	sed 's/^\(>*From \)/>\1/; s/$/\r/' e1.eml && printf '\r\n'
	echo 'From ab@example.org Sat Mar  2 10:00:00 2024' | sed 's/$/\r/'
	sed 's/^\(>*From \)/>\1/' e2.eml && printf '\r\n'
} >want
same 'all lines end with CRLF' want out
status '--eol original' 0 ms-export --format mboxrd --eol original user:alice
ok 'CRLF is kept' grep -q "^>From crlf$(printf '\r')$" out

status '-o names a file' 0 ms-export --format mboxrd -o box user:alice
ok 'stdout is empty' empty out
ms-export -q --format mboxrd user:alice >want
same 'the file is equal to the output on stdout' want box
ok 'the file can be read only by its owner' test "$(stat -c %a box)" = 600
status 'the same run again' 73 ms-export --format mboxrd -o box user:alice
same 'the file is not changed' want box
status 'an existing file is not replaced by a stream' 73 ms-export -o box
: >empty
status '-o names an empty file' 0 ms-export --format mboxrd -o empty user:alice
same 'the empty file is replaced' want empty
status 'the run fails' 64 ms-export --format mboxrd -o new "id:00000000" -u carol
ok 'no file is left' test ! -e new
ok 'no temporary file is left' sh -c '! ls -A | grep -q "^\.ms-export"'
status '-o names a device' 0 ms-export -o /dev/null
status '-o names a full device' 75 ms-export -o /dev/full
status 'stdout is a full disk' 75 sh -c 'ms-export --format mboxrd >/dev/full'
status 'stdout is a full disk, for a stream' 75 sh -c 'ms-export >/dev/full'
status 'the directory does not exist' 66 ms-export -o no/where
status '-o names a directory' 73 ms-export -o .

# ---- eml on standard output

for e in e1 e2 e3; do
	status "$e is exported" 0 ms-export --format eml "id:$(wire $e.eml)"
	same 'the exported bytes are the ingested ones' $e.eml out
	status "$e in wire form" 0 ms-export --format eml --eol crlf -o - "id:$(wire $e.eml)"
	ok 'the SHA-256 of the wire form is the id' test "$(sha256sum <out | cut -c 1-64)" = "$(wire $e.eml)"
	status "$e with LF" 0 ms-export --format eml --eol lf "id:$(wire $e.eml)"
	sed 's/\r$//' $e.eml >want
	same 'all line ends are LF' want out
done
status 'a query finds two occurrences of a message' 0 ms-export --format eml subject:one
same 'the message is exported once' e1.eml out
status 'two messages in the format eml are refused' 64 ms-export --format eml user:alice
ok 'nothing is written' empty out
status 'two ids in the format eml are refused' 64 ms-export --format eml "id:$(wire e1.eml)" "id:$(wire e2.eml)"
ok 'nothing is written' empty out
status 'a query that finds nothing, in the format eml' 0 ms-export --format eml subject:nothing
ok 'nothing is written' empty out

# The line ends of each copy are kept, although the message is stored once.
sed 's/$/\r/' e1.eml >e1crlf.eml
status 'a copy with CRLF is ingested' 0 ms-ingest -q -u bob -d crlf e1crlf.eml
status 'the copy with CRLF is exported' 0 ms-export --format eml folder:crlf
same 'it has CRLF' e1crlf.eml out
status 'the copy with LF is exported' 0 ms-export --format eml folder:INBOX subject:one
same 'it has LF' e1.eml out
status 'the message is exported by its id' 0 ms-export --format eml "id:$(wire e1.eml)"
same 'it has the line ends of the first copy' e1.eml out

# The end of a message can look like the beginning of a separator.
status 'a message that ends with From is ingested' 0 ms-ingest -q -u bob -d from e4.eml
status 'it is exported as a stream' 0 ms-export folder:from
ok 'its last line is quoted' sh -c 'sed -n 5p out | grep -qx ">From "'
status 'it is exported in the format eml' 0 ms-export --format eml folder:from
same 'its last line is not quoted' e4.eml out
finish
