# shellcheck shell=sh
# lib-imap.sh - starts a Dovecot on the loopback interface. The server, its
# certificates, users and Maildirs are in the scratch folder. Source this file
# after lib.sh, then:
#   imap_start [CONFIG]          starts the server; sets $imap_port,
#                                $imap_plain_port (with STARTTLS), $pop3_port
#                                (with STLS), $pop3s_port and $imap_ca (PEM).
#                                The certificate of 127.0.0.1 is valid, that of
#                                127.0.0.2 is for another host, that of
#                                127.0.0.3 has expired
#   imap_user NAME PASSWORD      adds a user, and writes the password to NAME.pw
#   imap_folder NAME FOLDER      makes a folder; $imap_dir is its Maildir
#   imap_put FOLDER-DIR NAME     writes stdin to the file cur/NAME of the folder
#   imap_own                     makes Dovecot the owner of files that the test
#                                itself has written
#   imap_url NAME                prints the URL of the mailbox
#   pop3_url NAME                prints its URL for POP3
#   imap_expected NAME FOLDER .. prints the lines that unstream.py must print for a
#                                fetch of these folders, from the files and UID
#                                lists of Dovecot
#   imap_idle                    waits for the end of all sessions; after that,
#                                files of mailboxes can be moved and deleted
#   imap_stop                    stops the servers; also done when the script
#                                ends
#   rogue_start MODE ...         starts the servers of rogue-imap.py, or those
#                                of rogue-pop3.py if rogue_kind is pop3; they
#                                need no Dovecot
#   rogue_url MODE               prints the URL of such a server
# Dovecot runs as the user of the test, or as nobody if that is root, because
# Dovecot refuses to run as root.
# shellcheck disable=SC2154 # scratch is set by lib.sh
imap_root=$scratch/imap imap_pid='' imap_as='' rogue_pid='' rogue_kind=imap

# These processes end with the test, before the scratch folder is deleted.
trap 'imap_stop; cd /; [ -n "${MS_KEEP-}" ] && echo "# kept $scratch" ||
	{ chmod -R u+rwx "$scratch"; rm -rf "$scratch"; }' EXIT

imap_skip() {
	PATH=$PATH:/usr/sbin:/sbin
	command -v dovecot >/dev/null || skip dovecot "no dovecot"
	[ -e /usr/lib/dovecot/imap ] || skip dovecot "no dovecot-imapd"
}

# imap_cert FILE NAME DAYS: makes FILE.pem, a certificate for the subjectAltName
# NAME, signed by the CA of the test.
imap_cert() {
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$1.key" -out "$1.csr" -subj "/CN=test" &&
		echo "subjectAltName=$2" >"$1.ext" &&
		openssl x509 -req -in "$1.csr" -CA "$imap_ca" -CAkey "$imap_root/ca.key" \
			-days "$3" -extfile "$1.ext" -out "$1.pem"
}

imap_certs() {
	imap_ca=$imap_root/ca.pem
	for f in ca stranger; do
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
			-keyout "$imap_root/$f.key" -out "$imap_root/$f.pem" -days 30 \
			-subj "/CN=test authority" || return
	done
	imap_cert "$imap_root/good" 'IP:127.0.0.1,IP:::1,DNS:localhost' 30 &&
		imap_cert "$imap_root/other" 'DNS:imap.example.org' 30 &&
		imap_cert "$imap_root/expired" 'IP:127.0.0.3' -1
}

imap_config() {
	cat <<-END
		base_dir = $imap_root/run
		state_dir = $imap_root/state
		log_path = $imap_root/log
		protocols = imap
		listen = 127.0.0.1 127.0.0.2 127.0.0.3
		default_internal_user = $(${imap_as} id -un)
		default_internal_group = $(${imap_as} id -gn)
		default_login_user = $(${imap_as} id -un)
		default_vsz_limit = 0
		first_valid_uid = 1
		ssl = required
		ssl_cert = <$imap_root/good.pem
		ssl_key = <$imap_root/good.key
		local 127.0.0.2 {
		  ssl_cert = <$imap_root/other.pem
		  ssl_key = <$imap_root/other.key
		}
		local 127.0.0.3 {
		  ssl_cert = <$imap_root/expired.pem
		  ssl_key = <$imap_root/expired.key
		}
		service imap-login {
		  chroot =
		  # one process for all logins
		  service_count = 0
		  inet_listener imap {
		    port = $imap_plain_port
		  }
		  inet_listener imaps {
		    port = $imap_port
		    ssl = yes
		  }
		}
		service imap {
		  # a process for many sessions; see no_session
		  service_count = 100
		}
		verbose_proctitle = yes
		service anvil {
		  chroot =
		}
		auth_failure_delay = 0
		auth_verbose = yes
		passdb {
		  driver = passwd-file
		  args = scheme=PLAIN username_format=%u $imap_root/users/%u
		}
		userdb {
		  driver = static
		  args = uid=$(${imap_as} id -u) gid=$(${imap_as} id -g) home=$imap_root/home/%u
		}
		mail_location = maildir:~/Maildir:LAYOUT=fs:UTF-8
		maildir_stat_dirs = yes
		mail_fsync = never
		$1
	END
}

# The configuration of POP3.
imap_pop3_config() {
	cat <<-END
		protocols = imap pop3
		service pop3-login {
		  chroot =
		  service_count = 0
		  inet_listener pop3 {
		    port = $pop3_port
		  }
		  inet_listener pop3s {
		    port = $pop3s_port
		    ssl = yes
		  }
		}
	END
}

# imap_free_port [NUMBER]: prints NUMBER free ports, one a line.
imap_free_port() {
	python3 -c 'import socket, sys
all = [socket.create_server(("127.0.0.1", 0)) for i in range(int(sys.argv[1]))]
for s in all: print(s.getsockname()[1])' "${1-1}"
}

# listening PORT: whether a process accepts connections to 127.0.0.1:PORT.
listening() {
	grep -q "^ *[0-9]*: 0100007F:$(printf %04X "$1") 00000000:0000 0A " /proc/net/tcp
}

# started PID LOG COMMAND...: waits until the command succeeds. If the process
# PID ends before that, the function prints the file LOG and fails.
started() {
	_pid=$1 _log=$2 && shift 2
	await begun "$@" && "$@" || { note "$(cat "$_log")" && return 1; }
}
begun() { "$@" || ! kill -0 "$_pid" 2>/dev/null; }

# imap_start [MORE-CONFIG]
imap_start() {
	imap_skip
	mkdir "$imap_root" && chmod 755 "$scratch" || return
	[ "$(id -u)" != 0 ] || imap_as="setpriv --reuid=nobody --regid=nogroup --clear-groups"
	imap_certs >"$imap_root/openssl.log" 2>&1 ||
		{ note "$(cat "$imap_root/openssl.log")" && return 1; }
	# shellcheck disable=SC2046 # four numbers
	set -- "${1-}" $(imap_free_port 4)
	imap_port=$2 imap_plain_port=$3 pop3_port=$4 pop3s_port=$5
	imap_config "$([ ! -e /usr/lib/dovecot/pop3 ] || imap_pop3_config)
		$1" >"$imap_root/dovecot.conf"
	mkdir "$imap_root/home" "$imap_root/users" "$imap_root/run" "$imap_root/state"
	[ -z "$imap_as" ] || chown -R nobody:nogroup "$imap_root"
	imap_run
}

# imap_run starts the server, also again after imap_stop.
imap_run() {
	# Dovecot ends with this shell, even if the shell is killed.
	${imap_as:-setpriv} --pdeathsig TERM dovecot -F -c "$imap_root/dovecot.conf" >>"$imap_root/out" 2>&1 &
	imap_pid=$!
	started $imap_pid "$imap_root/log" listening "$imap_port"
}

# The child processes are ended, too, because Dovecot waits a second for its
# process `log`.
imap_stop() {
	for pid in $imap_pid $rogue_pid; do
		# shellcheck disable=SC2046 # a list
		kill "$pid" $(pgrep -P "$pid") 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	# A session can wait for a message that is a FIFO. To open the FIFO ends
	# that.
	[ ! -d "$imap_root/home" ] || find "$imap_root/home" -type p | while read -r fifo; do
		: <>"$fifo"
		rm -f "$fifo"
	done
	imap_pid='' rogue_pid=''
}

imap_idle() { await no_session; }
no_session() { ! pgrep -P "$imap_pid" -a -x 'imap|pop3' | grep -qv ' \[idling\]'; }

rogue_start() {
	[ -d "$imap_root" ] || {
		mkdir "$imap_root" && imap_certs >"$imap_root/openssl.log" 2>&1 || return
	}
	setpriv --pdeathsig TERM python3 "$top/t/rogue-$rogue_kind.py" "$imap_root/good.pem" "$imap_root/good.key" \
		"$scratch/rogue.ports" "$@" 2>"$scratch/rogue.err" &
	rogue_pid=$!
	started $rogue_pid "$scratch/rogue.err" test -s "$scratch/rogue.ports"
}

rogue_url() {
	sed -n "s|^$1 \(.*\)|${rogue_kind}s://alice@127.0.0.1:\1/|p" "$scratch/rogue.ports"
}

imap_user() {
	printf '%s:{PLAIN}%s::::::\n' "$1" "$2" >"$imap_root/users/$1"
	printf '%s\n' "$2" >"$1.pw"
	chmod 600 "$1.pw"
	imap_folder "$1" INBOX
}

imap_folder() {
	imap_dir=$imap_root/home/$1/Maildir
	[ "$2" = INBOX ] || imap_dir=$imap_dir/$2
	${imap_as} mkdir -p "$imap_dir/cur" "$imap_dir/new" "$imap_dir/tmp"
}

imap_put() {
	${imap_as} sh -c 'cat >"$1"' sh "$1/cur/$2"
}

pop3_url() { echo "pop3s://$1@127.0.0.1:$pop3s_port/"; }

imap_own() { [ -z "$imap_as" ] || chown -R nobody:nogroup "$imap_root/home"; }

imap_url() { echo "imaps://$1@127.0.0.1:$imap_port/"; }

# Dovecot sends CRLF for LF, and 0x80 for NUL.
imap_expected() {
	python3 - "$1" "imap://$1@127.0.0.1:$imap_port/" \
		"$imap_root/home/$1/Maildir" "$@" <<-'END'
		import hashlib, os, re, sys, time
		user, source, root = sys.argv[1:4]
		letters = (("R", "Answered"), ("F", "Flagged"), ("T", "Deleted"),
		           ("S", "Seen"), ("D", "Draft"))
		for folder in sys.argv[5:]:
		    box = root if folder == "INBOX" else os.path.join(root, folder)
		    files = {}
		    for sub in ("cur", "new"):
		        for name in os.listdir(os.path.join(box, sub)):
		            files[name.split(":")[0]] = os.path.join(box, sub, name)
		    with open(box + "/dovecot-uidlist", encoding="latin-1") as f:
		        validity = re.search(r" V(\d+)", next(f)).group(1)
		        known = [line.rstrip("\n").split(" :", 1) for line in f]
		    for uid, name in known:
		        path = files.pop(name.split(":")[0])
		        info = path.partition(":2,")[2]
		        with open(path, "rb") as f:
		            data = re.sub(rb"(?<!\r)\n", b"\r\n", f.read())
		        when = time.gmtime(os.stat(path).st_mtime)
		        print(user, source, folder.replace("\\", "\\\\"),
		              "%s/%s" % (validity, uid.split()[0]),
		              " ".join("\\" + f for c, f in letters if c in info),
		              time.strftime("%Y-%m-%dT%H:%M:%SZ", when),
		              hashlib.sha256(data.replace(b"\0", b"\x80")).hexdigest(),
		              sep="\t")
		    if files:
		        sys.exit("%s: not in its list of UIDs: %s" % (folder, files))
	END
}
