#!/bin/sh
# 3330-profile-kinds.t - the other kinds of profile, from the text to the log:
# a table of mailboxes, files, an export.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"

P() { ms-profile -a arc "$@"; }
# last PROFILE: the run's line in the log, from the result on
last() { ms-profile -a arc log "$1" | head -n 1 | cut -f 5-9; }
ms-init arc
ms-users -a arc add bob
ms-users -a arc add carol

# ---- files ----

mkdir mail && printf 'Subject: one\n\n1\n' >mail/1.eml && printf 'Subject: two\n\n2\n' >mail/2.eml
status 'files' 0 P add files --kind files --user bob --file mail --into Old/2009 --label paper \
	--schedule 'weekly Sun 4:00'
status 'they are there' 0 P check files
status 'it runs' 0 P run files
cat >want <<-END
	ms-profile: files: bob: 2 seen: 2 new, 0 known, 0 left out, 0 failed
	ms-profile: files: succeeded: 1 of 1 mailboxes; 2 seen: 2 new, 0 known, 0 left out, 0 failed
END
same '  two came' want err
ok '  where they belong' [ "$(ms-list -a arc -u bob | cut -f 4 | sort -u)" = Old/2009 ]
printf 'Subject: three\n\n3\n' >mail/3.eml && echo 'no mail' >mail/x.eml && : >mail/4.eml
status 'with one that is no mail' 1 P run files
ok '  the error names it' grep -q '^ms-profile: files: bob: .*mail/4.eml: ' err
ok '  the others are known, and one is new' [ "$(last files)" = 'completed with errors	1	5	1	2' ] || note "$(last files)"
rm -r mail
status 'the files are gone' 66 P run files
ok '  the message' grep -q '^ms-profile: files: bob: failed, status 66: ' err
status '  and so does check' 66 P check files
ok '    the error names it' grep -q "^files	$scratch/mail	66	" out

# ---- export ----

status 'an export' 0 P add export --kind export --user bob --query 'subject:one' --format mboxrd \
	--eol lf --output 'out-%Y-%%.mbox' --schedule 'monthly 1 04:00'
status 'it can be written' 0 P check export
status 'it runs' 0 P run export
ok '  it has succeeded' grep -q '^ms-profile: export: succeeded: ' err
ok '  to a file of this year' test -s "out-$(date +%Y)-%.mbox"
ok '  with one message' [ "$(grep -c '^From ' out-*.mbox)" = 1 ]
status 'what is there is not overwritten' 73 P run export
ok '  the message' grep -q 'export: .*: failed, status 73: ' err
ok '  and so does the log' [ "$(last export | cut -f 1,2)" = 'failed	73' ]
status 'as files' 0 P add eml --kind export --user bob --format eml --output "$scratch/eml"
status '  it runs' 0 P run eml
ok '  three files' [ "$(find eml -name '*.eml' | wc -l)" = 3 ] || find eml
status '  a second run has the same result' 0 P run eml
status 'of all users' 0 P add all --kind export --format eml --output "$scratch/all"
status '  it runs' 0 P run -q all
ok '  in silence' empty err
status 'an output directory that does not exist' 0 P add nowhere --kind export --output /none/at/all
status '  the message' 66 P check nowhere

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
status 'a table' 0 P add -f table.ini table
status 'each can log in' 0 P check table
status 'it runs' 0 P run table --report report
ok '  all four' grep -q '^ms-profile: table: succeeded: 4 of 4 mailboxes; 4 seen: 4 new, ' err
ok '  each has a user' [ "$(ms-list -a arc | cut -f 3 | grep -c '^m[1-4]$')" = 4 ]
status 'a wrong password, and a login that does not exist' 1 sh -c '
	sed -i "s/^m2;planted-2/m2;wrong/" table.csv && echo "m9;planted-9;;" >>table.csv
	ms-profile -a arc run table --report report'
ok '  the log has five' [ "$(P log --json --mailboxes table | jq -s '.[0].mailboxes')" = 5 ]
ok '  and names the two' [ "$(P log --failed-only table | grep '^mailbox' | cut -f 4,5,6 | sort | tr '\t\n' ' ,')" = \
	'm2 failed 77,m9 failed 77,' ] || P log --failed-only table
ok '  which the report does too' [ "$(jq -r 'select(.type == "mailbox" and .status == 77) | .user' report | sort | tr '\n' ' ')" = 'm2 m9 ' ]
ok '  no message is new' [ "$(last table)" = 'completed with errors	1	3	0	3' ] || note "$(last table)"
echo 'delete-archived = yes' >>table.ini
status 'with a delete rule' 0 P edit -f table.ini table
status '  it runs' 1 P run table
ok '  and deletes' grep -q ', 3 deleted$' err
ok '    just these' [ "$(find imap/home/m?/Maildir -path '*/cur/*')" = 'imap/home/m2/Maildir/cur/1.a:2,S' ]
rm table.csv
status 'the table is gone' 66 P run table
ok '  the message' grep -q 'ms-profile: table: .*: failed, status 66: ' err

# A table without a profile: its run is in the log too, while it is running and
# after it was killed.
printf 'login;password\nm1;planted-1\n' >table.csv
mkfifo imap/home/m1/Maildir/cur/9.a:2,
imap_own
ms-csvbatch -q -a arc --ca-file "$imap_ca" "imaps://127.0.0.1:$imap_port/" table.csv >/dev/null 2>&1 &
pid=$!
runs() { P log | head -n 1 | grep -q 'table.csv	1	running'; }
ok 'a table that runs by itself is in the log' await runs
kill -9 $pid
wait $pid 2>/dev/null
ok '  and has failed when it was killed' sh -c \
	'ms-profile -a arc log | head -n 1 | grep -q "table.csv	1	failed		"'
rm table.csv

# Each password was only in the table, which is deleted.
P log --json --mailboxes >log
ok 'no password anywhere' sh -c '! grep -rlF -e planted- . --exclude-dir=imap --exclude=*.pw'
finish
