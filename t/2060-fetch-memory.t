#!/bin/sh
# Memory does not grow with the message or the mailbox: less than 64 MiB for a
# message of 40 MB and a folder of 20,000 (with MS_SOAK: 1.9 GB). One that is
# longer than any may be fails by name, and costs no memory either.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"

[ "${SAN-}" != 1 ] || skip memory 'sanitizers have their own idea of memory'
imap_start || exit 1
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

# peak COMMAND...: runs it, stdout to /dev/null; its peak in MiB is in `peak`.
cat >peak.py <<'END'
import resource, subprocess, sys
with open("/dev/null", "wb") as null:
    status = subprocess.call(sys.argv[1:], stdout=null)
with open("peak", "w") as f:
    f.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024))
sys.exit(status)
END
# needs NAME STATUS URL: no more than 64 MiB.
needs() {
	status "$1" "$2" python3 peak.py ms-fetch --timeout 20 --ca-file "$imap_ca" \
		--password-file pw "$3"
	ok "  $(cat peak) MiB" [ "$(cat peak)" -lt 64 ]
}
needs 'a large message and a large folder' 0 "$(imap_url alice)"
ok '  all of it' grep -q '20001 new, 0 known, 0 left out, 0 failed' err
if [ "${MS_SOAK-}" = 1 ]; then
	needs 'a message of 1.9 GB' 0 "$(rogue_url giant)"
	ok '  all of it' grep -q '6 new, 0 known, 0 left out, 0 failed' err
	needs 'a message that is too large' 1 "$(rogue_url too-large)"
	ok '  by name' grep -q 'INBOX, UID 12: larger than 2147483648 bytes' err
	ok '  the others come' grep -q '5 new, 0 known, 0 left out, 1 failed' err
fi

# Where there is no room for it, a large message fails, and only that.
TMPDIR=$scratch/nowhere
export TMPDIR
status 'no room for a large message' 1 ms-fetch --ca-file "$imap_ca" --password-file pw \
	--folder INBOX --folder many "$(imap_url alice)"
ok '  by name' grep -q 'INBOX, UID 1: temporary file in .*: No such file' err
ok '  the others come' grep -q '20000 new, 0 known, 0 left out, 1 failed' err
finish
