#!/bin/sh
# 3070-users-crash.t - ms-users is killed at any moment, or a call fails. A
# change is complete or absent, the log has it, and the password is the old or
# the new one.
# The test does not measure fsync, so the archive can be in memory.
[ -n "${TMPDIR-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-crash.sh"
crash_shims
arc=$(pwd -P)/arc journal=$(pwd -P)/journal
echo 'the old one' >old && chmod 600 old
echo 'the new one' >new
i=0
{
	echo name,addresses,rights
	while [ $((i += 1)) -le 50 ]; do echo "u$i,u$i@x.org,read:u$((51 - i))"; done
} >users.csv
ms-init -u crash base
ms-users -a base add --address a@x.org --password-file old anna

run_passwd() { crash_run "$@" MS_SHIM_EXE=ms-users ms-users -a arc passwd --password-file new anna 2>err; }
run_add() { crash_run "$@" MS_SHIM_EXE=ms-users ms-users -a arc add --address b@x.org --password-file new bob 2>err; }
run_delete() { crash_run "$@" MS_SHIM_EXE=ms-users ms-users -a arc delete anna 2>err; }
run_import() { crash_run "$@" MS_SHIM_EXE=ms-users ms-users -a arc import users.csv >said 2>err; }

# is USER PASSWORD-FILE: whether the user has this password.
is() {
	{ printf '%s\0' "$1" && tr '\n' '\0' <"$2" && printf '\0'; } >cred
	ms-users -a arc check 3<cred 2>/dev/null
}
sets() { ms-users -a arc log "$1" 2>/dev/null | grep -c '"password":"set"'; }
whole() { ms-verify -q --data -a arc >said 2>&1 || crash_no "the status of ms-verify is $?"; }

passwd_holds() {
	whole || return
	if is anna new; then
		[ "$(sets anna)" -eq 2 ] || crash_no 'the log does not have the new password' || return
	else
		is anna old || crash_no 'the password is neither the old nor the new one' || return
	fi
	ms-users -a arc passwd --password-file new anna && is anna new || crash_no 'the password cannot be set afterwards'
}
add_holds() {
	whole || return
	! is bob new || [ "$(sets bob)" -eq 1 ] || crash_no 'the log does not have the password' || return
	if ms-users -a arc show bob >/dev/null 2>&1; then
		ms-users -a arc passwd --password-file new bob
	else
		ms-users -a arc add --address b@x.org --password-file new bob
	fi
	is b@x.org new || crash_no 'the user cannot be added afterwards'
}
delete_holds() {
	whole || return
	if ms-users -a arc list | grep -q ^anna; then
		is anna old || crash_no 'the user is there without a password' || return
		ms-users -a arc delete anna
	fi
	ms-users -a arc add --address a@x.org anna || return
	! is anna old || crash_no 'the restored user has the old password' || return
	ms-users -a arc passwd --password-file new anna && is anna new
}
import_holds() {
	whole || return
	n=$(ms-users -a arc list | grep -c '^u')
	[ "$n" -eq 0 ] || [ "$n" -eq 50 ] || crash_no "there are $n of 50 users" || return
	ms-users -a arc import users.csv >said 2>&1 || crash_no 'the file cannot be imported afterwards' || return
	ms-users -a arc import users.csv >said 2>&1
	grep -q ' 0 added, 0 changed, 50 as they were' said || crash_no 'the second import changes users' || return
	[ "$(ms-users -a arc show u7 | grep right)" = "right	read	u44" ] || crash_no 'rights are missing'
}

# each RUN HOLDS: kills the run at each of its calls, and lets the call fail;
# then checks the archive with the function HOLDS.
each() {
	crash_count "$1"
	ok "$1 makes more than 4 calls" test "$calls" -gt 4
	for n in $(crash_calls "$calls"); do
		for how in kill torn fail; do
			[ $how != torn ] || crash_writes $n || continue
			crash_fresh
			if [ $how = fail ]; then
				"$1" crash MS_SHIM_AT=$n MS_SHIM_DO=ENOSPC
				died=$?
				[ $died -lt 128 ] || fail "$1: the status is $died after call $n failed"
			else
				"$1" crash MS_SHIM_AT=$n MS_SHIM_DO=$how
				died=$?
				[ $died -eq 137 ] || fail "$1: the process did not die at call $n: status $died"
			fi
			[ $((n % 2)) -eq 0 ] || rm -rf arc/index
			ok "$1: $how at call $n, the archive is whole" "$2"
		done
	done
}
each run_passwd passwd_holds
each run_add add_holds
each run_delete delete_holds
each run_import import_holds
finish
