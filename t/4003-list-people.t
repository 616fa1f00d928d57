#!/bin/sh
# 4003-list-people.t - ms-list --sort, --limit, --count, --format, --fields,
# --addresses, --utc, and the short ids of terminals. t/unit/listing-sort.c tests
# all orders, and t/0195-scenes.t shows the lines.
# shellcheck disable=SC2154 # set by lib.sh
. "$(dirname "$0")/lib.sh"

tab=$(printf '\t')
long='A subject of more than sixty bytes, which the index does not have in full'
cat >mail <<END
From ms-stream@1 Thu Jan  1 00:00:00 1970
MS-Envelope: user="anna"; source="imap://anna@h/"; folder="INBOX"; flags="\\\\Seen"
From: Ben <ben@example.org>
To: Anna <anna@example.org>, "Cy, M" <CY@example.org>
Cc: dan@example.org, anna@example.org
Subject: Re: two
Message-ID: <2@example.org>
Date: Tue, 3 Mar 2020 23:30:00 +0000

22

From ms-stream@1 Thu Jan  1 00:00:00 1970
MS-Envelope: user="anna"; source="imap://anna@h/"; folder="a\\x09b"
From: Ben <ben@example.org>
To: Anna <anna@example.org>, "Cy, M" <CY@example.org>
Cc: dan@example.org, anna@example.org
Subject: Re: two
Message-ID: <2@example.org>
Date: Tue, 3 Mar 2020 23:30:00 +0000

22

From ms-stream@1 Thu Jan  1 00:00:00 1970
MS-Envelope: user="ben"; folder="INBOX"
From: =?utf-8?q?Zo=C3=AB?= <z@xn--mnchen-3ya.example>
Subject: $long
Date: Sun, 1 Mar 2020 10:00:00 +0000

1

From ms-stream@1 Thu Jan  1 00:00:00 1970
MS-Envelope: user="ben"; folder="INBOX"
From: anna@example.org
To: undisclosed-recipients:;
Subject: {one}
Date: Wed, 4 Mar 2020 10:00:00 +0000

this is the longest of all the messages that are here, so that it is the last one of a
list that is sorted by size

From ms-stream@1 Thu Jan  1 00:00:00 1970
MS-Envelope: end; messages=4; failed=0; status=0

END
ms-init -u anna arc && export MS_ARCHIVE=arc
status 'mail is ingested' 0 ms-ingest -q --create-user <mail
ms-list >all

# ---- order and number ----

# Each row: options, and the numbers of the lines of `all` that are printed.
while IFS='|' read -r options want; do
	# shellcheck disable=SC2086 # words
	status "ms-list $options" 0 ms-list $options
	got=$(while read -r line; do grep -nxF -e "$line" all | cut -d : -f 1; done <out | tr '\n' ' ')
	ok "  prints the lines $want" test "${got% }" = "$want"
done <<'END'
--sort date|1 2 3 4
--sort=-date|4 2 3 1
--limit 1|4
--limit 2|3 4
--limit 4|1 2 3 4
--limit 5|1 2 3 4
--sort -date --limit 2|4 2
--sort size --limit 1|4
--sort -size --limit 1|4
--sort size -u anna|2 3
--sort from --limit 1|4
--sort from|4 2 3 1
--sort -from|1 2 3 4
--sort subject|1 2 3 4
--sort -subject --limit 3|4 2 3
--sort folder|2 3 1 4
--sort -folder|1 4 3 2
--limit 1 before:2020-03-04|3
--limit 9 subject:nothing|
END
status '--count' 0 ms-list --count
ok '  counts lines' test "$(cat out)" = 4
status '--count of nothing' 0 ms-list --count subject:nothing
ok '  is 0' test "$(cat out)" = 0
status '--count -z of a user' 0 ms-list --count -z -u ben
ok '  ends with NUL' test "$(tr '\0' X <out)" = 2X
status '--count with --as' 0 ms-list --count --as ben
ok '  counts only what the user may read' test "$(cat out)" = 2
status '--limit with --as' 0 ms-list --limit 3 --as ben
ok '  lists it' test "$(cut -f 3 out | tr '\n' ' ')" = 'ben ben '
status '--json in another order' 0 ms-list --json --sort -size --limit 1
ok '  has the largest message' jq -e '.subject == "{one}"' out

# ---- formats ----

id=$(sed -n '2s/\t.*//p' all)
short=$(echo "$id" | cut -c 1-8)
# Each row: the format, and the line of the second message of `all`.
cat >table <<END
{id}|$id
{short}|$short
{date} {from}|2020-03-03T23:30:00Z Ben <ben@example.org>
{user}/{folder}/{source}|anna/INBOX/imap://anna@h/
{label}|$(ms-list --json -u anna folder:INBOX | jq -r .label)
{size}|$(sed -n 2p all | cut -f 5)
{to}|Anna <anna@example.org>, "Cy, M" <CY@example.org>
{cc}|dan@example.org, anna@example.org
{subject}{message_id}|Re: two<2@example.org>
{flags}|\\\\Seen
{number}|$(ms-list --json -u anna folder:INBOX | jq -r .number)
{arrived}|2020-03-03T23:30:00Z
{{id} }|{id} }
a\\tb\\\\|a${tab}b\\
|
END
while IFS='|' read -r format want; do
	status "--format '$format'" 0 ms-list -u anna --format "$format" folder:INBOX
	printf '%s\n' "$want" >want
	same '  prints this line' want out
done <table
status 'a folder with a TAB' 0 ms-list -u anna --format '{folder}' 'folder:a*'
ok '  is escaped' test "$(cat out)" = 'a\tb'
status 'a long subject' 0 ms-list -u ben --format '{subject}' subject:index
ok '  is whole' test "$(cat out)" = "$long"
status 'NUL ends a field' 0 ms-list --format '{user}\0' -u anna
ok '  where the format says so' test "$(tr '\0\n' '0n' <out)" = anna0nanna0n
status '-z ends the lines' 0 ms-list -z --format '{user}' -u anna
ok '  with NUL' test "$(tr '\0\n' '0n' <out)" = anna0anna0
status 'when it was archived' 0 ms-list --limit 1 --fields archived
ok '  is a date' grep -qE '^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z$' out
status '--fields' 0 ms-list --fields date,user,size
cut -f 2,3,5 all >want
same '  prints these fields' want out
status '--fields in another order' 0 ms-list --sort -date --fields folder,id --limit 1
tail -n 1 all | awk -F '\t' -v OFS='\t' '{ print $4, $1 }' >want
same '  prints them' want out

# Each row: an option and its value, and the error.
while IFS='|' read -r option value want; do
	status "$option '$value'" 64 ms-list "$option" "$value"
	ok "  $want" grep -qF -e "ms-list: $want; try 'ms-list --help'" err
done <<'END'
--format|{sbject}|--format: there is no field 'sbject' (did you mean 'subject'?)
--format|{}|--format: there is no field ''; ms-list(1), Formats, lists them
--format|{date|--format: '{date' has no '}' ('{{' is a brace itself)
--format|a\x|--format: there is no escape '\x' (try \t \n \0 \\)
--format|a\|--format: there is no escape '\' (try \t \n \0 \\)
--fields|date,form|--fields: there is no field 'form' (did you mean 'from'?)
--fields|date,|--fields: there is no field ''; ms-list(1), Formats, lists them
END
status 'a very long format' 64 ms-list --format "$(awk 'BEGIN { for (i = 0; i < 300; i++) printf "{id}" }')"
for wrong in '--sort x' '--limit 0' '--limit x' '--count --json' '--count --summary' '--format a --fields id' \
	'--format a --json' '--summary --limit 1' '--addresses --sort size' '--count --format a'; do
	# shellcheck disable=SC2086 # words
	status "$wrong" 64 ms-list $wrong
done

# ---- addresses ----

status '--addresses' 0 ms-list --addresses
printf '%s\t%s\n' anna@example.org 2 ben@example.org 1 cy@example.org 1 dan@example.org 1 z@münchen.example 1 >want
same '  counts the messages of each' want out
status '--addresses of a query' 0 ms-list --addresses -u ben before:2020-03-02
printf '%s\t%s\n' z@münchen.example 1 >want
same '  has those of its messages' want out
status '--addresses --json' 0 ms-list --addresses --json -u ben
ok '  has both keys' jq -es 'length == 2 and .[0] == {address: "anna@example.org", messages: 1}' out
status '--addresses of another user' 0 ms-list --addresses --as ben
ok '  are not shown' absent dan@example.org out

# ---- on a terminal ----
terminal || finish
export PAGER=cat TERM=xterm
on_terminal() { python3 "$top/t/on-terminal.py" 80 "$@"; }
status 'the local time' 0 env TZ=XYZ-2 "$top/t/on-terminal.py" 80 ms-list subject:two
ok '  decides the day' grep -q ' 2020-03-04 ' out
status '--utc' 0 env TZ=XYZ-2 "$top/t/on-terminal.py" 80 ms-list --utc subject:two
ok '  gives the day of UTC' grep -q ' 2020-03-03 ' out
status '--fields on a terminal' 0 env TZ=XYZ-2 "$top/t/on-terminal.py" 80 ms-list --fields date subject:two
ok '  prints the same as into a file' grep -q '^2020-03-03T23:30:00Z' out
status '--addresses on a terminal' 0 on_terminal ms-list --addresses -u ben
ok '  is a table' grep -q 'ADDRESS .*MESSAGES' out
status '--count on a terminal' 0 on_terminal ms-list --count
ok '  is a number' test "$(tr -d '\r' <out)" = 4

# The ids of these two begin with the same 8 digits.
for n in 14520 49986 1; do printf 'Subject: %s\n\n' $n >$n.eml; done
status 'two messages with similar ids' 0 ms-ingest -q -u anna -d Twins 14520.eml 49986.eml 1.eml
ms-list --fields short,id folder:Twins >ids
ok 'the short ids begin the ids' awk -F '\t' 'index($2, $1) != 1 { exit 1 }' ids
ok '  two of them are longer' test "$(cut -f 1 ids | awk '{ print length($0) }' | sort | tr '\n' ' ')" = '8 9 9 '
while read -r short id; do
	status "id:$short" 0 ms-list --fields id "id:$short"
	ok '  is this message' test "$(cat out)" = "$id"
	status "ms-export id:$short" 0 ms-export --format eml --eol crlf -o - "id:$short"
	ok '  exports it' test "$(sha256sum <out | cut -c 1-64)" = "$id"
done <ids
status 'on a terminal' 0 on_terminal ms-list --color=never folder:Twins
cut -f 1 ids | sort >want
cut -d ' ' -f 1 out | sort >got
same '  the same short ids are shown' want got
finish
