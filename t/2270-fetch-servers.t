#!/bin/sh
# 2270-fetch-servers.t - what servers do at times: errors of their own, refusals
# for now, mechanisms that they cannot complete, and a signal in the middle of a
# message.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"

echo secret >pw
rogue_start bug bye-busy no-unavailable scram token stall long-head || exit 1
fetch() {
	mode=$1 && shift
	ms-fetch -u alice --ca-file "$imap_ca" --password-file pw --report report "$@" "$(rogue_url "$mode")"
}
# log MODE: what the server has noted.
log() { sed -n "s/^$1 //p" rogue.ports.log; }
# messages FILE: the UIDs in a stream.
messages() { sed -n 's|.*uid="77/\([0-9]*\)".*|\1|p' "$1" | sort -n | tr '\n' ' '; }

# A server that cannot send one message says SERVERBUG. All others are requested
# first, this one is requested once more, and nothing waits.
before=$(date +%s)
status 'SERVERBUG for one message' 1 fetch bug --connections 1
ok '  no time is spent waiting' [ $(($(date +%s) - before)) -lt 20 ]
ok '  all other messages are sent' [ "$(messages out)" = '11 13 14 15 21 ' ]
ok '  the message is named' grep -q 'INBOX, UID 12: .*internal error' err
log bug | sed '/^21$/d' >got
printf 'FETCH %s\n' 11,12,13,14,15 12 12 21 >want
same '  it is requested after the others, and once more' want got

# A greeting that refuses the session and a login that is refused for now follow
# one rule.
for mode in bye-busy no-unavailable; do
	status "$mode: the run waits and goes on" 0 fetch $mode
	ok '  all messages are sent' [ "$(messages out)" = '11 12 13 14 15 21 ' ]
	ok '  after two attempts' [ "$(log $mode | wc -l)" -eq 2 ]
	grep -o 'trying again in [0-9]*' err >"$mode.waits"
done
ok 'both wait for the same times' [ "$(sed 's/[0-9]//g' bye-busy.waits)" = "$(sed 's/[0-9]//g' no-unavailable.waits)" ]

# A mechanism that the server offers and cannot complete.
status 'SCRAM cannot be completed: the next mechanism is used' 0 fetch scram --connections 1
log scram >got
printf 'AUTHENTICATE %s\n' SCRAM-SHA-256 CRAM-MD5 >want
same '  after one attempt with each' want got
status '  but not if --auth names one' 77 fetch scram --auth SCRAM-SHA-256
ok '  the message has the reason' grep -q 'no secret of this kind' err

# A server that takes only tokens.
status 'a password for a server that requires a token' 77 fetch token
ok '  the message says so' grep -q 'basic authentication is off.*requires a token instead of a password (--token-command)' err

# A run that finds nothing new does not request long headers.
ms-init long.arc
status 'a mailbox with long headers' 0 fetch long-head -a long.arc
cp out stream
status '  is archived' 0 ms-ingest -q --create-user -a long.arc <stream
status '  nothing is new' 0 fetch long-head -a long.arc
ok '  for this reason' grep -q '6 seen: 0 new, 6 known' err
log long-head >got
printf 'HEADER of %s bytes\n' 4096 4096 >want
same '  4,096 bytes were requested of one header in each folder' want got

# SIGTERM in the middle of a message: the stream is complete, and the report has
# every message.
: >stopped.stream
ms-fetch -u alice --ca-file "$imap_ca" --password-file pw --report report --folder INBOX \
	"$(rogue_url stall)" >stopped.stream 2>stopped.err &
run=$!
# The first message has 1,666 lines.
await sh -c '[ "$(grep -ac "^line of 11" stopped.stream)" -eq 1666 ]'
kill -TERM $run
wait $run 2>/dev/null
ok 'SIGTERM in the middle of a message: the tool ends by the signal' [ $? -eq 143 ]
ok '  the stream ends with a trailer' grep -aq 'MS-Envelope: end; messages=1; failed=4; status=75' stopped.stream
ok '  the messages that were not fetched are named' grep -q 'INBOX, UIDs 12:15: .*stopped by a signal' stopped.err
ok '  the sums are right' jq -se '.[-1] | .seen == 5 and .new == 1 and .failed == 4' report
ms-init arc
status '  the stream is archived' 75 ms-ingest -q --create-user -a arc <stopped.stream
ok '  with the message that was complete' [ "$(ms-list -a arc | wc -l)" -eq 1 ]
ok 'no server reported an error' empty rogue.err
finish
