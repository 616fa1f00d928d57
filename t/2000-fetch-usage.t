#!/bin/sh
# 2000-fetch-usage.t - usage errors of ms-fetch: status 64, a message, and a
# stream whose trailer has the status.
. "$(dirname "$0")/lib.sh"

trailer() {
	printf '%s\nMS-Envelope: end; messages=0; failed=0; status=%s\n\n' \
		'From ms-stream@1 Thu Jan  1 00:00:00 1970' "$1"
}
trailer 64 >misused
echo secret >pw

# refused NAME WORDS ARGUMENT...
refused() {
	name=$1 words=$2 && shift 2
	status "$name" 64 ms-fetch "$@"
	same '  its stream has the status' misused out
	ok "  it says: $words" grep -qe "$words" err
}
refused 'no URL' 'expected: url' --password-file pw
refused 'two URLs' 'expected: url' imaps://a@h/ imaps://b@h/
refused 'another protocol' 'does not begin with imaps://' smtp://a@h/
refused 'a password in the URL' 'URL contains a password' imaps://a:secret@h/
refused 'no login' 'no login' imaps://h/
refused 'two logins' '--login: differs from the login in the URL' --login b imaps://a@h/
refused 'a login with a line end' 'with control characters' --login 'a
b LOGOUT' imaps://h/
refused 'a folder with a line end' 'contains CR or LF' --folder 'a
b' imaps://a@h/
refused 'two passwords' '--password-command: cannot be used with --password-file' --password-file pw --password-command 'cat pw' imaps://a@h/
refused 'an unknown option' 'nrecognized option' --passwd x imaps://a@h/
refused 'an abbreviated option' 'nrecognized option' --time 5 imaps://a@h/
refused 'no time at all' '--timeout' --timeout 0 imaps://a@h/
refused 'a descriptor that is no number' '--password-fd' --password-fd x imaps://a@h/
refused 'a bad user name' 'user name' -u a/b imaps://a@h/
refused 'an empty password' 'is empty' --password-file /dev/null imaps://a@h/
printf 'two\nlines\n' >lines
refused 'a password with a line end' 'CR, LF or NUL' --password-file lines imaps://a@h/
printf 'nul\0nul' >nul
refused 'a password with a NUL' 'CR, LF or NUL' --password-file nul imaps://a@h/
head -c 5000 /dev/zero | tr '\0' x >long
refused 'a password without end' 'longer than' --password-command 'yes | tr -d "\n"' imaps://a@h/
refused 'a long password' 'longer than' --password-file long imaps://a@h/

status 'with --check there is no stream' 64 ms-fetch --check smtp://a@h/
[ -s out ] && fail 'nothing on stdout'
status 'also when --check comes after the mistake' 64 ms-fetch --bad --check imaps://a@h/
[ -s out ] && fail 'nothing on stdout'

# A new session has no terminal for a password prompt.
status 'no password option, no terminal' 64 setsid -w ms-fetch imaps://a@h/
same '  its stream has the status' misused out
ok '  it names the options' grep -q 'password-file or --password-fd' err

status 'a password file that is not there' 66 ms-fetch --password-file none imaps://a@h/
trailer 66 | cmp -s - out || fail '  its stream has the status'
status 'a password command that fails' 66 ms-fetch --password-command 'echo secret; exit 3' imaps://a@h/
ok '  its status is told' grep -q 'ended with status 3' err
status 'a password command that is killed' 66 ms-fetch --password-command 'kill -9 $$' imaps://a@h/
status 'a descriptor that is not open' 74 sh -c 'ms-fetch --password-fd 9 imaps://a@h/ 9<&-'

status 'a report that cannot be made' 66 ms-fetch --report no/such/folder --password-file pw imaps://a@h/
status 'help' 0 ms-fetch --help
ok '  is the usage' grep -q '^usage: ms-fetch' out
status 'version' 0 ms-fetch --version
ok '  has a number' grep -qx 'ms-fetch [0-9.]*' out
status 'a full disk under the help' 75 sh -c 'ms-fetch --help >/dev/full'
status 'a full disk under the trailer' 75 sh -c 'ms-fetch >/dev/full'

status 'no server listens' 75 ms-fetch --password-file pw imaps://a@127.0.0.1:1/
trailer 75 | cmp -s - out || fail '  its stream has the status'
ok '  the message says so' grep -q 'imap://a@127.0.0.1:1/: no connection: Connection refused' err
status 'no such host' 75 ms-fetch --timeout 5 --password-file pw imaps://a@host.invalid/
finish
