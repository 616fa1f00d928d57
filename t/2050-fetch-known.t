#!/bin/sh
# 2050-fetch-known.t - with -a, ms-fetch sends only what the archive lacks: by
# place, for this user, source and UIDVALIDITY. Without -a it sends
# everything.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"

imap_start || exit 1
imap_user alice secret
put() {
	printf 'Subject: %s\n\nbody of %s\n' "$1" "$1" | imap_put "$imap_dir" "$2:2,S"
}
inbox=$imap_dir
for i in 1 2 3 4 5; do put "inbox $i" "100$i.a"; done
imap_folder alice Work/Old
for i in 1 2 3; do put "old $i" "200$i.a"; done

fetch() {
	ms-fetch --ca-file "$imap_ca" --password-file alice.pw "$@" "$(imap_url alice)"
}
# sends NAME COUNT SUMS OPTION...: how many messages a fetch sends.
sends() {
	what=$1 many=$2 sums=$3 && shift 3
	status "$what" 0 fetch "$@"
	ok "  $many messages" grep -aqx "MS-Envelope: end; messages=$many; failed=0; status=0" out
	cp out stream
	ok "  $sums" grep -qx "ms-fetch: $sums" err
}

ms-init arc || exit 1
ms-ingest -q --create-user -u bob -a arc "$top/t/data" >/dev/null 2>&1
sends 'a user that the archive does not have lacks everything' 8 \
	'8 seen: 8 new, 0 known, 0 left out, 0 failed' -a arc -u alice
status 'it is archived' 0 ms-ingest -q --create-user -a arc stream
sends 'again there is nothing new' 0 '8 seen: 0 new, 8 known, 0 left out, 0 failed' -a arc -u alice
status 'an empty stream is a stream' 0 ms-ingest -q -a arc stream
sends 'another user has nothing of it' 8 '8 seen: 8 new, 0 known, 0 left out, 0 failed' -a arc -u bob
MS_ARCHIVE=arc MS_USER=alice
export MS_ARCHIVE MS_USER
sends 'MS_ARCHIVE does not shrink a stream' 8 '8 seen: 8 new, 0 known, 0 left out, 0 failed'
sends 'MS_USER names the user' 0 '8 seen: 0 new, 8 known, 0 left out, 0 failed' -a arc
unset MS_ARCHIVE MS_USER

imap_dir=$inbox
put 'inbox 6' 1006.a
${imap_as} mv "$inbox/cur/1002.a:2,S" "$inbox/cur/1002.a:2,FS"
${imap_as} rm "$inbox/cur/1003.a:2,S"
sends 'one new, one gone, one flagged' 1 '8 seen: 1 new, 7 known, 0 left out, 0 failed' -a arc -u alice
ok 'the new one' grep -qax 'body of inbox 6.' stream
status 'it is archived' 0 ms-ingest -q -a arc stream

# A new UIDVALIDITY voids what is known of the folder.
# Dovecot takes the time, in seconds, as UIDVALIDITY.
imap_idle
validity=$(sed -n '1s/.* V\([0-9]*\).*/\1/p' "$inbox/Work/Old/dovecot-uidlist")
${imap_as} rm -f "$inbox/Work/Old/dovecot-uidlist" "$inbox/Work/Old"/dovecot.index*
await sh -c '[ "$(date +%s)" -gt "$1" ]' sh "$validity"
sends 'a folder with a new UIDVALIDITY is recognised' 3 \
	'8 seen: 0 new, 8 known, 0 left out, 0 failed' -a arc -u alice
ok 'without its bodies' [ "$(grep -c 'ref=' stream)" -eq 3 ]
status 'the message is known' 0 ms-ingest -a arc stream
ok 'by header and size' grep -q ' 0 new, 3 known' err
sends 'so that there is nothing new' 0 '8 seen: 0 new, 8 known, 0 left out, 0 failed' -a arc -u alice

sends 'one folder of two' 0 '3 seen: 0 new, 3 known, 0 left out, 0 failed' -a arc -u alice --folder Work/Old

status 'no archive there' 66 fetch -a nowhere -u alice
ok 'the trailer says so' grep -aqx 'MS-Envelope: end; messages=0; failed=0; status=66' out
finish
