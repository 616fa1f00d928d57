#!/bin/sh
# 2210-fetch-cut.t - a connection that is cut, stalls or is slow. Complete
# messages are archived, the status says that messages are missing, and the next
# run fetches only these. With MS_SOAK=1, the connection is cut at each of the
# first 2,000 bytes and at 200 later places, otherwise at a fortieth of these
# places, which differ from run to run.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"
. "$top/t/lib-proxy.sh"
seed
step=40
[ "${MS_SOAK-}" != 1 ] || step=1

imap_start || exit 1
imap_user alice secret
imap_folder alice Work
work=$imap_dir
imap_folder alice INBOX
python3 - "$imap_dir" "$work" <<'END'
import sys
for n in range(60):
    text = b"Subject: number %03d\n\n" % n
    text += (b"This is a line of message %03d.\n" % n) * 100
    with open("%s/cur/%d.a:2,S" % (sys.argv[1 + n % 2], 1000 + n), "wb") as f:
        f.write(text)
END
size=3223 # bytes of each on the wire
imap_own
proxy_start "$imap_port" tls || exit 1
url=imaps://alice@127.0.0.1:$proxy_port/

timeout=10
retries=0
# fetch ARCHIVE: fetches the missing messages; the status is that of the stream.
fetch() {
	ms-fetch --connections 1 --retries $retries --timeout $timeout -a "$1" -u alice --ca-file "$imap_ca" --password-file alice.pw "$url" 2>err |
		ms-ingest -q --create-user -a "$1" 2>ingest.err
}
has() { ms-list -a "$1" | wc -l; }

# The traffic is measured for a run without a cut, and for a run without new
# messages.
ms-init whole && ms-init none
proxy
status 'a run without a cut' 0 fetch whole
proxy
full=$proxy_server
status 'a run without new messages' 0 fetch whole
proxy
idle=$proxy_server
ok 'the archive has 60 messages' [ "$(has whole)" -eq 60 ]
ok 'the messages are most of the traffic' [ "$full" -gt $((60 * size)) ]
note "the server sends $full bytes, and $idle if no message is new"

# cut: a run whose connection is cut at byte $at, and the next run.
bad() { fail "cut at byte $at: $1" && note "$(cat err ingest.err)"; }
cut() {
	rm -rf arc && cp -R none arc
	proxy cut="$at" then=refuse
	fetch arc
	said=$?
	first=$(has arc)
	proxy
	# If all messages have come, only the end of the session was cut.
	[ "$first" -eq 60 ] && want='0 75' || want=75
	case " $want " in *" $said "*) ;; *) bad "the status is $said with $first messages" && return ;; esac
	[ "$first" -le $((at / size)) ] || bad "there are $first messages in $at bytes"
	# All complete messages are stored; those that were still buffered are
	# lost.
	[ "$first" -ge $(((at - head) / (size + 200))) ] || bad "there are only $first messages in $at bytes"
	fetch arc
	said=$?
	[ $said -eq 0 ] || bad "the next run has status $said"
	proxy
	[ "$(has arc)" -eq 60 ] || bad "after the next run, there are $(has arc) messages"
	# The headers of the missing messages are fetched first.
	most=$((full - first * size + 2000 + (60 - first) * 200))
	[ "$proxy_server" -le $most ] || bad "the next run reads $proxy_server bytes, more than $most"
	cuts=$((cuts + 1))
}
cuts=0 head=$idle
for at in $(python3 -c "
import random, sys
full, step, seed = $full, $step, $seed
points = list(range(1, 2001)) + [2000 + (full - 2000) * i // 200 for i in range(1, 200)] + [full]
shift = random.Random(seed).randrange(step)
print(*points[shift::step])"); do
	cut
done
ok "$cuts cut connections lose no message" [ $cuts -ge 50 ]

# next: the run after a failed one fetches the missing messages.
next() {
	proxy
	status '  the next run succeeds' 0 fetch arc
	ok '  all messages are there' [ "$(has arc)" -eq 60 ]
}
timeout=2
rm -rf arc && cp -R none arc
proxy cut=100000 how=reset then=refuse
status 'a connection that is reset' 75 fetch arc
# The kernel throws away what ms-fetch had not read yet, on a busy machine much.
ok '  complete messages are stored' [ "$(has arc)" -ge 3 ]
next
for at in 1 1000 50000 150000; do
	rm -rf arc && cp -R none arc
	proxy stall=$at
	status "a line that stalls at byte $at" 75 fetch arc
	ok '  the message gives the reason' grep -q 'no answer within 2 seconds' err
	next
done

# With retries the same run continues.
retries=3
rm -rf arc && cp -R none arc
proxy cut=100000
status 'a connection that is cut once' 0 fetch arc
ok '  all messages come in one run' [ "$(has arc)" -eq 60 ]
ok '  the retry is reported' grep -q 'trying again in' err
retries=0

rm -rf arc && cp -R none arc
proxy rate=80000
status 'a slow connection that is never silent for longer than the timeout' 0 fetch arc
ok '  all messages are there' [ "$(has arc)" -eq 60 ]
rm -rf arc && cp -R none arc
proxy delay=100
status 'a connection with a long delay' 0 fetch arc
ok '  all messages are there' [ "$(has arc)" -eq 60 ]
ok 'the proxy reported no error' empty proxy.err
finish
