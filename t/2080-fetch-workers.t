#!/bin/sh
# 2080-fetch-workers.t - several connections, each in a worker process. All
# messages come, a worker that dies costs only the messages it was reading,
# and the limits of time and bytes hold.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"

imap_start || exit 1
imap_user alice secret
python3 - "$imap_dir" <<'END'
import sys
for i in range(1, 901):
    with open("%s/cur/%d.a:2,S" % (sys.argv[1], 1000 + i), "w") as f:
        f.write("Subject: %d\n\n%01000d\n" % (i, i))
END
i=0
while [ $i -lt 20 ]; do
	i=$((i + 1))
	imap_folder alice "Folder $i"
	printf 'Subject: in %d\n\nx\n' $i | imap_put "$imap_dir" "1.$i:2,S"
done
imap_own
# shellcheck disable=SC2120 # status calls it with options
fetch() {
	ms-fetch --ca-file "$imap_ca" --password-file alice.pw "$@" "$(imap_url alice)"
}
# The same for the background: $! is the process itself.
exec_fetch() {
	exec ms-fetch --ca-file "$imap_ca" --password-file alice.pw "$@" "$(imap_url alice)"
}
names() { python3 "$top/t/unstream.py" <"$1" | cut -f 3,4 | sed '$d' | sort; }

status 'one connection' 0 fetch --connections 1
cp out one
status 'eight' 0 fetch --connections 8
names one >want
names out >got
same 'the same messages come' want got
ok 'the sums' grep -qx 'ms-fetch: 920 seen: 920 new, 0 known, 0 left out, 0 failed' err

# A worker that dies. The limit of the rate leaves enough time.
exec_fetch --max-rate 300K --connections 2 --report report >out 2>err &
fetch=$!
two_read() { [ "$(pgrep -c -P $fetch)" -eq 2 ] && [ "$(wc -c <out)" -gt 10000 ]; }
await two_read
kill -SEGV "$(pgrep -P $fetch | head -n 1)"
wait $fetch
ok 'a worker that dies: status 76' [ $? -eq 76 ]
ok 'the report names the signal' grep -q 'was ended by signal 11\|ended with status' report
python3 - report out >got <<'PY'
import json, sys
sums = [json.loads(line) for line in open(sys.argv[1])][-1]
print(sums["seen"], sums["new"] + sums["failed"], sums["failed"] > 0, sums["new"] > 0)
PY
echo '920 920 True True' >want
same 'every message is accounted for' want got
python3 "$top/t/unstream.py" <out >got
ok 'the stream is complete' sh -c 'tail -n 1 got | grep "status=76"'

status '--max-bytes' 0 fetch --max-bytes 100K
ok 'the rest is left out' grep -Eqx 'ms-fetch: 920 seen: [1-9][0-9]* new, 0 known, [1-9][0-9]* left out, 0 failed' err
status '--max-time' 75 fetch --max-rate 20K --max-time 2
ok 'the message says so' grep -q -e '--max-time is over' err

exec_fetch --max-rate 20K >out 2>err &
fetch=$!
writes() { [ "$(wc -c <out)" -gt 10000 ]; }
await writes
kill -TERM $fetch
wait $fetch
ok 'SIGTERM: status 75' [ $? -eq 75 ]
ok 'the trailer says so' grep -aq '^MS-Envelope: end; .*status=75$' out
ok 'the message gives the reason' grep -q 'stopped by a signal' err

# Standard output whose reader has ended.
# shellcheck disable=SC2119
{ fetch 2>err; echo $? >status; } | :
ok 'stdout is closed: status 74' [ "$(cat status)" -eq 74 ]
finish
