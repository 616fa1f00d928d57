#!/bin/sh
# 1000-ingest-usage.t - options of ms-ingest, the user that mail is stored
# for, and the exit status.
. "$(dirname "$0")/lib.sh"

printf 'From: b@example.org\nSubject: one\n\nhello\n' >one.eml
printf 'From: b@example.org\nSubject: two\n\nhello\n' >two.eml
: >empty
echo 'no mail' >text
me=$(id -un)
status 'an archive' 0 ms-init arc
status 'of somebody else' 0 ms-init -u alice hers
export MS_ARCHIVE=arc

# where USER FOLDER...: these, and no others, hold mail.
where() {
	ms-list | cut -f 3,4 | sort >got
	printf '%s\n' "$@" | tr : '\t' | sort >want
}

# ---- the archive ----

status 'no archive named' 64 env -u MS_ARCHIVE ms-ingest one.eml
status 'an archive that is not there' 66 ms-ingest -a nowhere one.eml
ok 'the error names it' grep -q '^ms-ingest: nowhere' err
mkdir none
status 'a directory that is none' 66 ms-ingest -a none one.eml
status '-a goes before MS_ARCHIVE' 66 ms-ingest -a none one.eml
ok 'nothing was made there' rmdir none

# ---- users ----

status 'the login name' 0 ms-ingest one.eml
where "$me:INBOX"
same 'is the user' want got
status 'the login name must be a user' 64 ms-ingest -a hers one.eml
ok 'the error names it' grep -q "^ms-ingest: the archive has no user '$me'; use --create-user to create this user" err
status 'MS_USER goes before it' 0 env MS_USER=alice ms-ingest -a hers one.eml
status '-u goes before MS_USER' 0 env MS_USER=nobody ms-ingest -a hers -u alice two.eml
ms-list -a hers | cut -f 3 | sort -u >got
echo alice >want
same 'all mail is stored for this user' want got
mkfifo never
status 'an unknown user, before anything is read' 64 timeout 10 ms-ingest -u carol never
ok 'no input was read' empty out
status 'no mail is stored for this user' 64 ms-list -u carol
status 'made if asked for' 0 ms-ingest -u carol --create-user -d Notes two.eml
where "$me:INBOX" carol:Notes
same 'has her mail' want got
for wrong in '' a/b -x "$(printf 'a\001b')" "$(printf 'a\377')"; do
	status "not a user name: '$wrong'" 64 ms-ingest --create-user --user="$wrong" one.eml
done
status 'nor one of 256 bytes' 64 ms-ingest --create-user -u "$(printf '%0256d' 1)" one.eml
status 'but one of 255' 0 ms-ingest --create-user -u "$(printf '%0255d' 1)" one.eml
status 'made only when there is mail' 66 ms-ingest -u dora --create-user empty
status 'the user does not exist' 64 ms-list -u dora

# ---- folders and labels ----

status '-d' 0 ms-ingest -u carol -d 'Work/2024' one.eml
status '--into' 0 ms-ingest -u carol --into 'Old \/ new' one.eml
ms-list -u carol | cut -f 4 | sort >got
printf '%s\n' Notes 'Old \\/ new' Work/2024 | sort >want
same 'are the folder' want got
status 'a folder that is not UTF-8' 64 ms-ingest -d "$(printf 'x\377')" one.eml
status 'a label that is not UTF-8' 64 ms-ingest --label "$(printf 'x\377')" one.eml
status 'a label' 0 ms-ingest -u carol --label 'Carol, at home' -d Notes two.eml
ms-list --json -u carol | grep -c '"label":"Carol, at home"' >got
echo 3 >want
same 'is that of all from this source' want got
status 'a new one' 0 ms-ingest -u carol --label 'Carol' -d Notes two.eml
ms-list --json -u carol | grep -c '"label":"Carol"' >got
same 'takes its place' want got

# ---- options ----

for wrong in --threads=0 --threads=65 --threads=x --threads= --format=pst --format= \
	--create-user=1 --lab=x --print-id -x; do
	status "a mistake: $wrong" 64 ms-ingest "$wrong" one.eml
	ok 'shows the usage' grep -q '^usage: ms-ingest ' err
	ok 'on stderr' empty out
done
status 'an option without its argument' 64 ms-ingest -q --report
status 'threads: one' 0 ms-ingest --threads 1 one.eml
status 'threads: 64' 0 ms-ingest --threads 64 one.eml
status 'options end at the first file' 66 ms-ingest -q nowhere.eml -q
ok 'so this is a file too' grep -q '^ms-ingest: -q: ' err
status 'and at --' 66 ms-ingest -- -q
status 'stdin is named -' 0 sh -c 'ms-ingest - <two.eml'
ok 'once' grep -q '^ms-ingest: 1 seen: ' err
status 'with -q nothing is said' 0 ms-ingest -q one.eml
ok 'stdout and stderr are empty' empty out err
status '-q still prints failures' 1 ms-ingest -q one.eml text
echo 'ms-ingest: text: not a mail message' >want
same 'one line each' want err

# ---- exit statuses ----

status 'zero bytes on stdin' 66 sh -c 'ms-ingest </dev/null'
status 'no file' 66 ms-ingest nowhere.eml
ok 'named, with the reason' grep -q '^ms-ingest: nowhere.eml: .*No such file' err
status 'an empty file' 66 ms-ingest empty
status 'several of these' 66 ms-ingest empty nowhere.eml empty
status 'no mail' 1 ms-ingest text
status 'an empty file is refused, the rest is kept' 1 ms-ingest -u carol -d E empty one.eml nowhere.eml two.eml
ok 'each is counted' grep -qx 'ms-ingest: 4 seen: 0 new, 2 known, 0 left out, 2 failed' err
ms-list -u carol folder:E | wc -l >got
echo 2 >want
same 'both are there' want got
mkdir dir
status 'an empty directory holds nothing' 0 ms-ingest dir
ok 'the message says so' grep -qx 'ms-ingest: 0 seen: 0 new, 0 known, 0 left out, 0 failed' err
cp empty dir
status 'one with an empty file' 1 ms-ingest dir
status 'no Maildir' 1 ms-ingest --format maildir dir
status 'a file is no Maildir' 1 ms-ingest --format maildir one.eml
status 'no stream' 1 ms-ingest --format stream one.eml
status 'no mbox' 1 ms-ingest --format mbox one.eml
status 'any file as one message' 0 ms-ingest --format eml text
status 'a file without bytes is refused' 66 ms-ingest --format eml empty
status 'a report that cannot be made' 66 ms-ingest --report no/where one.eml
ok 'the error names it' grep -q '^ms-ingest: report no/where: ' err
status 'ids on a full disk' 75 sh -c 'ms-ingest --print-ids one.eml >/dev/full'
ok 'the output says so' grep -q '^ms-ingest: standard output: ' err
status 'a report on a full disk' 75 ms-ingest --report /dev/full one.eml
ok 'the output says so' grep -q '^ms-ingest: report /dev/full: ' err

ms-list | cut -f 1 | sort -u >ids
status 'all is well with the archive' 0 ms-verify -q
ok "nothing else was kept" test "$(wc -l <ids)" -eq 3
finish
