#!/bin/sh
# 2245-fetch-delete-dates.t - --since and --before of ms-fetch mean arrival; and no
# message is deleted at the source by a date that its sender alone has written.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"
command -v jq >/dev/null || skip jq "no jq"
imap_start || exit 1

old='Mon, 4 Jan 2021 05:06:07 +0000' today=$(date -R)
# put NAME MTIME DATE-FIELD [RECEIVED]: adds a message; the mtime of its file is
# the INTERNALDATE.
put() {
	{
		[ $# -lt 4 ] || printf 'Received: by a; %s\n' "$4"
		printf 'Subject: %s\nMessage-ID: <%s@example.org>\nDate: %s\n\ntext\n' "$1" "$1" "$3"
	} >"$imap_dir/cur/$1.a:2,S"
	touch -d "$2" "$imap_dir/cur/$1.a:2,S"
}
# An old message; one whose sender claims that it is old; one that says so in an
# encoded word, with a Received line; and one whose date is in the future.
mailbox() {
	imap_user "$1" secret
	put old "$old" "$old" "$old"
	put claimed "$today" "$old" "$today"
	put alone "$today" "$old"
	put encoded "$today" "=?utf-8?Q?$(echo "$today" | tr ' ' _)?=" "$today"
	put future "$old" 'Fri, 1 Jan 2100 00:00:00 +0000' "$old"
	imap_own
}
fetch() {
	who=$1 && shift
	ms-fetch -a "$who.arc" -u "$who" --ca-file "$imap_ca" --password-file "$who.pw" \
		--report report "$@" "$("${scheme}_url" "$who")"
}
archive() { ms-init "$1.arc" && fetch "$1" -q | ms-ingest -q --create-user -a "$1.arc"; }
delete() { fetch "$@" --delete-archived; }
left() { (cd "$imap_root/home/$1/Maildir" && ls cur new) | sed -n 's/\.a.*//p' | tr '\n' ' '; }
# sent OPTION...: the subjects of the messages that a fetch sends.
sent() { fetch "$@" 2>err | sed -n 's/^Subject: //p' | sort | tr -d '\r' | tr '\n' ' '; }

# ---- IMAP: INTERNALDATE is the date of arrival ----

scheme=imap
mailbox alice
ms-init alice.arc
ok '--before means arrival' [ "$(sent alice --before 2022)" = 'future old ' ]
ok '--since means arrival' [ "$(sent alice --since 2022)" = 'alone claimed encoded ' ]
ok '--by-date-field means the Date field' [ "$(sent alice --by-date-field --before 2022)" = 'alone claimed old ' ]
rm -r alice.arc
archive alice
status 'a rule by the Date field' 0 delete alice --by-date-field --older-than 90d
ok '  deletes what is old by both dates' [ "$(left alice)" = 'alone claimed encoded future ' ] || left alice
ok '  and says why the others are kept' grep -q '"left_out".*"too new"' report
status 'a rule by arrival' 0 delete alice --older-than 90d
ok '  deletes what arrived long ago' [ "$(left alice)" = 'alone claimed encoded ' ]

# ---- POP3: the top Received line is the date of arrival ----

if [ -e /usr/lib/dovecot/pop3 ]; then
	scheme=pop3
	mailbox bob
	archive bob
	status 'a rule by the Date field, with POP3' 0 delete bob --by-date-field --older-than 90d
	ok '  deletes what is old by both dates' [ "$(left bob)" = 'alone claimed encoded future ' ] || left bob
	ok '  a message without Received is kept' grep -q '"date of arrival is unknown"' report
	status 'a rule that every Date field meets' 0 delete bob --by-date-field --before 2101
	ok '  keeps the message without Received' [ "$(left bob)" = 'alone ' ]
fi
finish
