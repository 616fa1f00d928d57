# shellcheck shell=sh disable=SC2154,SC2034 # set by lib.sh, used by tests
# lib-crash.sh - an archive, mail for it, and the conditions that must hold after
# a run was killed or has failed at any moment. Source it after lib.sh.
#   crash_mail FILE N      an mbox of N messages, each third with an attachment
#   crash_begin            makes base: an archive with 5 messages; in.mbox with
#                          30, 25 of them new, in batches of 10; `want` is the
#                          list of messages after a run without failure
#   crash_fresh            arc is a copy of base; a journal for unsynced.so
#   crash_run LIBS A=B ... COMMAND   runs it with these preload libraries
#   crash_count [FUNCTION] $calls, and the file `calls`: the calls of a run
#   crash_ingest, crash_init, crash_rebuild LIBS A=B ...   these runs, with preload
#                          libraries
#   crash_index STATE      what happens to the index: kept, gone, older, other
#   crash_holds            whether arc is whole, complete after one more run,
#                          and has nothing twice; prints the reason if not
command -v openssl >/dev/null || skip openssl 'no openssl'
seed
export MS_BATCH=10

crash_shims() {
	[ "${SAN-}" != 1 ] || skip shims 'preloading and sanitizers exclude each other'
	[ -x "$build/t/undo" ] || skip shims 'make shims has not been run'
}

crash_mail() {
	i=0
	while [ $i -lt "$2" ]; do
		i=$((i + 1))
		printf 'From a@example.org Thu Nov 12 10:%02d:%02d 2026\n' $((i / 60)) $((i % 60))
		printf 'From: A <a@example.org>\nTo: b@example.org\nSubject: %s %d\n' "${1##*/}" $i
		if [ $((i % 3)) -eq 0 ]; then
			printf 'Content-Transfer-Encoding: base64\n\n'
			openssl rand 6000 | openssl base64
		else
			printf '\nnumber %d of %s\n' $i "$1"
			openssl rand -hex $((i * 40))
		fi
		echo
	done >"$1"
}

crash_begin() {
	crash_mail first.mbox 5
	crash_mail more.mbox 25
	cat first.mbox more.mbox >in.mbox
	ok 'an archive' ms-init -u crash base
	ok 'with some mail' ms-ingest -q -a base -u crash -d INBOX first.mbox
	cp -a base ref
	ok 'a run without trouble' ms-ingest -q -a ref -u crash -d INBOX in.mbox
	ms-list -a ref | sort >want
	ok '30 messages' test "$(wc -l <want)" -eq 30
	ms-init -u crash other && ms-ingest -q -a other -u crash -d INBOX more.mbox
	arc=$(pwd -P)/arc journal=$(pwd -P)/journal
}

crash_fresh() {
	rm -rf arc journal log && cp -a base arc && mkdir journal && : >ids
}

crash_run() {
	preload=
	for l in $1; do preload="$preload $build/t/$l.so"; done
	shift
	env LD_PRELOAD="$preload" MS_SHIM_DIR="$arc" MS_SHIM_JOURNAL="$journal" \
		MS_SHIM_LOG="$scratch/log" "$@"
}

# The run that is killed or fails; `ids` has the ids that it printed.
crash_ingest() { # LIBS A=B ...
	crash_run "$@" MS_SHIM_EXE=ms-ingest ms-ingest -q -a arc -u crash \
		-d INBOX --print-ids in.mbox >ids 2>err
}

# The number and the names of the calls that change files, in crash_ingest or
# another function with the same arguments.
crash_count() {
	crash_fresh
	"${1:-crash_ingest}" crash MS_SHIM_AT=0
	calls=$(wc -l <log) && mv log calls
	note "${1:-crash_ingest}, $calls calls:" \
		"$(cut -d ' ' -f 3 calls | sort | uniq -c | tr -s ' \n' ' ')"
}

# crash_calls LAST: the numbers of the calls at which the process is killed: a
# third of 1..LAST, other ones in each run; in a soak all.
crash_calls() {
	[ -n "${MS_SOAK-}" ] || set -- "$1" 3
	seq $((seed % ${2-1} + 1)) "${2-1}" "$1"
}

crash_init() {
	rm -rf arc && crash_run "$@" MS_SHIM_EXE=ms-init ms-init -u crash arc 2>err
}

crash_rebuild() {
	crash_run "$@" MS_SHIM_EXE=ms-verify ms-verify -q -a arc --rebuild-index 2>err
}

# Is the Nth call one that writes?
crash_writes() { sed -n "$1p" calls | grep -q write; }

# The state of the index: one of four in turn, in a soak all.
crash_states() {
	[ -z "${MS_SOAK-}" ] || { echo kept gone older other && return; }
	case $(($1 % 4)) in 0) echo kept ;; 1) echo gone ;; 2) echo older ;; 3) echo other ;; esac
}

crash_index() {
	[ "$1" = kept ] && return
	rm -rf arc/index
	[ "$1" != older ] || cp -a base/index arc/index
	[ "$1" != other ] || cp -a other/index arc/index
}

crash_no() { echo "$1" && [ ! -s said ] || head -n 5 said && return 1; }

crash_holds() { # STATE
	if [ "$1" = other ]; then
		# The index of other packs is refused, and the message says what to do.
		ms-list -a arc >have 2>said
		[ $? -eq 65 ] && grep -q -e --rebuild-index said || crash_no "a foreign index was not refused" || return
		ms-verify -q -a arc --rebuild-index >said 2>&1 || crash_no "no index could be made" || return
	fi
	ms-verify -q -a arc >said 2>&1 || crash_no "ms-verify said $?" || return
	ms-list -a arc >have 2>said || crash_no "ms-list said $?" || return
	cut -f 1 have | sort -u >have.ids
	grep -a -x "[0-9a-f]\{64\}.*" ids | cut -f 1 | sort -u | comm -23 - have.ids >lost
	[ ! -s lost ] || crash_no "an id was printed and is not there: $(head -n 1 lost)" || return
	[ "$(wc -l <have)" -ge 5 ] || crash_no 'older mail is gone' || return
	ms-ingest -q -a arc -u crash -d INBOX in.mbox >said 2>&1 || crash_no "again: ms-ingest said $?" || return
	ms-list -a arc 2>said | sort >have
	cmp -s want have || crash_no "again: $(wc -l <have) lines, not as without trouble" || return
	ms-verify -q -a arc >said 2>&1 || crash_no "again: ms-verify said $?" || return
	ms-ingest -a arc -u crash -d INBOX in.mbox >said 2>&1
	grep -q ' 0 new' said || crash_no 'the third run: a message is new'
}
