#!/bin/sh
# 3060-users-as.t - ms-users --as: what an administrator and what other users
# may do.
. "$(dirname "$0")/lib.sh"
export MS_ARCHIVE=arc
ms-init -u boss arc
ms-users add anna bob
echo secret >pw
login=$(id -un)

status 'an admin may' 0 ms-users --as boss set --full-name Anna anna
ms-users log --last 1 --json | jq -r '[.event.actor, .event.login] | @tsv' >got
printf 'boss\t%s\n' "$login" >want
same 'and the log has both' want got
ms-users log --last 1 | cut -f 2 >got
echo boss >want
same 'the log names the actor' want got

before=$(ms-users log | wc -l)
while read -r args; do
	# shellcheck disable=SC2086
	status "anna may not: $args" 77 ms-users --as anna $args
done <<'END'
list
export
log
log bob
show bob
settings
settings default-privileges=admin
add carl
set --dn x anna
set --dn x bob
grant anna admin
grant --on bob anna read
revoke bob login
rename anna boss2
delete bob
delete anna
addresses bob
addresses --add anna a@x.org
passwd --password-file pw bob
END
printf 'name,dn\nanna,x\n' >pw.csv
status 'anna may not: import' 77 ms-users --as anna import pw.csv
status 'nor look whether she could' 77 ms-users --as anna import -n pw.csv
ok 'nothing of that was written' test "$(ms-users log | wc -l)" -eq "$before"

status 'a user can show the own account' 0 ms-users --as anna show anna
status 'behind the verb, too' 0 ms-users show --as anna anna
status 'at her addresses' 0 ms-users --as anna addresses anna
status 'at what was done to her' 0 ms-users --as anna log anna
status 'set her password' 0 ms-users --as anna passwd --password-file pw anna
status 'and remove it' 0 ms-users --as anna passwd --remove anna
ms-users revoke anna change-password
status 'not without that privilege' 77 ms-users --as anna passwd --password-file pw anna
ok 'and no hash is left' test -z "$(find arc/secret -type f)"

status 'an unknown user' 77 ms-users --as nobody list
ms-users set --disabled boss
status 'an admin who is disabled' 77 ms-users --as boss list
status 'may not enable himself' 77 ms-users --as boss set --enabled boss
ms-users set --enabled boss
ms-users add gone && ms-users grant gone admin && ms-users delete gone
status 'nor one who is deleted' 77 ms-users --as gone list
status 'an admin makes another' 0 ms-users --as boss grant anna admin
status 'the new administrator can use --as' 0 ms-users --as anna delete boss
status 'the former administrator cannot' 77 ms-users --as boss add x
status 'ms-users check takes no --as' 64 ms-users --as anna check
status 'whole, and a new index is equal' 0 ms-verify -q --data
finish
