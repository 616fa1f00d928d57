#!/bin/sh
# 2055-fetch-flags.t - the flags of each place of a message are kept: of equal
# messages in a folder, and of a folder that was created again.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"

imap_start || exit 1
imap_user alice secret
put() { printf 'Subject: equal\nMessage-ID: <e@h>\n\nbody\n' | imap_put "$imap_dir" "$1"; }
put 1001.a:2,
put 1002.a:2,S
put 1003.a:2,FS
put 1004.a:2,R
archive() {
	ms-fetch -q -a arc -u alice --ca-file "$imap_ca" --password-file alice.pw "$(imap_url alice)" >stream &&
		ms-ingest -q --create-user -a arc <stream
}
# flags ARCHIVE: the flags of the message and of its places.
flags() { ms-list -a "$1" --json | jq -r '.flags, (.places // [] | .[] | .flags)'; }

ms-init arc
status 'four equal messages with different flags are archived' 0 archive
printf '%s\n' '' '\Seen' '\Flagged \Seen' '\Answered' >want
flags arc >got
same 'the flags of each are kept' want got
status 'nothing is new' 0 archive

# The folder is created again, with other flags.
imap_idle
validity=$(sed -n '1s/.* V\([0-9]*\).*/\1/p' "$imap_dir/dovecot-uidlist")
${imap_as} rm -f "$imap_dir/dovecot-uidlist" "$imap_dir"/dovecot.index* "$imap_dir"/cur/*
put 1005.a:2,DS
await sh -c '[ "$(date +%s)" -gt "$1" ]' sh "$validity"
status 'after a new UIDVALIDITY' 0 archive
ok '  a reference is sent' grep -aq 'ref=' stream
echo '\Seen \Draft' >>want
flags arc >got
same '  its flags are kept, too' want got

ms-export -q -a arc --format stream >exported
ms-init other
status 'an export is ingested' 0 ms-ingest -q --create-user -a other <exported
flags other >got
same '  with the flags of each place' want got
rm -rf arc/index*
flags arc >got
same 'the log has them' want got
finish
