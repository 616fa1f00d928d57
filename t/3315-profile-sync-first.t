#!/bin/sh
# 3315-profile-sync-first.t - a profile with sync-first: a new person of a real
# slapd is a user in the next run, which also fetches the mail of this user from
# a real Dovecot. The environment is that of cron.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"
. "$top/t/lib-ldap.sh"
for tool in slapd openssl python3; do
	command -v $tool >/dev/null || skip $tool "no $tool"
done
P() { env -i "PATH=$PATH" "HOME=$HOME" LOGNAME=root SHELL=/bin/sh ms-profile -a "$scratch/arc" "$@"; }

printf 'master:{PLAIN}the master secret::::::\n' >masters
imap_start "
auth_master_user_separator = *
auth_mechanisms = plain login
passdb {
  driver = passwd-file
  master = yes
  args = $scratch/masters
}
" || exit 1
trap 'ldap_stop; imap_stop; cd /; rm -rf "$scratch"' EXIT
echo 'the master secret' >master.pw
for user in old new; do
	imap_user $user none
	printf 'Subject: to %s\n\nhello\n' $user | imap_put "$imap_dir" 1.a:2,S
done
imap_own

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

ms-init -u root arc
ms-users -a arc add --privileges admin boss
ms-users -a arc directory add --url "ldap://127.0.0.1:$ldap_plain" --ca-file "$imap_ca" staff
cat >batch.ini <<END
kind = batch
sync-first = staff
url = imaps://master@127.0.0.1:$imap_port/
password-file = $scratch/master.pw
ca-file = $imap_ca
mailbox = name
users = all
END
status 'the profile is added' 0 P add --owner boss -f batch.ini company
status 'the first run' 0 P run company
ms-list -a arc | cut -f3,7 >got
printf 'old\tto old\n' >want
same '  syncs and fetches' want got
ldap_stop
person new 2
ldap_load && ldap_run
status 'a run after a new person has come' 0 P run company
ok '  the sync says so' grep -q 'company: staff: 1 added' err
ms-list -a arc | cut -f3,7 | sort >got
printf 'new\tto new\nold\tto old\n' >want
same '  the mail of the new user is there' want got
ldap_stop
status 'the directory is down' 75 P run company
ok '  the message names it' grep -q 'sync-first: staff: directory' err
ok '  the log has the failure' sh -c "ms-profile -a arc log --json company | tail -n 1 | grep -q '\"failed\"'"
ldap_run
sed 's/staff/nowhere/' batch.ini >other.ini
P add --owner boss -f other.ini other
status 'an unknown directory' 75 P run other
sed 's/staff/a b/' batch.ini >other.ini
status 'an invalid name' 64 P add --owner boss -f other.ini third
ok '  the message names the line' grep -q 'line 2: sync-first' err
ms-users -a arc set --privileges archive boss
status 'the owner must be an admin' 77 P run company
finish
