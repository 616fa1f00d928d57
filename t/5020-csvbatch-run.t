#!/bin/sh
# 5020-csvbatch-run.t - what ms-csvbatch does with a row: users, labels,
# folders, deletions, retries.
# shellcheck disable=SC2154 # what lib-*.sh set
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
status 'check' 0 batch --check
ok 'a line for each row' [ "$(cut -f 1-4 out | sort | tr '\n\t' '. ')" = \
	'2 one succeeded 0.3 two succeeded 0.4 three succeeded 0.' ]
ok 'and archives nothing' [ -z "$(ms-list -a arc)" ]
status 'check needs no archive' 0 ms-csvbatch --check --ca-file "$imap_ca" "$imap_url_tls" boxes.csv
status 'a run' 0 batch --report report --json
ok 'each mailbox to its users' [ "$(ms-list -a arc --json | jq -r .user | sort | uniq -c | tr -s ' \n' ' ')" = \
	' 4 deux 3 drei 6 one 4 zwei ' ]
ok 'labelled' [ "$(ms-list -a arc --json -u drei | jq -r .label | sort -u)" = three@example.org ]
ok 'where no address is given, as always' [ "$(ms-list -a arc --json -u deux | jq -r .label | sort -u)" = two@127.0.0.1 ]
ok 'a line names all users of its row' jq -e 'select(.login == "two") | .users == ["zwei", "deux"]
	and .seen == 8 and .new + .known == 8 and .line == 3 and .status == 0' out
grep '"type":"mailbox"' report >report.rows
same 'the lines printed are in the report' out report.rows
ok 'the sums' jq -e 'select(.type == "end" and .mailboxes == 3 and .mailboxes_succeeded == 3 and .seen == 17)' report
ok 'one sentence of sums' grep -qx 'ms-csvbatch: 3 mailboxes: 3 succeeded; 17 messages seen: .*' err
status 'with -q' 0 batch -q
ok 'success is silent' empty err
ok 'but for results' [ "$(wc -l <out)" = 3 ]

# ---- the archive's log ----
status 'runs are in the log' 0 ms-profile -a arc log --json
ok 'two, without the checks' [ "$(grep -c '"type":"run"' out)" = 2 ]
ok 'with name, kind, result, counts' jq -se 'map(select(.type == "run")) | all(.profile == "boxes.csv" and
	.kind == "csv" and .result == "succeeded" and .status == 0 and .mailboxes == 3 and .seen == 17)' out
ok 'and each mailbox, for each user' [ "$(jq -r 'select(.type == "mailbox") | .user + " " + .source' out |
	sed 's/@.*//' | sort | uniq -c | tr -s ' \n' ' ')" = \
	' 2 deux imap://two 2 drei imap://three 2 one imap://one 2 zwei imap://two ' ]
ok 'users made have no authentication' sh -c 'ms-users -a arc show zwei | grep -qi "authentication.*none"'

# ---- options of ms-fetch and ms-ingest ----
rm -rf arc && ms-init arc
status 'a choice, a folder' 0 batch --larger 100 -d Old/2020 --connections 1
ok 'both are passed on' [ "$(ms-list -a arc --json | jq -r .folder | sort -u)" = Old/2020/INBOX ]
ok 'some are left out' sh -c 'cut -f 7 out | grep -q "^[1-9]"'

# ---- what failed before ----
rm -rf arc && ms-init arc
cat >boxes.csv <<-END
	Login;Password
	one;pw
	two;wrong
	three
	four;wrong
END
status 'some fail' 1 batch --report report
ok 'one has done so' [ "$(cut -f 3 out | sort | uniq -c | tr -s ' \n' ' ')" = ' 3 failed 1 succeeded ' ]
cp report all
status 'only the failed rows, with the same report' 1 batch --failed-from report --report report
ok 'only those' [ "$(cut -f 1 out | sort | tr '\n' ' ')" = '3 4 5 ' ]
# Lines moved, passwords corrected.
cat >boxes.csv <<-END
	Login;Password
	new;pw
	three;pw
	one;wrong
	two;pw
	four;pw
END
cp all failed
status 'corrected' 0 batch --failed-from failed --report report
ok 'whatever line it is on now' [ "$(cut -f 2 out | sort | tr '\n' ' ')" = 'four three two ' ]
ms-profile -a arc log --json >log
ok 'a run that had failures is in the log with them' jq -se 'map(select(.type == "mailbox" and
	.status == 65)) | length > 0 and all(.reason == "no password: only one column")' log
status 'nothing has failed' 0 batch --failed-from report
ok 'other rows and new rows are left out' empty out
grep -v '"end"' failed | head -n 1 >died
printf '{"type":"mailbox","li' >>died
status 'the report of a run that died' 1 batch --failed-from died
ok 'all rows that the report does not call succeeded' [ "$(wc -l <out)" -ge 4 ]

printf '{"type":"mailbox","line":9,"result":"failed","status":65}\n' | cat - all >nameless
status 'a row without a login had failed' 1 batch --failed-from nameless
ok 'it may be any that the report does not name' [ "$(cut -f 2 out | sort | tr '\n' ' ')" = 'four new three two ' ]

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
status 'what would be deleted' 1 batch --delete-archived -n --smaller 400
ok 'is printed, with the row' grep -q '^ms-csvbatch: line 2, one: would delete INBOX, UID 1$' err
ok 'and nothing is' [ "$(left one) $(left two)" = '6 4' ]
ok 'it is not counted as deleted' [ "$(cut -f 9 out | sort -u)" = 0 ]
ok 'all was archived: the choice is of the delete run' [ "$(ms-list -a arc -u one | wc -l)" = 6 ]
rm -rf arc && ms-init arc
status 'deleted' 1 batch --delete-archived --smaller 400
ok 'what the rule says' [ "$(left one)" -gt 0 ] && ok 'and it alone' [ "$(left one)" -lt 6 ]
status 'all' 1 batch --delete-archived
ok 'is deleted' [ "$(left one) $(left two)" = '0 0' ]
ok 'not where the login failed' [ "$(left four)" = 2 ]
ok 'the archive has it' [ "$(ms-list -a arc -u one | wc -l) $(ms-list -a arc -u a | wc -l) $(ms-list -a arc -u b | wc -l)" = '6 4 4' ]
ok 'and the counts' grep -q '^2	one	succeeded	0	0	[0-9]*	0	0	[1-9]	$' out
status 'the archive is whole' 0 ms-verify -q -a arc

# ---- a user that cannot have it: nothing is deleted ----
cat >boxes.csv <<-END
	u,p,e,a
	three,pw,,"a;b"
END
status 'a choice that fails for a user' 1 batch --folder INBOX --folder None --delete-archived
ok 'nothing is deleted' [ "$(left three)" = 3 ]
ok 'no process is left' batch_gone 5
finish
