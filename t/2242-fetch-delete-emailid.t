#!/bin/sh
# 2242-fetch-delete-emailid.t - deleting at a server with OBJECTID (RFC 8474): an
# EMAILID that was archived with the body and is unchanged proves a message
# without its body. Any other EMAILID proves nothing, and the body decides.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"

echo secret >pw
modes='id id-changed id-swap id-new id-same id-bad id-nil'
# shellcheck disable=SC2086 # words
rogue_start $modes || exit 1

fetch() {
	mode=$1 && shift
	ms-fetch -a "$mode.arc" -u alice --ca-file "$imap_ca" --password-file pw \
		--folder INBOX --report report "$@" "$(rogue_url "$mode")"
}
# compared: how many bytes the last run has compared.
compared() { jq -r 'select(.type == "folder") | .bytes_compared // 0' report; }
# bodies MODE: how many commands of the last run have asked for bodies.
bodies() { grep -c "^$1 FETCH .*BODY.PEEK\\[\\]" rogue.ports.log; }
# left MODE: the UIDs that the server has.
left() {
	: >"$1.none" && ms-init "$1.new" && mode=$1 &&
		ms-fetch -q -u alice --ca-file "$imap_ca" --password-file pw --folder INBOX \
			"$(rogue_url "$1")" >"$1.left" 2>>"$1.none"
	sed -n 's|.*uid="77/\([0-9]*\)".*|\1|p' "$1.left" | tr '\n' ' '
}

for mode in $modes; do
	ms-init "$mode.arc"
	status "$mode: the mailbox is fetched" 0 fetch "$mode"
	# A program between ms-fetch and ms-ingest changes the bytes of a message.
	if [ "$mode" = id-changed ]; then
		sed 's/^line of 13/LINE OF 13/' out >"$mode.stream"
	else
		cp out "$mode.stream"
	fi
	status '  and archived' 0 ms-ingest -q --create-user -a "$mode.arc" <"$mode.stream"
done
ok 'the stream has EMAILIDs and the beginnings of the ids' \
	[ "$(grep -ac 'email-id="M_1[1-5] [0-9a-f]\{16\}"' id.stream)" -eq 5 ]
ok 'a server that does not understand EMAILID gives none' sh -c '! grep -aq email-id id-bad.stream'
ok '  nor one that answers NIL' sh -c '! grep -aq email-id id-nil.stream'
ms-list -a id.arc | cut -f 1 | while read -r id; do
	uid=$(grep -a "email-id=\"M_[0-9]* $(printf %.16s "$id")" id.stream | sed 's/.*M_\([0-9]*\) .*/\1/')
	ms-export -q -a id.arc --format eml --eol crlf -o "exported.$uid" "id:$id" >/dev/null
	grep -rqx "Subject: message $uid." "exported.$uid" || echo "$id"
done >wrong
ok '  they are those of the messages' empty wrong
: >rogue.ports.swap # two messages were exchanged, and other EMAILIDs given

: >rogue.ports.log
status 'with EMAILIDs, -n names all messages' 0 fetch id --delete-archived -n
ok '  all five' [ "$(wc -l <out)" -eq 5 ]
ok '  no body was asked for' [ "$(bodies id)" -eq 0 ]
status 'all messages are deleted' 0 fetch id --delete-archived
ok '  no body was asked for' [ "$(bodies id)" -eq 0 ]
ok '  no byte was compared' [ "$(compared)" -eq 0 ]
ok '  none is left' [ -z "$(left id)" ]

: >rogue.ports.log
status 'of two messages that were exchanged' 1 fetch id-swap --delete-archived
ok '  the bodies were compared' [ "$(compared)" -gt 40000 ]
ok '  only these bodies' [ "$(compared)" -lt 60000 ]
ok '  both remain' [ "$(left id-swap)" = '12 14 ' ]

for mode in id-new id-same id-bad id-nil; do
	: >rogue.ports.log
	status "$mode: the bodies prove the messages" 0 fetch $mode --delete-archived
	ok '  all were compared' [ "$(compared)" -gt 90000 ]
	ok '  none is left' [ -z "$(left $mode)" ]
done

status 'a message whose bytes another program has changed' 1 fetch id-changed --delete-archived
ok '  the reason is named' grep -q 'UID 13: not deleted: the server has another message in its place' err
ok '  the message remains, and no other' [ "$(left id-changed)" = '13 ' ]
ok 'no server reported an error' empty rogue.err
finish
