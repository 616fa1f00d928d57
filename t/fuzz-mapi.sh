#!/bin/sh
# usage: t/fuzz-mapi.sh SECONDS - damaged copies of the PST, MSG and TNEF files of
# MS_CORPORA in the confined reader: 10,000 of each kind, or as many as the
# seconds allow; the output says how many. MS_SEED=N repeats a run.
seconds=$1
. "${0%/*}/lib.sh"
corpora dev
bad=0
for kind in pst msg tnef; do
	echo "== mutants of $kind files: 10,000, or $seconds s"
	# shellcheck disable=SC2046 # the names have no blanks; small files first
	if "$build/unit/mapi-mutants" $kind 10000 "$seconds" \
		$(find "$corpus/$kind" -type f -size -4000k -printf '%s %p\n' | sort -n | cut -d ' ' -f 2-) >out; then
		sed -n 's/^# /   /p' out
	else
		cat out && echo "== mutants of $kind files: failed" && bad=1
	fi
done
exit $bad
