#!/bin/sh
# 1000-ingest-usage.t - the options of ms-ingest, the user to whom the mail
# belongs, and the exit status.
. "$(dirname "$0")/lib.sh"

printf 'From: b@example.org\nSubject: one\n\nhello\n' >one.eml
printf 'From: b@example.org\nSubject: two\n\nhello\n' >two.eml
: >empty
echo 'no mail' >text
me=$(id -un)
status 'an archive is created' 0 ms-init arc
status 'an archive of another user is created' 0 ms-init -u alice hers
export MS_ARCHIVE=arc

# where USER:FOLDER...: want has these places, got the places that have mail.
where() {
	ms-list | cut -f 3,4 | sort >got
	printf '%s\n' "$@" | tr : '\t' | sort >want
}

# ---- the archive ----

status 'no archive is named' 64 env -u MS_ARCHIVE ms-ingest one.eml
status 'an archive that does not exist is refused' 66 ms-ingest -a nowhere one.eml
ok 'the error names it' grep -q '^ms-ingest: nowhere' err
mkdir none
status 'a directory that is no archive is refused' 66 ms-ingest -a none one.eml
status '-a has priority over MS_ARCHIVE' 66 ms-ingest -a none one.eml
ok 'the directory is still empty' rmdir none

# ---- users ----

status 'without -u, mail is ingested' 0 ms-ingest one.eml
where "$me:INBOX"
same 'it belongs to the user with the login name' want got
status 'the login name must be a user' 64 ms-ingest -a hers one.eml
ok 'the error names it' grep -q "^ms-ingest: the archive has no user '$me'; use --create-user to create this user" err
status 'MS_USER has priority over the login name' 0 env MS_USER=alice ms-ingest -a hers one.eml
status '-u has priority over MS_USER' 0 env MS_USER=nobody ms-ingest -a hers -u alice two.eml
ms-list -a hers | cut -f 3 | sort -u >got
echo alice >want
same 'all mail is stored for this user' want got
mkfifo never
status 'an unknown user is refused before anything is read' 64 timeout 10 ms-ingest -u carol never
ok 'no input was read' empty out
status 'no mail is stored for this user' 64 ms-list -u carol
status '--create-user creates the user' 0 ms-ingest -u carol --create-user -d Notes two.eml
where "$me:INBOX" carol:Notes
same 'the mail belongs to this user' want got
for wrong in '' a/b -x "$(printf 'a\001b')" "$(printf 'a\377')"; do
	status "a wrong user name: '$wrong'" 64 ms-ingest --create-user --user="$wrong" one.eml
done
status 'a user name of 256 bytes is refused' 64 ms-ingest --create-user -u "$(printf '%0256d' 1)" one.eml
status 'a user name of 255 bytes is accepted' 0 ms-ingest --create-user -u "$(printf '%0255d' 1)" one.eml
status '--create-user creates no user if there is no mail' 66 ms-ingest -u dora --create-user empty
status 'the user does not exist' 64 ms-list -u dora

# ---- folders and labels ----

status '-d names the folder' 0 ms-ingest -u carol -d 'Work/2024' one.eml
status '--into names the folder' 0 ms-ingest -u carol --into 'Old \/ new' one.eml
ms-list -u carol | cut -f 4 | sort >got
printf '%s\n' Notes 'Old \\/ new' Work/2024 | sort >want
same 'the mail is in these folders' want got
status 'a folder that is not UTF-8 is refused' 64 ms-ingest -d "$(printf 'x\377')" one.eml
status 'a label that is not UTF-8 is refused' 64 ms-ingest --label "$(printf 'x\377')" one.eml
status 'mail is ingested with a label' 0 ms-ingest -u carol --label 'Carol, at home' -d Notes two.eml
ms-list --json -u carol | grep -c '"label":"Carol, at home"' >got
echo 3 >want
same 'the label applies to all mail of this source' want got
status 'mail is ingested with another label' 0 ms-ingest -u carol --label 'Carol' -d Notes two.eml
ms-list --json -u carol | grep -c '"label":"Carol"' >got
same 'the new label replaces the old one' want got

# ---- options ----

for wrong in --threads=0 --threads=65 --threads=x --threads= --format=pst --format= \
	--create-user=1 --lab=x --print-id -x; do
	status "a wrong option is refused: $wrong" 64 ms-ingest "$wrong" one.eml
	ok 'the error names the help' grep -q "; try 'ms-ingest --help'$" err
	ok 'stdout is empty' empty out
done
status 'an option without its argument is refused' 64 ms-ingest -q --report
status 'one thread' 0 ms-ingest --threads 1 one.eml
status '64 threads' 0 ms-ingest --threads 64 one.eml
status 'options follow a file' 0 ms-ingest one.eml -q -d Elsewhere
ok 'they count' empty err
ok 'the folder is used' sh -c 'ms-list folder:Elsewhere | grep -q .'
status 'the options end at --' 66 ms-ingest -- -q
status '- is standard input' 0 sh -c 'ms-ingest - <two.eml'
ok 'it is read once' grep -q '^ms-ingest: 1 seen: ' err
status 'ms-ingest -q succeeds' 0 ms-ingest -q one.eml
ok 'stdout and stderr are empty' empty out err
status '-q still prints failures' 1 ms-ingest -q one.eml text
echo 'ms-ingest: text: not a mail message' >want
same 'each failure has one line' want err

# A user whose record was lost is exported as ?.
sep='From ms-stream@1 Thu Jan  1 00:00:00 1970'
printf '%s\nMS-Envelope: user="?"; source="local:"; folder="Lost"\nSubject: lost\n\nx\n\n' "$sep" >lost
printf '%s\nMS-Envelope: end; messages=1; failed=0; status=0\n\n' "$sep" >>lost
status 'mail of an unknown user is refused' 1 ms-ingest --create-user <lost
ok 'the error says so' grep -q "'?' is not a user name" err
status 'until a user is named' 0 ms-ingest --create-user -u finder <lost
ok 'who has the mail then' [ "$(ms-list -u finder folder:Lost | wc -l)" -eq 1 ]

# ---- exit statuses ----

status 'standard input without bytes is refused' 66 sh -c 'ms-ingest </dev/null'
status 'a file that does not exist is refused' 66 ms-ingest nowhere.eml
ok 'the error names the file and the reason' grep -qx 'ms-ingest: nowhere.eml: No such file or directory' err
status 'an empty file is refused' 66 ms-ingest empty
status 'several such files are refused' 66 ms-ingest empty nowhere.eml empty
status 'a file that is no mail is refused' 66 ms-ingest text
status 'an empty file is refused, the rest is kept' 1 ms-ingest -u carol -d E empty one.eml nowhere.eml two.eml
ok 'the report counts each file' grep -qx 'ms-ingest: 4 seen: 0 new, 2 known, 0 left out, 2 failed' err
ms-list -u carol folder:E | wc -l >got
echo 2 >want
same 'both messages are stored' want got
mkdir dir
status 'an empty directory is refused' 66 ms-ingest dir
ok 'it is named' grep -qx 'ms-ingest: dir: contains no mail' err
ok 'and counted' grep -qx 'ms-ingest: 1 seen: 0 new, 0 known, 0 left out, 1 failed' err
status 'also if a Maildir is asked for' 66 ms-ingest --format maildir dir
status 'it fails beside a message' 1 ms-ingest dir one.eml
mkdir -p box/cur box/new
status 'an empty Maildir is a mailbox' 0 ms-ingest box
ok 'the report says that nothing was seen' grep -qx 'ms-ingest: 0 seen: 0 new, 0 known, 0 left out, 0 failed' err
cp empty dir
status 'a directory with nothing but an empty file' 66 ms-ingest dir
status 'a directory that is no Maildir fails' 1 ms-ingest --format maildir dir
status 'a file is refused with --format maildir' 1 ms-ingest --format maildir one.eml
status 'a file that is no stream fails' 1 ms-ingest --format stream one.eml
status 'a file that is no mbox fails' 1 ms-ingest --format mbox one.eml
status 'with --format eml, any file is one message' 0 ms-ingest --format eml text
status 'a file without bytes is refused' 66 ms-ingest --format eml empty
status 'a report that cannot be created' 66 ms-ingest --report no/where one.eml
ok 'the error names it' grep -q '^ms-ingest: report: no/where: ' err
status 'ids cannot be written to a full disk' 75 sh -c 'ms-ingest --print-ids one.eml >/dev/full'
ok 'the error says so' grep -q '^ms-ingest: standard output: ' err
status 'a report cannot be written to a full disk' 75 ms-ingest --report /dev/full one.eml
ok 'the error says so' grep -q '^ms-ingest: report /dev/full: ' err

ms-list | cut -f 1 | sort -u >ids
status 'ms-verify finds no error' 0 ms-verify -q
ok "nothing else was stored" test "$(wc -l <ids)" -eq 4
finish
