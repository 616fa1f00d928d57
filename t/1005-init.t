#!/bin/sh
# 1005-init.t - ms-init makes an archive where there is none, and nothing else:
# also when several are at work in one place.
. "$(dirname "$0")/lib.sh"

status 'an archive' 0 ms-init -u alice arc
ok 'the archive is private' test "$(stat -c %a arc)" = 700
status 'not a second time' 73 ms-init -u alice arc
mkdir full && : >full/file
status 'no archive in a folder that is not empty' 73 ms-init -u alice full
ok 'the folder is not changed' test "$(ls full)" = file

# The folder that two ms-init find empty becomes one archive, not one over the
# other: mail may be in the first by then.
round=0 wrong=0
while [ $round -lt 25 ]; do
	round=$((round + 1))
	rm -rf race pids made
	for user in a b c d e f; do
		{ ms-init -u $user race 2>/dev/null && echo $user >>made; } &
		echo $! >>pids
	done
	while read -r pid; do wait "$pid"; done <pids
	[ "$(wc -l <made)" -eq 1 ] || wrong=$((wrong + 1))
	ms-ingest -q -a race -u "$(head -n 1 made)" "$top/t/data/eml" ||
		wrong=$((wrong + 1))
done
ok 'one of six concurrent ms-init processes succeeds' test $wrong -eq 0
finish
