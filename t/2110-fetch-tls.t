#!/bin/sh
# 2110-fetch-tls.t - STARTTLS that is missing, refused, tampered with or too
# old; pinned certificates; and the options that relax the checks. The password
# is not sent unless an option allows it.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"

mkdir "$imap_root" && imap_certs >"$imap_root/openssl.log" 2>&1 || exit 1
echo 'correct horse' >pw
modes='good before missing preauth no bad injected injected-late old clear imaps imaps-old v6'
# shellcheck disable=SC2086 # words
setpriv --pdeathsig TERM python3 -W ignore "$top/t/rogue-starttls.py" "$imap_root/good.pem" \
	"$imap_root/good.key" "$scratch/ports" "$scratch/got" $modes 2>peers.err &
rogue_pid=$!
started $rogue_pid peers.err test -s ports || exit 1

port() { sed -n "s/^$1 //p" ports; }
# The server's second answer can arrive with the first one, or during the TLS
# handshake.
after='plain text after its answer to STARTTLS'

# at MODE STATUS WORDS OPTION...: the result of a login at that server.
at() {
	mode=$1 want=$2 words=$3 && shift 3
	case $mode in imaps*) scheme=imaps ;; *) scheme=imap ;; esac
	: >got
	status "$mode: $words" "$want" ms-fetch --check --timeout 5 --password-file pw \
		"$@" "$scheme://alice@127.0.0.1:$(port "$mode")/"
	ok '  the message contains these words' grep -qe "$words" err
	if [ "$want" != 0 ]; then
		ok '  the password was not sent' absent -aq 'horse\|LOGIN\|AUTHENTICATE\|Y29ycmVjd' got
	fi
}
sent_in_tls() { grep -aq '+tls: .*LOGIN "alice" "correct horse"' got && ! grep -a horse got | grep -avq '+tls'; }

at good 0 'logged in' --ca-file "$imap_ca"
ok '  the password was sent in TLS only' sent_in_tls
at before 0 'logged in' --ca-file "$imap_ca"
ok '  capabilities that were sent before TLS are ignored' sent_in_tls
at missing 76 'does not offer STARTTLS' --ca-file "$imap_ca"
at preauth 76 'PREAUTH.*before TLS' --ca-file "$imap_ca"
at no 76 'STARTTLS refused: not today' --ca-file "$imap_ca"
at bad 76 'STARTTLS not understood' --ca-file "$imap_ca"
at injected 76 "$after" --ca-file "$imap_ca"
at injected-late 76 "$after\|does not speak TLS" --ca-file "$imap_ca"
at old 76 'no TLS 1.2 or newer' --ca-file "$imap_ca"
at imaps-old 76 'no TLS 1.2 or newer' --ca-file "$imap_ca"
at good 76 'certificate of an unknown authority'
at imaps 76 'certificate of an unknown authority'

# Pins of the certificate, of the key, and of another certificate, with and
# without --ca-file.
cert=sha256//$(openssl x509 -in "$imap_root/good.pem" -outform DER |
	openssl dgst -sha256 -binary | base64)
key=sha256//$(openssl x509 -in "$imap_root/good.pem" -pubkey -noout |
	openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary | base64)
wrong=sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
at imaps 0 'logged in' --pin "$cert"
at imaps 0 'logged in' --pin "$wrong" --pin "$key"
at good 0 'logged in' --pin "$key"
at imaps 76 'certificate is not the pinned one' --pin "$wrong"
ok '  the error names the pins of the server' grep -qF "it is $cert, its key $key" err
at imaps 76 'certificate is not the pinned one' --pin "$wrong" --ca-file "$imap_ca"
at good 76 'certificate is not the pinned one' --pin "$wrong" --ca-file "$imap_ca"
at imaps-old 76 'no TLS 1.2 or newer' --pin "$key"
for bad in '' sha256//x sha1//AAAA "${key}A" "$(echo "$key" | tr 0-9 -)"; do
	status "the pin '$bad' is refused" 64 ms-fetch --check --password-file pw --pin "$bad" \
		imaps://alice@127.0.0.1:1/
done

# Any certificate is accepted with a warning each time, but TLS is required.
for i in 1 2; do
	at imaps 0 'logged in' --accept-any-certificate
	ok "  there is a warning in run $i" grep -qi 'certificate.*not.*checked\|accept-any-certificate' err
done
at missing 76 'does not offer STARTTLS' --accept-any-certificate
at old 76 'no TLS 1.2 or newer' --accept-any-certificate

# Logins without TLS need an option, and use the best mechanism that the server
# offers.
at clear 76 'does not offer STARTTLS'
at clear 0 'logged in' --insecure-plaintext
ok '  the password itself was not sent' sh -c 'grep -aq CRAM-MD5 got && ! grep -aq horse got'
at missing 0 'logged in' --insecure-plaintext
ok '  the password was sent without TLS' grep -aq horse got

# With --connect, the certificate is checked for the name in the URL.
to=127.0.0.1:$(port imaps)
status 'ms-fetch connects to another address' 0 ms-fetch --check --password-file pw \
	--ca-file "$imap_ca" --connect "$to" imaps://alice@localhost:1/
status 'the certificate must match the URL' 76 ms-fetch --check --password-file pw \
	--ca-file "$imap_ca" --connect "$to" imaps://alice@imap.example.org/
ok '  the error names the reason' grep -q 'certificate is for another host' err
for bad in '' 127.0.0.1 :993 127.0.0.1:0 '[::1]' a@b:1; do
	status "the address '$bad' is refused" 64 ms-fetch --check --password-file pw \
		--connect "$bad" imaps://alice@localhost/
done
if [ -n "$(port v6)" ]; then
	status 'a URL with an IPv6 address' 0 ms-fetch --check --password-file pw --ca-file "$imap_ca" \
		"imaps://alice@[::1]:$(port v6)/"
	status '--connect with an IPv6 address' 0 ms-fetch --check --password-file pw \
		--ca-file "$imap_ca" --connect "[::1]:$(port v6)" imaps://alice@localhost/
else
	echo '# this system has no IPv6'
fi
ok 'the servers reported no error' sh -c '! grep . peers.err'
finish
