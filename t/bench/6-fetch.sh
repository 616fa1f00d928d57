#!/bin/sh
# shellcheck disable=SC2154 # set by lib-imap.sh and lib-proxy.sh
# 6: a mailbox of 20,000 messages is fetched from Dovecot over TLS into an
# archive, compared with other programs: without delay, with 30 ms added to each
# round trip, by POP3, and in a run in which nothing is new. The CPU seconds do
# not include the server. Programs that request one message after another need
# ten minutes for 20,000 messages with 30 ms, so they run once, for a tenth of
# the mail.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"
. "$top/t/lib-proxy.sh"
command -v mbsync >/dev/null || skip isync 'no mbsync'
bulk
HOME=$scratch && export HOME

imap_start || die 'dovecot does not start'
trap 'proxy_stop; imap_stop; bench_end' EXIT
proxy_start "$imap_port" || die 'no proxy'
proxy delay=30

count=$(of_scale 20000) few=$(of_scale 2000)
note "$count messages for Dovecot"
fill bench "$count"
fill few "$few"

# ---- configuration files of the other programs: NAME USER PORT FOLDER ----
mbsyncrc() {
	cat >"$1.rc" <<-END
		FSync $5

		IMAPStore far
		Host localhost
		Port $3
		User $2
		Pass secret
		SSLType IMAPS
		CertificateFile $imap_ca

		MaildirStore near
		Path $scratch/$4/
		Inbox $scratch/$4/INBOX
		SubFolders Verbatim

		Channel all
		Far :far:
		Near :near:
		Patterns *
		Create Near
		Sync Pull
		SyncState *
	END
}
offlineimaprc() {
	cat >"$1.rc" <<-END
		[general]
		accounts = bench
		metadata = $scratch/$4/meta
		ui = quiet
		[Account bench]
		localrepository = near
		remoterepository = far
		[Repository near]
		type = Maildir
		localfolders = $scratch/$4/mail
		[Repository far]
		type = IMAP
		remotehost = localhost
		remoteport = $3
		remoteuser = $2
		remotepass = secret
		ssl = yes
		sslcacertfile = $imap_ca
		maxconnections = 3
		readonly = true
	END
}
getmailrc() {
	cat >"$1.rc" <<-END
		[retriever]
		type = SimpleIMAPSSLRetriever
		server = localhost
		port = $3
		username = $2
		password = secret
		mailboxes = ("INBOX",)
		ca_certs = $imap_ca
		[destination]
		type = Maildir
		path = $scratch/$4/
		[options]
		read_all = true
		delivered_to = false
		received = false
		verbose = 0
	END
}
mpoprc() {
	cat >"$1.rc" <<-END
		account default
		host localhost
		port $3
		user $2
		password secret
		tls on
		tls_starttls off
		tls_trust_file $imap_ca
		keep on
		delivery maildir $scratch/$4
		uidls_file $scratch/$4/uidls
		received_header off
	END
	chmod 600 "$1.rc"
}
maildir() { rm -rf "$1" && mkdir -p "$1/cur" "$1/new" "$1/tmp"; }

# fetch USER URL: prints the command line.
fetch() {
	echo "ms-fetch -q -a A -u $1 --ca-file $imap_ca --password-file $1.pw $2 | ms-ingest -a A -q --create-user"
}
near=$(fetch bench "$(imap_url bench)")
far=$(fetch bench "imaps://bench@127.0.0.1:$proxy_port/")
# The first run makes the index of the server.
ms-fetch -q --ca-file "$imap_ca" --password-file bench.pw "$(imap_url bench)" >/dev/null

# whole WHAT DIRECTORY MESSAGES: ends the benchmark if messages are missing.
whole() {
	got=$(find "$2" -type f -path '*/cur/*' -o -type f -path '*/new/*' | wc -l)
	[ "$got" -ge "$3" ] || die "$1 has $got messages of $3"
}
in_archive() { [ "$(ms-list -a A | wc -l)" -ge "$((count * 9 / 10))" ] || die 'the archive lacks messages'; }

# ---- without delay, and with 30 ms ----
mbsyncrc safe bench "$imap_port" maildir yes
mbsyncrc unsafe bench "$imap_port" maildir no
mbsyncrc safe-far bench "$proxy_port" maildir yes
mbsyncrc unsafe-far bench "$proxy_port" maildir no
one_round() {
	archive A
	timed fetch "$near"
	in_archive
	timed again "$near"
	archive A
	timed fetch-far "$far"
	in_archive
	for how in safe unsafe safe-far unsafe-far; do
		maildir maildir
		timed $how "mbsync -q -c $how.rc -a"
		whole mbsync maildir "$count"
		[ $how != unsafe ] || timed unsafe-again "mbsync -q -c unsafe.rc -a"
	done
}
rounds one_round
speed "IMAP, $count messages | mbsync" 5 fetch safe
speed '  mbsync, FSync no' 1 fetch unsafe

# Version 0.1, if `make old` has built it.
old=${MS_OLD_BIN:-$top/build/old/build/bin}
alone() { echo "${1}ms-fetch -q --ca-file $imap_ca --password-file bench.pw $(imap_url bench) >/dev/null"; }
old_round() {
	timed alone "$(alone)"
	timed alone-old "$(alone "$old/")"
}
if [ -x "$old/ms-fetch" ]; then
	rounds old_round
	speed '  no archive | version 0.1' 0.97 alone alone-old
fi

# others PORT USER MESSAGES: runs the slow programs once. The names of the times
# end with -PORT.
others() {
	if command -v offlineimap >/dev/null; then
		offlineimaprc offlineimap-"$1" "$2" "$1" offline
		rm -rf offline && mkdir offline offline/mail offline/meta
		timed offlineimap-"$1" "offlineimap -o -c offlineimap-$1.rc"
		whole offlineimap offline "$3"
	fi
	if command -v getmail >/dev/null; then
		getmailrc getmail-"$1" "$2" "$1" gotten
		maildir gotten && rm -rf getmail && mkdir getmail
		# getmail delivers no mail as root.
		[ -z "$imap_as" ] || chown -R nobody:nogroup gotten getmail
		timed getmail-"$1" "$imap_as getmail --getmaildir $scratch/getmail --rcfile $scratch/getmail-$1.rc"
		whole getmail gotten "$3"
	fi
}
# beside WHAT TIMES OURS PORT: adds rows for the programs that are installed.
beside() {
	for peer in offlineimap getmail; do
		[ ! -e "times/$peer-$4" ] || speed "$1$peer" "$2" "$3" "$peer-$4"
	done
}
others "$imap_port" bench "$count"
beside '  ' 5 fetch "$imap_port"
speed '  30 ms | mbsync' 3 fetch-far safe-far
speed '  30 ms | mbsync, FSync no' 3 fetch-far unsafe-far
archive A
timed fetch-few "$(fetch few "imaps://few@127.0.0.1:$proxy_port/")"
others "$proxy_port" few "$few"
beside "  30 ms, $few messages | " 3 fetch-few "$proxy_port"

# ---- POP3 ----
if command -v mpop >/dev/null; then
	mpoprc mpop bench "$pop3s_port" popped
	pop_round() {
		archive A
		timed pop3 "$(fetch bench "$(pop3_url bench)")"
		in_archive
		maildir popped
		timed mpop "mpop -q -C mpop.rc"
		whole mpop popped "$count"
	}
	rounds pop_round
	speed "POP3, $count messages | mpop" 1 pop3 mpop
fi

# ---- nothing new ----
row 'nothing new | mbsync' "$(seconds again)" "$(seconds unsafe-again)" \
	"$(printf %.2f "$(compute "$(median wall unsafe-again) / $(median wall again)")")" '< 0.3 s' \
	"$(is "$(median wall again) < 0.3")"
folders=$(of_scale 200)
imap_user many secret
python3 - "$imap_dir" "$folders" <<'END'
import os, sys
for f in range(int(sys.argv[2])):
    box = "%s/folder %d" % (sys.argv[1], f)
    for sub in ("cur", "new", "tmp"):
        os.makedirs(box + "/" + sub)
    for n in range(500):
        name = "%d.M%dP%d.bench:2,S" % (1600000000 + n * 977, n * 104729 % 1000000, n)
        with open("%s/cur/%s" % (box, name), "w") as out:
            out.write("Message-ID: <%d.%d@example.org>\nSubject: %d\n\nx\n" % (f, n, n))
END
imap_own
many=$(fetch many "$(imap_url many)")
archive A
sh -c "$many" || die 'many folders'
[ "$(ms-list -a A | wc -l)" = $((folders * 500)) ] || die 'the archive lacks messages'
many_round() { timed many "$many"; }
rounds many_round
row "nothing new, $folders folders, $((folders * 500)) messages" "$(seconds many)" - - '< 2 s' \
	"$(is "$(median wall many) < 2")"
