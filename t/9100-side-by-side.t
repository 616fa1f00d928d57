#!/bin/sh
# 9100-side-by-side.t - four ms-ingest processes write into one archive at the
# same time. Half of their mail is the same, the index must grow often, and
# readers run beside them, two of which are stopped in the middle of a pipe. The
# result equals that of one ms-ingest. There are 6,000 messages, and 200,000
# with MS_SOAK.
. "$(dirname "$0")/lib.sh"

all=6000
[ -z "${MS_SOAK-}" ] || all=200000
base=$((all / 12)) # common messages, ingested first; their list exceeds a pipe
# stream NUMBER: prints the mail of one of the four processes.
stream() {
	case $1 in
	1 | 2) set -- "$1" alice INBOX ;;
	3) set -- "$1" alice Other ;;
	4) set -- "$1" bob INBOX ;;
	esac
	"$top/t/mailgen.py" format=stream user="$2" source=imap://h/ folder="$3" \
		0 $((all / 2)) $((all / 2 + ($1 - 1) * all / 8)) $((all / 8))
}
first() {
	"$top/t/mailgen.py" format=stream user=alice source=imap://h/ folder=INBOX 0 $base
}

# sum.py: prints the sum of the SHA-256 of all messages of a stream, which does
# not depend on their order.
cat >sum.py <<'END'
import hashlib, sys
total, count, one = 0, 0, None
for line in sys.stdin.buffer:
    if line.startswith(b"From ms-stream@1 "):
        if one:
            total += int(one.hexdigest(), 16)
            count += 1
        one = hashlib.sha256()
    one.update(line)
print(count, "%x" % (total % (1 << 256)))
END
sizes() { stat -c %s "$1"/pack/* | awk '{ n += $1 } END { print n }'; }
# new NAME: makes an archive with the first messages.
new() {
	ms-init -u alice "$1" && first | ms-ingest -q -a "$1"
}
# four NAME: runs the four processes.
four() {
	for i in 1 2 3 4; do
		stream $i | ms-ingest -a "$1" --create-user --report "report$i" 2>"err$i" &
		eval "pid$i=$!"
	done
	codes=
	for i in 1 2 3 4; do
		eval "wait \$pid$i" && codes="$codes 0" || codes="$codes $?"
	done
	cat err? >err
	echo "$codes" >codes
}

# ---- one process ----

new one
{ stream 1 && stream 2 && stream 3 && stream 4; } | ms-ingest -q -a one --create-user
ok 'one ms-ingest succeeds' test $? -eq 0

export MS_INDEX_MAP=1048576

# ---- four processes without readers ----

new quiet
four quiet
ok "four processes without readers have the status$(cat codes)" test "$(cat codes)" = ' 0 0 0 0'

# ---- four processes with readers ----

new busy
# stopped COMMAND...: starts the command and stops it (SIGSTOP) when its pipe is
# full.
stopped() {
	mkfifo "$1.pipe"
	"$@" -a busy >"$1.pipe" 2>"$1.err" &
	pid=$!
	eval "exec $fd<$1.pipe"
	sleep 1
	kill -STOP $pid
}
fd=4 && stopped ms-list && list_pid=$pid
fd=5 && stopped ms-export -q && export_pid=$pid

touch running
# lister OPTION...: lists the mail until the run ends. Each list must have at
# least as many lines as the one before.
lister() {
	last=$base
	while [ -e running ]; do
		n=$(ms-list -a busy "$@" 2>>"lister.err" | wc -l)
		[ "$n" -ge "$last" ] || echo "$n lines after $last" >>lister.err
		last=$n
		echo >>listed
	done
}
lister &
listers=$!
lister --json &
listers="$listers $!"
four busy
rm running
# shellcheck disable=SC2086 # two words
wait $listers
ok "four processes with readers have the status$(cat codes)" test "$(cat codes)" = ' 0 0 0 0'
ok "the mail was listed $(wc -l <listed) times during the run" test -s listed
ok 'no list was shorter than the one before' empty lister.err
head -n 5 lister.err | sed 's/^/# /'

kill -CONT "$list_pid" "$export_pid"
cat <&4 >list.stopped &
cat <&5 >export.stopped
wait "$list_pid"
ok 'the stopped list succeeds' test $? -eq 0 -a ! -s ms-list.err
wait "$export_pid"
ok 'the stopped export succeeds' test $? -eq 0 -a ! -s ms-export.err
ok 'the list has the mail of the time when it began' test "$(wc -l <list.stopped)" -eq $base
python3 sum.py <export.stopped >got
ok 'the export has the mail of the time when it began' test "$(cut -d ' ' -f 1 <got)" -eq $base

# ---- the results are compared with that of one process ----

for a in one quiet busy; do ms-list -a $a | sort >list.$a; done
ok "there are $(wc -l <list.one) occurrences" test "$(wc -l <list.one)" -eq $((all * 2))
same 'the list is the same without readers' list.one list.quiet
same 'the list is the same with readers' list.one list.busy
for a in one quiet busy; do ms-export -q -a $a | python3 sum.py >sum.$a; done
same 'the messages are the same without readers' sum.one sum.quiet
same 'the messages are the same with readers' sum.one sum.busy
cat report? | sed -n 's/.*"end".*"new":\([0-9]*\).*/\1/p' | awk '{ n += $1 } END { print n }' >got
echo $((all - base)) >want
same 'each message was new to one of the four processes' want got
for a in one quiet busy; do sizes $a; done >packs
stat -c %s one/index/data.mdb quiet/index/data.mdb busy/index/data.mdb >indexes
note "packs: $(paste -sd ' ' packs), index: $(paste -sd ' ' indexes) bytes"
ok 'the packs of four processes are at most 5 percent larger' awk 'NR == 1 { one = $1 } $1 > one * 1.05 { exit 1 }' packs
ok 'with readers, the index is at most 1.2 times as large' \
	awk 'NR == 2 { one = $1 } NR == 3 && $1 > one * 1.2 { exit 1 }' indexes
status 'ms-verify finds no error' 0 ms-verify -q -a busy
finish
