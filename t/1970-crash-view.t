#!/bin/sh
# 1970-crash-view.t - ms-remove, ms-move and --undo are killed at any moment, or a
# call fails. All that a change has is in view or out of it, and a second run
# completes it. ms-archive(5), View.
# The test does not measure fsync, so the archive can be in memory.
[ -n "${TMPDIR-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-crash.sh"
crash_shims
arc=$(pwd -P)/arc journal=$(pwd -P)/journal

# base: five messages in INBOX; two of them were removed by the change $removed.
crash_mail first.mbox 5
ms-init -u crash base && ms-ingest -q -a base -u crash -d INBOX first.mbox
cp -a base first # the archive gains its feature with the first change
ms-remove -q -a base --force subject:1 >out && removed=$(cut -f 1 out)
export MS_VIEW_PART=1,1

run_remove() { crash_run "$@" MS_SHIM_EXE=ms-remove ms-remove -q -a arc --force folder:INBOX >out 2>err; }
run_move() { crash_run "$@" MS_SHIM_EXE=ms-move ms-move -q -a arc --force --to New folder:INBOX >out 2>err; }
run_rename() { crash_run "$@" MS_SHIM_EXE=ms-move ms-move -q -a arc --force --rename-folder INBOX New >out 2>err; }
run_undo() { crash_run "$@" MS_SHIM_EXE=ms-remove ms-remove -q -a arc --undo "$removed" >out 2>err; }

found() { ms-list -a arc "$@" | wc -l; }
whole() { ms-verify -q --data -a arc >said 2>&1 || crash_no "the status of ms-verify is $?"; }
# all_or_none BEFORE AFTER QUERY: the query finds as many as before the run, or as
# after it; after it, if the run has succeeded.
all_or_none() {
	_n=$(found "$3")
	[ "$_n" -eq "$2" ] || { [ "$_n" -eq "$1" ] && [ ! -s out ]; } ||
		crash_no "$3 finds $_n, not $1 or $2"
}
again() {
	whole || return
	"run_$1" '' MS_SHIM_AT=0
	[ "$(found "$3")" -eq "$2" ] || crash_no "a second run: $3 finds $(found "$3"), not $2" || return
	ms-verify -q -a arc --rebuild-index && [ "$(found "$3")" -eq "$2" ] || crash_no "a new index: $3 finds $(found "$3")"
}
remove_holds() { all_or_none "$all" 0 folder:INBOX && again remove 0 folder:INBOX; }
move_holds() { all_or_none 0 "$all" folder:New && again move "$all" folder:New; }
rename_holds() { all_or_none 0 "$all" folder:New && again rename "$all" folder:New; }
undo_holds() { all_or_none 4 5 folder:INBOX && again undo 5 folder:INBOX; }

# each WHAT BASE: kills the run at each of its calls, and lets the call fail.
each() {
	[ "$2" = base ] || { cp -a base kept && rm -rf base && cp -a "$2" base; }
	crash_fresh && all=$(found folder:INBOX)
	crash_count "run_$1"
	ok "$1, $2: there are more than 4 calls" test "$calls" -gt 4
	for n in $(crash_calls "$calls"); do
		crash_fresh && "run_$1" crash MS_SHIM_AT="$n" MS_SHIM_DO=kill
		ok "$1, $2: killed before call $n of $calls" "$1_holds"
		# The rest for a part of the calls, with MS_SOAK for all.
		crash_writes "$n" && { [ -n "${MS_SOAK-}" ] || [ $(((n + seed) % 4)) -eq 0 ]; } || continue
		crash_fresh && "run_$1" crash MS_SHIM_AT="$n" MS_SHIM_DO=torn
		ok "$1, $2: killed within call $n of $calls" "$1_holds"
		crash_fresh && "run_$1" crash MS_SHIM_AT="$n" MS_SHIM_DO=ENOSPC
		ok "$1, $2: no space at call $n of $calls" "$1_holds"
	done
	[ "$2" = base ] || { rm -rf base && mv kept base; }
}
each remove first
each remove base
each move base
each rename base
each undo base
finish
