#!/bin/sh
# 2080-fetch-workers.t - several connections, each in a worker process. All
# messages come, a worker that dies costs only the messages that it was reading,
# and the limits of time and bytes are observed.
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
# The same for a background job: $! is then the process of ms-fetch.
exec_fetch() {
	exec ms-fetch --ca-file "$imap_ca" --password-file alice.pw "$@" "$(imap_url alice)"
}
names() { python3 "$top/t/unstream.py" <"$1" | cut -f 3,4 | sed '$d' | sort; }

status 'one connection is used' 0 fetch --connections 1
cp out one
status 'eight connections are used' 0 fetch --connections 8
names one >want
names out >got
same 'the same messages come' want got
ok 'the sums are printed' grep -qx 'ms-fetch: 920 seen: 920 new, 0 known, 0 left out, 0 failed' err

# A worker is killed. The limit of the rate makes sure that it is still reading.
rm -f out # what the last run wrote is not what the new one has written
exec_fetch --max-rate 300K --connections 2 --report report >out 2>err &
fetch=$!
has_output() { [ -e out ] && [ "$(wc -c <out)" -gt 10000 ]; }
two_read() { [ "$(pgrep -c -P $fetch)" -eq 2 ] && has_output; }
await two_read
kill -KILL "$(pgrep -P $fetch | head -n 1)"
wait $fetch
ok 'a worker dies: the status is 76' [ $? -eq 76 ]
ok 'the report names the signal' grep -q 'was ended by signal 9' report
python3 - report out >got <<'PY'
import json, sys
sums = [json.loads(line) for line in open(sys.argv[1])][-1]
print(sums["seen"], sums["new"] + sums["failed"], sums["failed"] > 0, sums["new"] > 0)
PY
echo '920 920 True True' >want
same 'every message is accounted for' want got
python3 "$top/t/unstream.py" <out >got
ok 'the stream is complete' sh -c 'tail -n 1 got | grep "status=76"'

status '--max-bytes ends the run' 0 fetch --max-bytes 100K
ok 'the other messages are left out' grep -Eqx 'ms-fetch: 920 seen: [1-9][0-9]* new, 0 known, [1-9][0-9]* left out, 0 failed' err
status '--max-time ends the run' 75 fetch --max-rate 20K --max-time 2
ok 'the message names the reason' grep -q -e '--max-time is over' err

rm -f out
exec_fetch --max-rate 20K >out 2>err &
fetch=$!
await has_output
kill -TERM $fetch
wait $fetch 2>/dev/null
ok 'SIGTERM ends it by the signal' [ $? -eq 143 ]
ok 'the trailer has the status' grep -aq '^MS-Envelope: end; .*status=75$' out
ok 'the message gives the reason' grep -q 'stopped by a signal' err

# The reader of standard output has ended.
# shellcheck disable=SC2119
{ fetch 2>err; echo $? >status; } | :
ok 'stdout is closed: the status is 74' [ "$(cat status)" -eq 74 ]
finish
