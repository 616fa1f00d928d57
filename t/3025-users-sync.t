#!/bin/sh
# 3025-users-sync.t - ms-users sync with a real slapd: new people, changes,
# renames, people who vanish and come back, the rule of the tenth, results that
# are not complete, and entries that are hostile. MS_SOAK=1: 10,000 people.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"
. "$top/t/lib-ldap.sh"
for tool in slapd openssl python3; do
	command -v $tool >/dev/null || skip $tool "no $tool"
done
trap 'ldap_stop; cd /; rm -rf "$scratch"' EXIT
mkdir "$imap_root" ldap
imap_certs >certs.log 2>&1 || skip openssl 'no certificates'
many=500
[ "${MS_SOAK-}" != 1 ] || many=10000

# The people are rows of the file `people`: RDN, uid, cn, number of the
# entryUUID, addresses separated by blanks, and a further line of LDIF.
cat >base.ldif <<'END'
dn: dc=x
objectClass: organization
objectClass: dcObject
o: x
dc: x

dn: ou=people,dc=x
objectClass: organizationalUnit
ou: people
END
publish() {
	ldap_stop
	awk -F'\t' '{
		printf "\ndn: %s,ou=people,dc=x\nobjectClass: inetOrgPerson\nsn: x\nuid: %s\ncn: %s\n", $1, $2, $3
		if ($4 != "") printf "entryUUID: 00000000-0000-4000-8000-%012d\n", $4
		n = split($5, a, " ")
		for (i = 1; i <= n; i++) print "mail: " a[i]
		if ($6 != "") print $6
	}' people | cat base.ldif - >ldap/entries.ldif
	if [ -n "${ldap_plain-}" ]; then ldap_load && ldap_run; else ldap_start; fi || {
		note "$(tail -n 2 ldap/load)"
		return 1
	}
}
row() { printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$@" >>people; }
# drop UID...: these people vanish.
drop() { for uid; do awk -F'\t' -v u="$uid" '$2 != u' people >people.new && mv people.new people; done; }

awk -v n=$many 'BEGIN { OFS = "\t"; for (i = 1; i <= n - 3; i++)
	print "uid=user" i, "user" i, "User " i, i, "user" i "@x.org u" i "@x.org", "" }' >people
row 'cn=Müller\, Jörg' jörg 'Müller, Jörg' 100001 'joerg@münchen.example joerg@x.org' ''
row 'uid=locked' locked Locked 100002 locked@x.org 'pwdAccountLockedTime: 000001010000Z'
row 'uid=secret' secret Secret 100003 secret@x.org 'userPassword: pass word'
publish || skip slapd 'slapd did not start'

export MS_ARCHIVE="$scratch/arc"
ms-init -u root arc
ms-users settings directory-timeout=30 default-privileges-synced=login,export
ms-users directory add work --url "ldap://127.0.0.1:$ldap_plain" --ca-file "$imap_ca"

# sync WHAT STATUS [OPTION]...: stdout is `out`, sorted.
sync() {
	_what=$1 _code=$2 && shift 2
	status "$_what" "$_code" ms-users sync "$@" work
	sort -o out out
}
users() { ms-users list --deleted | sort; }
# unchanged WHAT STATUS [OPTION]...: a sync that changes nobody.
unchanged() {
	users >before
	sync "$@"
	users >after
	same '  nobody was changed' before after
}
line() { ms-users list --deleted | awk -F'\t' -v OFS='\t' -v u="$1" '$1 == u { print $2, $3, $4, $5, $6 }'; }
# is USER FIELD...: the line of a user
is() {
	printf '%s\t%s\t%s\t%s\t%s\n' "$2" "$3" "$4" "$5" "$6" >want
	line "$1" >got
	same "  $1 is $2" want got
}
says() { ok "  the message says: $1" grep -qi -- "$1" err; }

# ---- the first sync ----
status 'an unknown directory' 66 ms-users sync nowhere
unchanged 'a dry run' 0 -n
wc -l <out >got
echo $many >want
same '  it prints what would be done' want got
says 'nothing was written'
sync "$many people" 0
wc -l <out >got
same '  all are added' want got
is jörg enabled directory login,export 'joerg@münchen.example,joerg@x.org' 'Müller, Jörg'
is locked disabled directory login,export locked@x.org Locked
is user7 enabled directory login,export user7@x.org,u7@x.org 'User 7'
ms-users show jörg | grep '^d' >got
printf 'dn\tcn=M\\\\C3\\\\BCller\\\\2C J\\\\C3\\\\B6rg,ou=people,dc=x\ndirectory\twork\ndirectory-id\t00000000-0000-4000-8000-000000100001\n' >want
sed -i 's/\\\\C3\\\\BC/ü/; s/\\\\C3\\\\B6/ö/; s/\\\\2C/,/; s/\\\\,/,/' got want
same '  the DN and the identity are kept' want got
unchanged 'a second sync changes nothing' 0
ok '  and prints nothing' test ! -s out
printf 'secret\0pass word\0\0' >cred
status 'a user logs in with the password of the directory' 0 sh -c 'exec ms-users check 3<cred'
printf 'secret\0wrong\0\0' >cred
status 'a wrong password is refused' 1 sh -c 'exec ms-users check 3<cred'

# ---- changes, renames ----
sed -i 's/^uid=user1\tuser1\tUser 1\t/uid=user1\tmarried\tUser Married\t/
	s/^uid=user2\t/uid=moved\t/
	s/user3@x.org u3@x.org/u4@x.org/; s/user4@x.org u4@x.org/u3@x.org/' people
drop locked
row 'uid=locked' locked Locked 100002 locked@x.org ''
row 'uid=new' new 'New' 100009 'new@x.org joerg@xn--mnchen-3ya.example' ''
publish
status 'a dry run with JSON' 1 ms-users sync -n --json work
sort out >got
cat >want <<'END'
{"directory":"work","name":"locked","dn":"uid=locked,ou=people,dc=x","result":"changed","changed":["disabled","directory"]}
{"directory":"work","name":"married","dn":"uid=user1,ou=people,dc=x","result":"changed","changed":["name","full_name"],"former":"user1"}
{"directory":"work","name":"new","dn":"uid=new,ou=people,dc=x","result":"added","reason":"the address 'joerg@xn--mnchen-3ya.example' belongs to 'jörg'"}
{"directory":"work","name":"user2","dn":"uid=moved,ou=people,dc=x","result":"changed","changed":["dn"]}
{"directory":"work","name":"user3","dn":"uid=user3,ou=people,dc=x","result":"changed","changed":["addresses"]}
{"directory":"work","name":"user4","dn":"uid=user4,ou=people,dc=x","result":"changed","changed":["addresses"]}
END
same '  it prints what would be done' want got
sync 'changes are followed' 1
printf '%s\n' "locked	changed	disabled,directory" "married	changed	name,full_name,addresses	user1" "new	added" \
	"user2	changed	dn" "user3	changed	addresses" "user4	changed	addresses" | sort >want
sed -i 's/name,full_name,addresses/name,full_name/' want
same '  the changes are printed' want out
says "belongs to 'jörg'"
is married enabled directory login,export user1@x.org,u1@x.org 'User Married'
is user3 enabled directory login,export u4@x.org 'User 3'
is user4 enabled directory login,export u3@x.org 'User 4'
is locked enabled directory login,export locked@x.org Locked
is new enabled directory login,export new@x.org New
line user1 >got
: >want
same '  there is no user of the old name' want got

# ---- by hand ----
drop new
publish
ms-users set --disabled user5
ms-users grant user5 archive
sync 'one person has vanished' 0
printf 'new\tdisabled\n' >want
same '  the user is disabled' want out
is new disabled directory login,export '' New
is user5 disabled directory login,archive,export user5@x.org,u5@x.org 'User 5'
status 'the address of the vanished user is free' 0 ms-users add --address new@x.org local
row 'uid=new' new 'Other' 100010 'other@x.org' ''
row 'uid=guest' guest 'Guest' 100011 'guest@x.org' ''
publish
ms-users sync -n --json work 2>err | grep failed >got
printf '{"directory":"work","name":"new","dn":"uid=new,ou=people,dc=x","result":"failed","reason":"%s"}\n' \
	'a user who has vanished from the directory has this name (ms-users rename makes it free)' >want
same 'JSON names a person who cannot become a user' want got
sync 'another person with the name of the vanished one' 1
printf 'guest\tadded\n' >want
same '  others are added' want out
says 'new: a user who has vanished'
is new disabled directory login,export '' New
drop new
row 'uid=new2' new 'New' 100009 'new@x.org back@x.org' ''
publish
sync 'the person is there again, with another DN' 1
printf 'new\trestored\n' >want
same '  the user is restored' want out
says "new@x.org' belongs to 'local'"
is new enabled directory login,export back@x.org New
ms-users addresses --remove local new@x.org
sync 'the address is free' 0
is new enabled directory login,export new@x.org,back@x.org New

drop new
publish
sync 'a person has vanished' 0 --delete-vanished
printf 'new\tdeleted\n' >want
same '  the user is deleted' want out
row 'uid=new' new 'Other' 100010 'other@x.org' ''
publish
sync 'another person with the name of the deleted user' 1
says 'vanished'
drop new
row 'uid=new2' renewed 'New' 100009 'new@x.org' ''
publish
sync 'the person is there again under another name' 0
printf 'renewed\trestored\tname\tnew\n' >want
same '  the user is restored and renamed' want out

# A user who was made by hand is connected by the DN, and by nothing else.
ms-users add --privileges admin boss
row 'uid=boss' boss 'Boss' 100012 'boss@x.org' ''
publish
sync 'a local user has the name' 1
says 'boss: a user who is not from the directory'
ms-users set --authentication directory --dn 'UID=boss, ou=people, dc=x' boss
sync 'the user has another form of the DN' 1
ms-users set --dn 'uid=boss,ou=people,dc=x' boss
sync 'the user has the DN' 0
printf 'boss\tchanged\tfull_name,addresses,directory\n' >want
same '  the user is connected' want out
is boss enabled directory admin boss@x.org Boss

# ---- the rule of the tenth ----
total=$(ms-users list | awk -F'\t' '$2 != "disabled" && $3 == "directory" || $1 == "user5"' | wc -l)
cp people people.all
head -n $((total / 10)) people | cut -f2 >gone
awk -F'\t' 'NR == FNR { gone[$1]; next } !($2 in gone)' gone people.all >people
publish
sync 'a tenth has vanished' 0 -n
wc -l <out >got
wc -l <gone >want
same '  that is allowed' want got
head -n $((total / 10 + 1)) people.all | cut -f2 >gone
awk -F'\t' 'NR == FNR { gone[$1]; next } !($2 in gone)' gone people.all >people
publish
unchanged 'more than a tenth has vanished' 75
says 'more than a tenth'
unchanged 'a dry run has the same status' 75 -n
wc -l <out >got
wc -l <gone >want
same '  it prints all of them' want got
: >people
publish
unchanged 'all have vanished' 75
awk -F'\t' 'NR == FNR { gone[$1]; next } !($2 in gone)' gone people.all >people
publish
sync '--force' 0 --force
wc -l <out >got
same '  disables them' want got
cp people.all people
publish
sync 'all of them are there again' 0
grep -c restored out >got
same '  they are restored' want got
sed 's/\tUser /\tMr /' people.all >people
publish
unchanged 'all have changed' 75

# ---- results that are not complete ----
cp people.all people
sed -i '/^uid=user9\t/d' people
publish
ldap_stop
ldap_limit=100 ldap_run
unchanged 'a limit of the server' 75
unchanged 'a limit of the server, with --force' 75 --force --delete-vanished
ldap_stop
# The overlay retcode lets searches with a base end with these codes: the limits
# of time and of administrators, busy, unavailable, unwilling and "other".
codes='3 11 51 52 53 80'
ldap_extra="moduleload retcode
overlay retcode
retcode-parent \"ou=codes,dc=x\"
$(for c in $codes; do echo "retcode-item \"cn=$c\" $c"; done)" ldap_run
for c in $codes; do
	ms-users directory delete work
	ms-users directory add work --url "ldap://127.0.0.1:$ldap_plain" --ca-file "$imap_ca" --base "cn=$c,ou=codes,dc=x"
	unchanged "the server ends the search with the code $c" 75
done
ms-users directory delete work
ms-users directory add work --url "ldap://127.0.0.1:$ldap_plain" --ca-file "$imap_ca"
ldap_stop
unchanged 'the server is down' 75
printf '\ndn: ou=abroad,dc=x\nobjectClass: referral\nobjectClass: extensibleObject\nou: abroad\nref: ldap://127.0.0.1:1/dc=y\n' >>ldap/entries.ldif
ldap_load && ldap_run
unchanged 'a referral that is not followed' 75
ldap_stop

# A server that answers with some entries, and dies or is silent. The proxy
# passes 40,000 bytes of the server on.
cat >proxy.py <<'END'
import select, socket, sys
port, kind, most = int(sys.argv[1]), sys.argv[2], 40000
s = socket.create_server(('127.0.0.1', 0))
open('port', 'w').write(str(s.getsockname()[1]))
client = s.accept()[0]
server = socket.create_connection(('127.0.0.1', port))
while most > 0:
    for c in select.select([client, server], [], [])[0]:
        data = c.recv(min(most, 16384))
        (server if c is client else client).sendall(data)
        most -= len(data) if c is server else 0
print('cut', flush=True)
if kind == 'dies':
    sys.exit()
client.settimeout(60)
while client.recv(16384):
    pass
END
publish
ms-users settings directory-timeout=3
for kind in dies hangs; do
	rm -f port proxy.log
	python3 proxy.py "$ldap_tls" $kind >proxy.log 2>&1 &
	proxy=$!
	started $proxy proxy.log test -s port
	ms-users directory delete work
	ms-users directory add work --url "ldaps://127.0.0.1:$(cat port)" --ca-file "$imap_ca"
	unchanged "the server $kind during the sync" 75
	ok '  after it has sent some people' grep -q cut proxy.log
	wait $proxy
done
ms-users settings directory-timeout=30
ms-users directory delete work
ms-users directory add work --url "ldap://127.0.0.1:$ldap_plain" --ca-file "$imap_ca"
sync 'the server is well again' 0
printf 'user9\tdisabled\n' >want
same '  the sync is done' want out

# ---- hostile entries ----
row 'uid=h1' a/b 'Slash' 100021 h1@x.org ''
row 'uid=h2' -rf 'Dash' 100022 h2@x.org ''
row 'uid=h3' @catchall 'At' 100023 h3@x.org ''
row 'uid=h4' "$(awk 'BEGIN { for (i = 0; i < 300; i++) printf "x" }')" 'Long' 100024 h4@x.org ''
row 'uid=h5' ok5 'Bad address' 100025 'ok5@x.org evil@x.org,boss@x.org @x.org' ''
row 'uid=h6' ok6 'Twin' 100026 boss@x.org ''
row 'uid=h7' ok7 'Bidi' 100027 ok7@x.org "description: $(printf '\342\200\256')"
row 'uid=h8' "$(printf 'r\342\200\256l')" 'Override' 100028 h8@x.org ''
publish
sync 'hostile entries' 1
printf '%s\tadded\n' ok5 ok6 ok7 >want
same '  cost themselves' want out
is ok5 enabled directory login,export ok5@x.org 'Bad address'
is ok6 enabled directory login,export '' Twin
is boss enabled directory admin boss@x.org Boss
grep -c 'invalid name' err >got
echo 5 >want
same '  names that no user may have are refused' want got
sed -i 's/^\(uid=user6\t\)user6/\1..\/6/; s/^\(uid=user8\t\)user8/\1boss/' people
publish
sync 'people take invalid names, and those of others' 1
is user6 enabled directory login,export user6@x.org,u6@x.org 'User 6'
is user8 enabled directory login,export user8@x.org,u8@x.org 'User 8'

# ---- a directory that gives no identities ----
arc=$MS_ARCHIVE MS_ARCHIVE=$scratch/dns
ms-init -u root dns
ms-users directory add work --url "ldap://127.0.0.1:$ldap_plain" --ca-file "$imap_ca"
cp people people.all
head -n 30 people.all | sed '/..\/6/d' >people
ldap_extra='access to attrs=entryUUID by * none
access to * by * read'
publish
sync 'people without identities' 0
ms-users show user20 | grep -c directory-id >got
echo 0 >want
same '  none is kept' want got
sed -i 's/^\(uid=user20\t\)user20\t/\1wed\t/; s/^uid=user21\t/uid=away\t/' people
publish
sync 'another name, and another DN' 1
printf '%s\n' 'user21	disabled' 'wed	changed	name	user20' >want
same '  the same DN is the same person' want out
says 'user21: a user who has vanished'
MS_ARCHIVE=$arc
ldap_extra=''
cp people.all people
publish

# ---- who may ----
status 'only an admin' 77 ms-users --as user7 sync work
sync 'an admin' 1 --as boss
ms-users directory delete work
printf 'secret\0pass word\0\0' >cred
status 'without the directory, nobody logs in' 111 sh -c 'exec ms-users check 3<cred'
users >before
ok 'the index can be rebuilt' ms-verify --rebuild-index
users >after
same 'all users are as before' before after
finish
