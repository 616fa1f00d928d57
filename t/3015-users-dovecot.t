#!/bin/sh
# 3015-users-dovecot.t - the users of an archive log in to a Dovecot whose
# passdb is ms-users check.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"
command -v python3 >/dev/null || skip python3 'no python3'
command -v openssl >/dev/null || skip openssl 'no openssl'
imap_skip
[ -e /usr/lib/dovecot/checkpassword-reply ] || skip dovecot 'no checkpassword-reply'

ms-init -u root arc
echo 'right one' >pw && chmod 600 pw
ms-users -a arc add --address Anna@x.org --pop3-name anna.pop --password-file pw anna
ms-users -a arc add --disabled --password-file pw carl
# The user of Dovecot may have no access to the build folder.
cp "$build/bin/ms-users" .
[ "$(id -u)" -ne 0 ] || chown -R nobody:nogroup arc
imap_start "
service anvil {
  # no delay after a failed login
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
passdb {
  driver = checkpassword
  args = $scratch/ms-users -a $scratch/arc check
}" || { fail 'Dovecot starts' && finish; }
cat >login.py <<'END'
import imaplib, ssl, sys
port, ca, user, password = sys.argv[1:]
m = imaplib.IMAP4_SSL('127.0.0.1', int(port), ssl_context=ssl.create_default_context(cafile=ca))
try:
    m.login(user, password)
except m.error as e:
    print(e)
    sys.exit(1)
m.create('There')
print(m.select('INBOX')[0])
m.logout()
END
# entry NAME CODE USER PASSWORD: a login at Dovecot.
entry() {
	status "$1" "$2" python3 login.py "$imap_port" "$imap_ca" "$3" "$4"
}
entry 'a user logs in' 0 anna 'right one'
entry 'the user logs in by an address' 0 anna@X.ORG 'right one'
entry 'the user logs in by a POP3 name' 0 anna.pop 'right one'
entry 'a wrong password is refused' 1 anna wrong
entry 'an unknown user is refused' 1 nobody 'right one'
entry 'a disabled user is refused' 1 carl 'right one'
ok 'all names of a user open the same mailbox' sh -c "ls $imap_root/home >homes; test \"\$(cat homes)\" = anna"
# The userdb of checkpassword: a user is looked up without a password.
status 'users are looked up' 0 sh -c 'printf "anna\0\0\0" >cred; AUTHORIZED=1 ./ms-users -a arc check true 3<cred'
finish
