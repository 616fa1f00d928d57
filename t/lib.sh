# shellcheck shell=sh
# lib.sh - the base of every t/*.t: a scratch folder, which is the working
# directory, a fixed environment, and TAP. A script sources this file first and
# ends with `finish`. Set for the script: $top $build $scratch.
#   MS_SOAK=1           large volumes     MS_SEED=N    repeats a random run
#   MS_TEST_REQUIRE=... names that must not be skipped: dovecot corpora
#   MS_KEEP=1           keeps the scratch folder
top=$(cd "$(dirname "$0")/.." && pwd) build=$top/build
[ "${SAN-}" != 1 ] || build=$top/build/san
[ "${MUTANTS-}" != 1 ] || build=$top/build/mutants
for v in $(env | sed -n 's/^\(MS_[A-Z_]*\)=.*/\1/p'); do
	case $v in MS_CORPORA | MS_SOAK | MS_SEED | MS_TEST_REQUIRE | MS_KEEP) ;;
	*) unset "$v" ;; esac
done
scratch=$(mktemp -d "${TMPDIR:-/tmp}/ms-t.XXXXXX") && cd "$scratch" || exit 1
export LC_ALL=C.UTF-8 TZ=UTC PATH="$build/bin:$PATH" HOME="$scratch"
# The status of a sanitizer must differ from "some inputs failed".
export ASAN_OPTIONS=exitcode=99 UBSAN_OPTIONS=exitcode=99:print_stacktrace=1
unset LD_PRELOAD CDPATH
umask 022
trap 'cd /; [ -n "${MS_KEEP-}" ] && echo "# kept $scratch" ||
	{ chmod -R u+rwx "$scratch"; rm -rf "$scratch"; }' EXIT
trap 'exit 1' HUP INT TERM
# The counts are files, so that a check at the end of a pipe counts too.
tally=$scratch/.tally && mkdir "$tally" && touch "$tally/all" "$tally/bad"

note() { printf '%s\n' "$*" | cat -v | sed 's/^/# /'; }
number() { echo >>"$tally/all" && wc -l <"$tally/all"; }
pass() { printf 'ok %s - %s\n' "$(number)" "$1"; }
fail() { echo >>"$tally/bad" && printf 'not ok %s - %s\n' "$(number)" "$1"; }

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

# await COMMAND...: waits until the command succeeds; fails after 30 seconds.
await() {
	_tries=600
	until "$@"; do
		[ $((_tries -= 1)) -gt 0 ] || { note "not in 30 seconds: $*" && return 1; }
		sleep 0.05
	done
}

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
	[ -s "$tally/all" ] || { echo "1..0 # SKIP $2" && exit 0; }
	echo "ok $(number) # SKIP $2" && finish
}

# corpora NAME: $corpus is the folder of real mail NAME, unpacked once.
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
	echo "1..$(wc -l <"$tally/all")"
	[ ! -s "$tally/bad" ]
	exit
}
