# shellcheck shell=sh
# lib.sh - the base of every t/*.t: a scratch folder, which is the working
# directory, a fixed environment, and TAP. A script sources this file first and
# ends with `finish`. The variables $top, $build and $scratch are set for it.
#   MS_SOAK=1           tests with large volumes
#   MS_SEED=N           repeats a random run
#   MS_TEST_REQUIRE=... names of what must not be missing: dovecot corpora
#   MS_KEEP=1           keeps the scratch folder
#   MS_OLD_BIN=DIR      the tools of version 0.1 (make old)
top=$(cd "$(dirname "$0")/.." && pwd) build=$top/build
[ "${SAN-}" != 1 ] || build=$top/build/san
[ "${MUTANTS-}" != 1 ] || build=$top/build/mutants
for v in $(env | sed -n 's/^\(MS_[A-Z_]*\)=.*/\1/p'); do
	case $v in MS_CORPORA | MS_SOAK | MS_SEED | MS_TEST_REQUIRE | MS_KEEP | MS_OLD_BIN | MS_SANDBOX) ;;
	*) unset "$v" ;; esac
done
scratch=$(mktemp -d "${TMPDIR:-/tmp}/ms-t.XXXXXX") && cd "$scratch" || exit 1
export LC_ALL=C.UTF-8 TZ=UTC PATH="$build/bin:$top/build/t/bin:$PATH" HOME="$scratch"
# The status of a sanitizer must differ from "some inputs failed".
export ASAN_OPTIONS=exitcode=99:color=never UBSAN_OPTIONS=exitcode=99:print_stacktrace=1
# A confined process that makes an unexpected system call dies (ms(7), Sandbox).
export MS_SANDBOX="${MS_SANDBOX-strict}"
unset LD_PRELOAD CDPATH XDG_CONFIG_HOME COLUMNS
umask 022
trap 'cd /; [ -n "${MS_KEEP-}" ] && echo "# kept $scratch" ||
	{ chmod -R u+rwx "$scratch"; rm -rf "$scratch"; }' EXIT
trap 'exit 1' HUP INT TERM
# The counts are files, so that a check in a subshell of a pipe counts, too.
tally=$scratch/.tally && mkdir "$tally" && echo 0 >"$tally/all" && : >"$tally/bad"

note() { printf '%s\n' "$*" | cat -v | sed 's/^/# /'; }
# tap_row RESULT TEXT: prints a numbered row. Starts no process: the suite has some
# ten thousand rows.
tap_row() {
	read -r _row <"$tally/all"
	_row=$((_row + 1))
	echo $_row >"$tally/all"
	printf '%s %s %s\n' "$1" $_row "$2"
}
pass() { tap_row ok "- $1"; }
fail() {
	echo >>"$tally/bad" && tap_row 'not ok' "- $1"
	# One failed row is enough for t/mutants.py.
	[ "${MUTANTS-}" != 1 ] || exit 1
}

# ok NAME COMMAND...: the command succeeds.
ok() {
	_name=$1 && shift
	if _said=$("$@" 2>&1); then
		pass "$_name"
	else
		_got=$?
		fail "$_name" && note "status $_got: $*" && note "$_said" | head -n 20
	fi
}

# status NAME CODE COMMAND...: the command ends with exactly this status. Its
# output is then in the files `out` and `err`, whatever the caller redirects.
status() {
	_name=$1 _want=$2 && shift 2
	"$@" >out 2>err
	_got=$?
	if [ "$_got" -eq "$_want" ]; then
		pass "$_name"
	else
		fail "$_name" && note "status $_got, not $_want: $*"
		head -n 40 err | cat -v | sed 's/^/# /'
	fi
}

# same NAME WANT GOT: two files are equal, byte for byte.
same() {
	if cmp -s "$2" "$3"; then
		pass "$1"
	else
		fail "$1"
		diff -a "$2" "$3" 2>&1 | head -n 20 | cut -c 1-200 | cat -v | sed 's/^/# /'
	fi
}

# empty FILE...: each file exists and has no bytes.
empty() {
	for _file; do
		[ -e "$_file" ] || { echo "$_file does not exist" && return 1; }
		[ ! -s "$_file" ] || { head -n 5 "$_file" && return 1; }
	done
}

# absent PATTERN FILE...: grep finds nothing, in files that exist.
absent() {
	grep "$@"
	[ $? -eq 1 ]
}

# has FILE PATTERN: a line of a short file matches a pattern of the shell. Starts
# no process, for loops.
has() {
	while read -r _line || [ -n "$_line" ]; do
		# shellcheck disable=SC2254 # a pattern
		case $_line in $2) return 0 ;; esac
	done <"$1"
	return 1
}

. "$top/t/lib-await.sh"

# hold_lock ARCHIVE: another process holds its lock until `drop_lock`.
hold_lock() {
	flock "$1/lock" sh -c ': >"$1"; while [ -e "$1" ]; do sleep 0.05; done' sh "$scratch/.lock" &
	lock_pid=$!
	await test -e "$scratch/.lock"
}
drop_lock() { rm "$scratch/.lock" && wait $lock_pid; }

# skip WHAT REASON: ends the script, or fails if WHAT is required.
skip() {
	case " ${MS_TEST_REQUIRE-} " in *" $1 "*) fail "$1 is required: $2" && finish ;; esac
	read -r _row <"$tally/all"
	[ "$_row" != 0 ] || { echo "1..0 # SKIP $2" && exit 0; }
	tap_row ok "# SKIP $2" && finish
}

# terminal: whether a terminal can be opened. If not, one row is skipped.
terminal() {
	python3 -c 'import os; os.openpty()' 2>/dev/null && return
	case " ${MS_TEST_REQUIRE-} " in *" terminal "*) fail 'terminal is required' && return 1 ;; esac
	tap_row ok '# SKIP no terminal (is /dev/pts mounted?)'
	return 1
}

# corpora NAME: unpacks the real mail NAME once, and sets $corpus to its folder.
corpora() {
	_from=${MS_CORPORA:-$top/../shared/corpora}/$1.tar.zst
	corpus=$top/build/corpora/$1
	if [ ! -d "$corpus" ]; then
		[ -r "$_from" ] || skip corpora "no $1 corpus (MS_CORPORA)"
		mkdir -p "$top/build/corpora"
		_tmp=$(mktemp -d "$corpus.XXXXXX") || skip corpora "no room"
		tar -C "$_tmp" --zstd -xf "$_from" || skip corpora "cannot unpack $_from"
		# If another script was faster, its copy stays.
		mv -T "$_tmp" "$corpus" 2>/dev/null || rm -rf "$_tmp"
	fi
	[ ! -d "$corpus/$1" ] || corpus=$corpus/$1
}

# seed: sets $seed to MS_SEED or a random number, and prints it.
seed() {
	seed=${MS_SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
	echo "# seed $seed (MS_SEED repeats it)"
}

finish() {
	echo "1..$(cat "$tally/all")"
	[ ! -s "$tally/bad" ]
	exit
}
