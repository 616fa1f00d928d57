#!/bin/sh
# 7: a Maildir of 20,000 messages is ingested into an archive. A third of the
# messages has attachments, a third of which were sent before. This is compared
# with doveadm import into mdbox with zstd, without and with single instances of
# attachments; with a borg repository; and with notmuch, which only makes an
# index. Sizes are those on the disk, without any index.
. "$(dirname "$0")/lib.sh"
PATH=$PATH:/usr/sbin:/sbin
HOME=$scratch USER=bench NOTMUCH_CONFIG=$scratch/notmuch.conf BORG_BASE_DIR=$scratch/borg
BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=yes
export HOME USER NOTMUCH_CONFIG BORG_BASE_DIR BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK

count=$(of_scale 20000)
mail=$bench/mail/$count
[ -e "$mail" ] || {
	note "a Maildir of $count messages is made"
	python3 "$top/t/bench/make-maildir.py" "$mail.new" "$count" 0.3333 && mv "$mail.new" "$mail" || exit
}
warm "$mail" && ln -sfn "$mail" Maildir
note "$(megabytes "$(bytes "$mail")") of mail"

# ---- doveadm, which does not run as root ----
as=
[ "$(id -u)" != 0 ] || as='setpriv --reuid=nobody --regid=nogroup --clear-groups '
# dovecot_conf NAME: prints the configuration.
dovecot_conf() {
	cat <<-END
		base_dir = $scratch/$1/run
		state_dir = $scratch/$1/run
		log_path = /dev/stderr
		ssl = no
		first_valid_uid = 1
		mail_location = mdbox:$scratch/$1/mdbox
		mail_plugins = zlib
		plugin {
		  zlib_save = zstd
		  zlib_save_level = 3
		}
	END
}
dovecot_conf plain >plain.conf
{
	dovecot_conf sis
	echo "mail_attachment_dir = $scratch/sis/attachments"
	echo 'mail_attachment_fs = sis posix'
} >sis.conf
# import NAME: doveadm also makes an index of the Maildir that it reads.
import() {
	rm -rf "$1" source && mkdir "$1" source || exit
	[ -z "$as" ] || chown -R nobody:nogroup "$1" source "$mail" || exit
	timed "$1" "${as}doveadm -c $1.conf import maildir:$mail:INDEX=$scratch/source:CONTROL=$scratch/source '' all"
}

# ---- notmuch ----
cat >notmuch.conf <<END
[database]
path=$scratch/notmuch
mail_root=$mail
[user]
name=bench
primary_email=anna@example.net
[new]
tags=unread
[maildir]
synchronize_flags=false
END

one_round() {
	archive A
	timed ingest 'ms-ingest -a A -q Maildir/'
	if command -v doveadm >/dev/null; then
		import plain
		import sis
	fi
	if command -v borg >/dev/null; then
		rm -rf repo && borg init -e none repo || exit
		timed borg "borg create --compression zstd,3 repo::a $mail"
	fi
	if command -v notmuch >/dev/null; then
		rm -rf notmuch && mkdir notmuch || exit
		timed notmuch 'notmuch new --quiet'
	fi
}
rounds one_round

packs=$(disk A/pack)
if [ -e times/plain ]; then
	[ "$(${as}doveadm -c plain.conf mailbox status messages INBOX)" = "INBOX messages=$count" ] ||
		die 'doveadm import lacks messages'
	speed "ingest of a Maildir of $count | doveadm import, zstd" 1.5 ingest plain
	speed 'the same | doveadm import, zstd and SIS' 1 ingest sis
fi
[ ! -e times/borg ] || speed 'the same | borg create, zstd,3' 2 ingest borg
[ ! -e times/notmuch ] || speed 'the same | notmuch new' 20 ingest notmuch
if [ -e times/plain ]; then
	plain=$(disk plain/mdbox/storage/m.*)
	row 'its size | doveadm, zstd' "$(megabytes "$packs")" "$(megabytes "$plain")" \
		"$(printf %.3f "$(compute "$packs / $plain")")" '' ''
	size 'the same | doveadm, zstd and SIS' 0.85 "$packs" "$(disk sis/mdbox/storage/m.* sis/attachments)"
fi
[ ! -e times/borg ] || size 'the same | borg' 0.72 "$packs" "$(disk repo/data)"
