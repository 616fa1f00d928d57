#!/bin/sh
# 9010-pipe-imap.t - a mailbox of a real server is archived and exported: 5,000
# messages (250 without MS_SOAK) in nested folders with UTF-8 names. Each
# message is equal to the file of Dovecot, and no message is new in a second
# run.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"

imap_start || exit 1
seed
imap_user alice secret
set -- INBOX Projekte Projekte/Grün Projekte/Grün/Blau 'a & b' 日本語/仕事 x/y/z/ä '"quoted"'
for folder; do
	imap_folder alice "$folder"
	printf '%s\n' "$imap_dir" >>dirs
done
messages=250
[ "${MS_SOAK-}" != 1 ] || messages=5000
tr '\n' '\0' <dirs | xargs -0 python3 "$top/t/make-maildir.py" "$seed" $messages || exit 1
imap_own

fetch() {
	ms-fetch -q -a arc -u alice --ca-file "$imap_ca" --password-file alice.pw \
		--report fetched "$(imap_url alice)"
}
status 'an archive is created' 0 ms-init arc
fetch 2>err | ms-ingest -q -a arc --create-user --report ingested 2>>err
got=$?
ok 'the mailbox is archived' [ $got -eq 0 ]
ok 'nothing is printed' empty err
status 'ms-verify finds no error' 0 ms-verify -q -a arc

# Fields: user source folder uid flags date sha256.
imap_expected alice "$@" | sort >want
ok "there are $messages messages" [ "$(wc -l <want)" -eq $messages ]
status 'the mailbox is exported' 0 ms-export -a arc --eol original
python3 "$top/t/unstream.py" <out >got.all
# An archive does not distinguish between no flags and unknown flags.
sed '$d' got.all | awk 'BEGIN { FS = OFS = "\t" } $5 == "-" { $5 = "" } 1' | sort >got
same 'every message, place, flag and date is that of the server' want got
ok 'the export is complete' grep -qx "end; messages=$messages; failed=0; status=0" got.all

fetch >again 2>err
ms-ingest -q -a arc --report ingested <again 2>>err
got=$?
ok 'the same run again' [ $got -eq 0 ]
ok 'no message is sent' grep -aq '^MS-Envelope: end; messages=0; failed=0; status=0; archive=' again
ok 'all messages are known' grep -q "\"type\":\"end\".*\"seen\":$messages,\"new\":0,\"known\":$messages," fetched

# Without -a, all messages come again and are known by their content.
ms-fetch -q -u alice --ca-file "$imap_ca" --password-file alice.pw "$(imap_url alice)" |
	ms-ingest -q -a arc --report ingested 2>err
got=$?
ok 'a run without -a' [ $got -eq 0 ]
ok 'no message is new' grep -q "\"type\":\"end\".*\"seen\":$messages,\"new\":0,\"known\":$messages," ingested
ms-list -a arc >list
ok 'no message is stored twice' [ "$(wc -l <list)" -eq $messages ]
status 'ms-verify finds no error' 0 ms-verify -q -a arc
finish
