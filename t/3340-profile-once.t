#!/bin/sh
# 3340-profile-once.t - a profile has one run at a time, which can be stopped.
# If the run is killed at any moment, alone or with its children, no process and
# no lock remain, and the next run archives the missing messages without
# duplicates.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"

rounds=4 n=12
[ "${MS_SOAK-}" != 1 ] || rounds=100
P() { ms-profile -a arc "$@"; }
# run NAME: starts a run in the background, in a session of its own; $pid is its
# process. SIGHUP is reset, because it would stay ignored if the test was
# started by nohup.
run() {
	rm -f pid
	MARK=$scratch setsid env --default-signal=HUP sh -c 'echo $$ >pid && exec ms-profile -a arc run "$@"' sh "$@" 2>run.err &
	job=$!
	await test -s pid && pid=$(cat pid)
}
runs() { P status "$1" | grep -q '	running	'; }
busy() { P status --json "$1" | jq -e '.running and .done >= 3' >/dev/null; }
# leftover: whether there are processes of a run, with any parent.
leftover() { grep -lzqx "MARK=$scratch" /proc/[0-9]*/environ 2>/dev/null; }
gone() { ! leftover; }
ended() { ! kill -0 "$pid" 2>/dev/null; }

printf 'master:{PLAIN}secret::::::\n' >masters
imap_start "
auth_mechanisms = plain login
mail_max_userip_connections = 100
passdb {
  driver = passwd-file
  master = yes
  args = $scratch/masters
}
" || exit 1
echo secret >pw
ms-init arc
for i in $(seq $n); do
	imap_user "u$i" none
	for m in 1 2 3 4 5; do
		{ printf 'Subject: to u%s\n\n' "$i" && head -c 20000 /dev/urandom | base64; } >"$imap_dir/cur/$m.a:2,"
	done
	echo "{\"name\":\"u$i\",\"addresses\":[\"u$i@example.org\"],\"authentication\":\"none\"}"
done >users.json
ms-users -a arc import --format json users.json >/dev/null 2>&1
pipe=$imap_root/home/u$n/Maildir/cur/9.a:2,
mkfifo "$pipe"
imap_own
cat >batch.ini <<END
kind = batch
url = imaps://master@127.0.0.1:$imap_port/
password-file = $scratch/pw
ca-file = $imap_ca
mailbox = name
users = all
jobs = 3
timeout = 120
connections = 1
END
P add -f batch.ini batch

# ---- two runs at the same time ----

starters=
for i in 1 2 3 4; do
	{ ms-profile -a arc run -q batch 2>"start.$i" || echo $? >"status.$i"; } &
	starters="$starters $!"
done
run -q batch
await runs batch
status 'a second run is refused' 75 P run batch
ok '  the message names the process' grep -qx "ms-profile: batch: is running already (process [0-9]*)" err
ok 'all mailboxes but the hanging one are done' await sh -c \
	'ms-profile -a arc status --json batch | jq -e ".done == $1 - 1"' sh "$n"
status 'status is printed' 0 P status batch
ok '  it shows the progress' grep -q "$((n - 1)) of $n done, 0 not well" out

# ---- stop ----

status 'the run is stopped' 0 P stop batch
wait $job 2>/dev/null
got=$?
# shellcheck disable=SC2086 # a list
wait $starters
ok '  SIGTERM ends the run; the status of the others is 75' \
	[ "$({ echo "$got" && cat status.*; } | sort | tr '\n' ' ')" = '143 75 75 75 75 ' ]
ok '  four of the five runs say that one is running' [ "$(cat start.* run.err | grep -c 'is running already')" = 4 ]
ok '  the log has one cancelled run' [ "$(P log batch | cut -f 5 | tr '\n' ' ')" = 'cancelled ' ]
status '  the log has no failure' 0 P log --failed-only batch
ok '  no process is left' await gone
ok '  the archive has all mailboxes but one' [ "$(ms-list -a arc | cut -f 3 | sort -u | wc -l)" -ge $((n - 1)) ]
run batch
await busy batch
kill -HUP "$pid"
wait $job 2>/dev/null
ok 'a run that SIGHUP ends, ends by this signal' [ $? = 129 ]
ok '  no process is left' await gone

# ---- killed ----

rm "$pipe"
status 'a run succeeds without the hanging mailbox' 0 P run -q batch
total=$((n * 5))
ok '  all messages are archived' [ "$(ms-list -a arc | wc -l)" = $total ]
seed
r=0
while [ $r -lt $rounds ]; do
	r=$((r + 1))
	rm -rf arc && ms-init arc && ms-users -a arc import --format json users.json >/dev/null 2>&1
	P add -f batch.ini batch
	run -q batch
	# The run is killed at a random moment.
	seed=$(((seed * 1103515245 + 12345) % 2147483648))
	sleep "0.$(printf %03d $((seed / 256 % 800)))"
	if [ $((r % 2)) = 0 ]; then
		who=group
		kill -9 "-$pid" 2>/dev/null
	else
		who='parent alone'
		kill -9 "$pid" 2>/dev/null
	fi
	wait $job 2>/dev/null
	ok "killed ($who): no process is left" await gone
	status '  the next run succeeds' 0 P run -q batch
	ok '  all messages are stored, each once' [ "$(ms-list -a arc | sort -u | wc -l) $(ms-list -a arc | wc -l)" = "$total $total" ]
	status '  ms-verify finds no error' 0 ms-verify -q -a arc
	P log batch | sed 1d >log
	if [ -s log ] && ! grep -q succeeded log; then
		ok '  the log says that the run failed' grep -q '	failed		' log
		status '  log --failed-only reports it' 1 P log --failed-only
	fi
done
finish
