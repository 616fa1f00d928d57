#!/bin/sh
# 2100-fetch-login.t - every login method: LOGIN, SASL, master users, OAuth. The
# Dovecot of the test offers all of them, and its log says which one was used.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"

imap_skip
setpriv --pdeathsig TERM python3 "$top/t/oauth-server.py" "$scratch/oauth.port" \
	"$scratch/oauth.log" 2>oauth.err &
oauth=$!
started $oauth oauth.err test -s oauth.port || exit 1
cat >oauth.conf <<-END
	introspection_url = http://127.0.0.1:$(cat oauth.port)/?t=
	introspection_mode = get
	username_attribute = username
	active_attribute = active
	active_value = true
END
printf 'master:{PLAIN}master secret::::::\n' >masters
imap_start "
auth_mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256 xoauth2 oauthbearer
auth_master_user_separator = *
auth_username_chars =
disable_plaintext_auth = no
service anvil {
  # no delay after failed logins
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
passdb {
  driver = passwd-file
  master = yes
  args = $scratch/masters
}
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = $scratch/oauth.conf
}
" || exit 1
imap_user alice 'pa"ss\wörd'
imap_user alice@example.org 'other'
imap_user with,comma=sign 'secret'
imap_folder alice 'Only Alice'
echo 'master secret' >master.pw
echo wrong >wrong.pw

# go STATUS WORDS OPTION... URL: logs in; the message contains WORDS.
go() {
	want=$1 words=$2 && shift 2
	lines=$(wc -l <"$imap_root/log")
	status "$words: $*" "$want" ms-fetch --check --timeout 15 --ca-file "$imap_ca" "$@"
	ok '  the message contains these words' grep -qe "$words" err
}
# said WORDS: waits for a log line with these words, and prints the number of
# such lines since the last `go`.
said() { await logged "$1" >/dev/null && logged "$1" | grep -c ''; }
logged() { tail -n "+$((lines + 1))" "$imap_root/log" | grep -e "$1"; }
# by METHOD LOGIN: the server has logged a login by this method.
by() { ok "  the server logs $1 for $2" [ "$(said "Login: user=<$2>, method=$1,")" -gt 0 ]; }
# once: exactly one attempt was made.
once() { ok '  there was one attempt' [ "$(said 'auth failed, 1 attempts')" -eq 1 ]; }

url=$(imap_url alice)
plain=imap://alice@127.0.0.1:$imap_plain_port/
go 0 'logged in as alice' --password-file alice.pw "$url"
by PLAIN alice
go 0 'logged in as alice' --password-file alice.pw "$plain"
by PLAIN alice
for mech in LOGIN PLAIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256; do
	go 0 'logged in as alice' --auth $mech --password-file alice.pw "$url"
	method=$mech
	[ $mech != LOGIN ] || method=PLAIN # Dovecot's name for the command LOGIN
	by $method alice
	go 77 'login refused' --auth $mech --password-file wrong.pw "$url"
	once
done
go 0 'logged in' --auth scram-sha-256 --password-file alice.pw "$plain"
by SCRAM-SHA-256 alice
go 0 'logged in' --insecure-plaintext --password-file alice.pw "$plain"
by SCRAM-SHA-256 alice
go 0 'logged in' --password-file alice@example.org.pw "$(imap_url alice@example.org)"
go 0 'logged in' --auth SCRAM-SHA-1 --password-file with,comma=sign.pw "$(imap_url with,comma=sign)"
status 'an unknown mechanism is refused' 64 ms-fetch --check --auth GSSAPI --password-file alice.pw "$url"

# One login can open every mailbox.
master=imaps://master@127.0.0.1:$imap_port/
go 0 'logged in' --authzid alice --password-file master.pw "$master"
by PLAIN alice
go 0 'logged in' --authzid alice --auth SCRAM-SHA-256 --password-file master.pw "$master"
by SCRAM-SHA-256 alice
go 77 'login refused' --authzid alice --password-file wrong.pw "$master"
once
go 0 'logged in' --master master --password-file master.pw "$url"
by PLAIN alice
go 0 'logged in' --master master --auth CRAM-MD5 --password-file master.pw "$url"
by CRAM-MD5 alice
go 77 'login refused' --master nobody --password-file master.pw "$url"
go 77 'login refused' --master master --master-separator % --password-file master.pw "$url"
go 64 'authorization identity' --authzid alice --auth LOGIN --password-file master.pw "$master"

# The source is named after the mailbox, not after the login.
printf 'Subject: x\n\nx\n' >one
imap_folder alice INBOX
imap_put "$imap_dir" 1.x <one
for way in '--authzid alice imaps://master' '--master master imaps://alice'; do
	# shellcheck disable=SC2086 # words
	status "a message is fetched by $way" 0 ms-fetch --ca-file "$imap_ca" --password-file master.pw \
		${way% *} "${way##* }@127.0.0.1:$imap_port/"
	ok '  its source is the mailbox' grep -aqF "source=\"imap://alice@127.0.0.1:$imap_port/\"" out
done

# OAuth uses a token in place of a password.
for mech in OAUTHBEARER XOAUTH2; do
	go 0 'logged in as alice' --auth $mech --token-command 'echo good-alice' "$url"
	by $mech alice
	go 77 'login refused.*status' --auth $mech --token-command 'echo stale-alice' "$url"
	go 77 'login refused' --auth $mech --token-command 'echo good-bob' "$url"
done
go 0 'logged in' --token-command 'echo good-alice' "$url"
by OAUTHBEARER alice
go 0 'logged in' --token-command 'echo good-alice' "$plain"
by OAUTHBEARER alice
# Each connection gets its token while it handles its first request. The folder
# of this request is read, too.
for n in 1 2 3 4; do
	imap_folder alice "Folder $n"
	printf 'Subject: %s\n\nx\n' $n | imap_put "$imap_dir" $n.eml
done
status 'three connections get a token each' 0 ms-fetch --report report --connections 3 \
	--ca-file "$imap_ca" --token-command 'echo good-alice' "$url"
ok '  every folder was read' [ "$(grep -c '"folder":"Folder .*"new":1' report)" -eq 4 ]
go 64 'PLAIN takes no token' --auth PLAIN --token-command 'echo good-alice' "$url"
go 64 'XOAUTH2 takes no password' --auth XOAUTH2 --password-file alice.pw "$url"

# POP3 has the same methods; USER and PASS correspond to LOGIN of IMAP.
if [ -e /usr/lib/dovecot/pop3 ]; then
	pops=pop3s://alice@127.0.0.1:$pop3s_port/
	pop=pop3://alice@127.0.0.1:$pop3_port/
	popmaster=pop3s://master@127.0.0.1:$pop3s_port/
	go 0 'logged in' --password-file alice.pw "$pops"
	by PLAIN alice
	go 0 'logged in' --password-file alice.pw "$pop"
	by PLAIN alice
	for mech in LOGIN PLAIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256; do
		go 0 'logged in' --auth $mech --password-file alice.pw "$pops"
		method=$mech
		[ $mech != LOGIN ] || method=PLAIN
		by $method alice
		go 77 'login refused' --auth $mech --password-file wrong.pw "$pops"
		once
	done
	go 0 'logged in' --insecure-plaintext --password-file alice.pw "$pop"
	by SCRAM-SHA-256 alice
	go 0 'logged in' --authzid alice --password-file master.pw "$popmaster"
	by PLAIN alice
	go 0 'logged in' --master master --password-file master.pw "$pops"
	by PLAIN alice
	for mech in OAUTHBEARER XOAUTH2; do
		go 0 'logged in' --auth $mech --token-command 'echo good-alice' "$pops"
		by $mech alice
		go 77 'login refused' --auth $mech --token-command 'echo stale-alice' "$pops"
	done
else
	echo '# no dovecot-pop3d'
fi

# Logins and passwords that contain line ends are refused.
printf 'a\rb' >cr.pw && printf 'a\nb' >lf.pw && printf 'a\0b' >nul.pw
for f in cr lf nul; do
	go 64 'CR, LF or NUL' --password-file $f.pw "$url"
	go 66 'CR, LF or NUL' --token-command "cat $f.pw" "$url"
done
go 64 'control' --token-command 'printf "a\001b"' "$url"
for bad in 'a%0d%0aX' 'a%00b'; do
	status "the login $bad is refused" 64 ms-fetch --check --password-file alice.pw "imaps://$bad@127.0.0.1:$imap_port/"
done
cr=$(printf 'a\rb')
status 'an authzid with CR is refused' 64 ms-fetch --check --authzid "$cr" --password-file master.pw "$url"
status 'a master with CR is refused' 64 ms-fetch --check --master "$cr" --password-file master.pw "$url"
ok 'the OAuth server reported no error' empty oauth.err
kill $oauth
finish
