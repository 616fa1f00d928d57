#!/bin/sh
# shellcheck disable=SC2154 # what lib-imap.sh sets
# 6: a mailbox of 20,000 messages from Dovecot on loopback, over TLS, into an
# archive, beside mbsync into a Maildir; and what a run costs that finds
# nothing new. The server's own time is in none of the CPU seconds.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"
command -v mbsync >/dev/null || skip isync 'no mbsync'
bulk
HOME=$scratch && export HOME

imap_start || die 'dovecot does not start'
trap 'imap_stop; bench_end' EXIT
imap_user bench secret
count=$(of_scale 20000)
note "$count messages for Dovecot"
# Names as a delivering agent makes them: Dovecot's hash of names that only
# count up has so many collisions that opening the mailbox takes 0.3 s more.
find bulk/ -type f -size -256k | sort | head -n "$count" | awk '{ print NR "\t" $0 }' |
	while IFS="$(printf '\t')" read -r n file; do
		name=$((1600000000 + n * 977)).M$((n * 104729 % 1000000))P$((n % 30000 + 300)).bench
		printf '%s\n%s\n' "$file" "$imap_dir/cur/$name:2,S"
	done | xargs -d '\n' -n 2 cp
[ -z "$imap_as" ] || chown -R nobody:nogroup "$imap_dir"

# mbsyncrc NAME FSYNC
mbsyncrc() {
	cat <<-END
		FSync $2

		IMAPStore far
		Host localhost
		Port $imap_port
		User bench
		Pass secret
		SSLType IMAPS
		CertificateFile $imap_ca

		MaildirStore near
		Path $scratch/$1/
		Inbox $scratch/$1/INBOX
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
mbsyncrc safe yes >safe.rc
mbsyncrc unsafe no >unsafe.rc

fetch="ms-fetch -q -a A --ca-file $imap_ca --password-file bench.pw $(imap_url bench) | ms-ingest -a A -q"
fresh() { rm -rf safe unsafe && mkdir safe unsafe && archive A; }
one_round() {
	fresh
	timed fetch "$fetch"
	timed again "$fetch"
	timed safe 'mbsync -q -c safe.rc -a'
	timed unsafe 'mbsync -q -c unsafe.rc -a'
	timed unsafe-again 'mbsync -q -c unsafe.rc -a'
}
fresh
ms-fetch -q --ca-file "$imap_ca" --password-file bench.pw "$(imap_url bench)" >/dev/null # the server's index
rounds one_round
[ "$(ms-list -a A | wc -l)" -ge "$((count * 9 / 10))" ] || die 'the archive lacks messages'
[ "$(find safe/INBOX/cur safe/INBOX/new -type f | wc -l)" = "$count" ] || die 'the Maildir lacks messages'

speed "fetch and ingest of $count from Dovecot | mbsync" 5 fetch safe
speed 'the same | mbsync, FSync no' 1 fetch unsafe
row 'fetch, nothing new | mbsync' "$(seconds again)" "$(seconds unsafe-again)" \
	"$(printf %.2f "$(compute "$(median wall unsafe-again) / $(median wall again)")")" '< 0.3 s' \
	"$(is "$(median wall again) < 0.3")"
