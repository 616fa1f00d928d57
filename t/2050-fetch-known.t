#!/bin/sh
# 2050-fetch-known.t - with -a, ms-fetch sends only messages that the archive
# does not have. A message is known by its place, for this user, source and
# UIDVALIDITY. Without -a, ms-fetch sends all messages.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"

imap_start || exit 1
imap_user alice secret
put() {
	printf 'Subject: %s\nMessage-ID: <%s@h>\n\nbody of %s\n' "$1" "$2" "$1" | imap_put "$imap_dir" "$2:2,S"
}
inbox=$imap_dir
for i in 1 2 3 4 5; do put "inbox $i" "100$i.a"; done
imap_folder alice Work/Old
for i in 1 2 3; do put "old $i" "200$i.a"; done

fetch() {
	ms-fetch --ca-file "$imap_ca" --password-file alice.pw "$@" "$(imap_url alice)"
}
# sends NAME COUNT SUMS OPTION...: a fetch sends COUNT messages and prints SUMS.
sends() {
	what=$1 many=$2 sums=$3 && shift 3
	status "$what" 0 fetch "$@"
	ok "  $many messages" grep -aqEx "MS-Envelope: end; messages=$many; failed=0; status=0(; archive=[0-9a-f]{32})?" out
	cp out stream
	ok "  $sums" grep -qx "ms-fetch: $sums" err
}

ms-init arc || exit 1
ms-ingest -q --create-user -u bob -a arc "$top/t/data" >/dev/null 2>&1
sends 'all messages are new for a user that the archive does not have' 8 \
	'8 seen: 8 new, 0 known, 0 left out, 0 failed' -a arc -u alice
status 'the stream is archived' 0 ms-ingest -q --create-user -a arc <stream
sends 'no message is new the second time' 0 '8 seen: 0 new, 8 known, 0 left out, 0 failed' -a arc -u alice
status 'a stream without messages is ingested' 0 ms-ingest -q -a arc <stream
sends 'all messages are new for another user' 8 '8 seen: 8 new, 0 known, 0 left out, 0 failed' -a arc -u bob
MS_ARCHIVE=arc MS_USER=alice
export MS_ARCHIVE MS_USER
sends 'MS_USER names the user' 0 '8 seen: 0 new, 8 known, 0 left out, 0 failed' -a arc
sends '--no-archive has precedence over MS_ARCHIVE' 8 '8 seen: 8 new, 0 known, 0 left out, 0 failed' --no-archive
unset MS_ARCHIVE MS_USER

imap_dir=$inbox
put 'inbox 6' 1006.a
${imap_as} mv "$inbox/cur/1002.a:2,S" "$inbox/cur/1002.a:2,FS"
${imap_as} rm "$inbox/cur/1003.a:2,S"
sends 'one message is new, one is deleted, one is flagged' 1 '8 seen: 1 new, 7 known, 0 left out, 0 failed' -a arc -u alice
ok 'the new message is sent' grep -qax 'body of inbox 6.' stream
status 'the stream is archived' 0 ms-ingest -q -a arc <stream

# With a new UIDVALIDITY, the known UIDs of the folder are invalid. Dovecot uses
# the time in seconds as the UIDVALIDITY.
imap_idle
validity=$(sed -n '1s/.* V\([0-9]*\).*/\1/p' "$inbox/Work/Old/dovecot-uidlist")
${imap_as} rm -f "$inbox/Work/Old/dovecot-uidlist" "$inbox/Work/Old"/dovecot.index*
await sh -c '[ "$(date +%s)" -gt "$1" ]' sh "$validity"
sends 'the messages of a folder with a new UIDVALIDITY are recognized' 3 \
	'8 seen: 0 new, 8 known, 0 left out, 0 failed' -a arc -u alice
ok 'the stream has references in place of their bodies' [ "$(grep -c 'ref=' stream)" -eq 3 ]
status 'the references are ingested' 0 ms-ingest -a arc <stream
ok 'all of them are known' grep -q ' 0 new, 3 known' err
sends 'no message is new after that' 0 '8 seen: 0 new, 8 known, 0 left out, 0 failed' -a arc -u alice

sends 'only one folder is read' 0 '3 seen: 0 new, 3 known, 0 left out, 0 failed' -a arc -u alice --folder Work/Old

status 'the archive does not exist' 66 fetch -a nowhere -u alice
ok 'the trailer has the status' grep -aqx 'MS-Envelope: end; messages=0; failed=0; status=66' out
finish
