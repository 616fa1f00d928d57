#!/bin/sh
# 2455-fetch-journal.t - a journal in a real Dovecot, by IMAP and POP3: the
# originals are archived, no report is fetched again, and all are deleted,
# although the archived messages are not what the server has.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"
[ -e /usr/lib/dovecot/pop3 ] || skip dovecot "no dovecot-pop3d"
. "$top/t/lib-journal.sh"
imap_start || exit 1
imap_user drop secret

fetch() { ms-fetch -u @multidrop --ca-file "$imap_ca" --password-file drop.pw "$@"; }
for kind in imap pop3; do
	case $kind in
	imap) url=$(imap_url drop) ;;
	pop3) url=$(pop3_url drop) ;;
	esac
	i=0
	for f in journal/*; do
		i=$((i + 1)) && cp "$f" "$imap_dir/cur/17000000$((10 + i)).M1.h:2,S"
	done
	rm -f "$imap_dir"/dovecot*
	imap_own
	rm -rf arc && new arc
	status "$kind: the journal is fetched" 0 fetch -a arc "$url"
	cp out stream
	status "$kind: its messages are assigned" 0 ingest -a arc --journal --keep-reports <stream
	table arc <all
	# POP3 gives the last line of a report that is cut its end.
	grep '^[io]' got | grep -v '@multidrop\|^in/cut' >got.users
	grep -v '^in/cut' want >want.users
	same "$kind: each user has the originals" want.users got.users
	ok "$kind: the reports are kept" test \
		"$(ms-list -a arc -u @multidrop | wc -l)" -eq $((i - 9))
	ok "$kind: the archive is whole" ms-verify -q -a arc --data
	status "$kind: a second run" 0 fetch -a arc "$url"
	ok "$kind: fetches nothing" test "$(grep -ac '^MS-Envelope: .*uid=' out)" -eq 0
	status "$kind: a run that deletes" 0 fetch -a arc --delete-archived "$url"
	imap_idle
	ok "$kind: deletes all reports" test "$(ls "$imap_dir/cur" | wc -l)" -eq 0
done
finish
