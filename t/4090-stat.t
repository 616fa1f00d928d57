#!/bin/sh
# 4090-stat.t - ms-stat: its numbers are those that awk gets from the lines of
# ms-list, for every --by, with and without a query; what is removed or moved,
# the sizes on disk, JSON, the rights of --as, and the addresses in From.
. "$(dirname "$0")/lib.sh"

tab=$(printf '\t')
# add ENVELOPE FROM DATE BODY: prints a message of a stream.
add() {
	printf 'From ms-stream@1 Thu Jan  1 00:00:00 1970\nMS-Envelope: %s\n' "$1"
	printf 'From: %s\nDate: %s\nSubject: s\n\n%s\n\n' "$2" "$3" "$4"
}
end() {
	printf 'From ms-stream@1 Thu Jan  1 00:00:00 1970\n'
	printf 'MS-Envelope: end; messages=%d; failed=0; status=0\n\n' "$1"
}
may='Tue, 5 May 2020 10:00:00 +0000'
june='Wed, 3 Jun 2020 10:00:00 +0000'
later='Fri, 31 Dec 2021 23:59:59 +0000'
{
	add 'user="anna"; source="imap://anna@h/"; folder="INBOX"' 'Ben <ben@one.example>' "$may" a
	add 'user="anna"; source="imap://anna@h/"; folder="Old/2020"' 'Ben <ben@one.example>' "$may" a
	add 'user="ben"; source="imap://ben@h/"; folder="INBOX"' 'Ben <ben@one.example>' "$may" a
	add 'user="ben"; source="imap://ben@h/"; folder="a\x09b\\/c"' 'Cy <cy@two.example>' "$june" 'some more text'
	add 'user="ben"; source="imap://ben@h/"; folder="INBOX"' 'Cy <CY@Two.Example>' "$later" b
	add 'user="ben"; folder="INBOX"' '' 'no date' c
	end 6
} >mail
status 'an archive is created' 0 ms-init -u anna arc
status 'mail is ingested' 0 ms-ingest -q -a arc --create-user <mail
export MS_ARCHIVE=arc

# ---- the totals ----

status 'the totals' 0 ms-stat
size() { ms-list "$@" | awk -F '\t' '{ s += $5 } END { print s + 0 }'; }
distinct() { ms-list "$@" | awk -F '\t' '!seen[$1]++ { s += $5 } END { print s + 0 }'; }
{
	printf '%s\t%s\n' messages 4 occurrences 6 bytes "$(size)" distinct_bytes "$(distinct)" \
		users 2 folders 4 sources 3 first 2020-05-05T10:00:00Z last 2021-12-31T23:59:59Z \
		removed 0 removed_bytes 0 received_bytes "$(size)" single_bytes "$(distinct)" \
		pack_bytes "$(cat arc/pack/* | wc -c)" packs 1 index_bytes "$(wc -c <arc/index/data.mdb)" \
		text_bytes 0 text_messages 0 text_missing 4
} >want
same '  the numbers are right' want out
status 'the totals of a query' 0 ms-stat from:cy
printf '%s\t%s\n' messages 2 occurrences 2 bytes "$(size from:cy)" distinct_bytes "$(size from:cy)" \
	users 1 folders 2 sources 1 first 2020-06-03T10:00:00Z last 2021-12-31T23:59:59Z >want
same '  there is nothing about the whole archive' want out
status 'the totals of a user' 0 ms-stat -u anna
printf '%s\t%s\n' messages 1 occurrences 2 bytes "$(size -u anna)" distinct_bytes "$(distinct -u anna)" \
	users 1 folders 2 sources 1 first 2020-05-05T10:00:00Z last 2020-05-05T10:00:00Z >want
same '  are right' want out
status 'the totals of a query about bodies' 0 ms-stat body:text
ok '  has one message' grep -qx "messages${tab}1" out
status 'the totals of nothing' 0 ms-stat subject:nothing
printf '%s\t%s\n' messages 0 occurrences 0 bytes 0 distinct_bytes 0 users 0 folders 0 sources 0 first '' last '' >want
same '  are zeros' want out
status 'the totals as JSON' 0 ms-stat --json
ok '  have the numbers and dates' jq -e '.type == "totals" and .messages == 4 and .users == 2 and
	.first == "2020-05-05T10:00:00Z" and .pack_bytes > 0' <out
status 'the totals of a query as JSON' 0 ms-stat --json subject:nothing
ok '  have no dates, and nothing about the archive' jq -e '.first == null and has("pack_bytes") == false' <out

# ---- groups ----

# expected KEY ARGS: what awk makes of the lines of ms-list. KEY is an
# expression for the key.
expected() {
	key=$1 && shift
	ms-list "$@" | awk -F '\t' -v OFS='\t' "
	{
		k = $key
		n[k]++
		bytes[k] += \$5
		if (!seen[k, \$1]++) { messages[k]++; distinct[k] += \$5 }
		if (\$2 != \"\" && (first[k] == \"\" || \$2 < first[k])) first[k] = \$2
		if (\$2 > last[k]) last[k] = \$2
	}
	END { for (k in n) print k, messages[k], n[k], bytes[k], distinct[k], first[k], last[k] }"
}
# shellcheck disable=SC2016 # expressions of awk
while read -r by key; do
	for args in '' '-u ben' 'since:2020-06' 'is:removed'; do
		# shellcheck disable=SC2086 # options and words
		expected "$key" $args | sort >want
		# shellcheck disable=SC2086
		status "--by $by $args" 0 ms-stat --by "$by" $args
		case $by in domain | correspondent) ;; *) ok '  the keys are in order' sort -c out ;; esac
		sort out >got
		same '  has the sums that the lines of ms-list have' want got
	done
done <<'END'
user $3
year substr($2, 1, 4)
month substr($2, 1, 7)
folder $3 OFS $4
source $8
domain tolower(substr($6, index($6, "@") + 1, index($6, ">") - index($6, "@") - 1))
correspondent tolower(substr($6, index($6, "<") + 1, length($6) - index($6, "<") - 1))
user $3
year substr($2, 1, 4)
month substr($2, 1, 7)
folder $3 OFS $4
source $8
domain tolower(substr($6, index($6, "@") + 1, index($6, ">") - index($6, "@") - 1))
correspondent tolower(substr($6, index($6, "<") + 1, length($6) - index($6, "<") - 1))
END
status 'NUL ends the lines' 0 ms-stat -z --by year
printf ' 2020 2021 ' >want
tr '\0' '\n' <out | cut -f 1 | tr '\n' ' ' >got
same '  of no date, and of all years' want got
status 'domains' 0 ms-stat --by domain
printf 'two.example 2\n 1\none.example 1\n' >want
cut -f 1,2 out | tr '\t' ' ' >got
same '  the highest number comes first' want got
status 'groups as JSON' 0 ms-stat --json --by folder -u ben 'folder:a*'
ok '  have both parts of the key' jq -e '.by == "folder" and .user == "ben" and .folder == "a\tb\\/c" and .occurrences == 1' out
status 'another group as JSON' 0 ms-stat --json --by year folder:INBOX since:2021
ok '  has its key' jq -e '.type == "group" and .year == "2021" and .bytes == .distinct_bytes' out

# ---- growth ----

sum() { awk -F '\t' -v n="$1" '{ s += $n } END { print s + 0 }' out; }
status 'growth' 0 ms-stat --growth
ok '  every message came in some month' test "$(sum 2)" -eq 4
ok '  and every byte' test "$(sum 3)" -eq "$(distinct)"
ok '  the packs grew to what they are' test "$(sum 4)" -eq "$(cat arc/pack/* | wc -c)"
ok '  the month is this one, or that of an hour ago' \
	grep -qE "^($(date +%Y-%m)|$(date -d '-1 hour' +%Y-%m))$tab" out
status 'growth of a query' 0 ms-stat --growth from:cy
ok '  says nothing of the packs' grep -qE "^20..-..${tab}2${tab}[0-9]+$tab\$" out
status 'growth as JSON' 0 ms-stat --growth --json
ok '  has the numbers' jq -es 'map(.messages) | add == 4' out

# ---- the text index ----

status 'a text index is made' 0 ms-index -q
status 'the totals' 0 ms-stat
ms-index --status --json | jq -r '"text_bytes\t\(.bytes)\ntext_messages\t\(.indexed)\ntext_missing\t\(.missing)"' >want
grep '^text_' out >got
same '  are those of ms-index' want got
ok '  all messages are in it' grep -qx "text_messages${tab}4" out

# ---- the largest messages ----

status 'the largest messages' 0 ms-stat --largest 3
ms-list | awk -F '\t' '!seen[$1]++' | sort -t "$tab" -k 5,5nr -k 2,2 | head -n 3 >want
same '  are lines of ms-list, each once' want out
status 'more than there are' 0 ms-stat --largest 100 -u anna
ok '  are all' test "$(grep -c '' out)" -eq 1
status 'as JSON' 0 ms-stat --largest 1 --json from:ben
ok '  have the keys of ms-list' jq -es '.[0].from == "Ben <ben@one.example>" and .[0].user == "anna"' out
status 'none' 64 ms-stat --largest 0

# ---- what is removed, and what was moved ----

removed=$(size from:cy)
status 'messages are removed' 0 ms-remove -q --force from:cy
status 'a message is moved by hand' 0 ms-move -q --force --to Else 'user:ben from:ben'
ms-stat >out
printf '%s\t%s\n' messages 2 occurrences 4 removed 2 removed_bytes "$removed" >want
grep -E '^(messages|occurrences|removed|removed_bytes)'"$tab" out >got
same 'what is removed is counted apart' want got
ok 'received is the sum' test "$(sed -n 's/^received_bytes.//p' out)" -eq $(($(size) + removed))
ms-list --summary user:ben | cut -f 1-4 >want
ms-stat --by folder user:ben | cut -f 1,2,4,5 >got
same 'folders are those in which the messages are shown' want got
status 'a query for what is removed' 0 ms-stat --by folder is:removed
ok '  finds it' test "$(sum 4)" -eq 2
ms-list -u ben | grep -c '' >want
ms-stat -u ben | sed -n 's/^occurrences.//p' >got
same '-u without a query counts the same' want got

# ---- rights ----

status 'an unknown user' 64 ms-stat -u nemo
ok '  is named' grep -qx 'ms-stat: the archive has no user "nemo"' err
status 'the mail of others' 77 ms-stat --as ben -u anna
status 'a user who is no admin' 0 ms-stat --as ben
printf '%s\t%s\n' messages 2 occurrences 2 >want
head -n 2 out >got
same '  has only his own mail' want got
ok '  and learns nothing of the archive' absent 'pack' out
status 'a wrong key' 64 ms-stat --by word
status 'two kinds of lines' 64 ms-stat --by user --growth

# ---- the address in From ----

# Each row: the field, and the correspondent; … if the index has not all of it.
cat >table <<'END'
a@b.example|a@b.example
A@B.Example|a@b.example
Anna <a@b.example>|a@b.example
"Anna, B" <a@b.example>|a@b.example
"x <c@d.example>" <a@b.example>|a@b.example
a@b.example (Anna)|a@b.example
Anna|
<>|
=?utf-8?q?J=C3=BCrgen?= <j@b.example>|j@b.example
j@xn--mnchen-3ya.example|j@münchen.example
j@XN--MNCHEN-3YA.example|j@münchen.example
j@münchen.example|j@münchen.example
one@b.example, two@b.example|one@b.example
group: one@b.example, two@b.example;|one@b.example
A name of so many letters that the index has no address <a@b.example>|…
A name of so many letters that the index has a part <anna@b.example>|…
an.address.of.so.many.letters.that.the.index@has.a.part.of.it.example|…
"a@b.example, or a long name in quotes that does not end here or" <c@d.example>|…
a@b.example or a long name without quotes that does not end here <c@d.example>|…
a@b.example, a.second.address.of.so.many.letters@that.it.is.cut.example|a@b.example
A <a@b.example>, a second address of so many letters <that@is.cut.example>|a@b.example
END
n=0
while IFS='|' read -r from want; do
	n=$((n + 1))
	add "user=\"anna\"; folder=\"$n\"" "$from" "$may" "$n"
done <table >rows
end $n >>rows
ms-init -u anna senders
status 'messages with many forms of From' 0 ms-ingest -q -a senders <rows
n=0
while IFS='|' read -r from want; do
	n=$((n + 1))
	got=$(ms-stat -a senders --by correspondent "folder:$n" | cut -f 1)
	ok "From: $from" test "$got" = "$want"
done <table
domain=$(ms-stat -a senders --by domain 'folder:4' | cut -f 1)
ok 'the domain is what follows the @' test "$domain" = b.example

# More keys than the table has room for at first.
awk 'BEGIN { for (i = 1; i <= 3000; i++) print "From x@y Thu Jan  1 00:00:00 1970\nFrom: p" i % 1500 "@d" i % 700 ".example\n\n" i "\n" }' >many.mbox
ms-init -u anna many && ms-ingest -q -u anna -a many many.mbox
status 'many domains' 0 ms-stat -a many --by domain
ok '  each has a line' test "$(grep -c '' out)" -eq 700
status 'many correspondents' 0 ms-stat -a many --by correspondent
ok '  are as many' test "$(awk 'BEGIN { for (i = 1; i <= 3000; i++) if (!s[i % 1500, i % 700]++) n++; print n }')" -eq "$(grep -c '' out)"
finish
