#!/bin/sh
# 1020-ingest-stream.t - ms-ingest reads the message stream: users,
# references, the trailer, and a missing trailer.
. "$(dirname "$0")/lib.sh"

sep='From ms-stream@1 Thu Jan  1 00:00:00 1970'
# one ENVELOPE [SUBJECT]: prints a message. end [N [FAILED [STATUS]]]: prints
# the trailer. ref ENVELOPE ID: prints a reference. id [SUBJECT]: prints the id
# of the message.
one() { printf '%s\nMS-Envelope: %s\nSubject: %s\n\ntext\n\n' "$sep" "$1" "${2-one}"; }
end() {
	printf '%s\nMS-Envelope: end; messages=%d; failed=%d; status=%d\n\n' \
		"$sep" "${1-0}" "${2-0}" "${3-0}"
}
ref() { printf '%s\nMS-Envelope: %s; ref="%s"\n\n' "$sep" "$1" "$2"; }
id() { printf 'Subject: %s\r\n\r\ntext\r\n' "${1-one}" | sha256sum | cut -c 1-64; }
shown() { ms-list | cut -f 3,4,7 | tr '\t' ' ' | sort >got; }
# expect NAME LINE...: the archive has exactly this mail: user folder subject.
expect() {
	what=$1 && shift
	shown
	printf '%s\n' "$@" | sort >want
	same "$what" want got
}
fresh() { rm -rf arc && ms-init -u alice arc; }
export MS_ARCHIVE=arc MS_USER=alice

# ---- users ----

{
	one 'user="alice"; folder="A"' a
	one 'user="bob"; folder="B"' b
	one 'folder="C"' c
	one 'user="a/b"; folder="D"' d
	one 'user=alice; folder=E' e
	end 5
} >users
fresh
status 'a message for an unknown user fails' 1 ms-ingest <users
expect 'the other messages are stored' 'alice A a' 'alice C c' 'alice E e'
cat >want <<'END'
ms-ingest: stdin, message 2: the archive has no user 'bob'
ms-ingest: stdin, message 4: 'a/b' is not a user name
END
grep message err | grep -v sent | sort >got
same 'each failed message is named' want got
ok 'the report counts them' grep -qx 'ms-ingest: 5 seen: 3 new, 0 known, 0 left out, 2 failed' err
{
	printf '%s\nMS-Envelope: user="bob"\nSubject: large\n\n' "$sep"
	head -c 3000000 /dev/urandom | base64
	echo && end 1
} >large
status 'a large message for an unknown user fails' 1 ms-ingest <large
for record in MESSAGE=3 BLOB=0; do
	ok "the log has no record of them: $record" \
		test "$("$top/t/second-reader.py" arc records | cut -f 2 |
			grep -cx "${record%=*}")" -eq "${record#*=}"
done
status '--create-user makes the user' 1 ms-ingest --create-user <users
expect 'the mail of the new user is stored' 'alice A a' 'alice C c' 'alice E e' 'bob B b'
fresh
status 'with -u all is one user'\''s' 0 ms-ingest -u alice <users
expect 'all messages belong to this user' 'alice A a' 'alice B b' 'alice C c' 'alice D d' 'alice E e'
fresh
status 'messages without a user are refused if the default user is unknown' 64 env MS_USER=nobody ms-ingest <users
ok 'the message says so' grep -q "the archive has no user 'nobody'" err
one 'user="alice"' >x && end 1 >>x
status 'no default user is needed if each message names one' 0 env MS_USER=nobody ms-ingest <x

# ---- a named file that begins like a stream ----

# unused: nothing is in the archive. refused NAME FILE...: the first file is
# refused.
unused() { [ -z "$(ms-list)" ]; }
refused() {
	fresh
	what=$1 && shift
	status "$what" 1 ms-ingest "$@"
	ok '  the error names the option' \
		grep -q "^ms-ingest: $1: begins like a message stream; .*--format stream$" err
}
printf 'Subject: other\n\ntext\n' >other.eml
cp users invoice.eml && cp users invoice.mbox && sed 's/$/\r/' users >users.crlf
printf '%s\n' "$sep" >bare
for f in users invoice.eml invoice.mbox users.crlf bare; do
	refused "it is refused: $f" $f
	ok '  nothing is stored' unused
done
refused 'another file of the same run' users other.eml
expect '  is stored' 'alice INBOX other'
refused 'the file is refused with --untrusted, too' users --untrusted
ok '  nothing is stored' unused
fresh
mkfifo fifo
cat users >fifo &
status 'a named FIFO is refused' 1 ms-ingest fifo
wait $!
rm fifo
status '--format stream accepts the file' 1 ms-ingest --format stream users
expect '  it is a stream' 'alice A a' 'alice C c' 'alice E e'
fresh
status 'the operand - is standard input' 1 ms-ingest - <users
expect '  it is a stream' 'alice A a' 'alice C c' 'alice E e'
fresh
status '--format eml takes the file as a message' 0 ms-ingest --format eml invoice.eml
expect '  of the default user' 'alice INBOX a'
fresh
mkdir tree && cp users tree/users
status 'in a directory it is an mbox' 0 ms-ingest tree
ms-list | cut -f 3,4 | sort -u >got
printf 'alice\tusers\n' >want
same '  of the default user' want got

# ---- all attributes of an envelope are stored ----

fresh
{
	printf '%s\nMS-Envelope: %s\n' "$sep" 'user="alice"; source="imap://al@h/"; label="Al \"x\""; folder="a\\/b/c"; uid="7/9"; flags="\\Seen $x"; date="1969-12-31T23:59:58Z"'
	printf 'Subject: >From\n\n>From here\n>>From there\n>not\nno newline at the end\n'
	end 1
} >all
status 'a message with all attributes is stored' 0 ms-ingest <all
status 'the messages are exported' 0 ms-export
same 'the exported stream has the same bytes' all out
ms-export -q --format eml --eol crlf | sha256sum | cut -c 1-64 >want
ms-list | cut -f 1 >got
same 'the id is the SHA-256 of the wire form' want got
status 'the same message comes from another place' 0 sh -c "sed 's,7/9,7/10,' all | ms-ingest"
"$top/t/second-reader.py" arc records | cut -f 2 | sort | uniq -c | tr -s ' ' >got
printf ' %s\n' '3 COMMIT' '5 EVENT' '1 MESSAGE' '1 OCCURRENCE' '1 PLACE' >want
same 'a PLACE is recorded, and no copy' want got
status 'the same run is repeated' 0 sh -c "sed 's,7/9,7/10,' all | ms-ingest"
"$top/t/second-reader.py" arc records | cut -f 2 | sort | uniq -c | tr -s ' ' >got
same 'nothing more is recorded' want got

# ---- references ----

fresh
{
	one 'user="alice"; folder="A"; uid="1/1"'
	ref 'user="alice"; folder="B"; uid="2/1"; date="2020-02-02T02:02:02Z"' "$(id)"
	end 2
} >refs
status 'a reference to a message of the same stream' 0 ms-ingest <refs
expect 'the reference is an occurrence' 'alice A one' 'alice B one'
{
	ref 'user="alice"; folder="C"; uid="3/1"' "$(id)"
	ref 'user="alice"; folder="D"; uid="3/2"' "$(id)"
	end 2
} >refs
status 'a reference to a message of the archive' 0 ms-ingest <refs
ok 'it counts as known' grep -q '^ms-ingest: 2 seen: 0 new, 2 known,' err
expect 'it is an occurrence' 'alice A one' 'alice B one' 'alice C one' 'alice D one'
ms-export -q folder:C | sed -n '/^$/q; p' | grep -c "ref=" >got
echo 0 >want
same 'the exported occurrence has the bytes of the message' want got
status 'another user is created' 0 sh -c '{ one() { :; }; cat x; } | ms-ingest -u bob --create-user -d Z'
{
	ref 'user="alice"; folder="N"' "$(id unknown)"
	ref 'user="carol"; folder="N"' "$(id)"
	ref 'user="alice"; folder="N"' 'abc'
	ref 'user="alice"; folder="N"' "$(id | tr a-f A-F)00"
	ref 'user="alice"; folder="E"' "$(id)"
	end 5
} >refs
status 'wrong references fail' 1 ms-ingest --create-user <refs
sed -n 's/^ms-ingest: stdin, message \([0-9]\): .*/\1/p' err | sort >got
printf '%s\n' 1 2 3 4 >want
same 'each wrong reference is named' want got
status 'the valid reference is stored' 0 ms-list folder:E
ok 'the message is stored' test "$(wc -l <out)" -eq 1
status 'nothing of the wrong references is stored' 0 ms-list folder:N
ok 'the message is not stored' empty out

# ---- trailers ----

fresh
for code in 0 1 64 75 76 77 74; do
	{ one 'folder="A"' && end 1 0 $code; } >x
	status "the writer's status is $code" $code ms-ingest <x
done
end 0 0 77 >x
status 'a stream without messages has the status of its writer' 77 ms-ingest <x
end 0 >x
status 'a stream without messages and with status 0' 0 ms-ingest <x
ok 'the report says that nothing was seen' grep -q '^ms-ingest: 0 seen: ' err
{ one 'user="nobody"' && end 1 0 77; } >x
status 'a failure of ms-ingest has priority over the status of the writer' 1 ms-ingest <x
{ one 'folder="A"' two && end 1 && end 0 0 75 && one 'folder="B"' two && end 1; } >x
status 'the status of several streams is the highest one' 75 ms-ingest <x
expect 'the messages of all streams are stored' 'alice A one' 'alice A two' 'alice B two'
{ one 'folder="A"' && end 3; } >x
status 'fewer messages than the trailer says' 0 ms-ingest <x
grep -v seen err >got
echo 'ms-ingest: stdin: 3 messages were sent, 1 arrived' >want
same 'the message says so' want got
status 'with -q this is not printed' 0 ms-ingest -q <x
ok 'the output is empty' empty err
{ one 'folder="A"' && printf '%s\nMS-Envelope: void; reason="gone"\n\n' "$sep" &&
	one 'folder="V"' whole && end 1 1 1; } >x
status 'a message that its writer cancelled fails' 1 ms-ingest <x
ok 'the message fails with the reason of the writer' grep -q '^ms-ingest: stdin, message 1: .*gone' err
ok 'the number of messages is the one that was sent' absent sent err
status 'the next message is stored' 0 ms-list folder:V
ok 'the message is stored' test "$(wc -l <out)" -eq 1

# ---- streams that end too early ----

fresh
{ one '' 1 && one '' 2 && end 2; } >whole
n=$(wc -c <whole)
first=$(one '' 1 | wc -c) # the offset of the second message
both=$({ one '' 1 && one '' 2; } | wc -c)
status 'a complete stream' 0 ms-ingest <whole
i=0
while [ $((i += 3)) -lt "$n" ]; do
	fresh
	head -c $i whole >part
	ms-ingest <part >out 2>err
	code=$?
	kept=$(ms-list | wc -l)
	# A message is whole if the separator after it was read.
	least=$(((i >= first + ${#sep} + 1) + (i >= both + ${#sep} + 1)))
	[ "$kept" -ge "$least" ] && [ "$kept" -le $(((i >= first) + (i >= both))) ] ||
		echo "cut at $i: $kept kept"
	case $code in
	76) [ $i -gt ${#sep} ] || echo "cut at $i: $code" ;;
	1 | 66) [ $i -le ${#sep} ] || echo "cut at $i: $code" ;; # not even a stream
	*) echo "cut at $i: $code" ;;
	esac
	[ -s err ] || echo "cut at $i: silence"
done >wrong
ok 'at each cut the status is 76, and whole messages are stored' empty wrong
head -n 5 wrong | sed 's/^/# /'
fresh
head -c $((both + 5)) whole >part
status 'a message without an end' 76 ms-ingest <part
ok 'the error says that there is no trailer' grep -q 'no trailer' err
ok 'the error is printed with -q, too' sh -c 'ms-ingest -q <part 2>&1 | grep -q "no trailer"'
{ cat whole && one '' 3; } >part
status 'a trailer that is not at the end' 76 ms-ingest <part

# ---- bad envelopes of single messages ----

fresh
{
	one 'folder="A"' 1
	one 'folder="A"; folder="B"' 2
	one "folder=\"$(printf 'x\377')\"" 3
	one 'folder="A' 4
	one "folder=\"$(printf '%065000d' 1)\"" 5
	one "folder=\"$(printf '%070000d' 1)\"" 6
	one "source=\"x:$(printf '%02100d' 1)\"" 7
	printf '%s\nSubject: 8\n\ntext\n\n' "$sep"
	one 'folder="A"; date="yesterday"' 9
	one 'folder="A"; flags="\x01\x0a\xff"' 10
	one 'folder="A"' 11
	end 11
} >odd
status 'messages with bad envelopes fail' 1 ms-ingest <odd
sed -n 's/^ms-ingest: stdin, message \([0-9]*\): .*/\1/p' err | sort -n | paste -sd ' ' - >got
echo '2 3 4 5 6 7 8 10' >want
same 'each of these messages is named' want got
expect 'the messages between them are stored' 'alice A 1' 'alice A 11' 'alice A 9'
status 'ms-verify finds no error' 0 ms-verify -q

# ---- line ends ----

fresh
{ one 'user="alice"; folder="A"' a && one 'user="alice"; folder="B"' b && end 2; } >lf
sed 's/$/\r/' lf >crlf
status 'a stream whose lines end with CRLF is ingested' 0 ms-ingest --print-ids <crlf
printf '%s\tnew\n' "$(id a)" "$(id b)" >want
same 'its messages have the same ids' want out
expect 'its messages are in the folders that it names' 'alice A a' 'alice B b'
head -n 12 crlf >cut.crlf
status 'such a stream without a trailer is incomplete' 76 ms-ingest <cut.crlf
finish
