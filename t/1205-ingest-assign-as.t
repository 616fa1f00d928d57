#!/bin/sh
# 1205-ingest-assign-as.t - ms-ingest --assign with --as: who may give mail to
# whom; and users who change while a run goes on.
. "$(dirname "$0")/lib.sh"

export MS_ARCHIVE="$scratch/arc"
ms-init -u boss arc
ms-users add --address anna@x.example --privileges login,archive anna
ms-users add --address bob@x.example --privileges login bob
has() { ms-list | awk -F '\t' -v s="$1" '$7 == s { print $3, $4 }' | LC_ALL=C sort; }
mail() { printf 'From: x@z.example\nTo: %s\nSubject: %s\n\n' "$2" "$1"; }

# ---- rights ----
status 'without the privilege archive' 77 ms-ingest --as bob --assign </dev/null
mail own anna@x.example >own
status 'a message to oneself' 0 ms-ingest --as anna --assign <own
has own >got
echo 'anna anna@x.example/Inbox' >want
same 'is there' want got
mail both 'anna@x.example, bob@x.example' >both
status 'a message for others, too' 1 ms-ingest --as anna --assign <both
ok 'the message is refused, and no user is named' \
	grep -q "'anna' may not give this message to all whom it names" err
ok 'bob is not named' absent -q bob err
has both >got
: >want
same 'no user has it' want got
status 'a dry run' 1 ms-ingest --as anna --assign -n <both
ok 'says nothing of others' test ! -s out
mail unknown y@z.example >unknown
status 'unknown addresses are for admins' 1 ms-ingest --as anna --assign <unknown
for to in y@z.example bob@x.example; do
	mail none $to >none
	status "$to, with --unknown leave" 1 ms-ingest --as anna --assign --unknown leave <none
	cut -d : -f 3 err >"why-${to%%@*}"
done
same 'it is not told who has an address' why-y why-bob

# A mail server does not try again what is not permitted.
session() {
	printf 'LHLO x\r\nMAIL FROM:<s@z.example>\r\n'
	for to; do printf 'RCPT TO:<%s>\r\n' "$to"; done
	printf 'DATA\r\n' && sed 's/$/\r/' message && printf '.\r\nQUIT\r\n'
}
codes() { cut -c 1-4 out | grep ' ' | tr -d '\r\n'; }
mail lmtp bob@x.example >message
session anna@x.example bob@x.example y@z.example >in
status 'LMTP, with others' 0 ms-ingest --as anna --lmtp <in
ok '  they are refused for good' test "$(codes)" = '220 250 250 250 550 550 354 250 221 '
ok '  the user has it' test "$(has lmtp)" = 'anna anna@x.example/Inbox'
session own@x.example >in
status 'LMTP, and the header names others' 1 ms-ingest --as anna --lmtp --own-address own@x.example <in
ok '  the message is refused for good' test "$(codes)" = '220 250 250 250 354 550 221 '
cat >message <<'END'
From: journal@x.example
Subject: report
MIME-Version: 1.0
X-MS-Journal-Report:
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

Sender: s@example.com
Subject: inner
Message-Id: <inner@x>
To: anna@x.example
Bcc: bob@x.example
--b
Content-Type: message/rfc822

From: s@example.com
To: anna@x.example
Subject: inner

x
--b--
END
session own@x.example >in
status 'LMTP, a journal report for others' 1 \
	ms-ingest --as anna --lmtp --journal --own-address own@x.example <in
ok '  is refused for good' test "$(codes)" = '220 250 250 250 354 550 221 '
ok '  nobody has it' test -z "$(has inner)"

ms-users grant --on bob anna write
status 'with the right to write' 0 ms-ingest --as anna --assign <both
has both >got
printf '%s\n' 'anna anna@x.example/Inbox' 'bob bob@x.example/Inbox' >want
same 'both have it' want got
status 'an admin' 0 ms-ingest --as boss --assign <unknown
has unknown >got
echo '@catchall Unknown E-mail Addresses' >want
same 'gives mail to all' want got

# ---- users who change ----
mkfifo pipe
ms-ingest -q --assign --print-ids --format mbox <pipe >ids &
run=$!
exec 3>pipe
separator='From a@b Thu Jan  1 00:00:00 2026'
printf '%s\nTo: new@x.example\nSubject: early\n\n\n%s\nSubject: late\n' "$separator" "$separator" >&3
await test -s ids
ms-users add --address new@x.example new
printf 'To: new@x.example\n\n\n' >&3
exec 3>&-
wait $run
ok 'the run succeeds' test $? -eq 0
has early >got
same 'the address was unknown' want got
has late >got
echo 'new new@x.example/Inbox' >want
same 'and is known as soon as a user has it' want got
finish
