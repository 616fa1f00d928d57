#!/bin/sh
# 5000-csvbatch-usage.t - the command line of ms-csvbatch, and tables that are
# refused.
. "$(dirname "$0")/lib.sh"
unset MS_ARCHIVE
url=imaps://127.0.0.1:1/
printf 'u;p\nalice;pw\n' >one.csv && chmod 600 one.csv
ms-init arc

# refused NAME WORDS ARGUMENT...: the status is 64, and the error has these
# words.
refused() {
	_words=$2 && _what=$1 && shift 2
	status "$_what" 64 ms-csvbatch "$@"
	ok "$_what: the error has the words $_words" grep -qe "$_words" err
	ok "$_what: the error names the help" grep -q "; try 'ms-csvbatch --help'$" err
	ok "$_what: stdout is empty" empty out
}
refused 'no arguments' 'expected: .*url file' -a arc
refused 'no file' 'expected: .*url file' -a arc $url
refused 'two files' 'expected: .*url file' -a arc $url one.csv one.csv
refused 'no archive is named' 'MS_ARCHIVE' $url one.csv
refused 'no URL' 'URL' -a arc one.csv one.csv
refused 'a login in the URL' 'has a login' -a arc imaps://alice@127.0.0.1/ one.csv
refused 'a password in the URL' 'password' -a arc imaps://alice:pw@127.0.0.1/ one.csv
refused 'no jobs' '--jobs' -a arc -j 0 $url one.csv
refused 'too many jobs' '--jobs' -a arc --jobs 257 $url one.csv
refused 'no threads' '--threads' -a arc --threads 0 $url one.csv
refused '--check with --delete-archived' 'cannot be used with --' --check --delete-archived $url one.csv
refused '-n without --delete-archived' '--delete-archived' -a arc -n $url one.csv
refused '--archived-before without --delete-archived' '--delete-archived' -a arc --archived-before 1d $url one.csv
refused 'an unknown encoding' "unknown encoding 'cp99'" -a arc --encoding cp99 $url one.csv
refused 'an unknown option' "no option '--no-such'" -a arc --no-such $url one.csv
refused 'an abbreviated option' "did you mean '--timeout'" -a arc --time 3 $url one.csv

# Options of ms-fetch that a batch does not pass on.
for o in --user=x --login=x --authzid=x --password-file=x --password-fd=3 \
	--password-command=x --token-command=x --token-command-fd=3 --follow --poll=3 --list-folders; do
	refused "$o" "${o%%=*}: .* many mailboxes" -a arc "$o" $url one.csv
done
# All other options of ms-fetch are passed on, after ms-csvbatch has checked
# their values.
refused 'a bad value' "--timeout" -a arc --timeout never $url one.csv
refused 'a bad date' "since" -a arc --since someday $url one.csv
refused 'options that exclude each other' '--pin' -a arc --pin 'sha256//x' --accept-any-certificate $url one.csv
refused '--insecure-plaintext with TLS' 'insecure-plaintext' -a arc --insecure-plaintext $url one.csv
refused 'folders of POP3' 'POP3 has no folders' -a arc --folder x pop3s://127.0.0.1/ one.csv
refused 'folders of POP3 for the delete run' 'POP3 has no folders' -a arc --delete-archived --folder x \
	pop3s://127.0.0.1/ one.csv
known=$(ms-fetch -h | grep -o -e '--[a-z][a-z-]*' | sort -u)
ok 'every option of ms-fetch is known' sh -c '
	for o in '"$(echo $known)"'; do
		ms-csvbatch $o=x 2>&1 </dev/null | grep -q "no option" && echo "$o" && bad=1
	done; [ -z "$bad" ]'

# Files that are not tables.
status 'the table does not exist' 66 ms-csvbatch -a arc $url none.csv
ok 'the error names the table' grep -q '^ms-csvbatch: none.csv: ' err
printf '' >empty.csv
status 'the table is empty' 66 ms-csvbatch -a arc $url empty.csv
printf 'u;p\n\n' >names.csv
status 'the table has only names of columns' 66 ms-csvbatch -a arc $url names.csv
status 'the table is a folder' 74 ms-csvbatch -a arc $url .
printf 'a@b.c;pw\n' >none.csv
status 'the table has no names of columns' 65 ms-csvbatch -a arc $url none.csv
ok 'the message has the line' grep -q 'none.csv: line 1: the first row must name' err
status 'the archive does not exist' 66 ms-csvbatch -a nowhere $url one.csv
status 'a file that is not a report' 65 ms-csvbatch -a arc --failed-from one.csv $url one.csv
status 'the report for --failed-from does not exist' 66 ms-csvbatch -a arc --failed-from no.json $url one.csv
echo '{"type":"end","tool":"ms-ingest","status":0}' >other.json
status "the report for --failed-from is from another tool" 65 ms-csvbatch -a arc --failed-from other.json $url one.csv
status 'the report cannot be created' 66 ms-csvbatch -a arc --report no/such/file $url one.csv

# Rows that cannot be used, and a server that does not listen.
printf 'u;p\nalice\nbob;pw\n' >rows.csv && chmod 644 rows.csv
status 'a bad row, and a server that does not listen' 1 ms-csvbatch -a arc --retries 0 $url rows.csv
ok 'the bad row is named by its line' grep -q '^ms-csvbatch: line 2, alice: no password' err
ok 'the bad row has a result' grep -qx '2	alice	failed	65	0	0	0	0	0	no password: only one column' out
ok 'the other row was tried' grep -q '^3	bob	failed	75	' out
ok 'there is a warning that other users can read the file' grep -q 'rows.csv: other users can read' err
status '-q, with failures' 1 ms-csvbatch -q -a arc --retries 0 $url rows.csv
ok 'there is no warning' sh -c '! grep -q "can read" err'
ok 'there are no sums' sh -c '! grep -q mailboxes err'
ok 'failures are printed' grep -q 'line 2, alice' err
status 'the only row fails temporarily' 75 ms-csvbatch -q -a arc --retries 0 $url one.csv
status 'the table comes from standard input' 75 sh -c "ms-csvbatch -q -a arc --retries 0 $url - <one.csv"
status '$MS_ARCHIVE names the archive' 75 env MS_ARCHIVE=arc ms-csvbatch -q --retries 0 $url one.csv
status 'stdout is full' 75 sh -c "ms-csvbatch -q -a arc --retries 0 $url one.csv >/dev/full"
ok 'the error names the reason' grep -q 'No space left' err

# A password in another column would become a label, which is in argv.
for name in Password ' passwort ' KENNWORT pass 'Mot de passe' contraseña "$(printf 'contrasen\314\203a')" пароль; do
	printf 'login,label,%s,users\nx,secret-label,y,anna\n' "$name" >order.csv
	status "a column is named '$name'" 64 ms-csvbatch -a arc imaps://127.0.0.1:1/ order.csv
	ok '  the message has the column' grep -q 'column 3 is named' err
	ok '  and no password' absent -q secret-label err
done
printf 'login,pin,label,users,password\nx,1234,y,anna,secret-label\n' >order.csv
status 'a column after the fourth is named password' 64 ms-csvbatch -a arc imaps://127.0.0.1:1/ order.csv
ok '  the message has the column, and the remedy' grep -q 'column 5 is named .*--columns' err
printf 'login,password,label,users,password\n,1234,y,anna,x\n' >order.csv
status '  but the second is, too' 65 ms-csvbatch -a arc imaps://127.0.0.1:1/ order.csv

# --columns gives another order, and names the columns of a table without names.
columns() { ms-csvbatch -a arc --retries 0 --json --columns "$1" imaps://127.0.0.1:1/ order.csv; }
printf 'login,label,password,users\nx,y,secret,anna\n' >order.csv
status 'another order' 75 columns login,address,password,user
jq -c '[.line, .login]' out >got && printf '[2,"x"]\n' >want
same '  is used' want got
ok '  a remark says that there are names' grep -q 'order.csv: the first row names the columns' err
printf 'x@example.org\tsecret\ny\tsecret\n' >order.csv
status 'a table without names' 65 ms-csvbatch -a arc imaps://127.0.0.1:1/ order.csv
ok '  the message has the remedy' grep -q 'name them with --columns' err
status '  with --columns' 75 columns login,password
jq -c '[.line, .login]' out | sort >got && printf '[1,"x@example.org"]\n[2,"y"]\n' >want
same '    has all rows' want got
ok '    there is no remark' absent -q 'first row' err
status 'an unknown column' 64 columns login,passwort
ok '  the message has the words' grep -qF "unknown column 'passwort' (did you mean 'password'?)" err
printf 'kind = csv\nurl = imaps://127.0.0.1:1/\nretries = 0\nfile = %s\ncolumns = login,password\n' \
	"$PWD/order.csv" >text
status 'a profile with the key columns' 0 ms-profile -a arc add -f text table
ms-profile -a arc run -q table 2>/dev/null
ok '  reads all rows' [ "$(ms-profile -a arc log --mailboxes table | grep -c '^mailbox')" = 2 ]
sed 's/= login/= /' text >bad
status '  it is checked' 64 ms-profile -a arc add -f bad other
ok '    with the line' grep -q "line 5: columns: unknown column ''" err

printf 'password,login\nx,y\n' >order.csv
status 'the password is in the first column' 64 ms-csvbatch -a arc imaps://127.0.0.1:1/ order.csv
finish
