#!/bin/sh
# 1030-ingest-known.t - ms-ingest stores each message once, also if it comes
# again, in another form, from another place, or from several processes at the
# same time.
. "$(dirname "$0")/lib.sh"

gen="$top/t/mailgen.py"
reader="$top/t/second-reader.py"
export MS_USER=u
fresh() { rm -rf arc && ms-init -u u arc; }
export MS_ARCHIVE=arc
sum() { cat arc/pack/* | sha256sum; }
# records TYPE: how many there are.
records() { "$reader" arc records | cut -f 2 | grep -cx "$1"; }

# again NAME ARGUMENT...: nothing is new, and the packs do not change.
again() {
	what=$1 && shift
	sum >want
	status "$what: the input is ingested again" 0 ms-ingest "$@"
	ok "$what: no message is new" grep -q ' seen: 0 new, [1-9][0-9]* known, 0 left out, 0 failed$' err
	sum >got
	same "$what: nothing was written" want got
}

# ---- the same input again ----

"$gen" 0 300 >mbox
"$gen" format=stream user=u source=imap://u@h/ folder=INBOX 0 300 >stream
"$gen" format=maildir into=Maildir 0 300
"$gen" eol=crlf 100 100 >crlf.mbox
fresh
status 'an mbox is ingested' 0 ms-ingest mbox
again 'an mbox' mbox
again 'another number of threads' --threads 5 mbox
status 'a stream is ingested' 0 ms-ingest <stream
ok 'no message is new' grep -q ': 0 new, 300 known' err
again 'a stream' <stream
status 'a Maildir is ingested' 0 ms-ingest Maildir
ok 'no message is new' grep -q ': 0 new, 300 known' err
again 'a Maildir' Maildir
status 'an mbox with a label is ingested' 0 ms-ingest --label 'my mail' mbox
again 'an mbox with a label' --label 'my mail' mbox
status 'an mbox with CRLF is ingested' 0 ms-ingest -d crlf crlf.mbox
ok 'no message is new' grep -q ': 0 new, 100 known' err
again 'an mbox with CRLF' -d crlf crlf.mbox
ok 'each message is stored once' test "$(records MESSAGE)" -eq 300
ok 'each occurrence is stored once' test "$(records OCCURRENCE)" -eq 1000
status 'an mbox is ingested in batches of 7' 0 env MS_BATCH=7 ms-ingest -d seven mbox
again 'batches of 7' -d seven mbox

# ---- one message in many forms ----

printf 'Subject: one\n\nline\nline\n' >lf
sed 's/$/\r/' lf >crlf
printf 'Subject: one\r\n\nline\r\nline\n' >mixed
printf 'Subject: one\n\r\nline\nline\r\n' >mixed2
mkdir -p M/cur M/new M/tmp tree && cp lf M/cur/1.h:2,S && cp lf tree/one.eml
{ echo 'From x Sat Jan  1 00:00:00 2005' && cat lf && echo; } >one.mbox
{
	printf 'From ms-stream@1 Thu Jan  1 00:00:00 1970\nMS-Envelope: folder="S"\n' && cat lf && echo
	printf 'From ms-stream@1 Thu Jan  1 00:00:00 1970\nMS-Envelope: end; messages=1; failed=0; status=0\n\n'
} >one.stream
fresh
{
	ms-ingest -q --print-ids lf
	ms-ingest -q --print-ids crlf
	ms-ingest -q --print-ids <lf
	ms-ingest -q --print-ids -d maildir M
	ms-ingest -q --print-ids -d tree tree
	ms-ingest -q --print-ids one.mbox
	ms-ingest -q --print-ids <one.stream
	ms-ingest -q --print-ids -u v --create-user lf
	ms-ingest -q --print-ids mixed
	ms-ingest -q --print-ids mixed2
} >ids
id=$(sha256sum <crlf | cut -c 1-64)
printf '%s\n' "$id	new" "$id	known" >want
sort -ru ids >got
same 'the message has one id and is new only once' want got
ok 'each run prints the id' test "$(wc -l <ids)" -eq 10
# The two messages with mixed line ends need records of their own, so that their
# bytes can be exported.
"$reader" arc ids | cut -f 2 | sort | uniq -c | tr -s ' ' >got
printf ' %s\n' "3 $id" >want
same 'there is one record for each mixture of line ends, and one for the other forms' want got
again 'the first mixture of line ends' mixed
again 'the second mixture' mixed2
again 'both mixtures' -d INBOX mixed2 mixed lf crlf
status 'the first mixture is ingested into a folder' 0 ms-ingest -d mixed mixed
status 'the message is exported' 0 ms-export --format eml --eol original folder:mixed
same 'the exported bytes are the stored ones' mixed out
status 'the second mixture is ingested into a folder' 0 ms-ingest -d mixed2 mixed2
status 'the message is exported' 0 ms-export --format eml --eol original folder:mixed2
same 'the exported bytes are the stored ones' mixed2 out
status 'the form with LF is ingested into a folder' 0 ms-ingest -d lf lf
status 'the message is exported' 0 ms-export --format eml --eol original folder:lf
same 'the exported bytes are the stored ones' lf out
ok 'no message was stored again' test "$(records MESSAGE)" -eq 3

# The same messages in one run and one batch.
fresh
status 'all forms are ingested in one run' 0 ms-ingest -q --print-ids lf mixed crlf mixed2 lf mixed
sort -r out | uniq -c | tr -s ' ' >got
printf ' %s\n' "1 $id	new" "5 $id	known" >want
same 'one message is new' want got
ok 'there are three MESSAGE records' test "$(records MESSAGE)" -eq 3
ok 'there is one OCCURRENCE' test "$(records OCCURRENCE)" -eq 1
status 'ms-verify finds no error' 0 ms-verify -q

# ---- four at the same time ----

# Half of the mail of each process is common to all of them. With a small
# MS_BATCH they often store the same message at the same time.
cat >both <<END
"$gen" format=stream user=u source=imap://u@h/ folder=F\$((\$1 / 2)) 0 200 \$((1000 * \$1)) 200
END
fresh
for i in 1 2 3 4; do sh both $i >s$i; done
status 'four streams are ingested one after the other' 0 ms-ingest -q --format stream s1 s2 s3 s4
ms-list | sort >list.one
ms-export -q >one.out
sort one.out | sha256sum >sum.one
fresh
for i in 1 2 3 4; do
	MS_BATCH=17 ms-ingest --print-ids <s$i >ids$i 2>err$i &
	eval "pid$i=$!"
done
codes=
for i in 1 2 3 4; do eval "wait \$pid$i" && codes="$codes 0" || codes="$codes $?"; done
ok "four processes at once have the status$codes" test "$codes" = ' 0 0 0 0'
ms-list | sort >list.four
same 'the archive has the same mail' list.one list.four
ms-export -q >four.out
sort four.out | sha256sum >sum.four
same 'the exported bytes are the same' sum.one sum.four
ok 'each message was new to one process' \
	test "$(cat ids? | grep -c 'new$')" -eq "$(cut -f 1 list.one | sort -u | wc -l)"
cat ids? | grep 'new$' | sort | uniq -d >twice
ok 'no message was new to two processes' empty twice
ok 'each message is stored once' test "$(records MESSAGE)" -eq 1000
ok 'each occurrence is stored once' test "$(records OCCURRENCE)" -eq "$(wc -l <list.one)"
status 'ms-verify finds no error' 0 ms-verify -q
"$reader" arc check >got
ok 'the second reader finds no error' test "$?" -eq 0 -a ! -s got
for i in 1 2 3 4; do again "the stream of process $i" <s$i; done
finish
