#!/bin/sh
# 4565-verify-limits.t - too few files or too little memory is no damage: the
# tools work, or say that they cannot (71, 75). ms(7), exit status.
. "$(dirname "$0")/lib.sh"

status 'an archive' 0 ms-init -u alice arc
status 'with mail' 0 ms-ingest -q -a arc -u alice "$top/t/data/eml" "$top/t/data/hut.mbox"
ms-export -q -a arc >want
printf 'Subject: 1\n\nx\n' >1.eml

# The search for leaks at the end of a process opens files of its own.
export ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0"
bad=0 n=5
while [ $((n += 1)) -le 20 ]; do
	for run in 'ms-verify -q' 'ms-verify -q --quick' ms-list ms-export \
		'ms-ingest -q -u alice --print-ids'; do
		case $run in *ingest*) file=1.eml ;; *) file= ;; esac
		# shellcheck disable=SC2086,SC3045
		(ulimit -n $n && exec $run -a arc $file) >out 2>err </dev/null
		got=$?
		case $got in
		0 | 75) continue ;;
		1 | 66) [ -n "$file" ] && continue ;; # the input cannot be opened
		127) continue ;;                      # nor can a library
		esac
		bad=$((bad + 1)) && note "$n files: $run: status $got" "$(head -n 2 err)"
	done
done
ok 'few files are never reported as damage' test "$bad" -eq 0
status 'with enough files, the archive is whole' 0 ms-verify -q -a arc

[ "${SAN-}" != 1 ] || skip memory 'sanitizers need more addresses'
for run in 'ms-verify -q' ms-list 'ms-ingest -q -u alice --threads 8'; do
	case $run in *ingest*) file=1.eml ;; *) file= ;; esac
	# shellcheck disable=SC2086,SC3045
	(ulimit -v 200000 && exec $run -a arc $file) >out 2>err </dev/null
	got=$?
	ok "with 200 MB of addresses, $run works" test $got -eq 0
done
for v in 30000 50000 80000; do
	# shellcheck disable=SC3045
	(ulimit -v $v && exec ms-verify -q -a arc) >out 2>err </dev/null
	got=$?
	ok "with $v KB, ms-verify does not report damage: $got" test $got -ne 65
done
finish
