#!/bin/sh
# 5110-csvbatch-killed.t - ms-csvbatch is ended at random moments: alone, with
# all its children, by SIGTERM, by SIGKILL. No process and no lock remain, and
# the next run archives the missing mail without duplicates.
# shellcheck disable=SC2154,SC2086,SC2046,SC2166 # set by lib-*.sh; lists of rows
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"
. "$top/t/lib-batch.sh"
batch_start || exit 1
seed

count=24 rounds=4
[ "${MS_SOAK-}" != 1 ] || count=60 rounds=80
rows='' n=0
echo 'u,p' >boxes.csv && chmod 600 boxes.csv
while [ $n -lt $count ]; do
	n=$((n + 1))
	rows="$rows u$n:$((20 + n)):pw$n"
	echo "u$n,pw$n" >>boxes.csv
done
batch_boxes want $rows
sort want >want.sorted && mv want.sorted want

ms-init arc
run() {
	ms-csvbatch -a "$scratch/arc" -j 4 --report report --ca-file "$imap_ca" "$imap_url_tls" boxes.csv
}
archived() { ms-list -a arc --json | jq -r '.user + "\t" + .id' | sort; }
# kill_all SIGNAL: ends each process that has the archive on its command line.
kill_all() {
	set -- "$1" $(batch_processes | cut -d ' ' -f 1)
	[ $# -eq 1 ] || kill -s "$@" 2>/dev/null
}

round=0
while [ $round -lt $rounds ]; do
	round=$((round + 1))
	# Every fourth run begins with an empty archive.
	[ $((round % 4)) != 1 ] || { rm -rf arc && ms-init arc; }
	seed=$(((seed * 1103515245 + 12345) % 2147483648))
	wait_s=$(awk "BEGIN { print 0.03 + $((seed / 65536 % 1000)) / 1000 }")
	run >results 2>err &
	pid=$!
	sleep "$wait_s"
	# $pid is the shell that runs the function; ms-csvbatch is its child.
	batch=$(batch_processes | sed -n 's/ ms-csvbatch$//p')
	case $((round % 4)) in
	0) how='by SIGKILL, all' && kill_all KILL ;;
	1) how='by SIGKILL, alone' && [ -z "$batch" ] || kill -KILL $batch 2>/dev/null ;;
	2) how='by SIGTERM' && [ -z "$batch" ] || kill -TERM $batch 2>/dev/null ;;
	3) how='by SIGINT, twice' && [ -z "$batch" ] || { kill -INT $batch && sleep 0.02 && kill -INT $batch; } 2>/dev/null ;;
	esac
	wait $pid
	got=$?
	ok "ended $how after $wait_s s: no process is left" batch_gone 15
	case $((round % 4)) in
	2)
		ok "ended $how: the signal ends it, or the status is 0 if the run was complete" [ $got = 143 -o $got = 0 ]
		ok "ended $how: each mailbox has a line" [ "$(wc -l <results)" = $count ]
		ok "ended $how: the report has an end" grep -q '"type":"end"' report
		;;
	esac
	archived >got.now
	ok "ended $how: no message is stored twice" sh -c 'uniq -d got.now | cmp - /dev/null'
	ok "ended $how: only messages of the server are stored" sh -c 'comm -13 want got.now | cmp - /dev/null'
	ok "ended $how: no lock is left" flock -n arc/lock true
	if [ $((round % 4)) = 0 ]; then
		status "after four rounds: the failed rows are run" 0 ms-csvbatch -q -a "$scratch/arc" -j 4 \
			--failed-from report --ca-file "$imap_ca" "$imap_url_tls" boxes.csv
		status "after four rounds: a complete run" 0 run
		archived >got
		same 'after four rounds: all mail is archived, and no message is there twice' want got
		status 'after four rounds: ms-verify finds no error' 0 ms-verify -q -a arc
	fi
done
ok 'no process is left' batch_gone 10
finish
