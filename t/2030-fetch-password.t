#!/bin/sh
# 2030-fetch-password.t - passwords. They can be given in several ways and can
# contain almost any bytes, and other users cannot see them.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"

imap_start || exit 1

# login NAME PASSWORD: a user with this password can log in.
login() {
	imap_user "$1" "$2"
	status "a login with the password '$2'" 0 ms-fetch --check --ca-file "$imap_ca" \
		--password-file "$1.pw" "$(imap_url "$1")"
}
login plain 'secret'
login quote 'a"b\c"\'
login blank ' leading and trailing '
login empty '""'
login brace '{5}'
login percent '%s%n*()'
login utf8 'pässwörd 日本'
login high "$(printf '\344\366\374')"
login long "$(head -c 900 /dev/zero | tr '\0' x)"

check() { ms-fetch --check --ca-file "$imap_ca" "$@"; }
url=$(imap_url plain)
printf 'secret' >bare
printf 'secret\r\n' >crlf
printf '\357\273\277secret\n' >bom
printf 'secret\n\n' >two
status 'a password file without a newline' 0 check --password-file bare "$url"
ok '  other users can read it: a warning has the remedy' grep -q 'bare: other users can read this file .*; run chmod 600' err
status '  no warning with -q' 0 check -q --password-file bare "$url"
ok '    ' absent -q 'other users' err
chmod 640 bare
status '  a group can read it' 0 check --password-file bare "$url"
ok '    is the same' grep -q 'other users can read' err
chmod 600 bare crlf bom two
status '  nobody else can' 0 check --password-file bare "$url"
ok '    there is no warning' absent -q 'other users' err
status 'a password file with CRLF' 0 check --password-file crlf "$url"
status 'a password file with a byte order mark' 0 check --password-file bom "$url"
status 'only one newline is removed from a password file' 64 check --password-file two "$url"
status 'a password from a descriptor' 0 sh -c 'ms-fetch --check --ca-file "$1" --password-fd 5 "$2" 5<plain.pw' sh "$imap_ca" "$url"
status 'a password from standard input' 0 sh -c 'ms-fetch --check --ca-file "$1" --password-fd 0 "$2" <plain.pw' sh "$imap_ca" "$url"
status 'a password from a command' 0 check --password-command 'cat plain.pw' "$url"
status 'the command reads standard input' 0 sh -c "printf 'terces\n' | rev >piped && ms-fetch --check --ca-file '$imap_ca' --password-command 'cat' '$url' <piped"
status 'a password from a pipeline' 0 check --password-command 'echo terces | rev' "$url"
status 'the login is given by an option' 0 check --login plain --password-file plain.pw "imaps://127.0.0.1:$imap_port"
imap_user 'bob@example.org' hunter2
status 'a login with @' 0 check --password-file bob@example.org.pw "imaps://bob@example.org@127.0.0.1:$imap_port/"
status 'the same with %40' 0 check --password-file bob@example.org.pw "imaps://bob%40example.org@127.0.0.1:$imap_port/"

# A prompt on a terminal, without echo.
if terminal; then
	status 'the password is typed at the terminal' 0 "$top/t/type.py" Password secret -- \
		ms-fetch --check --ca-file "$imap_ca" "$url"
	ok 'the prompt names the user' grep -q 'Password of plain at 127.0.0.1: ' out
	ok 'the password is not echoed' absent -q secret out
fi

echo wrong >wrong.pw && chmod 600 wrong.pw
status 'a wrong password is refused' 77 check --password-file wrong.pw "$url"
ok 'the message quotes the server' grep -qx 'ms-fetch: 127.0.0.1: login refused: Authentication failed.' err
ok 'one login was attempted' [ "$(grep -c 'Password mismatch' "$imap_root/log")" -eq 1 ]
status 'a wrong password is refused in a run that fetches' 77 ms-fetch --ca-file "$imap_ca" --password-file wrong.pw "$url"
ok 'the trailer has the status' grep -qx 'MS-Envelope: end; messages=0; failed=0; status=77' out
ok 'the password is in no output' absent -q wrong out err

# While ms-fetch waits for a server, /proc must not show the password.
port=$(imap_free_port)
python3 -c '
import socket, sys, time
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", int(sys.argv[1]))); s.listen()
open("listens", "w"); c = s.accept()[0]; open("met", "w"); time.sleep(60)' "$port" &
silent=$!
await test -e listens
echo sesame-sesame >quiet.pw
ms-fetch --check --timeout 2 --password-file quiet.pw "imaps://a@127.0.0.1:$port/" >out 2>err &
pid=$!
await test -e met
tr '\0' '\n' <"/proc/$pid/cmdline" >seen
tr '\0' '\n' <"/proc/$pid/environ" >>seen
ok 'the command line of the process can be read' grep -q ms-fetch seen
ok 'the password is neither there nor in the environment' absent -q sesame seen
wait $pid
ok 'a server that does not answer: the status is 75' [ $? -eq 75 ]
ok 'the reason is the timeout' grep -q 'no answer within 2 seconds' err
kill $silent
finish
