#!/bin/sh
# 3000-users.t - every verb of ms-users, right and wrong uses, and the log
# after each.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip python3 'no python3'
export MS_ARCHIVE=arc
ms-init -u root arc

# what NAME: the last event of the log, without times and actor.
log_is() { # NAME WANT
	ms-users log --last 1 | cut -f 3- >got
	printf '%b\n' "$2" >want
	same "$1" want got
}
# list_is NAME WANT: what list prints.
list_is() {
	ms-users list >got
	printf '%b' "$2" >want
	same "$1" want got
}
count() { ms-users log | wc -l; }
# nothing NAME CODE COMMAND...: the command is refused and writes nothing.
nothing() {
	_before=$(count)
	_what=$1
	status "$@"
	ok "$_what: nothing was written" test "$(count)" -eq "$_before"
}

# ---- add ----
status 'add' 0 ms-users add bob
ok 'says nothing' empty out err
log_is 'the log has it' 'user\tbob\t{"name":"bob","authentication":"integrated","privileges":["login","change-password"]}'
status 'add with all there is' 0 ms-users add --full-name 'Anna "A" Béck' \
	--address Anna@Example.org --address a@x.org --pop3-name anna.b \
	--authentication directory --dn 'uid=anna,dc=x' --privileges archive,export \
	--disabled anna
log_is 'in the log' 'user\tanna\t{"name":"anna","full_name":"Anna \\"A\\" Béck","addresses":["Anna@Example.org","a@x.org"],"pop3_names":["anna.b"],"authentication":"directory","dn":"uid=anna,dc=x","privileges":["archive","export"],"disabled":true}'
cat >want <<'END'
name	anna
full-name	Anna "A" Béck
address	Anna@Example.org
address	a@x.org
pop3-name	anna.b
authentication	directory
dn	uid=anna,dc=x
privileges	archive,export
state	disabled
END
ms-users show anna | grep -v '^made' >got
same 'and shown' want got
nothing 'add: who is there' 73 ms-users add bob
nothing 'add: an address of somebody' 73 ms-users add --address 'ANNA@example.ORG' carl
ok 'the error names the user' grep -q "belongs to 'anna'" err
nothing 'add: a POP3 name of somebody' 73 ms-users add --pop3-name ANNA.b carl
nothing 'add: no name' 64 ms-users add
nothing 'add: options behind the name' 64 ms-users add carl --address c@x.org
for bad in '' a/b @other "$(printf 'a\nb')" "$(printf '\377')" "$(printf '%0256d' 1)"; do
	nothing "add: '$(printf %s "$bad" | cut -c 1-8 | tr '\n' '?' | cat -v)'" 64 ms-users add "$bad"
done
nothing 'add: -- and a dash' 64 ms-users add -- -carl
for bad in x '@x' 'x@' 'a b@x' 'a@x,b@x' '<a@x>' "$(printf 'a@x\r')"; do
	nothing "add: address $(printf %s "$bad" | cat -v)" 64 ms-users add --address "$bad" carl
done
nothing 'add: no such privilege' 64 ms-users add --privileges login,fly carl
nothing 'add: no such authentication' 64 ms-users add --authentication magic carl
nothing 'add: an address for two' 64 ms-users add --address c@x.org carl dora
status 'add: several, one of them there' 1 ms-users add carl bob dora
ok 'the error names it' grep -q "^ms-users: bob: user 'bob' exists already$" err
status 'add: @catchall' 0 ms-users add @catchall
status 'add: a name of 255 bytes' 0 ms-users add "$(printf '%0255d' 1)"
status 'deleted again' 0 ms-users delete "$(printf '%0255d' 1)"
list_is 'all of them' 'root\tenabled\tnone\tadmin\t\t
bob\tenabled\tintegrated\tlogin,change-password\t\t
anna\tdisabled\tdirectory\tarchive,export\tAnna@Example.org,a@x.org\tAnna "A" Béck
carl\tenabled\tintegrated\tlogin,change-password\t\t
dora\tenabled\tintegrated\tlogin,change-password\t\t
@catchall\tenabled\tnone\tlogin,change-password\t\t
'

# ---- set ----
status 'set' 0 ms-users set --full-name 'Bob B' --authentication none bob
log_is 'what changed' 'user-set\tbob\t{"full_name":"Bob B","authentication":"none"}'
nothing 'set: what he is already' 0 ms-users set --full-name 'Bob B' bob
status 'set: only what differs' 0 ms-users set --full-name 'Bob B' --dn x bob
log_is 'is in the log' 'user-set\tbob\t{"dn":"x"}'
status 'set: nothing again' 0 ms-users set --dn '' --full-name '' bob
log_is 'is something' 'user-set\tbob\t{"full_name":"","dn":""}'
status 'set: enabled' 0 ms-users set --enabled anna
log_is 'in the log' 'user-set\tanna\t{"disabled":false}'
status 'set: privileges none' 0 ms-users set --privileges none carl
log_is 'in the log' 'user-set\tcarl\t{"privileges":[]}'
nothing 'set: nobody' 66 ms-users set --dn x nobody
nothing 'set: what contradicts' 64 ms-users set --enabled --disabled bob
nothing 'set: an option of another verb' 64 ms-users set --json bob
status 'set: two of them' 0 ms-users set --authentication integrated bob carl

# ---- rename ----
status 'rename' 0 ms-users rename dora doris
log_is 'in the log' 'user-set\tdoris\t{"name":"doris"}'
nothing 'rename: to one who is there' 73 ms-users rename doris bob
nothing 'rename: nobody' 66 ms-users rename dora x
nothing 'rename: to no name' 64 ms-users rename doris a/b
nothing 'rename: to himself' 0 ms-users rename doris doris
nothing 'rename: one argument' 64 ms-users rename doris
printf 'Subject: of doris\n\nx\n' | ms-ingest -q -u doris
ms-users rename doris dora
ms-list -u dora | cut -f 3,7 >got
printf 'dora\tof doris\n' >want
same 'the archive has the new name, too' want got
ms-list | cut -f 3,7 >got
same 'everywhere' want got

# ---- addresses ----
status 'addresses' 0 ms-users addresses anna
printf 'Anna@Example.org\na@x.org\n' >want
same 'the primary one first' want out
status 'addresses: add' 0 ms-users addresses --add anna n@x.org A@X.ORG
log_is 'behind the others, none twice' 'user-set\tanna\t{"addresses":["Anna@Example.org","a@x.org","n@x.org"]}'
status 'addresses: primary' 0 ms-users addresses --primary anna N@x.org
log_is 'before the others' 'user-set\tanna\t{"addresses":["N@x.org","Anna@Example.org","a@x.org"]}'
status 'addresses: remove' 0 ms-users addresses --remove anna A@X.org nobody@x.org
log_is 'in the log' 'user-set\tanna\t{"addresses":["N@x.org","Anna@Example.org"]}'
status 'which another may have' 0 ms-users addresses --add bob a@x.org
nothing 'addresses: without an option' 64 ms-users addresses anna q@x.org
nothing 'addresses: without an address' 64 ms-users addresses --add anna
nothing 'addresses: two options' 64 ms-users addresses --add --remove anna q@x.org
nothing 'addresses: of another' 73 ms-users addresses --add anna q@x.org a@x.org
nothing 'addresses: nobody' 66 ms-users addresses nobody

# ---- grant, revoke ----
status 'grant' 0 ms-users grant bob archive delete
log_is 'privileges' 'user-set\tbob\t{"privileges":["login","change-password","archive","delete"]}'
status 'revoke' 0 ms-users revoke bob delete,login
log_is 'in the log' 'user-set\tbob\t{"privileges":["change-password","archive"]}'
number=$(ms-users log --json anna | head -n 1 | sed 's/.*"number":\([0-9]*\).*/\1/')
status 'grant: on one' 0 ms-users grant --on anna bob read delete
log_is 'rights' "user-set\tbob\t{\"rights\":[[$number,\"read delete\"]]}"
status 'grant: on all' 0 ms-users grant --on-all bob read
log_is 'rights' "user-set\tbob\t{\"rights\":[[0,\"read\"],[$number,\"read delete\"]]}"
ms-users show bob | grep ^right >got
printf 'right\tread\nright\tread,delete\tanna\n' >want
same 'shown' want got
status 'revoke: on one' 0 ms-users revoke --on anna bob read write delete
log_is 'rights' 'user-set\tbob\t{"rights":[[0,"read"]]}'
nothing 'grant: what he has' 0 ms-users grant --on-all bob read
nothing 'grant: a right is no privilege' 64 ms-users grant bob read
nothing 'grant: a privilege is no right' 64 ms-users grant --on anna bob login
nothing 'grant: on nobody' 66 ms-users grant --on nobody bob read
nothing 'grant: on one and all' 64 ms-users grant --on anna --on-all bob read
nothing 'grant: nothing' 64 ms-users grant bob
nothing 'grant: nobody' 66 ms-users grant nobody login

# ---- settings ----
ms-users settings >got
cat >want <<'END'
default-privileges	login,change-password
default-privileges-synced	login
directory-url	
directory-ca-file	
directory-timeout	15
END
same 'settings nobody made' want got
status 'settings' 0 ms-users settings default-privileges=archive directory-url=ldaps://ldap.example.org directory-timeout=3
log_is 'in the log, of nobody' 'settings\t\t{"default_privileges":["archive"],"directory_url":"ldaps://ldap.example.org","directory_timeout":3}'
status 'as JSON' 0 ms-users settings --json
echo '{"default_privileges":"archive","default_privileges_synced":"login","directory_url":"ldaps://ldap.example.org","directory_ca_file":"","directory_timeout":3}' >want
same 'too' want out
ms-users add eve
log_is 'of the next user' 'user\teve\t{"name":"eve","authentication":"integrated","privileges":["archive"]}'
for bad in x=1 default-privileges default-privileges=fly directory-url=http://x \
	directory-url=ldaps:// directory-url=ldap://x/dc=x directory-ca-file=x \
	directory-timeout=0 directory-timeout=x; do
	nothing "settings: $bad" 64 ms-users settings "$bad"
done
nothing 'settings: all or nothing' 64 ms-users settings default-privileges=login x=1
status 'settings: back' 0 ms-users settings default-privileges= directory-url= directory-timeout=
ms-users settings >got
printf 'default-privileges\tlogin,change-password\n' >want
head -n 1 got >got1
same 'as nobody made them' want got1

# ---- delete ----
status 'delete' 0 ms-users delete bob
log_is 'what goes' 'user-set\tbob\t{"deleted":true,"addresses":[],"authentication":"none","privileges":[],"rights":[]}'
nothing 'delete: once' 66 ms-users delete bob
nothing 'nothing can be done to him' 66 ms-users set --dn x bob
ok 'a deleted user is not listed' sh -c '! ms-users list | grep -q "^bob"'
ok 'but with --deleted' sh -c 'ms-users list --deleted | grep -q "^bob	deleted"'
status 'the address is free' 0 ms-users addresses --add eve a@x.org
printf 'Subject: 1\n\n1\n' >mail
status 'a deleted user gets no mail' 64 ms-ingest -u bob mail
status '--create-user restores a deleted user' 0 ms-ingest -q --create-user -u bob mail
log_is 'bare' 'user-set\tbob\t{"deleted":false}'
status 'the mail of a deleted user can be read' 0 ms-list -u bob
ms-users delete bob
status 'the mail of a deleted user can be exported' 0 ms-list -u bob
ok 'the message is listed' grep -q '	1	' out
status 'add gives it back' 0 ms-users add bob
log_is 'with what new users have' 'user-set\tbob\t{"deleted":false,"authentication":"integrated","privileges":["login","change-password"]}'
ms-users delete bob
status 'another user gets the name' 0 ms-users rename bob bob.2025
status 'as a new user' 0 ms-users add bob
ms-list -u bob >got
: >want
same 'the new user has no mail' want got

# ---- log ----
ms-users log --since 1d >got
ms-users log >want
same 'log: since' want got
ms-users log --since 2199-01-01 >got
: >want
same 'log: nothing is of the future' want got
status 'log: no date' 64 ms-users log --since soon
status 'log: an unknown user' 66 ms-users log nobody
ms-users log bob.2025 | cut -f 3 | sort -u >got
printf 'user\nuser-set\n' >want
same 'log: of one' want got
ok 'log: who did it' test "$(ms-users log | cut -f 2 | sort -u)" = "$(id -un)"
ms-users log --json | jq -r '[.time, .event.actor, .kind, .user // ""] | @tsv' >got
ms-users log | cut -f 1-4 >want
same 'log: as JSON' want got

# ---- other errors ----
status 'no verb' 64 ms-users
status 'no such verb' 64 ms-users frob
status 'no archive' 66 ms-users -a nowhere list
status 'list: too much' 64 ms-users list bob
status 'show: an unknown user' 66 ms-users show nobody
status 'show: one of two' 1 ms-users show anna nobody
ok 'shown' grep -q '^name	anna' out
status 'show: with --' 0 ms-users show -- anna
ms-users list -z | tr '\0' '\n' >got
ms-users list >want
same 'list -z' want got
if [ -w /dev/full ]; then
	for verb in list 'list --json' 'log' export 'show anna' 'settings' 'addresses anna'; do
		# shellcheck disable=SC2086
		ms-users $verb >/dev/full 2>err
		ok "$verb: a full disk is told" test $? -ne 0 -a -s err
	done
fi
status 'whole, and a new index is equal' 0 ms-verify -q --data

# ---- damage: lost events are reported, the others are shown ----
ms-init -u root hurt
pack=hurt/pack/00000001.pack
ms-users -a hurt add one
before=$(wc -c <$pack)
ms-users -a hurt add two
after=$(wc -c <$pack)
ms-users -a hurt add three
python3 - $pack $(((before + after) / 2)) <<'END'
import sys
with open(sys.argv[1], 'r+b') as f:
    f.seek(int(sys.argv[2]))
    byte = f.read(1)[0]
    f.seek(-1, 1)
    f.write(bytes([byte ^ 1]))
END
status 'log: one event is damaged' 1 ms-users -a hurt log
cut -f 4 out >got
printf 'root\none\nthree\n' >want
same 'the others are shown' want got
ok 'and it is said' grep -q 'checksum' err
ms-users -a hurt list | cut -f 1 >got
printf 'root\none\ntwo\nthree\n' >want
same 'the index has the user' want got
ms-verify -q -a hurt --rebuild-index 2>err
status 'an index rebuilt around the damage lacks the user' 66 ms-users -a hurt show two
status 'the user can be added again' 0 ms-users -a hurt add two
finish
