#!/bin/sh
# 3325-profile-commands.t - while the commands of a profile run, other users of
# the host see their texts in the arguments of no process.
. "$(dirname "$0")/lib.sh"

# A server that takes tokens, writes what it gets to the file `said`, and
# refuses each login.
cat >server.py <<'END'
import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
print(s.getsockname()[1], file=open("port.new", "w"), flush=True)
import os; os.rename("port.new", "port")
while True:
    c = s.accept()[0]; f = c.makefile("rwb")
    def say(text): f.write(text + b"\r\n"); f.flush()
    say(b"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2] ready")
    for line in f:
        with open("said", "ab") as out: out.write(line)
        tag, verb = line.split()[:2]
        if verb == b"CAPABILITY":
            say(b"* CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2")
        say(tag + (b" NO" if verb in (b"AUTHENTICATE", b"LOGIN") else b" OK") + b" done")
END
python3 server.py & server=$!
await test -e port
word=w$$sesame
ms-init arc
# add KEY: a profile whose command waits for the file `go`.
add() {
	P add --kind mailbox --user anna --create-user --insecure-plaintext \
		--url "imap://anna@127.0.0.1:$(cat port)/" --"$1" \
		": client_secret=$word; touch asked; until test -e go; do sleep 0.1; done; echo good-token" "$1"
}
P() { ms-profile -a arc "$@"; }

for key in token-command password-command; do
	rm -f asked go said
	status "a profile with a $key is added" 0 add $key
	P run $key >run.out 2>run.err &
	run=$!
	ok '  its command runs' await test -e asked
	cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' '\n' >seen
	ok '  the processes of the run were found' grep -qx ms-profile seen
	ok '  none has the command in its arguments' absent -q "$word" seen
	cat /proc/$run/environ | tr '\0' '\n' >seen
	ok '  nor in the environment' absent -q "$word" seen
	touch go
	wait $run; got=$?
	ok '  the login is refused' [ $got = 77 ]
done
P run token-command >run.out 2>run.err
token=$(sed -n 's/.* AUTHENTICATE XOAUTH2 //p' said | head -n 1 | tr -d '\r')
ok 'the server gets the token' sh -c 'printf %s "$1" | base64 -d | grep -aq good-token' sh "$token"

status 'a longer command than a pipe holds is refused' 64 \
	ms-fetch --check --password-command ": $(head -c 5000 /dev/zero | tr '\0' x)" imaps://anna@127.0.0.1:1
ok '  the message has the limit' grep -q 'command is longer than 4096 bytes' err
status 'a descriptor that is not open is refused' 64 ms-fetch --check --token-command-fd 9 imaps://anna@127.0.0.1:1
ok '  the message names the option' grep -q 'token-command-fd: descriptor 9 is not open' err
status 'two sources of a token exclude each other' 64 \
	ms-fetch --check --token-command id --token-command-fd 9 imaps://anna@127.0.0.1:1

kill $server
finish
