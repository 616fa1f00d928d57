#!/bin/sh
# 3340-profile-once.t - a profile runs once at a time and stops when it is
# told to. When it is killed at any moment, alone or with its children, no
# process and no lock remain, and the next run completes the rest without
# duplicates.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"

rounds=4 n=12
[ "${MS_SOAK-}" != 1 ] || rounds=100
P() { ms-profile -a arc "$@"; }
# run NAME: in the background, in a session of its own; $pid is its process. A
# signal that is ignored when the test starts (nohup) would stay ignored.
run() {
	rm -f pid
	MARK=$scratch setsid env --default-signal=HUP sh -c 'echo $$ >pid && exec ms-profile -a arc run "$@"' sh "$@" 2>run.err &
	job=$!
	await test -s pid && pid=$(cat pid)
}
runs() { P status "$1" | grep -q '	running	'; }
busy() { P status --json "$1" | jq -e '.running and .done >= 3' >/dev/null; }
# Are there processes of a run, with any parent?
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

# ---- two at once ----

starters=
for i in 1 2 3 4; do
	{ ms-profile -a arc run -q batch 2>"start.$i" || echo $? >"status.$i"; } &
	starters="$starters $!"
done
run -q batch
await runs batch
status 'a second start' 75 P run batch
ok '  the message names the process' grep -qx "ms-profile: batch: is running already (process [0-9]*)" err
ok 'the hanging mailbox is what is left' await sh -c \
	'ms-profile -a arc status --json batch | jq -e ".done == $1 - 1"' sh "$n"
status 'its state' 0 P status batch
ok '  shows the progress' grep -q "$((n - 1)) of $n done, 0 not well" out

# ---- stop ----

status 'it is stopped' 0 P stop batch
wait $job
got=$?
# shellcheck disable=SC2086 # a list
wait $starters
ok '  it ends with 75, as those do that did not run' [ "$(cat status.* | tr '\n' ' ') $got" = '75 75 75 75  75' ]
ok '  four of the five say why' [ "$(cat start.* run.err | grep -c 'is running already')" = 4 ]
ok '  and one is in the log' [ "$(P log batch | cut -f 5 | tr '\n' ' ')" = 'cancelled ' ]
status '  which is no failure' 0 P log --failed-only batch
ok '  no process is left' await gone
ok '  all but one mailbox are there' [ "$(ms-list -a arc | cut -f 3 | sort -u | wc -l)" -ge $((n - 1)) ]
run batch
await busy batch
kill -HUP "$pid"
wait $job
ok 'ended by a signal: 75' [ $? = 75 ]
ok '  no process is left' await gone

# ---- killed ----

rm "$pipe"
status 'succeeds without the pipe' 0 P run -q batch
total=$((n * 5))
ok '  all are there' [ "$(ms-list -a arc | wc -l)" = $total ]
seed
r=0
while [ $r -lt $rounds ]; do
	r=$((r + 1))
	rm -rf arc && ms-init arc && ms-users -a arc import --format json users.json >/dev/null 2>&1
	P add -f batch.ini batch
	run -q batch
	# A random moment of the time that a run takes.
	seed=$(((seed * 1103515245 + 12345) % 2147483648))
	sleep "0.$(printf %03d $((seed / 256 % 800)))"
	if [ $((r % 2)) = 0 ]; then
		who=group
		kill -9 "-$pid" 2>/dev/null
	else
		who='parent alone'
		kill -9 "$pid" 2>/dev/null
	fi
	wait $job
	ok "killed, the $who: no process is left" await gone
	status '  the next run succeeds' 0 P run -q batch
	ok '  all messages are stored, each once' [ "$(ms-list -a arc | sort -u | wc -l) $(ms-list -a arc | wc -l)" = "$total $total" ]
	status '  the archive is whole' 0 ms-verify -q -a arc
	P log batch | sed 1d >log
	if [ -s log ] && ! grep -q succeeded log; then
		ok '  it has failed' grep -q '	failed		' log
		status '  which a monitor sees' 1 P log --failed-only
	fi
done
finish
