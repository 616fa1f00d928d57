#!/bin/sh
# 2210-fetch-cut.t - a connection that is cut, stalls or is slow. Complete
# messages are kept, the status says that more is to come, and the next run
# fetches only the rest. With MS_SOAK=1 every cut in the first 2,000 bytes and
# 200 cuts in the rest; otherwise a fortieth of them, other ones in each run.
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

# The traffic of a run without a cut, and of a run without new messages.
ms-init whole && ms-init none
proxy
status 'a run without a cut' 0 fetch whole
proxy
full=$proxy_server
status 'a run without new messages' 0 fetch whole
proxy
idle=$proxy_server
ok '60 messages' [ "$(has whole)" -eq 60 ]
ok 'the messages are most of the traffic' [ "$full" -gt $((60 * size)) ]
note "$full bytes of the server; $idle where nothing is new"

# One cut: the run that is cut, and the next run.
bad() { fail "cut at byte $at: $1" && note "$(cat err ingest.err)"; }
cut() {
	rm -rf arc && cp -R none arc
	proxy cut="$at" then=refuse
	fetch arc
	said=$?
	first=$(has arc)
	proxy
	# All messages had come, and only the end of the session was cut.
	[ "$first" -eq 60 ] && want='0 75' || want=75
	case " $want " in *" $said "*) ;; *) bad "status $said with $first messages" && return ;; esac
	[ "$first" -le $((at / size)) ] || bad "$first messages of $at bytes"
	# Complete messages are stored: all except those on the way.
	[ "$first" -ge $(((at - head) / (size + 200))) ] || bad "only $first messages of $at bytes"
	fetch arc
	said=$?
	[ $said -eq 0 ] || bad "the next run: status $said"
	proxy
	[ "$(has arc)" -eq 60 ] || bad "the next run: $(has arc) messages"
	# For the other messages the headers are fetched first.
	most=$((full - first * size + 2000 + (60 - first) * 200))
	[ "$proxy_server" -le $most ] || bad "the next run took $proxy_server bytes, more than $most"
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
ok "$cuts cuts" [ $cuts -ge 50 ]

# next: the run after a failed one fetches the rest.
next() {
	proxy
	status '  the next run' 0 fetch arc
	ok '  all messages are there' [ "$(has arc)" -eq 60 ]
}
timeout=2
rm -rf arc && cp -R none arc
proxy cut=100000 how=reset then=refuse
status 'a connection that is reset' 75 fetch arc
ok '  complete messages are stored' [ "$(has arc)" -ge 25 ]
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
ok '  all of it, in one run' [ "$(has arc)" -eq 60 ]
ok '  the retry was announced' grep -q 'trying again in' err
retries=0

rm -rf arc && cp -R none arc
proxy rate=80000
status 'a slow connection, never silent as long as the timeout' 0 fetch arc
ok '  all messages are there' [ "$(has arc)" -eq 60 ]
rm -rf arc && cp -R none arc
proxy delay=100
status 'a connection with a long delay' 0 fetch arc
ok '  all messages are there' [ "$(has arc)" -eq 60 ]
ok 'the proxy reported no error' empty proxy.err
finish
