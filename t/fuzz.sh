#!/bin/sh
# usage: t/fuzz.sh SECONDS TARGET - runs a fuzz target for SECONDS with libFuzzer,
# beginning with its seeds. New inputs are stored in build/fuzz/corpus. MS_SEED=N
# repeats the inputs of a run that began with the same corpus, and FUZZ_RUNS=N ends
# the run after N of them.
seconds=$1 target=$2 out=build/fuzz/$2 fixed=
# What libFuzzer tries next depends on the addresses of functions.
[ -z "${MS_SEED-}" ] || ! setarch -R true 2>/dev/null || fixed='setarch -R'
mkdir -p "build/fuzz/corpus/$target" "build/fuzz/seeds/$target"
"build/seeds/$target" "build/fuzz/seeds/$target" || exit
if $fixed build/fuzz/fuzz/"$target" -max_total_time="$seconds" -timeout=20 -seed="${MS_SEED:-0}" \
	-runs="${FUZZ_RUNS:--1}" -reload=0 -rss_limit_mb=2048 -artifact_prefix="$out-" -print_final_stats=1 \
	"build/fuzz/corpus/$target" "build/fuzz/seeds/$target" >"$out.log" 2>&1; then
	sed -n "s/^stat::number_of_executed_units: */$target: $seconds s, runs: /p" "$out.log"
else
	{ tail -n 40 "$out.log" && echo "$target: failed; the input is in $out-*"; } >"$out.end"
	cat "$out.end"
	exit 1
fi
