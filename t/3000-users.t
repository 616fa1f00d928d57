#!/bin/sh
# 3000-users.t - every verb of ms-users, used correctly and incorrectly, and the
# log after each.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip python3 'no python3'
export MS_ARCHIVE=arc
ms-init -u root arc

# log_is NAME WANT: the last event of the log, without time and actor, is WANT.
log_is() {
	ms-users log --last 1 | cut -f 3- >got
	printf '%b\n' "$2" >want
	same "$1" want got
}
# list_is NAME WANT: ms-users list prints WANT.
list_is() {
	ms-users list >got
	printf '%b' "$2" >want
	same "$1" want got
}
count() { ms-users log | wc -l; }
# nothing NAME CODE COMMAND...: the command ends with CODE and writes nothing.
nothing() {
	_before=$(count)
	_what=$1
	status "$@"
	ok "$_what: nothing was written" test "$(count)" -eq "$_before"
}

# ---- add ----
status 'add succeeds' 0 ms-users add bob
ok 'it prints nothing' empty out err
log_is 'the log has the new user' 'user\tbob\t{"name":"bob","authentication":"integrated","privileges":["login","change-password"]}'
status 'add with all options' 0 ms-users add --full-name 'Anna "A" Béck' \
	--address Anna@Example.org --address a@x.org --pop3-name anna.b \
	--authentication directory --dn 'uid=anna,dc=x' --privileges archive,export \
	--disabled anna
log_is 'the log has this change' 'user\tanna\t{"name":"anna","full_name":"Anna \\"A\\" Béck","addresses":["Anna@Example.org","a@x.org"],"pop3_names":["anna.b"],"authentication":"directory","dn":"uid=anna,dc=x","privileges":["archive","export"],"disabled":true}'
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
same 'show prints all settings' want got
nothing 'add: the user exists' 73 ms-users add bob
nothing 'add: the address belongs to another user' 73 ms-users add --address 'ANNA@example.ORG' carl
ok 'the error names the user' grep -q "belongs to 'anna'" err
nothing 'add: the POP3 name belongs to another user' 73 ms-users add --pop3-name ANNA.b carl
nothing 'add: there is no name' 64 ms-users add
nothing 'add: a wrong option after the name' 64 ms-users add carl --adress c@x.org
nothing 'add: a name that begins with -' 64 ms-users add -- -carl
for bad in '' a/b @other '?' "$(printf 'a\nb')" "$(printf '\377')" "$(printf '%0256d' 1)"; do
	nothing "add: '$(printf %s "$bad" | cut -c 1-8 | tr '\n' '?' | cat -v)'" 64 ms-users add "$bad"
done
nothing 'add: a name that begins with a dash, after --' 64 ms-users add -- -carl
for bad in x '@x' 'x@' a@x. 'a b@x' 'a@x,b@x' '<a@x>' "$(printf 'a@x\r')"; do
	nothing "add: address $(printf %s "$bad" | cat -v)" 64 ms-users add --address "$bad" carl
done
nothing 'add: an unknown privilege' 64 ms-users add --privileges login,fly carl
nothing 'add: an unknown authentication type' 64 ms-users add --authentication magic carl
nothing 'add: an address for two users' 64 ms-users add --address c@x.org carl dora
status 'add: several users, one of which exists' 1 ms-users add carl bob dora
ok 'the error names it' grep -q "^ms-users: bob: user 'bob' exists already$" err
status 'add: @catchall' 0 ms-users add @catchall
status 'add: a name of 255 bytes' 0 ms-users add "$(printf '%0255d' 1)"
status 'this user is deleted' 0 ms-users delete "$(printf '%0255d' 1)"
list_is 'list prints all users' 'root\tenabled\tnone\tadmin\t\t
bob\tenabled\tintegrated\tlogin,change-password\t\t
anna\tdisabled\tdirectory\tarchive,export\tAnna@Example.org,a@x.org\tAnna "A" Béck
carl\tenabled\tintegrated\tlogin,change-password\t\t
dora\tenabled\tintegrated\tlogin,change-password\t\t
@catchall\tenabled\tnone\tlogin,change-password\t\t
'

# ---- set ----
status 'set succeeds' 0 ms-users set --full-name 'Bob B' --authentication none bob
log_is 'the log has the changes' 'user-set\tbob\t{"full_name":"Bob B","authentication":"none"}'
nothing 'set: a value that does not change' 0 ms-users set --full-name 'Bob B' bob
status 'set: one of two values changes' 0 ms-users set --full-name 'Bob B' --dn x bob
log_is 'the log has only this change' 'user-set\tbob\t{"dn":"x"}'
status 'set: empty values' 0 ms-users set --dn '' --full-name '' bob
log_is 'the log has the empty values' 'user-set\tbob\t{"full_name":"","dn":""}'
status 'set --enabled' 0 ms-users set --enabled anna
log_is 'the log has this change' 'user-set\tanna\t{"disabled":false}'
status 'set --privileges none' 0 ms-users set --privileges none carl
log_is 'the log has this change' 'user-set\tcarl\t{"privileges":[]}'
nothing 'set: an unknown user' 66 ms-users set --dn x nobody
nothing 'set: options that exclude each other' 64 ms-users set --enabled --disabled bob
nothing 'set: an option of another verb' 64 ms-users set --json bob
status 'set: two users' 0 ms-users set --authentication integrated bob carl

# ---- rename ----
status 'rename succeeds' 0 ms-users rename dora doris
log_is 'the log has this change' 'user-set\tdoris\t{"name":"doris"}'
nothing 'rename: the new name exists' 73 ms-users rename doris bob
nothing 'rename: an unknown user' 66 ms-users rename dora x
nothing 'rename: an invalid name' 64 ms-users rename doris a/b
nothing 'rename: the same name' 0 ms-users rename doris doris
nothing 'rename: only one argument' 64 ms-users rename doris
printf 'Subject: of doris\n\nx\n' | ms-ingest -q -u doris
ms-users rename doris dora
ms-list -u dora | cut -f 3,7 >got
printf 'dora\tof doris\n' >want
same 'the archive has the new name, too' want got
ms-list | cut -f 3,7 >got
same 'the user has the new name in every list' want got

# ---- addresses ----
status 'addresses succeeds' 0 ms-users addresses anna
printf 'Anna@Example.org\na@x.org\n' >want
same 'the primary address comes first' want out
status 'addresses --add' 0 ms-users addresses --add anna n@x.org A@X.ORG
log_is 'the new address is the last one, and no address is there twice' 'user-set\tanna\t{"addresses":["Anna@Example.org","a@x.org","n@x.org"]}'
status 'addresses --primary' 0 ms-users addresses --primary anna N@x.org
log_is 'the primary address is the first one' 'user-set\tanna\t{"addresses":["N@x.org","Anna@Example.org","a@x.org"]}'
status 'addresses --remove' 0 ms-users addresses --remove anna A@X.org nobody@x.org
log_is 'the log has this change' 'user-set\tanna\t{"addresses":["N@x.org","Anna@Example.org"]}'
status 'another user can have the removed address' 0 ms-users addresses --add bob a@x.org
# An internationalized domain has two forms, of which each can be composed in
# several ways (RFC 5890, 2.3.2.1).
status 'an address with a U-label is added' 0 ms-users addresses --add bob info@münchen.example
for same in info@xn--mnchen-3ya.example INFO@XN--MNCHEN-3YA.EXAMPLE Info@MÜNCHEN.example "$(printf 'info@mu\314\210nchen.example')"; do
	status "$same is the same address" 73 ms-users addresses --add anna "$same"
	ok 'the message names the user who has it' grep -q "belongs to 'bob'" err
done
status 'another domain is another address' 0 ms-users addresses --add anna info@xn--mnchen-3y.example info@munchen.example
status 'an address is removed in its other form' 0 ms-users addresses --remove bob info@xn--mnchen-3ya.example
status 'the address is free' 0 ms-users addresses --add anna info@xn--mnchen-3ya.example
ms-users addresses anna | grep -c mnchen-3ya >got
status 'a user gets no address twice' 0 ms-users addresses --add anna info@münchen.example
ms-users addresses anna | grep -c 'nchen-3ya\|münchen' >want
same 'it is still there once' want got
ms-users addresses --remove anna info@münchen.example info@xn--mnchen-3y.example info@munchen.example
nothing 'addresses: an address without an option' 64 ms-users addresses anna q@x.org
nothing 'addresses: an option without an address' 64 ms-users addresses --add anna
nothing 'addresses: two options that exclude each other' 64 ms-users addresses --add --remove anna q@x.org
nothing 'addresses: an address of another user' 73 ms-users addresses --add anna q@x.org a@x.org
nothing 'addresses: an unknown user' 66 ms-users addresses nobody

# ---- grant, revoke ----
status 'grant succeeds' 0 ms-users grant bob archive delete
log_is 'the log has the privileges' 'user-set\tbob\t{"privileges":["login","change-password","archive","delete"]}'
status 'revoke succeeds' 0 ms-users revoke bob delete,login
log_is 'the log has this change' 'user-set\tbob\t{"privileges":["change-password","archive"]}'
number=$(ms-users log --json anna | head -n 1 | sed 's/.*"number":\([0-9]*\).*/\1/')
status 'grant --on' 0 ms-users grant --on anna bob read delete
log_is 'the log has the rights' "user-set\tbob\t{\"rights\":[[$number,\"read delete\"]]}"
status 'grant --on-all' 0 ms-users grant --on-all bob read
log_is 'the log has the rights' "user-set\tbob\t{\"rights\":[[0,\"read\"],[$number,\"read delete\"]]}"
ms-users show bob | grep ^right >got
printf 'right\tread\nright\tread,delete\tanna\n' >want
same 'show prints the rights' want got
status 'revoke --on' 0 ms-users revoke --on anna bob read write delete
log_is 'the log has the rights' 'user-set\tbob\t{"rights":[[0,"read"]]}'
nothing 'grant: a right that the user has' 0 ms-users grant --on-all bob read
nothing 'grant: a right in place of a privilege' 64 ms-users grant bob read
nothing 'grant: a privilege in place of a right' 64 ms-users grant --on anna bob login
nothing 'grant: on an unknown user' 66 ms-users grant --on nobody bob read
nothing 'grant: --on with --on-all' 64 ms-users grant --on anna --on-all bob read
nothing 'grant: no privilege' 64 ms-users grant bob
nothing 'grant: an unknown user' 66 ms-users grant nobody login

# ---- settings ----
ms-users settings >got
cat >want <<'END'
default-privileges	login,change-password
default-privileges-synced	login
directory-url	
directory-ca-file	
directory-timeout	15
alias-domains	
END
same 'settings has default values' want got
status 'settings are changed' 0 ms-users settings default-privileges=archive directory-url=ldaps://ldap.example.org directory-timeout=3
log_is 'the log has the settings, without a user' 'settings\t\t{"default_privileges":["archive"],"directory_url":"ldaps://ldap.example.org","directory_timeout":3}'
status 'settings --json' 0 ms-users settings --json
echo '{"default_privileges":"archive","default_privileges_synced":"login","directory_url":"ldaps://ldap.example.org","directory_ca_file":"","directory_timeout":3,"alias_domains":""}' >want
same 'the output is the JSON of all settings' want out
ms-users add eve
log_is 'a new user has the default privileges' 'user\teve\t{"name":"eve","authentication":"integrated","privileges":["archive"]}'
for bad in x=1 default-privileges default-privileges=fly directory-url=http://x \
	directory-url=ldaps:// directory-url=ldap://x/dc=x directory-ca-file=x \
	directory-timeout=0 directory-timeout=x alias-domains=x \
	alias-domains==x alias-domains=x= alias-domains=a=b=c \
	alias-domains=a@b=c 'alias-domains=a=b,c'; do
	nothing "settings: $bad" 64 ms-users settings "$bad"
done
nothing 'settings: one wrong value prevents all changes' 64 ms-users settings default-privileges=login x=1
status 'settings: alias domains' 0 ms-users settings 'alias-domains=old.example=new.example, b=c'
log_is 'the log has a list' 'settings\t\t{"alias_domains":["old.example=new.example","b=c"]}'
ms-users settings | tail -n 1 >got
printf 'alias-domains\told.example=new.example,b=c\n' >want
same 'alias domains are printed' want got
status 'settings: empty values' 0 ms-users settings default-privileges= directory-url= directory-timeout= alias-domains=
ms-users settings >got
printf 'default-privileges\tlogin,change-password\n' >want
head -n 1 got >got1
same 'the settings have their default values again' want got1

# ---- delete ----
status 'delete succeeds' 0 ms-users delete bob
log_is 'the log has all that is deleted' 'user-set\tbob\t{"deleted":true,"addresses":[],"authentication":"none","privileges":[],"rights":[]}'
nothing 'delete: a deleted user' 66 ms-users delete bob
nothing 'set: a deleted user' 66 ms-users set --dn x bob
ok 'a deleted user is not listed' sh -c '! ms-users list | grep -q "^bob"'
ok 'list --deleted lists the user' sh -c 'ms-users list --deleted | grep -q "^bob	deleted"'
status 'the address of a deleted user is free' 0 ms-users addresses --add eve a@x.org
printf 'Subject: 1\n\n1\n' >mail
status 'a deleted user gets no mail' 64 ms-ingest -u bob mail
status '--create-user restores a deleted user' 0 ms-ingest -q --create-user -u bob mail
log_is 'the restored user has no settings' 'user-set\tbob\t{"deleted":false}'
status 'the mail of a deleted user can be read' 0 ms-list -u bob
ms-users delete bob
status 'the mail of a deleted user can be exported' 0 ms-list -u bob
ok 'the message is listed' grep -q '	1	' out
status 'add restores a deleted user' 0 ms-users add bob
log_is 'the user has the settings of new users' 'user-set\tbob\t{"deleted":false,"authentication":"integrated","privileges":["login","change-password"]}'
ms-users delete bob
status 'a deleted user is renamed' 0 ms-users rename bob bob.2025
status 'another user gets the name' 0 ms-users add bob
ms-list -u bob >got
: >want
same 'the new user has no mail' want got

# ---- log ----
ms-users log --since 1d >got
ms-users log >want
same 'log --since' want got
ms-users log --since 2199-01-01 >got
: >want
same 'log --since with a date in the future' want got
status 'log: an invalid date' 64 ms-users log --since soon
status 'log: an unknown user' 66 ms-users log nobody
ms-users log bob.2025 | cut -f 3 | sort -u >got
printf 'user\nuser-set\n' >want
same 'log: the events of one user' want got
ok 'log: each event has an actor' test "$(ms-users log | cut -f 2 | sort -u)" = "$(id -un)"
ms-users log --json | jq -r '[.time, .event.actor, .kind, .user // ""] | @tsv' >got
ms-users log | cut -f 1-4 >want
same 'log --json has the same events' want got

# ---- other errors ----
status 'there is no verb' 64 ms-users
status 'an unknown verb' 64 ms-users frob
status 'the archive does not exist' 66 ms-users -a nowhere list
status 'list: an argument' 64 ms-users list bob
status 'show: an unknown user' 66 ms-users show nobody
status 'show: one known and one unknown user' 1 ms-users show anna nobody
ok 'the known user is printed' grep -q '^name	anna' out
status 'show: a user after --' 0 ms-users show -- anna
ms-users list -z | tr '\0' '\n' >got
ms-users list >want
same 'list -z prints the same users' want got
if [ -w /dev/full ]; then
	for verb in list 'list --json' 'log' export 'show anna' 'settings' 'addresses anna'; do
		# shellcheck disable=SC2086
		ms-users $verb >/dev/full 2>err
		ok "$verb: a full disk is reported" test $? -ne 0 -a -s err
	done
fi
status 'ms-verify finds no error' 0 ms-verify -q --data

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
status 'log: an event is damaged' 1 ms-users -a hurt log
cut -f 4 out >got
printf 'root\none\nthree\n' >want
same 'the other events are printed' want got
ok 'the error names the damage' grep -q 'checksum' err
ms-users -a hurt list | cut -f 1 >got
printf 'root\none\ntwo\nthree\n' >want
same 'the index has the user' want got
ms-verify -a hurt --rebuild-index 2>taken
ok 'a rebuild takes the user from the old index' grep -q 'two.* is taken from it' taken
status 'an index rebuilt around the damage has the user' 0 ms-users -a hurt show two
rm -r hurt/index
ms-verify -q -a hurt --rebuild-index 2>/dev/null
status 'the packs have it now' 0 ms-users -a hurt show two
finish
