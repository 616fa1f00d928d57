# shellcheck shell=sh disable=SC2154,SC2034 # set by lib.sh, used by tests
# lib-crash.sh - an archive, mail for it, and the conditions that must hold
# after a run was killed or has failed at any moment. Source it after lib.sh.
#   crash_mail FILE N      makes an mbox of N messages; each third one has an
#                          attachment
#   crash_begin            makes base, an archive with 5 messages; in.mbox with
#                          30 messages, 25 of them new, in batches of 10; and
#                          `want`, the list of messages after a run without
#                          failure
#   crash_fresh            makes arc, a copy of base, and an empty journal for
#                          unsynced.so
#   crash_run LIBS A=B ... COMMAND   runs the command with these preload
#                                    libraries
#   crash_count [FUNCTION] sets $calls, the number of calls of a run, and writes
#                          the calls to the file `calls`
#   crash_ingest, crash_init, crash_rebuild LIBS A=B ...   run ms-ingest,
#                                                          ms-init
#                          or ms-verify --rebuild-index with preload libraries
#   crash_index STATE      changes the index: kept, gone, older, other
#   crash_holds STATE      whether arc is whole, complete after one more run,
#                          and has no message twice; prints the reason if not
command -v openssl >/dev/null || skip openssl 'no openssl'
seed
export MS_BATCH=10

crash_shims() {
	[ "${SAN-}" != 1 ] || skip shims 'a library cannot be preloaded into a build with sanitizers'
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
	ok 'an archive is created' ms-init -u crash base
	ok 'mail is added' ms-ingest -q -a base -u crash -d INBOX first.mbox
	cp -a base ref
	ok 'a run without a crash succeeds' ms-ingest -q -a ref -u crash -d INBOX in.mbox
	ms-list -a ref | sort >want
	ok 'there are 30 messages' test "$(wc -l <want)" -eq 30
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

# This run is killed or fails; `ids` has the ids that ms-ingest printed.
crash_ingest() {
	crash_run "$@" MS_SHIM_EXE=ms-ingest ms-ingest -q -a arc -u crash \
		-d INBOX --print-ids in.mbox >ids 2>err
}

# The function counts the calls that change files, in crash_ingest or in another
# function with the same arguments.
crash_count() {
	crash_fresh
	"${1:-crash_ingest}" crash MS_SHIM_AT=0
	calls=$(wc -l <log) && mv log calls
	note "${1:-crash_ingest}, $calls calls:" \
		"$(cut -d ' ' -f 3 calls | sort | uniq -c | tr -s ' \n' ' ')"
}

# crash_calls LAST: prints the numbers of the calls at which the process is
# killed: a third of 1..LAST, which differs from run to run; with MS_SOAK all.
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

# crash_writes N: whether the Nth call writes.
crash_writes() { sed -n "$1p" calls | grep -q write; }

# crash_states N: prints the state of the index for the Nth call: one of four in
# turn, with MS_SOAK all.
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
		# An index of other packs is refused, and the error names the
		# remedy.
		ms-list -a arc >have 2>said
		[ $? -eq 65 ] && grep -q -e --rebuild-index said || crash_no "the index of other packs was not refused" || return
		ms-verify -q -a arc --rebuild-index >said 2>&1 || crash_no "the index could not be rebuilt" || return
	fi
	ms-verify -q -a arc >said 2>&1 || crash_no "the status of ms-verify is $?" || return
	ms-list -a arc >have 2>said || crash_no "the status of ms-list is $?" || return
	awk -F '\t' 'NR == FNR { have[$1]; next }
		length($1) == 64 && $1 !~ /[^0-9a-f]/ && !($1 in have) { print $1 }' have ids >lost
	[ ! -s lost ] || crash_no "an id was printed, but the message is missing: $(head -n 1 lost)" || return
	[ "$(wc -l <have)" -ge 5 ] || crash_no 'older mail is missing' || return
	ms-ingest -q -a arc -u crash -d INBOX in.mbox >said 2>&1 || crash_no "the repeated ms-ingest has status $?" || return
	ms-list -a arc 2>said | sort >have
	cmp -s want have || crash_no "after the repeated run, the list has $(wc -l <have) lines and differs from that of a run without a crash" || return
	ms-verify -q -a arc >said 2>&1 || crash_no "after the repeated run, the status of ms-verify is $?" || return
	# A third run for a fifth of the rows, with MS_SOAK for all.
	read -r row <"$tally/all"
	[ $((row % 5)) -eq 0 ] || [ -n "${MS_SOAK-}" ] || return 0
	ms-ingest -a arc -u crash -d INBOX in.mbox >said 2>&1
	grep -q ' 0 new' said || crash_no 'a message is new in the third run'
}
