#!/bin/sh
# 3060-users-as.t - ms-users --as: the commands that administrators and other
# users are allowed to use.
. "$(dirname "$0")/lib.sh"
export MS_ARCHIVE=arc
ms-init -u boss arc
ms-users add anna bob
echo secret >pw
login=$(id -un)

status 'an administrator changes a user' 0 ms-users --as boss set --full-name Anna anna
ms-users log --last 1 --json | jq -r '[.event.actor, .event.login] | @tsv' >got
printf 'boss\t%s\n' "$login" >want
same 'the log has the actor and the login name' want got
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
passwd --password-file pw anna
END
printf 'name,dn\nanna,x\n' >pw.csv
status 'anna may not: import' 77 ms-users --as anna import pw.csv
status 'anna may not: import -n' 77 ms-users --as anna import -n pw.csv
ok 'nothing was written' test "$(ms-users log | wc -l)" -eq "$before"

status 'a user can show the own account' 0 ms-users --as anna show anna
status '--as can follow the verb' 0 ms-users show --as anna anna
status 'a user can show the own addresses' 0 ms-users --as anna addresses anna
status 'a user can show the own events of the log' 0 ms-users --as anna log anna
status 'a user can set the own password' 0 sh -c 'ms-users --as anna passwd --password-fd 0 anna <pw'
status 'a user can remove the own password' 0 ms-users --as anna passwd --remove anna
ms-users revoke anna change-password
status 'a user without the privilege change-password cannot' 77 sh -c 'ms-users --as anna passwd --password-fd 0 anna <pw'
ok 'no password file is left' test -z "$(find arc/secret -type f)"

status 'an unknown user is refused' 77 ms-users --as nobody list
ms-users set --disabled boss
status 'a disabled administrator is refused' 77 ms-users --as boss list
status 'a disabled administrator cannot enable the own account' 77 ms-users --as boss set --enabled boss
ms-users set --enabled boss
ms-users add gone && ms-users grant gone admin && ms-users delete gone
status 'a deleted administrator is refused' 77 ms-users --as gone list
status 'an administrator appoints another one' 0 ms-users --as boss grant anna admin
status 'the new administrator can use --as' 0 ms-users --as anna delete boss
status 'the former administrator cannot' 77 ms-users --as boss add x
status 'ms-users check takes no --as' 64 ms-users --as anna check
status 'ms-verify finds no error' 0 ms-verify -q --data
finish
