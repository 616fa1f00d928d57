#!/bin/sh
# 2060-fetch-memory.t - the memory that ms-fetch needs does not grow with the
# size of a message or of a mailbox: less than 64 MiB for a message of 40 MB
# (with MS_SOAK 1.9 GB) and a folder of 20,000 messages. A message above the
# limit fails and needs no memory either. With MS_SOAK, a folder of a million
# messages is fetched three times: all are new, all are known, and all are known
# by their headers.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"

[ "${SAN-}" != 1 ] || skip memory 'sanitizers need additional memory'
heap='namespace inbox {
  inbox = yes
  separator = /
}
namespace heap {
  prefix = heap/
  separator = /
  location = mbox:'$scratch/heap:INDEX=$scratch/heap.index'
}'
[ "${MS_SOAK-}" = 1 ] || heap=''
imap_start "$heap" || exit 1
rogue_start giant too-large || exit 1
echo secret >pw
imap_user alice secret
{ printf 'Subject: large\n\n' && yes 'all work and no play' | head -c 40000000; } |
	imap_put "$imap_dir" 1.a:2,S
imap_folder alice many
python3 -c '
import sys
for i in range(20000):
    with open("%s/cur/%d.a:2,S" % (sys.argv[1], i), "wb") as f:
        f.write(b"Subject: %d\n\nx\n" % i)' "$imap_dir"
imap_own

# peak.py COMMAND...: runs the command with stdout to /dev/null, and writes its
# peak of memory in MiB to the file `peak`.
cat >peak.py <<'END'
import resource, subprocess, sys
with open("/dev/null", "wb") as null:
    status = subprocess.call(sys.argv[1:], stdout=null)
with open("peak", "w") as f:
    f.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024))
sys.exit(status)
END
# needs NAME STATUS URL: a fetch needs less than 64 MiB.
needs() {
	status "$1" "$2" python3 peak.py ms-fetch --timeout 20 --ca-file "$imap_ca" \
		--password-file pw "$3"
	ok "  it needs $(cat peak) MiB" [ "$(cat peak)" -lt 64 ]
}
needs 'a large message and a large folder' 0 "$(imap_url alice)"
ok '  all messages are there' grep -q '20001 new, 0 known, 0 left out, 0 failed' err
if [ "${MS_SOAK-}" = 1 ]; then
	needs 'a message of 1.9 GB' 0 "$(rogue_url giant)"
	ok '  all messages are there' grep -q '6 new, 0 known, 0 left out, 0 failed' err
	needs 'a message that is too large' 1 "$(rogue_url too-large)"
	ok '  the error names it' grep -q 'INBOX, UID 12: larger than 2147483648 bytes' err
	ok '  the other messages come' grep -q '5 new, 0 known, 0 left out, 1 failed' err
fi

# million NAME NEW KNOWN: fetches the folder of a million messages into arc.
million() {
	status "$1" 0 sh -c '"$1" peak ms-fetch -q -a arc -u alice --ca-file "$2" \
		--password-file pw --folder heap/million "$3" | ms-ingest -a arc --create-user' - \
		"$top/t/peak.py" "$imap_ca" "$(imap_url alice)"
	ok "  it needs $(($(cat peak) / 1024)) MiB of anonymous memory" [ "$(cat peak)" -lt 65536 ]
	ok "  $2 new, $3 known" grep -q "seen: $2 new, $3 known" err
}
if [ "${MS_SOAK-}" = 1 ]; then
	mkdir heap heap.index
	python3 -c '
for i in range(1000000):
    print("From a@b Thu Nov 12 10:00:00 2026\nSubject: %d\nX-UID: %d\n\nx\n" % (i, i + 1))' >heap/million
	[ -z "$imap_as" ] || chown -R nobody:nogroup heap heap.index
	ms-init -u alice arc || exit 1
	million 'a folder of a million messages' 1000000 0
	million 'a run without new messages' 0 0
	rm -rf heap.index/* heap.index/.[!.]*
	sed -i '/^X-IMAP/d' heap/million
	million 'another UIDVALIDITY' 0 1000000
fi

# If there is no space for a large message, only this message fails.
TMPDIR=$scratch/nowhere
export TMPDIR
status 'there is no space for a large message' 1 ms-fetch --ca-file "$imap_ca" --password-file pw \
	--folder INBOX --folder many "$(imap_url alice)"
ok '  the error names it' grep -q 'INBOX, UID 1: temporary file in .*: No such file' err
ok '  the other messages come' grep -q '20000 new, 0 known, 0 left out, 1 failed' err
finish
