#!/bin/sh
# 3370-profile-multidrop.t - a profile of the kind multidrop, in the environment
# of cron: Postfix gives a copy of each mail to one mailbox of Dovecot, and the
# profile syncs the users with slapd and assigns the mail to them. A new person
# gets mail without any other action.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"
. "$top/t/lib-ldap.sh"
. "$top/t/lib-postfix.sh"
for tool in slapd openssl python3; do
	command -v $tool >/dev/null || skip $tool "no $tool"
done
postfix_needs
P() { env -i "PATH=$PATH" "HOME=$HOME" LOGNAME=root SHELL=/bin/sh ms-profile -a "$scratch/arc" "$@"; }

imap_start || exit 1
trap 'postfix_stop; ldap_stop; imap_stop; cd /; rm -rf "$scratch"' EXIT
imap_user drop secret

mkdir ldap
cat >ldap/entries.ldif <<'END'
dn: dc=x
objectClass: organization
objectClass: dcObject
o: x
dc: x
END
person() {
	printf '\ndn: uid=%s,dc=x\nobjectClass: inetOrgPerson\ncn: %s\nsn: x\nuid: %s\nmail: %s@x.org\nentryUUID: 00000000-0000-4000-8000-00000000000%s\n' \
		"$1" "$1" "$1" "$1" "$2" >>ldap/entries.ldif
}
person old 1
ldap_start || skip slapd 'slapd did not start'

# Every mail to x.org is discarded, and its copy goes into the mailbox.
postfix_start 'always_bcc = drop@drop.test' 'mydestination =' \
	'virtual_mailbox_domains = drop.test' \
	"virtual_mailbox_base = $imap_root/home" \
	"virtual_mailbox_maps = static:drop/Maildir/" \
	"virtual_uid_maps = static:$(stat -c %u "$imap_dir")" \
	"virtual_gid_maps = static:$(stat -c %g "$imap_dir")" \
	'virtual_minimum_uid = 1' 'virtual_transport = virtual' \
	'transport_maps = inline:{x.org=discard:}' || { cat "$postfix_root/start" >&2; fail 'Postfix starts'; finish; exit; }
# mail SENDER RECIPIENT SUBJECT: sends a mail through Postfix.
mail() {
	python3 - "$postfix_port" "$@" <<'END'
import smtplib
import sys

port, sender, to, subject = sys.argv[1:]
s = smtplib.SMTP('127.0.0.1', int(port))
s.sendmail(sender, [to], 'From: %s\nTo: %s\nSubject: %s\n\nx\n' % (sender, to, subject))
s.quit()
END
}
arrived() { [ "$(find "$imap_dir/cur" "$imap_dir/new" -type f | wc -l)" -eq "$1" ]; }

ms-init -u root arc
ms-users -a arc add --privileges admin boss
ms-users -a arc directory add --url "ldap://127.0.0.1:$ldap_plain" --ca-file "$imap_ca" staff
cat >drop.ini <<END
kind = multidrop
sync-first = staff
url = imaps://drop@127.0.0.1:$imap_port/
password-file = $scratch/drop.pw
ca-file = $imap_ca
envelope-header = X-Original-To
envelope-header = Delivered-To
own-address = drop@drop.test
unknown = leave
END
status 'the profile is added' 0 P add --owner boss -f drop.ini company
ok 'a mail comes' mail someone@z.org old@x.org one
ok 'and one from a user to a stranger' mail old@x.org stranger@x.org two
ok 'and one to a person who is not there yet' mail someone@z.org new@x.org early
await arrived 3
status 'the first run' 0 P run company
has() { ms-list -a arc | cut -f 3,4,7 | LC_ALL=C sort; }
has >got
printf 'old\told@x.org/%s\t%s\n' Inbox one 'Sent Items' two >want
same '  gives each mail to its users' want got
ok '  what is for no user stays' arrived 3

ldap_stop
person new 2
ldap_load && ldap_run
ok 'the first mail of a new person comes' mail old@x.org new@x.org first
await arrived 4
status 'the next run' 0 P run company
ok '  the sync says so' grep -q 'company: staff: 1 added' err
has >got
printf '%s\t%s/%s\t%s\n' new new@x.org Inbox early new new@x.org Inbox first \
	old old@x.org Inbox one old old@x.org 'Sent Items' first \
	old old@x.org 'Sent Items' two | LC_ALL=C sort >want
same '  the new person has the mail, and what was left before' want got
"$top/t/second-reader.py" arc records | grep -vc EVENT >before
status 'a further run' 0 P run company
"$top/t/second-reader.py" arc records | grep -vc EVENT >after
ok '  reads nothing new' test "$(cat after)" -le $(($(cat before) + 9))
ok '  and says so' grep -q '4 seen: 0 new, 4 known' err

{ cat drop.ini && echo 'delete-archived = yes'; } >delete.ini
P add --owner boss -f delete.ini deleting
status 'a profile that deletes' 0 P run deleting
imap_idle
ok '  leaves nothing that is archived' arrived 0

# ---- profiles that are refused ----
refused() {
	sed "$1" drop.ini >bad.ini
	status "$2" 64 P add --owner boss -f bad.ini bad
	ok '  the message says why' grep -q "$3" err
}
refused 's/^unknown.*/user = old/' 'a user' 'user does not belong to kind = multidrop'
refused 's/^unknown.*/into = x/' 'a folder' 'into does not belong to kind = multidrop'
refused 's/^unknown.*/trusted-hop = 0/' 'an invalid hop' 'line 9: trusted-hop'
refused 's/^unknown.*/sent-pattern = {name}/' 'an invalid pattern' 'line 9: sent-pattern'
refused 's/^kind.*/kind = mailbox/' 'keys of another kind' 'envelope-header does not belong to kind = mailbox'
ms-users -a arc set --privileges archive boss
status 'the owner must be an admin' 77 P run company
finish
