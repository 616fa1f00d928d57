#!/bin/sh
# shellcheck disable=SC2154 # set by lib-imap.sh
# 8: ms-csvbatch archives 200 mailboxes of 100 messages from Dovecot, 8 at a
# time. This is compared with mbsync, run 8 at a time by xargs, with ms-ingest
# of the same messages from one mbox, and with a run in which nothing is new.
# The CPU seconds do not include the server, but the wall seconds do, because it
# uses the same processors.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"
command -v mbsync >/dev/null || skip isync 'no mbsync'
bulk
HOME=$scratch && export HOME

imap_start 'service imap-login {
  process_min_avail = 2
  service_count = 0
}
service imap {
  process_limit = 200
}' || die 'dovecot does not start'
trap 'imap_stop; bench_end' EXIT

boxes=$(of_scale 200) each=100
count=$((boxes * each))
note "$boxes mailboxes of $each messages for Dovecot"
rm -rf one rc near
mkdir one rc near
# The files are taken evenly from the whole corpus, so that their sizes are
# typical.
find bulk/ -type f | sort >all
awk -v want="$count" -v have="$(wc -l <all)" \
	'int(NR * want / have) != int((NR - 1) * want / have)' all >files
[ "$(wc -l <files)" = "$count" ] || die "the corpus has not $count messages"
echo 'Login;Password;E-Mail;Archive' >boxes.csv
chmod 600 boxes.csv
n=0
while [ $n -lt "$boxes" ]; do
	n=$((n + 1))
	imap_user "u$n" "secret$n"
	echo "u$n;secret$n;;" >>boxes.csv
	mkdir -p "near/u$n"
	# The names look like those of a delivery agent.
	sed -n "$(((n - 1) * each + 1)),$((n * each))p" files | awk -v dir="$imap_dir" -v n=$n '{
		name = (1600000000 + NR * 977) ".M" (NR * 104729 % 1000000) "P" (NR + 300) ".bench"
		print $0; print dir "/cur/" name ":2,S"
		print $0; print "one/" n "." NR }' | xargs -d '\n' -n 2 cp
	cat >"rc/u$n" <<-END
		FSync no

		IMAPStore far
		Host localhost
		Port $imap_port
		User u$n
		Pass secret$n
		SSLType IMAPS
		CertificateFile $imap_ca

		MaildirStore near
		Path $scratch/near/u$n/
		Inbox $scratch/near/u$n/INBOX
		SubFolders Verbatim

		Channel all
		Far :far:
		Near :near:
		Patterns *
		Create Near
		Sync Pull
		SyncState *
	END
done
imap_own
python3 "$top/t/bench/make-mbox.py" one/ >one.mbox || die 'one.mbox'
rm -rf one
note "$(megabytes "$(bytes one.mbox)") of mail"

batch="ms-csvbatch -q -a A -j 8 --ca-file $imap_ca imaps://127.0.0.1:$imap_port/ boxes.csv >results"
in_archive() {
	[ "$(ms-list -a A | wc -l)" = "$count" ] || die 'the archive lacks messages'
}
batch_round() {
	archive A
	timed batch "$batch"
	in_archive
	timed again "$batch"
	in_archive
	archive A
	timed ingest 'ms-ingest -q -a A -u all --create-user one.mbox'
	rm -rf near && mkdir near
	for rc in rc/*; do mkdir "near/${rc#rc/}"; done
	timed mbsync "ls rc/* | xargs -P 8 -n 1 sh -c 'mbsync -q -c \"\$1\" all' sh"
	got=$(find near -type f -path '*/cur/*' | wc -l)
	# mbsync leaves out mail whose header never ends.
	[ "$got" -ge $((count - count / 1000)) ] || die "mbsync has $got messages"
}
# The first run makes the indexes of the server.
archive A
sh -c "$batch" || die 'the first run'
rounds batch_round

speed "$boxes mailboxes of $each, 8 at once | mbsync, FSync no" 1 batch mbsync
speed '  | one ms-ingest of the same from one mbox' 0.8 batch ingest
row "nothing new, $boxes mailboxes" "$(seconds again)" - - '' ''
