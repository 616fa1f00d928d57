#!/bin/sh
# 4015-query-dates.t - queries by the three dates of a message: sent, arrived
# and archived; the order of a list is that of sending. ms-query(7), Dates.
. "$(dirname "$0")/lib.sh"
command -v jq >/dev/null || skip jq "no jq"
export MS_ARCHIVE="$scratch/arc" MS_USER=u

# add SUBJECT SENT ARRIVED: adds a message in a batch of its own; "" for SENT
# makes a message without a Date field, "" for both one without any date.
add() {
	{
		printf 'From a@b %s\nSubject: %s\n' "$([ -z "$3" ] || date -d "$3" '+%a %b %d %T %Y')" "$1"
		[ -z "$2" ] || printf 'Date: %s\n' "$(date -R -d "$2")"
		printf '\ntext\n'
	} >one.mbox
	ms-ingest -q -d INBOX one.mbox
}
ms-init -u u arc
add early 2020-01-01T10:00:00Z 2024-06-01T10:00:00Z
add late 2024-01-01T10:00:00Z 2024-01-01T10:00:01Z
add undated '' 2022-01-01T10:00:00Z
add unknown '' ''
# A second passes, so that the next batch has another date of archiving.
archived() { ms-list --json "subject:$1" | jq -r .archived; }
first=$(archived early) previous=$(archived unknown)
passed() { [ "$(date -u +%Y-%m-%dT%H:%M:%SZ)" != "$previous" ]; }
await passed
add new 2010-01-01T10:00:00Z 2011-01-01T10:00:00Z
last=$(archived new)

# finds QUERY SUBJECTS: in order of the date of sending.
finds() {
	said=$(ms-list "$1" 2>err | cut -f 7 | tr '\n' ' ')
	if [ "$said" = "${2:+$2 }" ] && [ ! -s err ]; then
		pass "$1: $2"
	else
		fail "$1: $2" && note "found $said" && note "$(cat err)"
	fi
}
while IFS='|' read -r query want; do
	finds "$query" "$want"
done <<END
|unknown new early undated late
since:2021|undated late
before:2021|new early
since:2020-01-01T10:00:00Z before:2020-01-01T10:00:01Z|early
arrived-since:2024|early late
arrived-before:2024|new undated
arrived-since:2024-01-01T10:00:01Z arrived-before:2024-01-01T10:00:02Z|late
since:2023 arrived-since:2023|late
since:2023 arrived-before:2023|
archived-since:$last|new
archived-before:$last|unknown early undated late
archived-since:$first|unknown new early undated late
archived-before:2020|
archived-since:2100|
archived-since:1d|unknown new early undated late
archived-since:$last before:2011|new
archived-since:$last since:2011|
archived-since:$last subject:n|new
subject:e archived-before:$last|early undated late
END

ms-list --json >all
jq -r '[.subject, .date, .arrived, .archived] | map(. // "-") | join(" ")' all >got
cat >want <<END
unknown - - $(archived unknown)
new 2010-01-01T10:00:00Z 2011-01-01T10:00:00Z $last
early 2020-01-01T10:00:00Z 2024-06-01T10:00:00Z $(archived early)
undated 2022-01-01T10:00:00Z 2022-01-01T10:00:00Z $(archived undated)
late 2024-01-01T10:00:00Z 2024-01-01T10:00:01Z $(archived late)
END
same 'the JSON has all three dates' want got
status 'each id: has the date of archiving, too' 0 ms-list --json "id:$(ms-list subject:new | cut -f 1)"
ok '  it is that of its batch' [ "$(jq -r .archived out)" = "$last" ]

# The order is the same when the headers must be read first.
finds 'subject:e' 'new early undated late'
ms-list --summary | cut -f 5,6 >got
printf '2010-01-01T10:00:00Z\t2024-01-01T10:00:00Z\n' >want
same 'a summary has the first and the last date of sending' want got

status 'an export of what is new' 0 ms-export --format eml "archived-since:$last"
ok '  is the new message' grep -qx 'Subject: new' out
status 'a date that is none' 64 ms-list archived-since:soon
ok '  the error names it' grep -q '"soon" is not a date' err
status 'an unknown term' 64 ms-list came-since:2024
ok '  the error names the terms' grep -q 'arrived-since: arrived-before: archived-since: archived-before:' err
finish
