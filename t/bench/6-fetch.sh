#!/bin/sh
# shellcheck disable=SC2154 # what lib-imap.sh and lib-proxy.sh set
# 6: a mailbox of 20,000 messages from Dovecot on loopback, over TLS, into an
# archive, beside what others make of it: with nothing and with 30 ms added to
# each round trip; by POP3; and what a run costs that finds nothing new. The
# server's own time is in none of the CPU seconds. Who asks for one message after
# another takes ten minutes for 20,000 at 30 ms: that is done once, for a tenth.
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

# fill NAME MESSAGES
fill() {
	imap_user "$1" secret
	# Names as a delivering agent makes them: Dovecot's hash of names that only
	# count up has so many collisions that opening the mailbox takes 0.3 s more.
	find bulk/ -type f -size -256k | sort | head -n "$2" | awk '{ print NR "\t" $0 }' |
		while IFS="$(printf '\t')" read -r n file; do
			name=$((1600000000 + n * 977)).M$((n * 104729 % 1000000))P$((n % 30000 + 300)).bench
			printf '%s\n%s\n' "$file" "$imap_dir/cur/$name:2,S"
		done | xargs -d '\n' -n 2 cp
	imap_own
}
count=$(of_scale 20000) few=$(of_scale 2000)
note "$count messages for Dovecot"
fill bench "$count"
fill few "$few"

# ---- what fetches: NAME USER PORT FOLDER -> a configuration file ----
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

# fetch USER URL
fetch() {
	echo "ms-fetch -q -a A -u $1 --ca-file $imap_ca --password-file $1.pw $2 | ms-ingest -a A -q --create-user"
}
near=$(fetch bench "$(imap_url bench)")
far=$(fetch bench "imaps://bench@127.0.0.1:$proxy_port/")
# The server makes its index once.
ms-fetch -q --ca-file "$imap_ca" --password-file bench.pw "$(imap_url bench)" >/dev/null

# whole WHAT DIRECTORY MESSAGES: nothing is measured that did not do the work.
whole() {
	got=$(find "$2" -type f -path '*/cur/*' -o -type f -path '*/new/*' | wc -l)
	[ "$got" -ge "$3" ] || die "$1 has $got messages of $3"
}
in_archive() { [ "$(ms-list -a A | wc -l)" -ge "$((count * 9 / 10))" ] || die 'the archive lacks messages'; }

# ---- with no delay, and with 30 ms ----
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

# others PORT USER MESSAGES: the slow ones, once; -PORT in the names of times.
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
		# It delivers no mail as root.
		[ -z "$imap_as" ] || chown -R nobody:nogroup gotten getmail
		timed getmail-"$1" "$imap_as getmail --getmaildir $scratch/getmail --rcfile $scratch/getmail-$1.rc"
		whole getmail gotten "$3"
	fi
}
# beside WHAT TIMES OURS PORT: rows of those that are here.
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
