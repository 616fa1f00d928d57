# shellcheck shell=sh
# lib-batch.sh - many small mailboxes for ms-csvbatch. Source it after
# lib-imap.sh, then:
#   batch_start              starts a Dovecot whose plain port needs no TLS, and
#                            which refuses a wrong password without delay; sets
#                            $imap_url_tls and $imap_url_plain
#   batch_boxes FILE ROW...  makes mailboxes; a ROW is NAME:MESSAGES:PASSWORD;
#                            FILE gets a line "user TAB id" for each message,
#                            sorted
#   moody_start              starts moody-imap.py; $moody_url connects to the
#                            plain port, except for the logins that
#                            moody-imap.py names
#   batch_processes          prints number and name of each process that has
#                            $scratch/arc on its command line
#   batch_gone SECONDS       waits until there are none; fails if some are left
# shellcheck disable=SC2034,SC2154 # used by tests; set by other files
moody_pid=''
trap '[ -z "$moody_pid" ] || kill "$moody_pid"; imap_stop; cd /
	[ -n "${MS_KEEP-}" ] && echo "# kept $scratch" ||
	{ chmod -R u+rwx "$scratch"; rm -rf "$scratch"; }' EXIT

batch_start() {
	imap_start 'ssl = yes
		disable_plaintext_auth = no
		service anvil {
		  unix_listener anvil-auth-penalty {
		    mode = 0
		  }
		}
		service imap {
		  process_limit = 200
		}
		service imap-login {
		  process_limit = 200
		}' || return
	imap_url_tls=imaps://127.0.0.1:$imap_port/
	imap_url_plain=imap://127.0.0.1:$imap_plain_port/
}

batch_boxes() {
	_want=$1 && shift
	python3 - "$imap_root" "$@" <<-'END' >"$_want.raw" || return
		import hashlib, os, sys
		root = sys.argv[1]
		for row in sys.argv[2:]:
		    name, count, password = row.split(":", 2)
		    with open(f"{root}/users/{name}", "w") as f:
		        f.write(f"{name}:{{PLAIN}}{password}::::::\n")
		    box = f"{root}/home/{name}/Maildir"
		    for sub in ("cur", "new", "tmp"):
		        os.makedirs(f"{box}/{sub}", exist_ok=True)
		    for n in range(int(count)):
		        # Each fifth message is in every mailbox.
		        who = "all" if n % 5 == 4 else name
		        mail = (f"From: {who}@example.org\r\nSubject: {n}\r\n"
		                f"Message-ID: <{n}.{who}@example.org>\r\n\r\n"
		                + f"Mail {n} of {who}.\r\n" * (n * 7 % 50))
		        with open(f"{box}/cur/{1600000000 + n}.M{n}P{n}.t:2,S", "w", newline="") as f:
		            f.write(mail)
		        print(name, hashlib.sha256(mail.encode()).hexdigest(), sep="\t")
	END
	sort "$_want.raw" >"$_want" && rm "$_want.raw"
	imap_own
}

moody_start() {
	setpriv --pdeathsig TERM python3 "$top/t/moody-imap.py" "$scratch/moody.port" \
		"127.0.0.1:$imap_plain_port" 2>"$scratch/moody.err" &
	moody_pid=$!
	started $moody_pid "$scratch/moody.err" test -s "$scratch/moody.port" || return
	moody_url=imap://127.0.0.1:$(cat "$scratch/moody.port")/
}

batch_processes() {
	python3 - "$scratch/arc" <<-'END'
		import os, sys
		for pid in filter(str.isdigit, os.listdir("/proc")):
		    try:
		        with open(f"/proc/{pid}/cmdline", "rb") as f:
		            line = f.read().split(b"\0")
		        if int(pid) == os.getpid() or sys.argv[1].encode() not in line:
		            continue
		        with open(f"/proc/{pid}/comm") as f:
		            print(pid, f.read().strip())
		    except OSError:
		        pass  # it has ended
	END
}

batch_gone() {
	i=0
	while [ -n "$(batch_processes)" ]; do
		i=$((i + 1))
		[ $i -lt $(($1 * 5)) ] || { batch_processes && return 1; }
		sleep 0.2
	done
}
