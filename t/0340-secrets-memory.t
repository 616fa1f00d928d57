#!/bin/sh
# 0340-secrets-memory.t - a process that has a password, or reads one now, leaves
# no core, and no other process of its user can look into its memory.
# ms_secret_protect(); ms-security(7), Passwords.
# shellcheck disable=SC2086 # words of as_user
. "$(dirname "$0")/lib.sh"

# Nothing is hidden from root, so the tools run as another user.
if [ "$(id -u)" = 0 ]; then
	command -v setpriv >/dev/null || skip setpriv 'no setpriv'
	mkdir bin && cp "$build"/bin/ms-* bin && PATH=$PWD/bin:$PATH && chmod 755 .
	as_user='setpriv --reuid 65534 --regid 65534 --clear-groups'
	export HOME="$scratch/user"
	mkdir user && chown 65534:65534 user && cd user || exit 1
fi
as_user() { ${as_user-} "$@"; }
as_user ms-init -u anna arc && export MS_ARCHIVE=arc || skip user 'another user cannot run the tools'
as_user ms-users set --authentication integrated anna

# The owner of a file of /proc that only the own process, and a debugger, reads.
looks_into() { as_user head -c 1 "/proc/$1/environ"; }
protected() { ! looks_into "$1" 2>/dev/null >&2; }
no_core() { grep -q "^Max core file size  *0  *0 " "/proc/$1/limits" 2>/dev/null; }

${as_user-} sleep 60 & other=$!
ok 'the memory of a process can be looked into' await looks_into $other
kill $other

mkfifo words silent
while read -r command; do
	${as_user-} $command <words >out 2>err &
	pid=$!
	exec 4>words
	await no_core $pid
	ok "$command: no core" no_core $pid
	ok '  and no look into its memory' protected $pid
	exec 4>&-
	wait $pid
done <<'END'
ms-users passwd --password-fd 0 anna
ms-users directory add --url ldaps://127.0.0.1:1 --bind-dn cn=x --base dc=x --password-fd 0 x
ms-profile secret --password-fd 0 x
ms-csvbatch imaps://127.0.0.1:1/ -
ms-fetch --no-archive --password-fd 0 imaps://anna@127.0.0.1:1/
END

# The processes that ms-fetch starts have the password, too.
python3 -c '
import socket
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
c, _ = s.accept()
print("connected", flush=True)
c.recv(1 << 20) and c.recv(1)
' >port &
server=$!
await test -s port
echo secret >pw
${as_user-} ms-fetch -q --no-archive --retries 0 --password-fd 0 "imaps://anna@127.0.0.1:$(head -n 1 port)/" <pw >out 2>err &
pid=$!
await grep -q connected port
children=$(cat "/proc/$pid/task/$pid/children")
ok 'ms-fetch has other processes' test -n "$children"
for child in $children; do
	ok '  none leaves a core' no_core "$child"
	ok '  or can be looked into' protected "$child"
done
kill $pid $server
wait
finish
