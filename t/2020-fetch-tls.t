#!/bin/sh
# 2020-fetch-tls.t - certificates and TLS versions. An unknown authority, a
# wrong name, an expired certificate and an old TLS version are refused with
# different messages, and the password is not sent.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"

imap_start || exit 1
imap_user alice 'correct horse'

# at HOST STATUS WORDS OPTION...: logs in at HOST; the message contains WORDS.
at() {
	host=$1 want=$2 words=$3 && shift 3
	status "$host: $words" "$want" ms-fetch --check --password-file alice.pw "$@" \
		"imaps://alice@$host:${port:-$imap_port}/"
	ok '  the message contains these words' grep -q "$words" err
}
at 127.0.0.1 0 'logged in' --ca-file "$imap_ca"
logins=1
if getent hosts localhost >/dev/null; then
	at localhost 0 'logged in' --ca-file "$imap_ca"
	at LOCALHOST. 0 'logged in' --ca-file "$imap_ca"
	logins=3
else
	note 'SKIP: this system cannot resolve localhost'
fi
at 127.0.0.1 76 'certificate of an unknown authority'
ok '  the message has the pins' grep -q 'its pin is sha256//[^ ]*, that of its key sha256//' err
pin=$(sed -n 's/.*its pin is \(sha256[^ ,]*\),.*/\1/p' err)
at 127.0.0.1 76 'certificate of an unknown authority' --ca-file "$imap_root/stranger.pem"
at 127.0.0.2 76 'certificate is for another host' --ca-file "$imap_ca"
ok '  the message has the pins' grep -q 'its pin is sha256//' err
at 127.0.0.3 76 'certificate has expired' --ca-file "$imap_ca"
ok '  the message has the pins' grep -q 'its pin is sha256//' err
at 127.0.0.1 0 'logged in' --pin "$pin"
logins=$((logins + 1))
at 127.0.0.1 66 'No such file' --ca-file none.pem
at 127.0.0.1 65 'no certificates' --ca-file alice.pw

status 'without --check, there is a stream' 76 ms-fetch --password-file alice.pw \
	"$(imap_url alice)"
ok 'its trailer has the status' grep -qx 'MS-Envelope: end; messages=0; failed=0; status=76' out

# The server has accepted these logins and has seen no other attempt.
[ "$(grep -c 'Login: user=<alice>' "$imap_root/log")" -eq $logins ] || fail "there were $logins logins"
ok 'no other login was attempted' absent -q 'auth failed' "$imap_root/log"

status 'imap:// and a port that begins with TLS' 75 ms-fetch --check --timeout 1 --retries 0 \
	--password-file alice.pw --ca-file "$imap_ca" "imap://alice@127.0.0.1:$imap_port/"
ok '  the message says so' grep -q 'if this port begins with TLS, use imaps://' err

# Servers with an old TLS version and without TLS. The test checks what they
# have received.
peer() {
	port=$(imap_free_port)
	"$@" -accept "127.0.0.1:$port" >peer.got 2>&1 <idle &
	peer=$!
}
mkfifo idle
sleep 60 >idle &
sleeper=$!
peer openssl s_server -cert "$imap_root/good.pem" -key "$imap_root/good.key" \
	-tls1_1 -cipher 'ALL:@SECLEVEL=0'
started $peer peer.got listening "$port"
at 127.0.0.1 76 'TLS' --ca-file "$imap_ca"
kill $peer
imap_cert old IP:127.0.0.1 -1 2>openssl.log || fail 'an expired certificate is created'
peer openssl s_server -cert old.pem -key old.key
started $peer peer.got listening "$port"
at 127.0.0.1 76 'expired' --ca-file "$imap_ca"
kill $peer
# A certificate that its own key has signed, and one of the future.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout own.key -out own.pem \
	-days 30 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 2>openssl.log ||
	fail 'a self-signed certificate is created'
cat >ca.conf <<'END'
[ca]
default_ca = test
[test]
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
policy = policy
[policy]
commonName = supplied
END
: >index.txt && echo 01 >serial
openssl ca -batch -config ca.conf -cert "$imap_ca" -keyfile "$imap_root/ca.key" -in old.csr -out new.pem \
	-extfile old.ext -startdate 20980101000000Z -enddate 20990101000000Z 2>openssl.log ||
	fail 'a certificate of the future is created'
cp old.key new.key
for kind in own:self-signed 'new:not yet valid'; do
	peer openssl s_server -cert "${kind%%:*}.pem" -key "${kind%%:*}.key"
	started $peer peer.got listening "$port"
	at 127.0.0.1 76 "certificate.*${kind#*:}" --ca-file "$imap_ca"
	ok '  the message has the pins' grep -q 'its pin is sha256//[^ ]*=, that of its key sha256//[^ ]*=$' err
	kill $peer
	ok 'the password was not sent' absent -aq 'horse\|LOGIN' peer.got
done
ok 'the password was not sent' absent -aq 'horse\|LOGIN' peer.got
port=$(imap_free_port)
python3 -c '
import socket, sys
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", int(sys.argv[1]))); s.listen()
c = s.accept()[0]; c.sendall(b"* OK hello\r\n"); open("peer.got", "wb").write(c.recv(65536))
' "$port" &
peer=$!
started $peer /dev/null listening "$port"
at 127.0.0.1 76 'does not speak TLS' --ca-file "$imap_ca"
wait $peer
ok 'the password was not sent without TLS' absent -aq 'horse\|LOGIN' peer.got
kill $sleeper
finish
