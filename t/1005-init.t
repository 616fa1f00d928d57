#!/bin/sh
# 1005-init.t - ms-init makes an archive where there is none, and changes
# nothing else, also if several ms-init run in one folder.
. "$(dirname "$0")/lib.sh"

status 'an archive is created' 0 ms-init -u alice arc
ok 'the archive is private' test "$(stat -c %a arc)" = 700
status 'an existing archive is not replaced' 73 ms-init -u alice arc
mkdir full && : >full/file
status 'no archive is created in a folder that is not empty' 73 ms-init -u alice full
ok 'the folder is not changed' test "$(ls full)" = file

# If two ms-init find the folder empty, only one of them makes an archive. The
# other one must not replace it, because it may have mail by then.
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
