#!/bin/sh
# 4040-export-lines.t - `ms-export -` reads lines of ms-list: complete,
# shortened, sorted and wrong ones.
. "$(dirname "$0")/lib.sh"

# add ENVELOPE SUBJECT: prints a message of a stream.
add() {
	printf 'From ms-stream@1 Thu Jan  1 00:00:00 1970\nMS-Envelope: %s\n' "$1"
	printf 'Subject: %s\n\nx\n\n' "$2"
}
end() {
	printf 'From ms-stream@1 Thu Jan  1 00:00:00 1970\nMS-Envelope: end; messages=%d; failed=%d; status=%d\n\n' "$@"
}
one_a='user="alice"; source="local:"; label="local"; folder="INBOX"; date="2024-03-01T10:00:00Z"'
two='user="alice"; source="local:"; label="local"; folder="a\x09b\x0Ac\\\\d"; date="2024-02-01T10:00:00Z"'
one_b='user="bob"; source="local:"; label="local"; folder="INBOX"; date="2024-01-01T10:00:00Z"'
# Messages that are selected by their ids come without their place.
bare_one='date="2024-03-01T10:00:00Z"; raw-date="mtime 2024-03-01T10:00:00Z"'
bare_two='date="2024-02-01T10:00:00Z"; raw-date="mtime 2024-02-01T10:00:00Z"'
one_i='user="alice"; source="imap://a@h/"; label="a@h"; folder="INBOX"; date="2023-01-01T10:00:00Z"'
{
	add "$one_a" one && add "$two" two && add "$one_b" one && add "$one_i" one && end 4 0 0
} >mail
status 'an archive is created' 0 ms-init arc
status 'mail is ingested' 0 ms-ingest -q -a arc --create-user <mail
export MS_ARCHIVE=arc
ms-list >list
id1=$(ms-list -u bob | cut -f 1) id2=$(ms-list subject:two | cut -f 1)

# export_lines NAME STATUS OPTION...: runs ms-export - on the lines on stdin.
export_lines() {
	name=$1 code=$2 && shift 2
	cat >lines
	status "$name" "$code" sh -c 'ms-export "$@" - <lines' sh "$@"
}

export_lines 'lines of ms-list' 0 <list
{ add "$one_i" one && add "$one_b" one && add "$two" two && add "$one_a" one && end 4 0 0; } >want
same 'each line is one occurrence, in the order of the lines' want out
tac list | export_lines 'the lines in reverse order' 0
{ add "$one_a" one && add "$two" two && add "$one_b" one && add "$one_i" one && end 4 0 0; } >want
same 'the occurrences are in reverse order' want out
ms-list -z | export_lines 'lines that end with NUL' 0
{ add "$one_i" one && add "$one_b" one && add "$two" two && add "$one_a" one && end 4 0 0; } >want
same 'the occurrences are the same' want out
cut -f 1-4 <list | grep alice | head -n 1 | export_lines 'lines with user and folder' 0
{ add "$one_a" one && add "$one_i" one && end 2 0 0; } >want
same 'the occurrences of all sources are exported' want out
printf '%s\t\talice\tINBOX\t\t\t\tlocal:\n' "$id1" | export_lines 'a line whose other fields are empty' 0
{ add "$one_a" one && end 1 0 0; } >want
same 'one occurrence is exported' want out
sed 's/$/\tmore\tfields/' list | grep "	a\\\\tb" | export_lines 'a line with more fields and with escapes' 0
{ add "$two" two && end 1 0 0; } >want
same 'the fields are ignored, and the escapes are decoded' want out
echo "$id1" | export_lines 'a line with only an id' 0
{ add "$bare_one" one && end 1 0 0; } >want
same 'the message is exported once' want out
printf '%s\n%s\n%s' "$id2" "$id1" "$id1" | cut -c 1-12 | tr a-f A-F | export_lines 'lines with beginnings of ids' 0
{ add "$bare_two" two && add "$bare_one" one && add "$bare_one" one && end 3 0 0; } >want
same 'each message is exported as often as it is named' want out
printf '' | export_lines 'no lines' 0
end 0 0 0 >want
same 'the output is empty' want out

# A line that names no message is reported, and the other messages are exported.
{
	echo hello
	echo "$id2"
	echo 00000000
	printf '%s\tx\tcarol\tINBOX\n' "$id1"
	printf '%s\tx\talice\tINBOX\t1\tf\ts\timap://b@h/\n' "$id1"
	echo
	echo "$id1"
} | export_lines 'wrong lines' 1
{ add "$bare_two" two && add "$bare_one" one && end 2 5 1; } >want
same 'the other messages are exported' want out
cat >want <<END
ms-export: standard input, line 1: "hello" is not a message id
ms-export: standard input, line 3: 00000000: not in the archive
ms-export: standard input, line 4: $id1: not in the archive under this user, folder and source
ms-export: standard input, line 5: $id1: not in the archive under this user, folder and source
ms-export: standard input, line 6: "" is not a message id
ms-export: 2 messages exported, 32 B; 5 failed
END
same 'each wrong line is named' want err

# With -u, only messages of this user are exported.
export_lines 'lines of several users, with -u' 1 -u bob <list
{ add "$one_b" one && end 1 3 1; } >want
same 'only the occurrence of this user is exported' want out
echo "$id1" | export_lines '-u with an id that the user has' 0 -u bob
{ add "$bare_one" one && end 1 0 0; } >want
same 'it is exported' want out
echo "$id2" | export_lines '-u with an id that the user does not have' 1 -u bob
export_lines '-u with an unknown user' 64 -u carol <list

echo "$id1" | export_lines 'one line in the format eml' 0 --format eml
printf 'Subject: one\n\nx\n' >want
same 'one message is exported' want out
export_lines 'more than one line in the format eml' 64 --format eml <list
ok 'nothing is written' empty out
export_lines 'several lines into a directory' 0 --format eml -o dir <list
ok 'each occurrence has a file' test "$(find dir -type f | wc -l)" -eq 4
head -c 70000 /dev/zero | tr '\0' a | export_lines 'a line that is too long' 65
ok 'the error names it' grep -q 'line 1: longer than 65536 bytes' err

# If the lines come slowly, each message is exported before the next line comes.
mkfifo in && : >slow && {
	ms-export -q --format mboxrd - <in >slow &
	exec 3>in
	echo "$id1" >&3
	ok 'a message is exported before the next line comes' await grep -q 'Subject: one' slow
	exec 3>&-
	wait $!
}
# Thousands of ids in random order, which are read in advance, and one large
# message.
perl -e '
	for $i (1 .. 5000) {
		print "From x Thu Jan  1 00:00:00 1970\nSubject: n$i\n\n", "y" x ($i % 997), "\n";
		print "z" x 79, "\n" for 1 .. ($i == 2500 ? 70000 : 0);
		print "\n" }' >many
status 'thousands of messages are ingested' 0 ms-ingest -q -a arc -u alice -d many many
ms-list folder:many | sort >list
status 'they are exported by id' 0 sh -c 'ms-export --format mboxrd - <list'
sed -n 's/^Subject: //p' out >got
cut -f 7 list >want
same 'the order is that of the lines' want got
ms-export -q --format mboxrd folder:many | sort >want
sort out >got
same 'the messages are complete' want got

status 'lines and a query' 64 ms-export - subject:one
finish
