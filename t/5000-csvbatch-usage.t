#!/bin/sh
# 5000-csvbatch-usage.t - the command line of ms-csvbatch, and tables that
# cannot be run.
. "$(dirname "$0")/lib.sh"
unset MS_ARCHIVE
url=imaps://127.0.0.1:1/
printf 'u;p\nalice;pw\n' >one.csv && chmod 600 one.csv
ms-init arc

# refused NAME WORDS ARGUMENT...: status 64, with these words.
refused() {
	_words=$2 && _what=$1 && shift 2
	status "$_what" 64 ms-csvbatch "$@"
	ok "$_what: $_words" grep -qe "$_words" err
	ok "$_what: the usage" grep -q '^usage: ms-csvbatch' err
	ok "$_what: nothing on stdout" empty out
}
refused 'nothing' 'expected: .*url file' -a arc
refused 'no file' 'expected: .*url file' -a arc $url
refused 'two files' 'expected: .*url file' -a arc $url one.csv one.csv
refused 'no archive' 'MS_ARCHIVE' $url one.csv
refused 'no URL' 'URL' -a arc one.csv one.csv
refused 'a login in the URL' 'has a login' -a arc imaps://alice@127.0.0.1/ one.csv
refused 'a password in the URL' 'password' -a arc imaps://alice:pw@127.0.0.1/ one.csv
refused 'no jobs' '--jobs' -a arc -j 0 $url one.csv
refused 'too many jobs' '--jobs' -a arc --jobs 257 $url one.csv
refused 'no threads' '--threads' -a arc --threads 0 $url one.csv
refused 'check and delete' 'cannot be used with --' --check --delete-archived $url one.csv
refused '-n alone' '--delete-archived' -a arc -n $url one.csv
refused '--archived-before alone' '--delete-archived' -a arc --archived-before 1d $url one.csv
refused 'an unknown option' 'unrecognized' -a arc --no-such $url one.csv
refused 'an abbreviated one' 'unrecognized' -a arc --time 3 $url one.csv

# Options of ms-fetch that a batch does not pass on.
for o in --user=x --login=x --authzid=x --password-file=x --password-fd=3 \
	--password-command=x --token-command=x --follow --poll=3 --list-folders --verbose; do
	refused "$o" "${o%%=*}: .* many mailboxes" -a arc "$o" $url one.csv
done
# All other options of ms-fetch are passed on: tried by its own reader.
refused 'a bad value' "--timeout" -a arc --timeout never $url one.csv
refused 'a bad date' "since" -a arc --since someday $url one.csv
refused 'what contradicts' '--pin' -a arc --pin 'sha256//x' --accept-any-certificate $url one.csv
refused 'TLS and plaintext' 'insecure-plaintext' -a arc --insecure-plaintext $url one.csv
refused 'folders of POP3' 'POP3 has no folders' -a arc --folder x pop3s://127.0.0.1/ one.csv
refused 'the same for the delete run' 'POP3 has no folders' -a arc --delete-archived --folder x \
	pop3s://127.0.0.1/ one.csv
known=$(ms-fetch -h | grep -o -e '--[a-z][a-z-]*' | sort -u)
ok 'every option of ms-fetch is known' sh -c '
	for o in '"$(echo $known)"'; do
		ms-csvbatch $o=x 2>&1 </dev/null | grep -q "unrecognized option" && echo "$o" && bad=1
	done; [ -z "$bad" ]'

# Files that are not tables.
status 'no such file' 66 ms-csvbatch -a arc $url none.csv
ok 'the message names it' grep -q '^ms-csvbatch: none.csv: ' err
printf '' >empty.csv
status 'an empty one' 66 ms-csvbatch -a arc $url empty.csv
printf 'u;p\n\n' >names.csv
status 'only names of columns' 66 ms-csvbatch -a arc $url names.csv
status 'a folder' 74 ms-csvbatch -a arc $url .
printf 'a@b.c;pw\n' >none.csv
status 'no names of columns' 65 ms-csvbatch -a arc $url none.csv
ok 'the message has the line' grep -q 'none.csv: line 1: the first row must name' err
status 'no archive there' 66 ms-csvbatch -a nowhere $url one.csv
status 'a file that is not a report' 65 ms-csvbatch -a arc --failed-from one.csv $url one.csv
status 'a report that is not there' 66 ms-csvbatch -a arc --failed-from no.json $url one.csv
echo '{"type":"end","tool":"ms-ingest","status":0}' >other.json
status "another tool's report" 65 ms-csvbatch -a arc --failed-from other.json $url one.csv
status 'a report that cannot be made' 66 ms-csvbatch -a arc --report no/such/file $url one.csv

# Rows that cannot be used, and a server that is not there.
printf 'u;p\nalice\nbob;pw\n' >rows.csv && chmod 644 rows.csv
status 'a bad row and no server' 1 ms-csvbatch -a arc --retries 0 $url rows.csv
ok 'the bad row is named by its line' grep -q '^ms-csvbatch: line 2, alice: no password' err
ok 'and has a line' grep -qx '2	alice	failed	65	0	0	0	0	0	no password: only one column' out
ok 'the other was tried' grep -q '^3	bob	failed	75	' out
ok 'others can read the file: a warning' grep -q 'rows.csv: other users can read' err
status 'with -q' 1 ms-csvbatch -q -a arc --retries 0 $url rows.csv
ok 'no warning' sh -c '! grep -q "can read" err'
ok 'no sums' sh -c '! grep -q mailboxes err'
ok 'failures are printed' grep -q 'line 2, alice' err
status 'all fail alike' 75 ms-csvbatch -q -a arc --retries 0 $url one.csv
status 'standard input' 75 sh -c "ms-csvbatch -q -a arc --retries 0 $url - <one.csv"
status '$MS_ARCHIVE' 75 env MS_ARCHIVE=arc ms-csvbatch -q --retries 0 $url one.csv
status 'stdout is full' 75 sh -c "ms-csvbatch -q -a arc --retries 0 $url one.csv >/dev/full"
ok 'the message' grep -q 'No space left' err
finish
