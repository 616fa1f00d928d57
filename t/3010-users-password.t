#!/bin/sh
# 3010-users-password.t - ms-users passwd and ms-users check, which has the
# checkpassword interface. No password can be read anywhere.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip python3 'no python3'
export MS_ARCHIVE="$scratch/arc"
ms-init -u root arc
secret='plAnted-sEcret 7' # must be in no file of the archive and no argument
printf '%s\n' "$secret" >pw
printf 'other\n' >pw2
chmod 600 pw pw2

# check NAME PASSWORD [PROGRAM ...]: calls ms-users as a mail server does.
check() {
	printf '%s\0%s\0Y123456\0' "$1" "$2" >cred
	shift 2
	ms-users check "$@" 3<cred
}
# entry NAME CODE USER PASSWORD: the check of this password ends with CODE.
entry() { status "$1" "$2" check "$3" "$4"; }

status 'a user is added with a password' 0 ms-users add --address Bob@x.org --pop3-name bob.pop --password-file pw bob
ms-users log --last 1 | cut -f 3- >got
printf 'user\tbob\t{"name":"bob","addresses":["Bob@x.org"],"pop3_names":["bob.pop"],"authentication":"integrated","privileges":["login","change-password"],"password":"set"}\n' >want
same 'the log says that there is a password' want got
file=$(ls arc/secret/password)
ok 'the file has one line of yescrypt and the mode 600' sh -c "grep -qx '[$]y[$].*' arc/secret/password/$file &&
	test \$(wc -l <arc/secret/password/$file) = 1 -a \$(stat -c %a arc/secret/password/$file) = 600"
ok 'no temporary file is left' test -z "$(ls arc/secret/new)"

entry 'a user logs in' 0 bob "$secret"
entry 'the user logs in by an address' 0 'BOB@X.ORG' "$secret"
entry 'the user logs in by a POP3 name' 0 'Bob.Pop' "$secret"
entry 'a wrong password is refused' 1 bob other
entry 'a password with an additional character is refused' 1 bob "$secret "
entry 'an empty password is refused' 1 bob ''
entry 'an unknown user is refused' 1 nobody "$secret"
entry 'an empty name is refused' 1 '' "$secret"
entry 'a user without a password is refused' 1 root "$secret"
entry 'a password of 300 bytes is refused' 1 bob "$(printf '%0300d' 1)"
entry 'a password that is longer than the interface allows is refused' 1 bob "$(printf '%0600d' 1)"
status 'descriptor 3 is not open' 2 ms-users check 3<&-
: >cred
status 'descriptor 3 has no data' 2 ms-users check 3<cred
printf 'bob\0%s' "$secret" >cred
status 'there is no NUL after the password' 2 ms-users check 3<cred
printf 'bob\0%s\0' "$secret" >cred
status 'the time may be missing' 0 ms-users check 3<cred
status 'the archive does not exist' 111 sh -c 'MS_ARCHIVE=nowhere exec ms-users check 3<cred'
status 'the program does not exist' 111 check bob "$secret" ./nowhere
status 'the program is run' 7 check 'bob@x.org' "$secret" sh -c 'env >env; ls -l /proc/$$/fd >fds; exit 7'
ok 'the program gets the name of the user' grep -qx 'USER=bob' env
ok 'the program does not get the password' absent -q sEcret env
ok 'the program has no open file of the archive' absent -q arc fds
status 'a wrong password starts no program' 1 check bob other touch started
ok 'the program was not started' test ! -e started

# A user without the privilege login does not prevent a login with an address
# that is equal to the name.
ms-users add --authentication none bob@x.org
entry 'an address that is the name of a user who cannot log in' 0 bob@x.org "$secret"
ms-users add --password-file pw2 bob.pop
entry 'a name has priority over an address' 1 bob.pop "$secret"
entry 'the user with this name logs in' 0 bob.pop other
ms-users passwd --remove bob.pop
ms-users rename bob.pop bob2

# ---- Dovecot looks up a user without a password ----
lookup() { AUTHORIZED=1 check "$1" '' sh -c 'echo "$USER $AUTHORIZED"'; }
status 'a user is looked up' 0 lookup 'BOB@x.org'
ok 'the program gets the name and AUTHORIZED=2' grep -qx 'bob 2' out
status 'an unknown user is not found' 3 lookup nobody

# ---- privileges ----
ms-users set --disabled bob
entry 'a disabled user is refused' 1 bob "$secret"
status 'a disabled user is not found' 3 lookup bob
ms-users set --enabled bob
ms-users revoke bob login
entry 'a user without the privilege login is refused' 1 bob "$secret"
ms-users grant bob admin
entry 'an admin has all privileges' 0 bob "$secret"
ms-users revoke bob admin && ms-users grant bob login
ms-users set --authentication none bob
entry 'a user with the authentication type none is refused' 1 bob "$secret"
status 'such a user cannot get a password' 64 ms-users passwd --password-file pw2 bob
ms-users set --authentication integrated bob
entry 'the user can log in again' 0 bob "$secret"

# ---- passwd ----
status 'passwd succeeds' 0 ms-users passwd --password-fd 5 bob 5<pw2
ms-users log --last 1 | cut -f 3- >got
printf 'user-set\tbob\t{"password":"set"}\n' >want
same 'the log has the change' want got
entry 'the new password is accepted' 0 bob other
entry 'the old password is refused' 1 bob "$secret"
entries=$(ms-users log | wc -l)
: >empty
printf 'a\0b' >nul
printf '%0257d' 1 >long
status 'an empty password cannot be set' 64 ms-users passwd --password-file empty bob
status 'a password with a NUL cannot be set' 64 ms-users passwd --password-file nul bob
status 'a password of 257 bytes cannot be set' 64 ms-users passwd --password-file long bob
status 'the password file does not exist' 66 ms-users passwd --password-file nowhere bob
status 'the descriptor is not open' 64 ms-users passwd --password-fd 9 bob
status 'passwd: an unknown user' 66 ms-users passwd --password-file pw nobody
status 'two options for the password' 64 ms-users passwd --password-file pw --password-fd 5 bob
status 'a password for two users' 64 ms-users add --password-file pw carl dora
ok 'the log has none of these changes' test "$(ms-users log | wc -l)" -eq "$entries"
printf '%0256d' 1 >long
status 'a password of 256 bytes can be set' 0 ms-users passwd --password-file long bob
entry 'it is accepted' 0 bob "$(cat long)"
status 'passwd --remove succeeds' 0 ms-users passwd --remove bob
ok 'the file is gone' test -z "$(ls arc/secret/password)"
entry 'the user cannot log in' 1 bob "$(cat long)"
cp -a arc arc.none
status 'a password is set again' 0 ms-users passwd --password-file pw bob
entry 'the user can log in' 0 bob "$secret"

# A password file that a crash left is not used with a later event.
cp arc/secret/password/* arc.none/secret/password/
MS_ARCHIVE=$scratch/arc.none
entry 'a password file without an event is not used' 1 bob "$secret"
MS_ARCHIVE=$scratch/arc

ms-users delete bob
ok 'the password file of a deleted user is deleted' test -z "$(ls arc/secret/password)"
entry 'a deleted user is refused' 1 bob "$secret"
ms-users add bob
entry 'a restored user has no password' 1 bob "$secret"
ms-users passwd --password-file pw bob

# ---- the password is typed on a terminal ----
asked() { "$top/t/type.py" : "$1" : "$2" -- ms-users passwd bob; }
if terminal; then
	status 'the password is typed twice' 0 asked "$secret" "$secret"
	ok 'the password is not shown' absent -q sEcret out
	entry 'the typed password is accepted' 0 bob "$secret"
	status 'two different passwords are typed' 64 asked "$secret" "${secret}x"
fi

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
ok 'the command line of the process was read' grep -qx passwd cmdline
exec 4>&-
wait "$pid"
entry 'the password was set' 0 bob "$secret"
ms-users log --json >log.json
ms-users export --format json >users.json
ms-users show bob >shown
python3 "$top/t/explain-pack.py" arc 00000001.pack >explained 2>&1
rm -f pw cred
grep -r -l -a -e sEcret arc cmdline environ log.json users.json shown explained out err >found 2>/dev/null
# out and err belong to `entry`, whose arguments have the password.
: >want
same 'the password is in no file of the archive, no argument and no output' want found
ok 'the searched files have the event of the password' grep -q '"password":"set"' log.json
status 'ms-verify finds no error' 0 ms-verify -q --data

# A core dump would hold the password.
mkfifo later
ms-users passwd --password-fd 0 bob <later &
pid=$!
exec 9>later
no_core() { grep -q '^Max core file size  *0  *0 ' "/proc/$pid/limits"; }
ok 'the process with the password leaves no core file' await no_core
echo "$secret" >&9
exec 9>&-
wait $pid
ok 'the password is set' [ $? = 0 ]
finish
