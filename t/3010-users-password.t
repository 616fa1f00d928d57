#!/bin/sh
# 3010-users-password.t - ms-users passwd and check: the checkpassword
# interface; and no password is visible anywhere.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip python3 'no python3'
export MS_ARCHIVE="$scratch/arc"
ms-init -u root arc
secret='plAnted-sEcret 7' # never in a file of the archive, nor an argument
printf '%s\n' "$secret" >pw
printf 'other\n' >pw2

# check NAME PASSWORD [PROGRAM ...]: the call that a server makes.
check() {
	printf '%s\0%s\0Y123456\0' "$1" "$2" >cred
	shift 2
	ms-users check "$@" 3<cred
}
# entry NAME CODE USER PASSWORD
entry() { status "$1" "$2" check "$3" "$4"; }

status 'add with a password' 0 ms-users add --address Bob@x.org --pop3-name bob.pop --password-file pw bob
ms-users log --last 1 | cut -f 3- >got
printf 'user\tbob\t{"name":"bob","addresses":["Bob@x.org"],"pop3_names":["bob.pop"],"authentication":"integrated","privileges":["login","change-password"],"password":"set"}\n' >want
same 'the log says that there is one' want got
file=$(ls arc/secret/password)
ok 'yescrypt, one line, mode 600' sh -c "grep -qx '[$]y[$].*' arc/secret/password/$file &&
	test \$(wc -l <arc/secret/password/$file) = 1 -a \$(stat -c %a arc/secret/password/$file) = 600"
ok 'nothing else is left there' test -z "$(ls arc/secret/new)"

entry 'a user logs in' 0 bob "$secret"
entry 'by address' 0 'BOB@X.ORG' "$secret"
entry 'by POP3 name' 0 'Bob.Pop' "$secret"
entry 'another password' 1 bob other
entry 'a longer one' 1 bob "$secret "
entry 'none' 1 bob ''
entry 'an unknown user' 1 nobody "$secret"
entry 'no name' 1 '' "$secret"
entry 'a user without a password' 1 root "$secret"
entry 'a password of 300 bytes' 1 bob "$(printf '%0300d' 1)"
entry 'more than the interface takes' 1 bob "$(printf '%0600d' 1)"
status 'descriptor 3 is not open' 2 ms-users check 3<&-
: >cred
status 'nothing there' 2 ms-users check 3<cred
printf 'bob\0%s' "$secret" >cred
status 'no NUL behind the password' 2 ms-users check 3<cred
printf 'bob\0%s\0' "$secret" >cred
status 'without the time' 0 ms-users check 3<cred
status 'no archive' 111 sh -c 'MS_ARCHIVE=nowhere exec ms-users check 3<cred'
status 'a program that is not there' 111 check bob "$secret" ./nowhere
status 'a program' 7 check 'bob@x.org' "$secret" sh -c 'env >env; ls -l /proc/$$/fd >fds; exit 7'
ok 'is told who it is' grep -qx 'USER=bob' env
ok 'and nothing else' absent -q sEcret env
ok 'has no open file of ours' absent -q arc fds
status 'not started for others' 1 check bob other touch started
ok 'the program was not started' test ! -e started

# A user without login does not block an address that equals the name.
ms-users add --authentication none bob@x.org
entry 'an address that is also the name of one who cannot log in' 0 bob@x.org "$secret"
ms-users add --password-file pw2 bob.pop
entry 'but who can comes first' 1 bob.pop "$secret"
entry 'with his own password' 0 bob.pop other
ms-users passwd --remove bob.pop
ms-users rename bob.pop bob2

# ---- Dovecot looks up a user without a password ----
lookup() { AUTHORIZED=1 check "$1" '' sh -c 'echo "$USER $AUTHORIZED"'; }
status 'a user is looked up' 0 lookup 'BOB@x.org'
ok 'the answer says so' grep -qx 'bob 2' out
status 'an unknown user' 3 lookup nobody

# ---- privileges ----
ms-users set --disabled bob
entry 'disabled' 1 bob "$secret"
status 'looked up' 3 lookup bob
ms-users set --enabled bob
ms-users revoke bob login
entry 'without login' 1 bob "$secret"
ms-users grant bob admin
entry 'an admin has all privileges' 0 bob "$secret"
ms-users revoke bob admin && ms-users grant bob login
ms-users set --authentication none bob
entry 'who cannot log in' 1 bob "$secret"
status 'gets no password' 64 ms-users passwd --password-file pw2 bob
ms-users set --authentication integrated bob
entry 'and who can, again' 0 bob "$secret"

# ---- passwd ----
status 'passwd' 0 ms-users passwd --password-fd 5 bob 5<pw2
ms-users log --last 1 | cut -f 3- >got
printf 'user-set\tbob\t{"password":"set"}\n' >want
same 'in the log' want got
entry 'the new one' 0 bob other
entry 'not the old one' 1 bob "$secret"
entries=$(ms-users log | wc -l)
: >empty
printf 'a\0b' >nul
printf '%0257d' 1 >long
status 'an empty one' 64 ms-users passwd --password-file empty bob
status 'one with a NUL' 64 ms-users passwd --password-file nul bob
status 'one of 257 bytes' 64 ms-users passwd --password-file long bob
status 'no such file' 66 ms-users passwd --password-file nowhere bob
status 'no such descriptor' 64 ms-users passwd --password-fd 9 bob
status 'an unknown user' 66 ms-users passwd --password-file pw nobody
status 'two ways' 64 ms-users passwd --password-file pw --password-fd 5 bob
status 'a password for two' 64 ms-users add --password-file pw carl dora
ok 'nothing of all that in the log' test "$(ms-users log | wc -l)" -eq "$entries"
printf '%0256d' 1 >long
status 'one of 256 bytes' 0 ms-users passwd --password-file long bob
entry 'is one' 0 bob "$(cat long)"
status 'remove' 0 ms-users passwd --remove bob
ok 'the file is gone' test -z "$(ls arc/secret/password)"
entry 'and he cannot log in' 1 bob "$(cat long)"
cp -a arc arc.none
status 'set again' 0 ms-users passwd --password-file pw bob
entry 'and he can' 0 bob "$secret"

# A password file that a crash left is not used with a later event.
cp arc/secret/password/* arc.none/secret/password/
MS_ARCHIVE=$scratch/arc.none
entry 'a file without an event is none' 1 bob "$secret"
MS_ARCHIVE=$scratch/arc

ms-users delete bob
ok 'deleted: no file' test -z "$(ls arc/secret/password)"
entry 'deleted' 1 bob "$secret"
ms-users add bob
entry 'made again: without a password' 1 bob "$secret"
ms-users passwd --password-file pw bob

# ---- the password is typed on a terminal ----
asked() { "$top/t/type.py" : "$1" : "$2" -- ms-users passwd bob; }
status 'typed twice' 0 asked "$secret" "$secret"
ok 'the password is not shown' absent -q sEcret out
entry 'it is that' 0 bob "$secret"
status 'typed differently' 64 asked "$secret" "${secret}x"

# ---- an unknown user costs as much time as a known one ----
cat >cost.py <<'END'
import os, resource, subprocess, sys
def cost(name):
    best = 9
    for i in range(5):
        r, w = os.pipe()
        os.write(w, name + b'\0wrong\0\0')
        os.close(w)
        a = resource.getrusage(resource.RUSAGE_CHILDREN)
        os.dup2(r, 3)
        os.close(r) if r != 3 else None
        subprocess.run(['ms-users', 'check'], pass_fds=[3])
        b = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, b.ru_utime + b.ru_stime - a.ru_utime - a.ru_stime)
    return best
known, unknown = cost(b'bob'), cost(b'nobody')
print(known, unknown)
sys.exit(0 if known / 2 < unknown < known * 2 else 1)
END
ok 'an unknown user costs as much time as a known one' python3 cost.py

# ---- the password is stored nowhere else ----
mkfifo fifo
ms-users passwd --password-file fifo bob &
pid=$!
exec 4>fifo
printf '%s' "$secret" >&4
tr '\0' '\n' <"/proc/$pid/cmdline" >cmdline
tr '\0' '\n' <"/proc/$pid/environ" >environ
ok 'the process was running' grep -qx passwd cmdline
exec 4>&-
wait "$pid"
entry 'the password was set' 0 bob "$secret"
ms-users log --json >log.json
ms-users export --format json >users.json
ms-users show bob >shown
command -v zstd >/dev/null && python3 "$top/t/explain-pack.py" arc 00000001.pack >explained 2>&1
rm -f pw cred
grep -r -l -a -e sEcret arc cmdline environ log.json users.json shown explained out err >found 2>/dev/null
# out and err belong to `entry`, whose arguments have the password.
: >want
same 'it is in no file of the archive, argument or output' want found
ok 'though events were looked into' grep -q '"password":"set"' log.json
status 'whole, and a new index is equal' 0 ms-verify -q --data
finish
