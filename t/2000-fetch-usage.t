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

# refused NAME WORDS ARGUMENT...: these arguments are a usage error.
refused() {
	name=$1 words=$2 && shift 2
	status "$name" 64 ms-fetch "$@"
	same '  its stream has the status' misused out
	ok "  the error contains: $words" grep -qe "$words" err
}
refused 'no URL is given' 'expected: url' --password-file pw
refused 'two URLs are given' 'expected: url' imaps://a@h/ imaps://b@h/
refused 'the URL has another protocol' 'does not begin with imaps://' smtp://a@h/
refused 'the URL contains a password' 'URL contains a password' imaps://a:secret@h/
refused 'there is no login' 'no login' imaps://h/
refused 'there are two logins' '--login: differs from the login in the URL' --login b imaps://a@h/
refused 'the login contains a line end' 'with control characters' --login 'a
b LOGOUT' imaps://h/
refused 'the name of a folder contains a line end' 'contains CR or LF' --folder 'a
b' imaps://a@h/
refused 'there are two passwords' '--password-command: cannot be used with --password-file' --password-file pw --password-command 'cat pw' imaps://a@h/
refused 'an unknown option' 'no option' --passwd x imaps://a@h/
refused 'an abbreviated option' 'no option' --time 5 imaps://a@h/
refused 'the timeout is 0' '--timeout' --timeout 0 imaps://a@h/
refused 'the descriptor is not a number' '--password-fd' --password-fd x imaps://a@h/
refused 'the user name is invalid' 'user name' -u a/b imaps://a@h/
refused 'the password is empty' 'is empty' --password-file /dev/null imaps://a@h/
printf 'two\nlines\n' >lines
refused 'the password contains a line end' 'CR, LF or NUL' --password-file lines imaps://a@h/
printf 'nul\0nul' >nul
refused 'the password contains a NUL' 'CR, LF or NUL' --password-file nul imaps://a@h/
head -c 5000 /dev/zero | tr '\0' x >long
refused 'the password command never ends' 'longer than' --password-command 'yes | tr -d "\n"' imaps://a@h/
refused 'the password is too long' 'longer than' --password-file long imaps://a@h/

status 'with --check, a usage error writes no stream' 64 ms-fetch --check smtp://a@h/
[ -s out ] && fail 'stdout is empty'
status 'nor if --check comes after the wrong option' 64 ms-fetch --bad --check imaps://a@h/
[ -s out ] && fail 'stdout is empty'

# A new session has no terminal for a password prompt.
status 'there is neither a password option nor a terminal' 64 setsid -w ms-fetch imaps://a@h/
same '  its stream has the status' misused out
ok '  the error names the options' grep -q 'password-file or --password-fd' err

status 'the password file does not exist' 66 ms-fetch --password-file none imaps://a@h/
trailer 66 | cmp -s - out || fail '  its stream has the status'
status 'the password command fails' 66 ms-fetch --password-command 'echo secret; exit 3' imaps://a@h/
ok '  the error names its status' grep -q 'ended with status 3' err
status 'the password command is killed' 66 ms-fetch --password-command 'kill -9 $$' imaps://a@h/
status 'the descriptor is not open' 64 sh -c 'ms-fetch --password-fd 9 imaps://a@h/ 9<&-'
ok '  the error names it' grep -qx "ms-fetch: descriptor 9 is not open" err

status 'the report cannot be created' 66 ms-fetch --report no/such/folder --password-file pw imaps://a@h/
status '--help succeeds' 0 ms-fetch --help
ok '  the output begins with the usage' grep -q '^usage: ms-fetch' out
status '--version succeeds' 0 ms-fetch --version
ok '  the output has a version number' grep -qx 'ms-fetch [0-9.]*' out
status 'the usage cannot be written to a full disk' 75 sh -c 'ms-fetch --help >/dev/full'
status 'the trailer cannot be written to a full disk' 75 sh -c 'ms-fetch >/dev/full'

status 'no server listens' 75 ms-fetch --password-file pw imaps://a@127.0.0.1:1/
trailer 75 | cmp -s - out || fail '  its stream has the status'
ok '  the error names the source and the reason' grep -q 'imap://a@127.0.0.1:1/: no connection: Connection refused' err
status 'the host does not exist' 75 ms-fetch --timeout 5 --password-file pw imaps://a@host.invalid/
finish
