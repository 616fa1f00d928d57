# shellcheck shell=sh
# lib-cyrus.sh - starts a Cyrus IMAP server on the loopback interface. Cyrus
# shares no code with Dovecot. Source this file after lib-imap.sh, then:
#   cyrus_start [OPTION ...]     starts the server; each OPTION is a line "name:
#                                value" of imapd.conf(5). Sets $cyrus_port
#                                (TLS), $cyrus_plain_port (STARTTLS) and
#                                $imap_ca; the user "cyrus" with the password
#                                "admin" can log in as any user
#   cyrus_user NAME PASSWORD     adds a user, and writes the password to NAME.pw
#   cyrus_talk NAME              runs the Python program on stdin: m is an
#                                imaplib session of NAME, do(...) calls a
#                                command that must succeed, mailbox() quotes a
#                                name
#   cyrus_url NAME               prints the URL of the mailbox
#   cyrus_expected NAME FOLDER=MAILBOX ...
#                                prints the lines that unstream.py must print
#                                for a fetch of these folders, from the spool
#                                and the index of Cyrus; MAILBOX is the internal
#                                name
#   cyrus_stop                   stops the server; also done when the script
#                                ends
# t/deps-cyrus.sh unpacks the server into build/cyrus; without it, the test is
# skipped. Cyrus runs as the user of the test, or as nobody if that is root,
# because Cyrus refuses to run as root.
# shellcheck disable=SC2154 # set by lib.sh and lib-imap.sh
cyrus_root=$scratch/cyrus cyrus_pid='' cyrus_at=$top/build/cyrus

trap 'cyrus_stop; imap_stop; cd /; [ -n "${MS_KEEP-}" ] && echo "# kept $scratch" ||
	{ chmod -R u+rwx "$scratch"; rm -rf "$scratch"; }' EXIT

cyrus_libraries() {
	lib=lib/$(uname -m)-linux-gnu
	echo "$cyrus_at/usr/$lib:$cyrus_at/$lib"
}

# cyrus COMMAND ...: runs a command with the libraries of Cyrus, as its user.
cyrus() {
	${imap_as} env LD_LIBRARY_PATH="$(cyrus_libraries)" "$@"
}

cyrus_skip() {
	[ -e "$cyrus_at/usr/lib/cyrus/bin/imapd" ] ||
		skip cyrus "no Cyrus in build/cyrus (t/deps-cyrus.sh build/cyrus)"
	[ "$(id -u)" != 0 ] || imap_as="setpriv --reuid=nobody --regid=nogroup --clear-groups"
	# The user nobody may have no access to the checkout.
	${imap_as} test -x "$cyrus_at/usr/lib/cyrus/bin/imapd" || {
		cp -R "$cyrus_at" "$scratch/cyrus.copy" && cyrus_at=$scratch/cyrus.copy
	}
	cyrus_bin=$cyrus_at/usr/lib/cyrus/bin
	! LD_LIBRARY_PATH="$(cyrus_libraries)" ldd "$cyrus_bin/imapd" | grep 'not found' >missing ||
		skip cyrus "Cyrus lacks $(cut -d ' ' -f 1 missing | tr -s '\t\n' ' ')"
}

# cyrus_config [OPTION ...]: prints the configuration. The given options come
# first, because the first line of each name counts.
cyrus_config() {
	[ $# -eq 0 ] || printf '%s\n' "$@"
	cat <<-END
		configdirectory: $cyrus_root/conf
		defaultpartition: default
		partition-default: $cyrus_root/spool
		temp_path: $cyrus_root/tmp
		cyrus_user: $(${imap_as} id -un)
		cyrus_group: $(${imap_as} id -gn)
		servername: cyrus.test
		admins: cyrus
		proxyservers: cyrus
		sasl_pwcheck_method: auxprop
		sasl_auxprop_plugin: sasldb
		sasl_sasldb_path: $cyrus_root/sasldb2
		sasl_mech_list: PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256
		sasl_log_level: 0
		allowplaintext: no
		tls_server_cert: $imap_root/good.pem
		tls_server_key: $imap_root/good.key
		idlesocket: $cyrus_root/run/idle
		lmtpsocket: $cyrus_root/run/lmtp
		notifysocket: $cyrus_root/run/notify
	END
}

cyrus_start() {
	cyrus_skip
	[ -d "$imap_root" ] || {
		mkdir "$imap_root" && imap_certs >"$imap_root/openssl.log" 2>&1 || return
	}
	chmod 755 "$scratch" && mkdir "$cyrus_root" || return
	(cd "$cyrus_root" && mkdir conf spool tmp run) || return
	# shellcheck disable=SC2046 # two numbers
	set -- $(imap_free_port 2) "$@"
	cyrus_port=$1 cyrus_plain_port=$2
	shift 2
	cyrus_config "$@" | awk -F : '!seen[$1]++' >"$cyrus_root/imapd.conf"
	cat >"$cyrus_root/cyrus.conf" <<-END
		START { }
		SERVICES {
		  imap cmd="$cyrus_bin/imapd -C $cyrus_root/imapd.conf" listen="127.0.0.1:$cyrus_plain_port"
		  imaps cmd="$cyrus_bin/imapd -s -C $cyrus_root/imapd.conf" listen="127.0.0.1:$cyrus_port"
		}
		EVENTS { }
	END
	[ -z "$imap_as" ] || chown -R nobody:nogroup "$cyrus_root" "$imap_root"
	cyrus_password cyrus admin && cyrus_run
}

# cyrus_run starts the server, also after cyrus_stop. The server ends with this
# shell, even if the shell is killed. It has a session of its own, because it
# ends its whole process group, to which the servers of other tests would
# belong.
cyrus_run() {
	cyrus setsid setpriv --pdeathsig TERM "$cyrus_bin/master" -C "$cyrus_root/imapd.conf" \
		-M "$cyrus_root/cyrus.conf" -p "$cyrus_root/pid" >>"$cyrus_root/out" 2>&1 &
	cyrus_pid=$!
	started $cyrus_pid "$cyrus_root/out" listening "$cyrus_port"
}

cyrus_stop() {
	[ -n "$cyrus_pid" ] || return 0
	kill "$cyrus_pid" 2>/dev/null
	wait "$cyrus_pid" 2>/dev/null
	cyrus_pid=''
}

cyrus_password() {
	printf %s "$2" | cyrus "$cyrus_at/usr/sbin/saslpasswd2" -p -c \
		-f "$cyrus_root/sasldb2" -u cyrus.test "$1"
}

cyrus_user() {
	cyrus_password "$1" "$2" || return
	printf '%s\n' "$2" >"$1.pw"
	chmod 600 "$1.pw"
	echo "do('create', mailbox('user$(cyrus_separator)$1'))" | cyrus_talk cyrus
}

cyrus_separator() {
	grep -qx 'unixhierarchysep: *\(off\|no\)' "$cyrus_root/imapd.conf" && echo . || echo /
}

cyrus_talk() {
	{
		cat <<-END
			import imaplib, socket, ssl, time
			context = ssl.create_default_context(cafile="$imap_ca")
			m = imaplib.IMAP4_SSL("127.0.0.1", $cyrus_port, ssl_context=context)
			m.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
			def do(name, *args):
			    status, data = getattr(m, name)(*args)
			    if status != "OK":
			        raise SystemExit("%s %r: %s %s" % (name, args, status, data))
			    return data
			def mailbox(name):
			    return '"%s"' % name.replace("\\\\", "\\\\\\\\").replace('"', '\\\\"')
			do("authenticate", "PLAIN", lambda c: b"$1\\0cyrus\\0admin")
		END
		cat && echo 'm.logout()'
	} >"$scratch/talk.py"
	python3 "$scratch/talk.py"
}

cyrus_url() { echo "imaps://$1@127.0.0.1:$cyrus_port/"; }

# The flags and dates come from mbexamine(8), which reads the index, and the
# bytes from the spool.
cyrus_expected() {
	user=$1 && shift
	for pair; do
		cyrus "$cyrus_bin/mbexamine" -C "$cyrus_root/imapd.conf" "${pair#*=}" |
			python3 -c '
import hashlib, re, sys, time
text = sys.stdin.buffer.read().decode("latin-1")
path = re.search("Path to mailbox: (.*)", text)[1]
validity = re.search(r"UIDValidity: (\d+)", text)[1]
words = re.search("User Flags: (.*)", text)[1].split()
system = ("ANSWERED", "FLAGGED", "DRAFT", "DELETED", "SEEN")
for block in re.split(r"\n\d+> UID:", text)[1:]:
    uid = int(block[:8])
    when = time.gmtime(int(re.search(r"INT_DATE:(\d+)", block)[1]))
    has = re.search("SYSTEMFLAGS:(.*)", block)[1]
    flags = ["\\" + f.capitalize() for f in system if "FLAG_" + f in has]
    bits = [int(b, 16) for b in re.search("USERFLAGS: (.*)", block)[1].split()]
    bits = sum(b << 32 * i for i, b in enumerate(reversed(bits)))
    flags += [w for i, w in enumerate(words) if bits >> i & 1]
    with open("%s/%d." % (path, uid), "rb") as f:
        data = f.read()
    print(*sys.argv[1:], "%s/%d" % (validity, uid), " ".join(flags),
          time.strftime("%Y-%m-%dT%H:%M:%SZ", when),
          hashlib.sha256(data).hexdigest(), sep="\t")' \
				"$user" "imap://$user@127.0.0.1:$cyrus_port/" "${pair%%=*}" || return
	done
}
