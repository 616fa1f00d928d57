#!/bin/sh
# 2140-fetch-choose.t - flags, date and size decide which messages are fetched.
# The answers of the server to SEARCH do not change the result. Messages that a
# filter excludes are counted as left out, not as known.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"

# put NUMBER FLAGS DATE BYTES [DATE-FIELD]: adds a message of about this size.
put() {
	{
		printf 'Subject: <%s>\n' "$1"
		[ $# -lt 5 ] || printf 'Date: %s\n' "$5"
		printf '\n' && head -c "$4" /dev/zero | tr '\0' x
	} | ${imap_as} sh -c 'cat >"$1" && touch -d "$2" "$1"' sh \
		"$imap_dir/cur/$1.a:2,$2" "$3"
}

imap_start || exit 1
imap_user alice secret
put 1 S 2019-12-31T23:59:59Z 10 'Fri, 1 Jan 2021 00:00:00 +0000'
put 2 '' 2020-01-01T00:00:00Z 10 'Fri, 1 Jan 2021 00:00:00 +0100'
put 3 FS 2020-01-01T00:00:01Z 999 'Sat, 1 Jan 2000 00:00:00 +0000'
put 4 F 2020-06-15T12:00:00Z 50000
put 5 RS 2021-01-01T11:30:00Z 10 'no date at all'
imap_own

fetch() {
	ms-fetch -u alice --ca-file "$imap_ca" --password-file alice.pw "$@" \
		"$(imap_url alice)"
}
# gives NUMBERS OPTION ...: exactly these messages are fetched, and the others
# are left out.
gives() {
	numbers=$1
	shift
	status "$*: the run succeeds" 0 fetch "$@"
	got=$(sed -n 's/^Subject: <\(.*\)>.*/\1/p' out | sort | tr '\n' ' ')
	[ "$got" = "$numbers" ] || note "$got"
	ok "  the messages are ${numbers:-none }" [ "$got" = "$numbers" ]
	n=$(echo "$numbers" | wc -w)
	ok '  the others are left out' grep -qx \
		"ms-fetch: 5 seen: $n new, 0 known, $((5 - n)) left out, 0 failed" err
}

gives '2 4 ' --unseen
gives '1 3 5 ' --seen-only
gives '3 4 ' --flagged
gives '4 ' --flagged --unseen
gives '2 3 4 5 ' --since 2020
gives '3 4 5 ' --since 2020-01-01T00:00:01
gives '1 ' --before 2020
gives '1 2 ' --before 2020-01-01T00:00:01
gives '2 3 4 ' --since 2020 --before 2021
gives '5 ' --since 2021-01-01T11:30
gives '' --since 2021-01-01T11:30:01
gives '1 2 3 4 5 ' --older-than 30d
gives '' --older-than 100y
gives '4 ' --larger 2000
gives '1 2 5 ' --smaller 500
gives '3 ' --larger 500 --smaller 2000 --seen-only
# A message without a Date field cannot be filtered by its date, so it is
# fetched.
gives '1 4 5 ' --by-date-field --since 2021
gives '2 3 4 5 ' --by-date-field --before 2021

status 'two filters that exclude each other are refused' 64 fetch --unseen --seen-only
status 'an invalid date is refused' 64 fetch --since soon
ok '  the error names the option and the date' grep -q -e "--since: 'soon' is not a date" err
status 'an invalid age is refused' 64 fetch --older-than 2020

ms-init arc
status 'the report names what is left out' 0 fetch --larger 2000 --report report
ok '  with its reason' grep -q '"left_out".*"INBOX, UIDs* 1[",:]' report
status 'what a filter let through is stored' 0 sh -c 'ms-fetch -a arc -u alice --flagged \
	--ca-file "$1" --password-file alice.pw "$2" | ms-ingest -a arc -q --create-user' sh "$imap_ca" \
	"$(imap_url alice)"
status 'a run without the filter' 0 fetch -a arc
ok '  the other messages are fetched' grep -qx \
	'ms-fetch: 5 seen: 3 new, 2 known, 0 left out, 0 failed' err

# Servers with a faulty SEARCH: all their messages are \Seen.
echo secret >pw
rogue_start good search-capped search-no search-empty
for mode in good search-capped search-no search-empty; do
	rogue() {
		ms-fetch --timeout 5 --ca-file "$imap_ca" --password-file pw "$@" \
			"$(rogue_url $mode)"
	}
	status "$mode: --seen-only" 0 rogue --seen-only
	ok '  all messages are fetched' grep -aqx 'MS-Envelope: end; messages=6; failed=0; status=0' out
	status "$mode: --unseen" 0 rogue --unseen
	ok '  no message is fetched' grep -aqx 'MS-Envelope: end; messages=0; failed=0; status=0' out
	ok '  all are left out' grep -qx 'ms-fetch: 6 seen: 0 new, 0 known, 6 left out, 0 failed' err
	status "$mode: --since" 0 rogue --since 2021-02-01T01:34:05
	ok '  all messages are fetched' grep -aqx 'MS-Envelope: end; messages=6; failed=0; status=0' out
	status "$mode: --since a second later" 0 rogue --since 2021-02-01T01:34:06
	ok '  no message is fetched' grep -aqx 'MS-Envelope: end; messages=0; failed=0; status=0' out
done
finish
