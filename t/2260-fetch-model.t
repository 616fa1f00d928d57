#!/bin/sh
# 2260-fetch-model.t - deletes at a real server with random mailboxes and random
# archives, while a second client changes the mailbox between any two commands.
# No message is gone from the server that a fresh export does not give back.
# With MS_SOAK=1 there are 5000 runs. t/unit/sync-model.c tries many more in one
# process.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"
seed
runs=500
[ "${MS_SOAK-}" != 1 ] || runs=5000

imap_start || exit 1
imap_user model secret
owner=$(stat -c '%u %g' "$imap_dir")
# shellcheck disable=SC2086 # two numbers
python3 "$top/t/model-fetch.py" "$runs" "$seed" "$imap_port" "$imap_root/good.pem" \
	"$imap_root/good.key" "$imap_ca" model.pw "$imap_root/home/model" $owner >got 2>err
note "$(tail -n 1 got)"
ok "$runs runs: every message that is gone can be exported" \
	sh -c '[ "$(wc -l <got)" -eq 1 ] && grep -q ", 0 lost$" got || { cat got err; exit 1; }'
ok '  messages were deleted' sh -c '[ "$(cut -d " " -f 1 got)" -gt $(('"$runs"' / 4)) ]'
ok '  the driver reports no error' empty err
finish
