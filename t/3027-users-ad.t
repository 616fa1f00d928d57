#!/bin/sh
# 3027-users-ad.t - ms-users sync with the presets active-directory and samba:
# slapd with the schema of t/data/active-directory.ldif.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"
. "$top/t/lib-ldap.sh"
for tool in slapd openssl python3; do
	command -v $tool >/dev/null || skip $tool "no $tool"
done
trap 'ldap_stop; cd /; rm -rf "$scratch"' EXIT
mkdir "$imap_root" ldap
imap_certs >certs.log 2>&1 || skip openssl 'no certificates'

# slapd.conf has another form of the same.
ldap_schema=$(sed -n -e 's/^olcAttributeTypes: /attributetype /p' \
	-e 's/^olcObjectClasses: /objectclass /p' "$top/t/data/active-directory.ldif")
cat >ldap/entries.ldif <<'END'
dn: dc=x
objectClass: organization
objectClass: dcObject
o: x
dc: x

dn: cn=Müller\, Jörg,dc=x
objectClass: user
cn: Müller, Jörg
sn: Müller
sAMAccountName: jmueller
userPrincipalName: joerg.mueller@x.org
displayName: Jörg Müller
userAccountControl: 512
objectGUID:: AAECAwQFBgcICQoLDA0ODw==
mail: joerg@x.org
proxyAddresses: smtp:jm@x.org
proxyAddresses: SMTP:joerg.mueller@x.org
proxyAddresses: X400:c=DE;a= ;p=x;o=x;s=Mueller
proxyAddresses: sip:joerg@x.org
proxyAddresses: smtp:JOERG@x.org

dn: cn=Gone,dc=x
objectClass: user
cn: Gone
sn: Gone
sAMAccountName: gone
userPrincipalName: gone@x.org
displayName: Gone
userAccountControl: 514
objectGUID:: EBESExQVFhcYGRobHB0eHw==
proxyAddresses: SMTP:gone@x.org

dn: cn=PC1,dc=x
objectClass: computer
cn: PC1
sn: PC1
sAMAccountName: PC1$
mail: pc1@x.org

dn: cn=service,dc=x
objectClass: user
cn: service
sn: service
sAMAccountName: svc

dn: cn=all,dc=x
objectClass: groupOfNames
cn: all
member: cn=gone,dc=x
END
ldap_start || skip slapd 'slapd did not start'

for preset in active-directory samba; do
	export MS_ARCHIVE="$scratch/$preset"
	ms-init -u root $preset
	ms-users directory add --preset $preset --url "ldap://127.0.0.1:$ldap_plain" --ca-file "$imap_ca" work
	status "$preset: a sync" 0 ms-users sync work
	ms-users list >got
	printf '%s\t%s\tdirectory\tlogin\t%s\t%s\n' \
		jmueller enabled joerg.mueller@x.org,joerg@x.org,jm@x.org 'Jörg Müller' \
		gone disabled gone@x.org Gone >want
	grep -v '^root' got | sort -r >list
	sort -r want >sorted
	same "$preset: people with addresses, the primary one first" sorted list
	ms-users show jmueller | grep directory-id >got
	printf 'directory-id\t000102030405060708090a0b0c0d0e0f\n' >want
	same "$preset: objectGUID is kept" want got
done
ms-users directory add --preset samba --url "ldap://127.0.0.1:$ldap_plain" --ca-file "$imap_ca" --group 'CN=all,DC=x' group
status 'members of a group' 0 ms-users directory check group
printf 'base\tdc=x\npeople\t1\ndisabled\t1\nfaulty\t0\n' >want
same 'are found whatever the case of the DN' want out

# A new name and a new DN, with the same objectGUID; the account is enabled.
ldap_stop
sed -i 's/^dn: cn=Gone,/dn: cn=Back,/; s/^cn: Gone/cn: Back/; s/^sAMAccountName: gone/sAMAccountName: back/
	s/^userAccountControl: 514/userAccountControl: 66048/; s/^member: cn=gone/member: cn=back/' ldap/entries.ldif
ldap_load && ldap_run
status 'a rename of one of two users is more than a tenth' 75 ms-users sync work
status 'a rename is followed by objectGUID' 0 ms-users sync --force work
printf 'back\tchanged\tname,dn,disabled,directory\tgone\n' >want
same 'with the former name' want out

# The name is the local part of an address.
export MS_ARCHIVE="$scratch/local"
ms-init -u root local
ms-users directory add --preset active-directory --url "ldap://127.0.0.1:$ldap_plain" --ca-file "$imap_ca" \
	--name-attribute userPrincipalName --local-part --address-attribute proxyAddresses work
status 'the local part is the name' 0 ms-users sync work
ms-users list | cut -f1,5 | grep -v '^root' | sort >got
printf 'gone\tgone@x.org\njoerg.mueller\tjoerg.mueller@x.org,jm@x.org,JOERG@x.org\n' >want
same 'and addresses come from one attribute' want got
finish
