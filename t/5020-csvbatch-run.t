#!/bin/sh
# 5020-csvbatch-run.t - ms-csvbatch archives the mailbox of each row: users,
# labels, folders, deletions, retries.
# shellcheck disable=SC2154 # set by lib-*.sh
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"
. "$top/t/lib-batch.sh"
batch_start || exit 1
batch_boxes want one:6:pw two:4:pw three:3:pw four:2:pw
ms-init arc
batch() {
	ms-csvbatch -a arc --ca-file "$imap_ca" "$@" "$imap_url_tls" boxes.csv
}
archived() { ms-list -a arc --json "$@" | jq -r '.user + "\t" + .id' | sort; }

# ---- users and labels ----
cat >boxes.csv <<-END
	Login;Password;E-Mail;Archive
	one;pw;one@example.org;
	two;pw;;"zwei; deux ;zwei"
	three;pw;"three@example.org";drei
END
chmod 600 boxes.csv
status '--check' 0 batch --check
ok 'each row has a line' [ "$(cut -f 1-4 out | sort | tr '\n\t' '. ')" = \
	'2 one succeeded 0.3 two succeeded 0.4 three succeeded 0.' ]
ok 'nothing is archived' [ -z "$(ms-list -a arc)" ]
status 'check needs no archive' 0 ms-csvbatch --check --ca-file "$imap_ca" "$imap_url_tls" boxes.csv
status 'a run with a report and JSON' 0 batch --report report --json
ok 'each mailbox is archived for its users' [ "$(ms-list -a arc --json | jq -r .user | sort | uniq -c | tr -s ' \n' ' ')" = \
	' 4 deux 3 drei 6 one 4 zwei ' ]
ok 'the label is the address' [ "$(ms-list -a arc --json -u drei | jq -r .label | sort -u)" = three@example.org ]
ok 'without an address, the label is the login and the host' [ "$(ms-list -a arc --json -u deux | jq -r .label | sort -u)" = two@127.0.0.1 ]
ok 'the line of a row names all its users' jq -e 'select(.login == "two") | .users == ["zwei", "deux"]
	and .seen == 8 and .new + .known == 8 and .line == 3 and .status == 0' out
grep '"type":"mailbox"' report >report.rows
same 'the printed lines are in the report' out report.rows
ok 'the report has the sums' jq -e 'select(.type == "end" and .mailboxes == 3 and .mailboxes_succeeded == 3 and .seen == 17)' report
ok 'the sums are printed in one line' grep -qx 'ms-csvbatch: 3 mailboxes: 3 succeeded; 17 messages seen: .*' err
status 'with -q' 0 batch -q
ok 'stderr is empty' empty err
ok 'the results are printed' [ "$(wc -l <out)" = 3 ]

# ---- the log of the archive ----
status 'the log is printed' 0 ms-profile -a arc log --json
ok 'it has both runs, but not the checks' [ "$(grep -c '"type":"run"' out)" = 2 ]
ok 'each run has its name, kind, result and counts' jq -se 'map(select(.type == "run")) | all(.profile == "boxes.csv" and
	.kind == "csv" and .result == "succeeded" and .status == 0 and .mailboxes == 3 and .seen == 17)' out
ok 'the log has each mailbox for each of its users' [ "$(jq -r 'select(.type == "mailbox") | .user + " " + .source' out |
	sed 's/@.*//' | sort | uniq -c | tr -s ' \n' ' ')" = \
	' 2 deux imap://two 2 drei imap://three 2 one imap://one 2 zwei imap://two ' ]
ok 'new users have the authentication type none' sh -c 'ms-users -a arc show zwei | grep -qi "authentication.*none"'

# ---- options of ms-fetch and ms-ingest ----
rm -rf arc && ms-init arc
status 'options of ms-fetch and ms-ingest' 0 batch --larger 100 -d Old/2020 --connections 1
ok 'the option -d is passed on' [ "$(ms-list -a arc --json | jq -r .folder | sort -u)" = Old/2020/INBOX ]
ok 'the option --larger is passed on' sh -c 'cut -f 7 out | grep -q "^[1-9]"'

# ---- rows that failed before ----
rm -rf arc && ms-init arc
cat >boxes.csv <<-END
	Login;Password
	one;pw
	two;wrong
	three
	four;wrong
END
status 'some rows fail' 1 batch --report report
ok 'one row succeeds and three fail' [ "$(cut -f 3 out | sort | uniq -c | tr -s ' \n' ' ')" = ' 3 failed 1 succeeded ' ]
cp report all
status 'only the failed rows, with the same report' 1 batch --failed-from report --report report
ok 'only the failed rows are run' [ "$(cut -f 1 out | sort | tr '\n' ' ')" = '3 4 5 ' ]
# The lines are in another order, and the passwords are corrected.
cat >boxes.csv <<-END
	Login;Password
	new;pw
	three;pw
	one;wrong
	two;pw
	four;pw
END
cp all failed
status 'the passwords are corrected' 0 batch --failed-from failed --report report
ok 'the failed rows are found in other lines' [ "$(cut -f 2 out | sort | tr '\n' ' ')" = 'four three two ' ]
ms-profile -a arc log --json >log
ok 'the log has the failures of the run' jq -se 'map(select(.type == "mailbox" and
	.status == 65)) | length > 0 and all(.reason == "no password: only one column")' log
status '--failed-from with a report without failures' 0 batch --failed-from report
ok 'other rows and new rows are left out' empty out
grep -v '"end"' failed | head -n 1 >died
printf '{"type":"mailbox","li' >>died
status '--failed-from with an incomplete report' 1 batch --failed-from died
ok 'all rows are run that have not succeeded in the report' [ "$(wc -l <out)" -ge 4 ]

printf '{"type":"mailbox","line":9,"result":"failed","status":65}\n' | cat - all >nameless
status '--failed-from with a failure without a login' 1 batch --failed-from nameless
ok 'all rows are run that the report does not name' [ "$(cut -f 2 out | sort | tr '\n' ' ')" = 'four new three two ' ]

# ---- deleting ----
rm -rf arc && ms-init arc
cat >boxes.csv <<-END
	u,p,e,a
	one,pw
	two,pw,,"a;b"
	four,wrong
END
left() {
	find "$imap_root/home/$1/Maildir/cur" -type f | wc -l
}
status '--delete-archived with -n' 1 batch --delete-archived -n --smaller 400
ok 'each message is printed with its row' grep -q '^ms-csvbatch: line 2, one: would delete INBOX, UID 1$' err
ok 'no message is deleted' [ "$(left one) $(left two)" = '6 4' ]
ok 'no message is counted as deleted' [ "$(cut -f 9 out | sort -u)" = 0 ]
ok 'all messages were archived, because the filter is for the delete run' [ "$(ms-list -a arc -u one | wc -l)" = 6 ]
rm -rf arc && ms-init arc
status '--delete-archived with a filter' 1 batch --delete-archived --smaller 400
ok 'some messages are left' [ "$(left one)" -gt 0 ] && ok 'the messages that the filter selects are deleted' [ "$(left one)" -lt 6 ]
status '--delete-archived without a filter' 1 batch --delete-archived
ok 'all messages are deleted' [ "$(left one) $(left two)" = '0 0' ]
ok 'nothing is deleted where the login failed' [ "$(left four)" = 2 ]
ok 'the archive has all messages' [ "$(ms-list -a arc -u one | wc -l) $(ms-list -a arc -u a | wc -l) $(ms-list -a arc -u b | wc -l)" = '6 4 4' ]
ok 'the line has the number of deleted messages' grep -q '^2	one	succeeded	0	0	[0-9]*	0	0	[1-9]	$' out
status 'ms-verify finds no error' 0 ms-verify -q -a arc

# ---- a failure for one of two users: nothing is deleted ----
cat >boxes.csv <<-END
	u,p,e,a
	three,pw,,"a;b"
END
status 'a folder that does not exist' 1 batch --folder INBOX --folder None --delete-archived
ok 'nothing is deleted' [ "$(left three)" = 3 ]
ok 'the sums count the folder, and no message of it' \
	grep -q ' 0 failed, 0 deleted; 2 folders failed$' err

# ---- code pages ----
# A table as Excel saves it in Turkey: windows-1254, with columns that nobody uses.
batch_boxes want 'tr:1:İğdır ş'
printf 'Kullanıcı;Parola;E-Posta;Arşiv;;\ntr;İğdır ş;ş@x.example;sukru;;\n' |
	iconv -f UTF-8 -t WINDOWS-1254 >boxes.csv
status 'the code page is given' 0 batch --encoding windows-1254
ok 'the label is in the code page' [ "$(ms-list -a arc --json -u sukru | jq -r .label)" = 'ş@x.example' ]
ok 'there is no remark' absent -q 'read as' err
status 'the code page is assumed, so that the password is wrong' 77 batch --check --report report
grep 'read as' err >got
echo 'ms-csvbatch: boxes.csv: not UTF-8: read as windows-1252; --encoding names another code page' >want
same 'a remark says so' want got
ok 'in the report, too' grep -q '"type":"note","where":"boxes.csv"' report
status 'not with -q' 77 batch --check -q
ok 'there is no remark' absent -q 'read as' err
iconv -f WINDOWS-1254 -t UTF-16 boxes.csv >utf && mv utf boxes.csv
status 'the same table in UTF-16' 0 batch --check
ok 'needs no remark' absent -q 'read as' err
ok 'no process is left' batch_gone 5
finish
