#!/bin/sh
# usage: t/fuzz.sh SECONDS TARGET ... - runs each fuzz target for SECONDS with
# libFuzzer, beginning with its seeds. New inputs are stored in
# build/fuzz/corpus.
seconds=$1 && shift
bad=0
for t; do
	corpus=build/fuzz/corpus/$t
	mkdir -p "$corpus" build/fuzz/seeds/"$t"
	"build/seeds/$t" "build/fuzz/seeds/$t" || exit
	echo "== $t: $seconds s"
	if build/fuzz/fuzz/"$t" -max_total_time="$seconds" -timeout=20 \
		-rss_limit_mb=2048 -artifact_prefix="build/fuzz/$t-" \
		-print_final_stats=1 "$corpus" "build/fuzz/seeds/$t" \
		>"build/fuzz/$t.log" 2>&1; then
		sed -n 's/^stat::number_of_executed_units: */   runs /p' "build/fuzz/$t.log"
	else
		tail -n 40 "build/fuzz/$t.log"
		echo "== $t: failed; the input is in build/fuzz/$t-*"
		bad=1
	fi
done
exit $bad
