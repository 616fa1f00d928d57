#!/bin/sh
# 3330-profile-kinds.t - the other kinds of profile, from the text to the log:
# csv (a table of mailboxes), files and export.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"

P() { ms-profile -a arc "$@"; }
# last PROFILE: prints the last line of the log from the result on.
last() { ms-profile -a arc log "$1" | head -n 1 | cut -f 5-9; }
ms-init arc
ms-users -a arc add bob
ms-users -a arc add carol

# ---- files ----

mkdir mail && printf 'Subject: one\n\n1\n' >mail/1.eml && printf 'Subject: two\n\n2\n' >mail/2.eml
status 'a profile of the kind files is added' 0 P add files --kind files --user bob --file mail --into Old/2009 --label paper \
	--schedule 'weekly Sun 4:00'
status 'check finds the files' 0 P check files
status 'a run of files' 0 P run files
cat >want <<-END
	ms-profile: files: bob: 2 seen: 2 new, 0 known, 0 left out, 0 failed
	ms-profile: files: succeeded: 1 of 1 mailboxes; 2 seen: 2 new, 0 known, 0 left out, 0 failed
END
same '  two messages are new' want err
ok '  they are in the right folder' [ "$(ms-list -a arc -u bob | cut -f 4 | sort -u)" = Old/2009 ]
printf 'Subject: three\n\n3\n' >mail/3.eml && echo 'no mail' >mail/x.eml && : >mail/4.eml
status 'one of the files is no mail' 1 P run files
ok '  the error names it' grep -q '^ms-profile: files: bob: .*mail/4.eml: ' err
ok '  two messages are known, and one is new' [ "$(last files)" = 'completed with errors	1	5	1	2' ] || note "$(last files)"
rm -r mail
status 'the files are gone' 66 P run files
ok '  the message is right' grep -q '^ms-profile: files: bob: failed, status 66: ' err
ok '  the failure is printed once' [ "$(grep -c 'No such file' err)" = 1 ]
status '  with -v' 66 P run -v files
ok '  the failure is printed once, too' [ "$(grep -c 'No such file' err)" = 1 ]
status '  check fails, too' 66 P check files
ok '    the error names it' grep -q "^files	$scratch/mail	66	" out

# ---- export ----

status 'a profile of the kind export is added' 0 P add export --kind export --user bob --query 'subject:one' --format mboxrd \
	--eol lf --output 'out-%Y-%%.mbox' --schedule 'monthly 1 04:00'
status 'check accepts the output' 0 P check export
status 'a run of an export' 0 P run export
ok '  it succeeds, and tells what was exported' \
	grep -q '^ms-profile: export: succeeded: 1 of 1 mailboxes; 1 seen: 1 exported, 0 failed$' err
ok '  the log counts the message' [ "$(last export | cut -f 3)" = 1 ]
ok '  the file has the year in its name' test -s "out-$(date +%Y)-%.mbox"
ok '  it has one message' [ "$(grep -c '^From ' out-*.mbox)" = 1 ]
status 'an existing file is not overwritten' 73 P run export
ok '  the message is right' grep -q 'export: .*: failed, status 73: ' err
ok '  the log has the result' [ "$(last export | cut -f 1,2)" = 'failed	73' ]
status 'a profile for an export of single files' 0 P add eml --kind export --user bob --format eml --output "$scratch/eml"
status '  a run' 0 P run eml
ok '  there are three files' [ "$(find eml -name '*.eml' | wc -l)" = 3 ] || find eml
status '  a second run has the same result' 0 P run eml
status 'a profile for an export of all users' 0 P add all --kind export --format eml --output "$scratch/all"
status '  a run' 0 P run -q all
ok '  nothing is printed' empty err
status 'an output directory that does not exist' 0 P add nowhere --kind export --output /none/at/all
status '  check refuses it' 66 P check nowhere

# A query of what is new must not go by the date at which mail was sent.
new() { P add "$1" --kind export --query "$2" --format eml --output "$scratch/$1"; }
status 'an export with since:' 0 new sent 'user:bob since:31d'
ok '  there is a warning' grep -qx 'ms-profile: sent: line 2: query: since: is when a message was sent, and mail that comes late is missed; for what is new write archived-since:' err
status '  check repeats it' 0 P check sent
ok '    the same warning' grep -q '^ms-profile: sent: line 2: query: since: ' err
status '  a run does not' 0 P run -q sent
ok '    it is silent' empty err
status 'an export with archived-since:' 0 new archived 'user:bob archived-since:31d before:2099'
ok '  there is no warning' empty err

# ---- a table of mailboxes ----

imap_start "
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
" || exit 1
echo 'login;password;address;user' >table.csv
for i in 1 2 3 4; do
	imap_user "m$i" "planted-$i"
	printf 'Subject: to m%s\n\nhello\n' "$i" | imap_put "$imap_dir" 1.a:2,S
	echo "m$i;planted-$i;;" >>table.csv
done
imap_own
chmod 600 table.csv
cat >table.ini <<-END
	kind = csv
	url = imaps://127.0.0.1:$imap_port/
	file = $scratch/table.csv
	jobs = 2
	ca-file = $imap_ca
	schedule = every 6 hours
END
status 'a profile of the kind csv is added' 0 P add -f table.ini table
status 'check logs in to each mailbox' 0 P check table
status 'a run of a table' 0 P run table --report report
ok '  all four mailboxes are archived' grep -q '^ms-profile: table: succeeded: 4 of 4 mailboxes; 4 seen: 4 new, ' err
ok '  each mailbox has a user' [ "$(ms-list -a arc | cut -f 3 | grep -c '^m[1-4]$')" = 4 ]
status 'a wrong password, and a login that does not exist' 1 sh -c '
	sed -i "s/^m2;planted-2/m2;wrong/" table.csv && echo "m9;planted-9;;" >>table.csv
	ms-profile -a arc run table --report report'
ok '  the log has five mailboxes' [ "$(P log --json --mailboxes table | jq -s '.[0].mailboxes')" = 5 ]
ok '  the log names the two failures' [ "$(P log --failed-only table | grep '^mailbox' | cut -f 4,5,6 | sort | tr '\t\n' ' ,')" = \
	'm2 failed 77,m9 failed 77,' ] || P log --failed-only table
ok '  the report names them, too' [ "$(jq -r 'select(.type == "mailbox" and .status == 77) | .user' report | sort | tr '\n' ' ')" = 'm2 m9 ' ]
ok '  no message is new' [ "$(last table)" = 'completed with errors	1	3	0	3' ] || note "$(last table)"
echo 'delete-archived = yes' >>table.ini
status 'a delete rule is added to the profile' 0 P edit -f table.ini table
status '  a run' 1 P run table
ok '  three messages are deleted' grep -q ', 3 deleted$' err
ok '    only the message of the failed mailbox is left' [ "$(find imap/home/m?/Maildir -path '*/cur/*')" = 'imap/home/m2/Maildir/cur/1.a:2,S' ]
rm table.csv
status 'the table is gone' 66 P run table
ok '  the message is right' grep -q 'ms-profile: table: .*: failed, status 66: ' err

# ms-csvbatch without a profile. The log has its run, too, while it is running
# and after it was killed.
printf 'login;password\nm1;planted-1\n' >table.csv
mkfifo imap/home/m1/Maildir/cur/9.a:2,
imap_own
ms-csvbatch -q -a arc --ca-file "$imap_ca" "imaps://127.0.0.1:$imap_port/" table.csv >/dev/null 2>&1 &
pid=$!
runs() { P log | head -n 1 | grep -q 'table.csv	1	running'; }
ok 'the run of ms-csvbatch is in the log' await runs
kill -9 $pid
wait $pid 2>/dev/null
ok '  the log says that it failed after it was killed' sh -c \
	'ms-profile -a arc log | head -n 1 | grep -q "table.csv	1	failed		"'
rm table.csv

# Each password was only in the table, which is deleted.
P log --json --mailboxes >log
ok 'no file has a password' sh -c '! grep -rlF -e planted- . --exclude-dir=imap --exclude=*.pw'
# ---- files of a mail client ----

mkdir -p tb/ImapMail/h && echo 'user_pref("a.b", "c");' >tb/prefs.js
printf 'From - Mon Oct 16 23:18:56 2023\nX-Mozilla-Status: 0008\nFrom: a@b\n\n\n' >tb/ImapMail/h/INBOX
status 'an unknown mail client' 64 P add bird --kind files --user bob --file tb --client outlook
ok '  is named' grep -q "client: unknown mail client 'outlook' (try thunderbird, " err
status 'deleted mail of no client' 64 P add bird --kind files --user bob --file tb --with-deleted
status 'the store of a mail client' 0 P add bird --kind files --user bob --file tb --client thunderbird
status 'its run' 0 P run bird
ok '  leaves out what the client has deleted' grep -q 'bird: bob: 1 seen: 0 new, 0 known, 1 left out' err
status '  with what it has deleted' 0 P add bird2 --kind files --user bob --file tb --client thunderbird --with-deleted
status '  its run' 0 P run bird2
ok '  adds it' grep -q 'bird2: bob: 1 seen: 1 new, 0 known, 0 left out' err

finish
