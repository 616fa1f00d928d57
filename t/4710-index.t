#!/bin/sh
# 4710-index.t - ms-index: what it adds, says and keeps after interruptions. The
# databases themselves are tested in unit/text-index and unit/text-store.
# shellcheck disable=SC2154 # set by lib.sh
. "$(dirname "$0")/lib.sh"

message() {
	printf 'From: bob@example.org\nTo: anna@example.org\nSubject: no %s\n\n%s\n' "$1" "$2"
}

ms-init -u anna mail && export MS_ARCHIVE=mail
for n in 1 2 3; do message $n "text number $n" >$n.eml; done
ms-ingest -q -u anna ./*.eml

status 'without an index, the status is 0' 0 ms-index --status
ok '  and says that nothing is indexed' grep -q '^0 of 3 messages indexed' out
status 'an update' 0 ms-index
ok '  says what it has added' grep -q '^ms-index: 3 messages (.*) added to the text index$' err
status 'another one' 0 ms-index
ok '  has nothing to do' grep -q 'up to date' err
status 'with -q' 0 ms-index -q
ok '  nothing is printed' empty err

message 4 'a late one' >4.eml
ms-ingest -q -u anna 4.eml
status 'the index lags' 0 ms-index --status
ok '  which is said' grep -q '^not indexed yet: 1 message, ' out
status 'as JSON' 0 ms-index --status --json
ok '  which is an object' jq -e '.type == "text_index" and .messages == 4 and
	.indexed == 3 and .missing == 1 and .databases == 1 and .unusable == 0 and
	.missing_bytes > 0 and .bytes > 0 and .unsearchable == 0' out
status 'the next update' 0 ms-index --report report
ok '  adds one' grep -q ': 1 message (' err
ok '  the report has its sums' jq -se '.[-1].messages == 1 and .[-1].status == 0' report

status 'a check' 0 ms-index --check
ok '  prints nothing' empty err
dd if=/dev/zero of=mail/text/00000001.part bs=4096 seek=2 count=1 conv=notrunc status=none
status 'a check of a damaged index' 65 ms-index --check
ok '  names the database' grep -q 'text/00000001.part: is damaged' err
status '--repair' 0 ms-index --repair
ok '  says that it makes it again' grep -q 'the text index is made again: .*is damaged' err
ok '  with all messages' grep -q ': 4 messages (' err
status 'a check' 0 ms-index --check
ok '  prints nothing' empty err
status '--rebuild' 0 ms-index --rebuild
ok '  adds all of them' grep -q ': 4 messages (' err

exec 9<>mail/text/lock
flock 9
status 'while another one works' 75 ms-index
ok '  it says so' grep -q 'another ms-index is at work' err
exec 9>&-

# ---- what cannot be searched ----

{
	printf 'From: c@d\nSubject: secret\nMIME-Version: 1.0\n'
	printf 'Content-Type: multipart/encrypted; boundary=b; protocol="application/pgp-encrypted"\n\n'
	printf -- '--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n'
	printf -- '--b\nContent-Type: application/octet-stream\n\n-----BEGIN PGP MESSAGE-----\n--b--\n'
} >5.eml
ms-ingest -q -u anna 5.eml
status 'an encrypted message' 0 ms-index -v
ok '  is named with -v' grep -q 'it is encrypted$' err
ok '  and counted' grep -q '1 message cannot be searched in whole' err
ms-index --status >out
ok '  also in the status' grep -q '^not searched in whole: 1 message' out

# ---- no sandbox ----

[ "${SAN-}" != 1 ] || skip shims 'a preload library cannot come before ASan'
[ -e "$top/build/t/sandbox.so" ] || skip shims 'no shims (make shims)'
env MS_SANDBOX= MS_SHIM_LANDLOCK=-95 LD_PRELOAD="$top/build/t/sandbox.so" \
	ms-index --rebuild >out 2>err
ok 'without a sandbox, attachments are left out, which is said' \
	grep -q 'attachments are left out: ' err
finish
