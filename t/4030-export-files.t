#!/bin/sh
# 4030-export-files.t - ms-export --format eml -o DIR: folders, names, dates;
# nothing outside DIR, nothing overwritten, also when it is repeated.
. "$(dirname "$0")/lib.sh"

add() { # ENVELOPE SUBJECT BODY
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
status 'an archive' 0 ms-init arc
status 'with hostile names' 0 ms-ingest -q -a arc --create-user mail
export MS_ARCHIVE=arc

mkdir -p box/in
status 'all messages are exported' 0 ms-export --format eml -o box/in/out
ok 'no output' empty out err
ok 'nothing beside it' test "$(ls -A box box/in | tr '\n' ' ')" = 'box: in  box/in: out '
find box/in/out -type f | wc -l >got
echo 13 >want
same 'a file each' want got
(cd box/in/out && find . | sort) >names
ok 'names without controls and signs' sh -c '! LC_ALL=C grep -q "[[:cntrl:]\\\\:*?\"<>|\`\$]" names'
ok 'none begins with a dot or hyphen' absent -q '/[.-]' names
ok 'none is long' sh -c '! tr / "\n" <names | LC_ALL=C grep -q ".\{140\}"'
ok 'all are UTF-8' iconv -f UTF-8 -t UTF-8 names
ok 'no temporary files' sh -c '! find box -name ".*" | grep -q ms-export'

find box/in/out -type f -exec sha256sum {} + | cut -c 1-64 | sort >got
ms-list | cut -f 1 | while read -r i; do
	ms-export --format eml "id:$i" | sha256sum | cut -c 1-64
done | sort >want
same 'with the right bytes' want got

u=box/in/out/alice
ok 'user, folder, date, subject, id' \
	sh -c "ls $u/INBOX | grep -qx '2024-03-01_10-00-00_Hello-World_[0-9a-f]\{16\}.eml'"
ok 'the id is the message'\''s' sh -c "ls $u/INBOX | grep -q \"_\$(ms-list folder:INBOX user:alice | cut -c 1-16 | head -n 1).eml\""
ok 'a mailbox has its label above' test -d "$u/alice@example.org/INBOX"
ok 'so has what was labelled' sh -c 'ls -d box/in/out/bob/Bob_\ old~*/INBOX'
ok 'two folders stay two' test "$(ls -d $u/a_b~* | wc -l)" -eq 2
stat -c %Y "$u/INBOX"/*.eml >got
date -u -d 2024-03-01T10:00:00Z +%s >want
same 'mtime is the date' want got
stat -c %Y box/in/out/bob/*/INBOX/1960*.eml >got
echo -315619200 >want
same 'before 1970 too' want got
ok 'without a date' sh -c 'ls box/in/out/bob/*/INBOX/undated_undated_*.eml'
ok 'all is private' test "$(find box/in/out -type f -printf '%m\n' -o -type d -printf '%m\n' | sort -u | tr '\n' ' ')" = '600 700 '

# Again: the same files are no harm.
find box -type f -printf '%p %i %T@\n' | sort >before
status 'the same run again' 0 ms-export --format eml -o box/in/out
find box -type f -printf '%p %i %T@\n' | sort >after
same 'touches nothing' before after
rm -r "$u/INBOX"
status 'where some are missing' 0 ms-export --format eml -o box/in/out
find box -type f >got
ok 'makes them' test "$(wc -l <got)" -eq 13

# What differs is named and left alone; the others are written.
f=$(ls $u/INBOX/*.eml)
echo other >"$f"
cp "$f" want
rm -r box/in/out/bob
status 'one differs' 73 ms-export --format eml -o box/in/out
same 'the existing file is not changed' want "$f"
ok 'the error names it' grep -q "$(basename "$f")" err
ok 'it alone' test "$(wc -l <err)" -eq 1
ok 'the others are written' test "$(find box/in/out -type f | wc -l)" -eq 13
ms-export --format eml user:alice folder:INBOX source:local: >"$f"
head -c 5 "$f" >x && mv x "$f"
status 'one is cut' 73 ms-export --format eml -o box/in/out
rm "$f" && ln -s /dev/null "$f"
status 'one is a link' 73 ms-export --format eml -o box/in/out
rm "$f" && mkdir "$f"
status 'one is a directory' 73 ms-export --format eml -o box/in/out
rmdir "$f"

# A link for a folder leads nowhere.
mkdir elsewhere && rm -r "$u/INBOX" && ln -s "$PWD/elsewhere" "$u/INBOX"
status 'a folder is a link' 73 ms-export --format eml -o box/in/out
ok 'nothing went through it' test -z "$(ls -A elsewhere)"
rm "$u/INBOX" && : >"$u/INBOX"
status 'a folder is a file' 73 ms-export --format eml -o box/in/out

# With -u there is no level for the user; by id alone, no folder at all.
status 'a user' 0 ms-export --format eml -u bob -o bob
ok 'has his folders on top' sh -c 'ls -d bob/Bob_\ old~*/INBOX'
status 'a message' 0 ms-export --format eml -o one "id:$(ms-list user:alice folder:INBOX | cut -c 1-64 | head -n 1)"
ls one >got
ok 'lies on top' grep -qx '2024-03-01_10-00-00_Hello-World_[0-9a-f]*.eml' got
status 'the output is empty' 0 ms-export --format eml -o none subject:nothing
ok 'is an empty directory' test -d none -a -z "$(ls -A none)"
status 'an option is wrong' 64 ms-export --format eml -o no --eol x
ok 'nothing is made' test ! -e no
status 'a file for the directory' 73 ms-export --format eml -o mail
status 'a directory that cannot be' 66 ms-export --format eml -o no/where
status 'line ends' 0 ms-export --format eml --eol crlf -o crlf user:bob
(cd crlf && find . -type f -exec sha256sum {} + | cut -c 1-64 | sort) >got
ms-list user:bob | cut -f 1 | sort >want
same 'sha256sum says the ids' want got
finish
