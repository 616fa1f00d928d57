#!/bin/sh
# 4018-query-lost.t - the records of a folder, a user or a source are lost, and
# nothing repeats them: queries name the messages about which they cannot decide,
# and end with status 1. ms-query(7).
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip python3 'no python3'
command -v jq >/dev/null || skip jq 'no jq'

for n in 1 2 3 4; do
	printf 'From: a@example.org\nSubject: %d\nDate: Fri, 20 Nov 2026 10:00:00 +0000\n\nbody %d\n' $n $n >$n.eml
done
export MS_ARCHIVE=arc
ms-init -u root arc && ms-users add alice && ms-users add bob
ms-ingest -q -u alice -d INBOX --label Work 1.eml
ms-ingest -q -u bob -d Sent 2.eml
ms-ingest -q -u bob -d Sent 3.eml
id=$(ms-list --json subject:3 | jq -r .id)

# without N WHAT: `now` is a copy, without an index, whose Nth block is damaged.
without() {
	rm -rf now && cp -a arc now && rm -rf now/index
	at=$(python3 "$top/t/second-reader.py" now packs | sed -n "$1p" | cut -f 2)
	python3 -c 'import sys
f = open("now/pack/00000001.pack", "r+b"); f.seek(int(sys.argv[1]) + 200); f.write(b"damage")' "$at"
	status "$2" 65 ms-verify -q -a now --rebuild-index
}
# undecided COMMAND...: the message is named, and the status is 1.
undecided() {
	status "$*: status 1" 1 "$@"
	ok '  the message is named' grep -q "$id: the record of its [a-z]* is lost; it is not known" err
}

# Blocks: the archive, alice, bob; then for each message one with the message and
# one with its place, and with the events of a new source or folder.
without 7 'the record of the folder Sent is lost'
for q in user:alice user:bob folder:Sent source:local: label:x 'folder:INBOX subject:3'; do
	# shellcheck disable=SC2086
	undecided ms-list -a now $q
	# shellcheck disable=SC2086
	undecided ms-export -a now $q
	ok '  the trailer has the status' grep -aq '^MS-Envelope: end; .*failed=1; status=1' out
done
undecided ms-list -a now -u alice
undecided ms-list -a now --summary user:alice
undecided ms-list -a now user:alice id:"$id"
ok 'mail of other folders is listed' sh -c 'ms-list -a now user:alice 2>/dev/null | grep -q INBOX'
status 'another term decides' 0 ms-list -a now user:alice subject:1
ok '  one message is listed' test "$(wc -l <out)" -eq 1

without 3 'the record of bob is lost'
undecided ms-list -a now user:bob
undecided ms-export -a now user:bob
status 'the folder is known' 0 ms-list -a now folder:INBOX
status 'the user cannot be named' 64 ms-list -a now -u bob

without 5 'the record of the source is lost'
undecided ms-list -a now source:local:
undecided ms-list -a now label:local
status 'user and folder are known' 0 ms-list -a now user:bob
finish
