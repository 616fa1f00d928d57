#!/bin/sh
# 0260-missing-entries.t - a backup tool has left out what is empty: the file
# `lock` and the folder tmp/. They are created again. ms-archive(5), States on
# disk.
. "$(dirname "$0")/lib.sh"

printf 'Subject: 1\n\none\n' >1.eml
printf 'Subject: 2\n\ntwo\n' >2.eml
status 'an archive' 0 ms-init -u alice base
status 'with a message' 0 ms-ingest -q -a base -u alice 1.eml

for tool in 'ms-list' 'ms-export' 'ms-verify -q' 'ms-verify -q --rebuild-index' \
	'ms-ingest -q -u alice'; do
	for gone in tmp lock 'tmp lock' 'tmp lock index'; do
		rm -rf arc && cp -a base arc
		for name in $gone; do rm -r "arc/$name"; done
		case $tool in *ingest*) file=2.eml ;; *) file= ;; esac
		# shellcheck disable=SC2086
		status "without $gone: $tool" 0 $tool -a arc $file
		ok 'both exist then' test -d arc/tmp -a -f arc/lock
	done
done
ok 'with the modes of ms-init' test "$(stat -c %a arc/tmp arc/lock | tr '\n' ' ')" = '700 600 '
rm -rf arc && mkdir arc
status 'a folder that is no archive is left alone' 66 ms-list -a arc
ok 'nothing is created in it' test -z "$(ls arc)"
finish
