#!/bin/sh
# 2452-fetch-multidrop-uidl.t - a mailbox for many users at POP3 servers that have
# no UIDL, or give the same one twice: what was assigned is recognised by header
# and size, nobody gets it again, and nothing of it is deleted.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"

echo secret >pw && chmod 600 pw
rogue_kind=pop3
rogue_start no-uidl uidl-same || exit 1
fetch() {
	ms-fetch -a arc -u @multidrop --timeout 4 --retries 1 --ca-file "$imap_ca" \
		--password-file pw "$@" "$(rogue_url "$mode")"
}
# seen NEW KNOWN: what the last run says
seen() { ok "  $1 new, $2 known" grep -q ": $1 new, $2 known, 0 left out, 0 failed" err; }
receipts() { "$top/t/second-reader.py" arc receipts; }

# MODE and the number of messages without a UIDL.
while read -r mode without; do
	rm -rf arc && ms-init arc
	status "$mode: the mailbox is fetched" 0 fetch
	cp out stream
	status '  its mail is assigned' 0 ms-ingest -a arc --assign <stream
	seen 5 0
	receipts >want
	ok '  each message has a receipt, some without a place' \
		test "$(grep -c '	INBOX	-	' want) $(wc -l <want)" = "$without 5"
	for run in second third; do
		status "  a $run run" 0 fetch
		seen 0 5
		ok '  fetches no text' absent -aq '^Subject:' out
		ok '  and recognises what has no UIDL' test "$(grep -ac '; ref="' out)" -eq "$without"
		cp out stream
		status '  that is read' 0 ms-ingest -a arc --assign <stream
		seen 0 "$without"
		receipts >got
		same '  and records nothing' want got
	done
	status '  a run that would delete' 0 fetch -n --delete-archived
	ok '  leaves what has no UIDL' test "$(wc -l <out)" -eq $((5 - without))
	ok '  and says so' grep -q "INBOX: $without messages left out: not archived" err
done <<END
no-uidl 5
uidl-same 2
END
finish
