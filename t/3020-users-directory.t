#!/bin/sh
# 3020-users-directory.t - ms-users check asks a slapd on the loopback
# interface, with StartTLS and with ldaps. It sends no password without TLS.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"
PATH=$PATH:/usr/sbin
command -v slapd >/dev/null || skip slapd 'no slapd'
command -v openssl >/dev/null || skip openssl 'no openssl'
command -v python3 >/dev/null || skip python3 'no python3'

pid=
trap '[ -z "$pid" ] || kill "$pid"; cd /; rm -rf "$scratch"' EXIT
mkdir "$imap_root" ldap ldap/db
imap_certs >certs.log 2>&1 || skip openssl 'no certificates'
cat >ldap/slapd.conf <<END
include /etc/ldap/schema/core.schema
pidfile $scratch/ldap/pid
TLSCertificateFile $imap_root/good.pem
TLSCertificateKeyFile $imap_root/good.key
TLSCACertificateFile $imap_ca
modulepath /usr/lib/ldap
moduleload back_mdb
database mdb
suffix "dc=x"
directory $scratch/ldap/db
rootdn "cn=root,dc=x"
END
# On Debian, AppArmor can restrict slapd, but not a copy of the program.
cp "$(command -v slapd)" ldap/slapd && ln -s slapd ldap/slapadd
sha() { printf '{SSHA}%s' "$(python3 -c 'import base64, hashlib, os, sys
s = os.urandom(8)
print(base64.b64encode(hashlib.sha1(sys.argv[1].encode() + s).digest() + s).decode())' "$1")"; }
cat >ldap/entries.ldif <<END
dn: dc=x
objectClass: organization
objectClass: dcObject
o: x
dc: x

dn: cn=anna,dc=x
objectClass: person
cn: anna
sn: anna
userPassword: $(sha 'right one')
END
ldap/slapadd -f ldap/slapd.conf -l ldap/entries.ldif >ldap/log 2>&1 ||
	{ note "$(cat ldap/log)" && skip slapd 'slapadd fails'; }
plain=$(imap_free_port) tls=$(imap_free_port)
ldap/slapd -f ldap/slapd.conf -d 0 -h \
	"ldap://127.0.0.1:$plain ldaps://127.0.0.1:$tls ldap://127.0.0.2:$plain ldaps://127.0.0.2:$tls" \
	>ldap/log 2>&1 &
pid=$!
started $pid ldap/log listening "$plain" || skip slapd "slapd did not start: $(tail -n 1 ldap/log)"

export MS_ARCHIVE="$scratch/arc"
ms-init -u root arc
ms-users add --authentication directory --dn cn=anna,dc=x --address anna@x.org anna
ms-users settings directory-ca-file="$imap_ca" directory-timeout=2

# entry NAME CODE USER PASSWORD: the check of this password ends with CODE.
entry() {
	printf '%s\0%s\0\0' "$3" "$4" >cred
	status "$1" "$2" sh -c 'exec ms-users check 3<cred'
}
entry 'no directory is configured' 111 anna 'right one'
ok 'the error names the setting' grep -q directory-url err
for url in "ldaps://127.0.0.1:$tls" "ldap://127.0.0.1:$plain"; do
	kind=${url%%:*}
	ms-users settings directory-url="$url"
	entry "$kind: the right password is accepted" 0 anna 'right one'
	entry "$kind: the user logs in by an address" 0 ANNA@x.org 'right one'
	entry "$kind: a wrong password is refused" 1 anna wrong
	entry "$kind: an empty password is refused, which LDAP regards as an anonymous login" 1 anna ''
	ms-users settings directory-ca-file="$imap_root/stranger.pem"
	entry "$kind: a certificate of another authority is refused" 111 anna 'right one'
	ms-users settings directory-ca-file=
	entry "$kind: the authorities of the system do not accept the certificate" 111 anna 'right one'
	ms-users settings directory-ca-file="$scratch/nowhere"
	entry "$kind: the file of authorities does not exist" 111 anna 'right one'
	# The configuration of libldap must not weaken the checks.
	printf 'TLS_REQCERT never\n' >.ldaprc
	ms-users settings directory-ca-file="$imap_root/stranger.pem"
	printf 'anna\0right one\0\0' >cred
	status "$kind: the environment does not change this" 111 \
		env LDAPTLS_REQCERT=never LDAPTLS_CACERT="$imap_ca" sh -c 'exec ms-users check 3<cred'
	rm .ldaprc
	ms-users settings directory-ca-file="$imap_ca" directory-url="$kind://127.0.0.2:${url##*:}"
	entry "$kind: a certificate for another host is refused" 111 anna 'right one'
	ok '  the message says so' grep -q 'certificate of ldaps*://127\.0\.0\.2.* is for another host' err
done
ms-users settings directory-url="ldap://127.0.0.1:$plain"
ms-users set --dn cn=nobody,dc=x anna
entry 'the DN does not exist' 1 anna 'right one'
ms-users set --dn 'no DN at all' anna
entry 'the DN is invalid' 1 anna 'right one'
ms-users set --dn '' anna
entry 'the user has no DN' 1 anna 'right one'
ms-users set --dn cn=anna,dc=x anna

# A server without TLS does not receive the password.
cat >listen.py <<'END'
import socket, sys
s = socket.socket()
s.bind(('127.0.0.1', 0))
s.listen()
s.settimeout(20)
open('port', 'w').write(str(s.getsockname()[1]))
heard = open('heard', 'ab', buffering=0)
kind = sys.argv[1]
while True:
    c, _ = s.accept()
    c.settimeout(20)
    while True:
        try:
            b = c.recv(4096)
        except OSError:
            break
        if not b:
            break
        heard.write(b)
        if kind == 'refuses':
            # ExtendedResponse: protocolError; BindResponse: success
            tag = 0x78 if b[5] == 0x77 else 0x61
            code = 2 if b[5] == 0x77 else 0
            c.send(bytes([0x30, 0x0c, 2, 1, b[4], tag, 7, 0x0a, 1, code, 4, 0, 4, 0]))
    c.close()
END
for kind in refuses hangs; do
	rm -f port heard
	python3 listen.py $kind >listen.log 2>&1 &
	listener=$!
	started $listener listen.log test -s port
	for scheme in ldap ldaps; do
		ms-users settings directory-url="$scheme://127.0.0.1:$(cat port)"
		start=$(date +%s)
		entry "$kind, $scheme: the failure is temporary" 111 anna 'right one'
		ok 'the answer comes within 8 seconds' test $(($(date +%s) - start)) -lt 8
	done
	kill $listener
	ok "$kind: the server was asked" test -s heard
	ok "$kind: the server did not get the password" absent -q -a right heard
done
ms-users settings directory-url="ldaps://127.0.0.1:1 ldaps://127.0.0.1:$tls"
entry 'the first of two servers does not listen' 0 anna 'right one'
ms-users settings directory-url="ldaps://127.0.0.1:1"
entry 'no server listens' 111 anna 'right one'
status 'ms-users cannot set a password of the directory' 64 sh -c 'echo x | ms-users passwd --password-fd 0 anna'
ok 'the message gives the reason' grep -q directory err
ms-users log --json | grep -c 'right one' >got
echo 0 >want
same 'the log has no password' want got
finish
