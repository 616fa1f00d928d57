#!/bin/sh
# 4030-export-files.t - ms-export --format eml -o DIR: folders, names and dates
# of the files. No file outside DIR is written, and no file is overwritten, also
# if the command is repeated.
. "$(dirname "$0")/lib.sh"

# add ENVELOPE SUBJECT BODY: prints a message of a stream.
add() {
	printf 'From ms-stream@1 Thu Jan  1 00:00:00 1970\nMS-Envelope: %s\n' "$1"
	printf 'Subject: %s\n\n%s\n\n' "$2" "$3"
}
end() {
	printf 'From ms-stream@1 Thu Jan  1 00:00:00 1970\nMS-Envelope: end; messages=%d; failed=0; status=0\n\n' "$1"
}
long=$(printf '%0300d' 0 | sed 's/0/\xc3\xa4/g')
{
	add 'user="alice"; folder="INBOX"; date="2024-03-01T10:00:00Z"' 'Hello World' a
	add 'user="alice"; folder="INBOX/Sent Items"; date="1970-01-01T00:00:01Z"' '../../etc/passwd' b
	add 'user="alice"; folder="../../evil"; date="2024-03-01T10:00:00Z"' '' c
	add 'user="alice"; folder="/etc"; date="2024-03-01T10:00:00Z"' '/etc/passwd' d
	add 'user="alice"; folder=".hidden/.."; date="2024-03-01T10:00:00Z"' '..' e
	add "user=\"alice\"; folder=\"$(echo "$long" | cut -c 1-250)\"; date=\"2024-03-01T10:00:00Z\"" "$long" f
	add 'user="alice"; folder="📧"; date="2024-03-01T10:00:00Z"' '📧 $(reboot) `x` "y" | > < & ; * ?' g
	add 'user="alice"; folder="a\x07\x1b]0;b"; date="2024-03-01T10:00:00Z"' '-rf' h
	add 'user="alice"; folder="a\\/b"; date="2024-03-01T10:00:00Z"' 'same' i
	add 'user="alice"; folder="a:b"; date="2024-03-01T10:00:00Z"' 'same' i
	add 'user="alice"; source="imap://alice@example.org/"; folder="INBOX"; date="2024-03-01T10:00:00Z"' 'Hello World' a
	add 'user="bob"; folder="INBOX"; label="Bob: old"; date="1960-01-01T00:00:00Z"' 'old' j
	add 'user="bob"; folder="INBOX"' 'undated' k
	end 13
} >mail
status 'an archive is created' 0 ms-init arc
status 'messages with hostile names are ingested' 0 ms-ingest -q -a arc --create-user <mail
export MS_ARCHIVE=arc

mkdir -p box/in
status 'all messages are exported' 0 ms-export -q --format eml -o box/in/out
ok 'nothing is printed' empty out err
ok 'nothing is written outside the directory' test "$(ls -A box box/in | tr '\n' ' ')" = 'box: in  box/in: out '
find box/in/out -type f | wc -l >got
echo 13 >want
same 'each message has a file' want got
(cd box/in/out && find . | sort) >names
ok 'the names have no control bytes and no special characters' sh -c '! LC_ALL=C grep -q "[[:cntrl:]\\\\:*?\"<>|\`\$]" names'
ok 'no name begins with a dot or a hyphen' absent -q '/[.-]' names
ok 'no name is long' sh -c '! tr / "\n" <names | LC_ALL=C grep -q ".\{140\}"'
ok 'all names are UTF-8' iconv -f UTF-8 -t UTF-8 names
ok 'no temporary file is left' sh -c '! find box -name ".*" | grep -q ms-export'

find box/in/out -type f -exec sha256sum {} + | cut -c 1-64 | sort >got
ms-list | cut -f 1 | while read -r i; do
	ms-export -q --format eml "id:$i" | sha256sum | cut -c 1-64
done | sort >want
same 'the files have the right bytes' want got

u=box/in/out/alice
ok 'the path has the user, the folder, the date, the subject and the id' \
	sh -c "ls $u/INBOX | grep -qx '2024-03-01_10-00-00_Hello-World_[0-9a-f]\{16\}.eml'"
ok 'the id is that of the message' sh -c "ls $u/INBOX | grep -q \"_\$(ms-list folder:INBOX user:alice | cut -c 1-16 | head -n 1).eml\""
ok 'the folders of a mailbox are below its label' test -d "$u/alice@example.org/INBOX"
ok 'the folders of labelled mail are below the label' sh -c 'ls -d box/in/out/bob/Bob_\ old~*/INBOX'
ok 'two folders of similar names have different directories' test "$(ls -d $u/a_b~* | wc -l)" -eq 2
stat -c %Y "$u/INBOX"/*.eml >got
date -u -d 2024-03-01T10:00:00Z +%s >want
same 'the mtime is the date' want got
stat -c %Y box/in/out/bob/*/INBOX/1960*.eml >got
echo -315619200 >want
same 'the mtime is the date, also before 1970' want got
ok 'the name of a message without a date says so' sh -c 'ls box/in/out/bob/*/INBOX/undated_undated_*.eml'
ok 'all files and directories can be read only by the owner' test "$(find box/in/out -type f -printf '%m\n' -o -type d -printf '%m\n' | sort -u | tr '\n' ' ')" = '600 700 '

# The command is repeated. Files that are equal stay.
find box -type f -printf '%p %i %T@\n' | sort >before
status 'the same run again' 0 ms-export --format eml -o box/in/out
find box -type f -printf '%p %i %T@\n' | sort >after
same 'no file is changed' before after
rm -r "$u/INBOX"
status 'some files are missing' 0 ms-export --format eml -o box/in/out
find box -type f >got
ok 'the missing files are written' test "$(wc -l <got)" -eq 13

# A file that differs is named and not changed; the others are written.
f=$(ls $u/INBOX/*.eml)
echo other >"$f"
cp "$f" want
rm -r box/in/out/bob
status 'one file differs' 73 ms-export --format eml -o box/in/out
same 'the existing file is not changed' want "$f"
ok 'the error names the file' grep -q "$(basename "$f")" err
ok 'no other file is named' test "$(grep -c '^ms-export: [0-9a-f]*: ' err)" -eq 1
ok 'the other files are written' test "$(find box/in/out -type f | wc -l)" -eq 13
ms-export -q --format eml user:alice folder:INBOX source:local: >"$f"
head -c 5 "$f" >x && mv x "$f"
status 'one file is incomplete' 73 ms-export --format eml -o box/in/out
rm "$f" && ln -s /dev/null "$f"
status 'one file is a link' 73 ms-export --format eml -o box/in/out
rm "$f" && mkdir "$f"
status 'one file is a directory' 73 ms-export --format eml -o box/in/out
rmdir "$f"

# A link in place of a folder is not followed.
mkdir elsewhere && rm -r "$u/INBOX" && ln -s "$PWD/elsewhere" "$u/INBOX"
status 'a folder is a link' 73 ms-export --format eml -o box/in/out
ok 'nothing was written through the link' test -z "$(ls -A elsewhere)"
rm "$u/INBOX" && : >"$u/INBOX"
status 'a folder is a file' 73 ms-export --format eml -o box/in/out

# With -u, there is no level for the user. A query of ids has no folders at all.
status '-u selects a user' 0 ms-export --format eml -u bob -o bob
ok 'the folders are directly in the directory' sh -c 'ls -d bob/Bob_\ old~*/INBOX'
status 'a query of an id' 0 ms-export --format eml -o one "id:$(ms-list user:alice folder:INBOX | cut -c 1-64 | head -n 1)"
ls one >got
ok 'the file is directly in the directory' grep -qx '2024-03-01_10-00-00_Hello-World_[0-9a-f]*.eml' got
status 'a query that finds nothing' 0 ms-export --format eml -o none subject:nothing
ok 'no directory is created' test ! -e none
mkdir none
status 'the same with a directory that exists' 0 ms-export --format eml -o none subject:nothing
ok 'the directory stays' test -d none
status 'an option is wrong' 64 ms-export --format eml -o no --eol x
ok 'no directory is created' test ! -e no
status '-o names a file' 73 ms-export --format eml -o mail
status '-o names a directory that cannot be created' 66 ms-export --format eml -o no/where
status '--eol crlf' 0 ms-export --format eml --eol crlf -o crlf user:bob
(cd crlf && find . -type f -exec sha256sum {} + | cut -c 1-64 | sort) >got
ms-list user:bob | cut -f 1 | sort >want
same 'the SHA-256 of each file is its id' want got
finish
