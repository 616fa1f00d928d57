#!/bin/sh
# 5100-csvbatch-many.t - a table of 50 mailboxes (1,000 with MS_SOAK). Some
# passwords are wrong, and some servers hang, reset the connection, send random
# bytes or stop in the middle. All other mailboxes are complete, each failure is
# named, and no message is new in a second run.
# shellcheck disable=SC2154,SC2086 # set by lib-*.sh; lists of rows
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"
. "$top/t/lib-batch.sh"
batch_start && moody_start || exit 1

count=50 at_once=8
[ "${MS_SOAK-}" != 1 ] || count=1000 at_once=16
rows='' bad='' n=0
echo 'Login;Password;Label;Archive' >boxes.csv && chmod 600 boxes.csv
while [ $n -lt $count ]; do
	n=$((n + 1)) name=u$n
	case $((n % 25)) in
	3) name=hang-$n ;;
	7) name=reset-$n ;;
	11) name=garbage-$n ;;
	15) name=slow-$n ;;
	19) name=broken-$n ;;
	esac
	case $name in u*) rows="$rows $name:$((n % 13)):P" ;; *) bad="$bad $name:9:P" ;; esac
	printf '%s;"it'"'"'s ""%s"";|,";%s@example.org;\n' "$name" $n "$name"
done >>boxes.csv
# The passwords are those of the table, except for some wrong ones.
for list in "want $rows" "bad $bad"; do
	set -- $list
	file=$1 && shift
	batch_boxes "$file" "$@"
done
for user in "$imap_root"/users/*; do
	name=${user##*/}
	printf '%s:{PLAIN}it'"'"'s "%s";|,::::::\n' "$name" "${name##*[u-]}" >"$user"
done
wrong=''
for n in 5 13 21 30 38 46; do
	wrong="$wrong u$n"
	printf 'u%s:{PLAIN}other::::::\n' $n >"$imap_root/users/u$n"
	grep -v "^u$n	" want >want.less && mv want.less want
done

archived() { ms-list -a arc --json | jq -r '.user + "\t" + .id' | sort; }
run() {
	ms-csvbatch -a "$scratch/arc" -j $at_once --report "$1" --insecure-plaintext \
		--timeout 3 --retries 0 "$moody_url" boxes.csv
}
ms-init arc
status 'some rows fail' 1 run report
cp out results
ok "each of the $count has a line" [ "$(wc -l <results)" = $count ]
ok 'no mailbox has two lines' [ "$(cut -f 1,2 results | sort -u | wc -l)" = $count ]
archived >got
same 'all other mailboxes are complete, and no message is there twice' want got
ok 'all good rows have succeeded' sh -c "! cut -f 2,3 results | grep '^u' | grep -v succeeded |
	grep -vw '$(echo $wrong | sed 's/ /\\|/g')'"
for name in $wrong; do
	ok "$name: the login is refused" grep -q "^[0-9]*	$name	failed	77	.*login refused" results
done
for kind in hang:75 reset:75 garbage:7[56] slow:75 broken:75; do
	for name in $(grep -o "${kind%:*}-[0-9]*" boxes.csv | sort -u); do
		ok "$name has a line with a reason" grep -q "^[0-9]*	$name	failed	${kind#*:}	.*	[^	]\{10,\}$" results
		ok "$name is named on stderr" grep -q "^ms-csvbatch: line [0-9]*, $name: " err
	done
done
jq -r 'select(.type == "mailbox") | [.line, .login, .result, .status] | @tsv' report | sort >reported
cut -f 1-4 results | sort >printed
same 'the report has the same results' printed reported
ok 'the report has the result of the run' jq -e 'select(.type == "end" and .tool == "ms-csvbatch" and .status == 1
	and .mailboxes == '$count')' report
status 'ms-verify finds no error' 0 ms-verify -q -a arc

status 'a second run' 1 run again
archived >got
same 'no message is stored twice' want got
ok 'no message is new' jq -e 'select(.type == "end").new == 0' again

grep succeeded results | cut -f 2 | sort >well
status 'the failed rows are run again, without the bad servers' 1 ms-csvbatch -a "$scratch/arc" -j $at_once --failed-from report \
	--insecure-plaintext --timeout 3 --retries 0 "$imap_url_plain" boxes.csv
ok 'no row is run that had succeeded' sh -c 'cut -f 2 out | sort | join - well | cmp - /dev/null'
ok 'all of them succeed, except those with wrong passwords' sh -c \
	'[ "$(grep -c "	failed	77	" out)" = '"$(echo $wrong | wc -w)"' ] &&
	 [ "$(grep -vc "	failed	77	\|	succeeded	0	" out)" = 0 ]'
sort bad want >all
archived >got
same 'the archive has all their mail' all got
status 'ms-verify finds no error' 0 ms-verify -q -a arc
ok 'no process is left' batch_gone 10

# ---- a run is stopped while all its mailboxes hang ----
grep '^Login\|^hang\|^slow' boxes.csv >hang.csv && chmod 600 hang.csv
ms-csvbatch -a "$scratch/arc" -j 2 --insecure-plaintext --timeout 300 --report stopped \
	"$moody_url" hang.csv >out 2>err &
pid=$!
four_fetch() { [ "$(batch_processes | grep -c ms-fetch)" -ge 4 ]; }
await four_fetch
kill -TERM $pid
begun=$(date +%s)
wait $pid
got=$?
ok 'a run that is stopped while servers hang ends by the signal' [ $got = 143 ]
ok 'it ends within 5 seconds' [ $(($(date +%s) - begun)) -lt 5 ]
ok 'each row is cancelled' [ "$(grep -c '	cancelled	75	' out)" = "$(($(wc -l <hang.csv) - 1))" ]
ok 'the report says so, too' jq -e 'select(.type == "end" and .status == 75 and .mailboxes_cancelled > 1)' stopped
ok 'no process is left' batch_gone 5
finish
