#!/bin/sh
# 3070-users-crash.t - ms-users is killed at any moment, or the disk fails. A
# change is complete or absent, the log has it, and a password is the old or
# the new one.
# The time of fsync is not tested, so that the archive can lie in memory.
[ -n "${TMPDIR-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-crash.sh"
crash_shims
arc=$(pwd -P)/arc journal=$(pwd -P)/journal
echo 'the old one' >old
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

is() { # USER PASSWORD-FILE
	{ printf '%s\0' "$1" && tr '\n' '\0' <"$2" && printf '\0'; } >cred
	ms-users -a arc check 3<cred 2>/dev/null
}
sets() { ms-users -a arc log "$1" 2>/dev/null | grep -c '"password":"set"'; }
whole() { ms-verify -q --data -a arc >said 2>&1 || crash_no "ms-verify said $?"; }

passwd_holds() {
	whole || return
	if is anna new; then
		[ "$(sets anna)" -eq 2 ] || crash_no 'a new password that the log does not know' || return
	else
		is anna old || crash_no 'neither the old nor the new password' || return
	fi
	ms-users -a arc passwd --password-file new anna && is anna new || crash_no 'not to be set now'
}
add_holds() {
	whole || return
	! is bob new || [ "$(sets bob)" -eq 1 ] || crash_no 'a password that the log does not know' || return
	if ms-users -a arc show bob >/dev/null 2>&1; then
		ms-users -a arc passwd --password-file new bob
	else
		ms-users -a arc add --address b@x.org --password-file new bob
	fi
	is b@x.org new || crash_no 'not to be made now'
}
delete_holds() {
	whole || return
	if ms-users -a arc list | grep -q ^anna; then
		is anna old || crash_no 'there, but without a password' || return
		ms-users -a arc delete anna
	fi
	ms-users -a arc add --address a@x.org anna || return
	! is anna old || crash_no 'made again, with the old password' || return
	ms-users -a arc passwd --password-file new anna && is anna new
}
import_holds() {
	whole || return
	n=$(ms-users -a arc list | grep -c '^u')
	[ "$n" -eq 0 ] || [ "$n" -eq 50 ] || crash_no "$n of 50 users" || return
	ms-users -a arc import users.csv >said 2>&1 || crash_no 'not to be taken in now' || return
	ms-users -a arc import users.csv >said 2>&1
	grep -q ' 0 added, 0 changed, 50 as they were' said || crash_no 'twice, and not the same' || return
	[ "$(ms-users -a arc show u7 | grep right)" = "right	read	u44" ] || crash_no 'rights are missing'
}

each() { # RUN HOLDS
	crash_count "$1"
	ok "$1 makes more than 4 calls" test "$calls" -gt 4
	for n in $(crash_calls "$calls"); do
		for how in kill torn fail; do
			[ $how != torn ] || crash_writes $n || continue
			crash_fresh
			if [ $how = fail ]; then
				"$1" crash MS_SHIM_AT=$n MS_SHIM_DO=ENOSPC
				died=$?
				[ $died -lt 128 ] || fail "$1: status $died where call $n failed"
			else
				"$1" crash MS_SHIM_AT=$n MS_SHIM_DO=$how
				died=$?
				[ $died -eq 137 ] || fail "$1: did not die at $n: status $died"
			fi
			[ $((n % 2)) -eq 0 ] || rm -rf arc/index
			ok "$1: $how at $n" "$2"
		done
	done
}
each run_passwd passwd_holds
each run_add add_holds
each run_delete delete_holds
each run_import import_holds
finish
