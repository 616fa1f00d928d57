#!/bin/sh
# 4: export of all mail, compared with decompressing a tar of the same files: to
# /dev/null, so that no time of a reader is measured, and through a pipe.
. "$(dirname "$0")/lib.sh"
bulk

archive A
timed ingest "$ingest_bulk"
timed tar 'tar -chf - bulk | zstd -q -3 -f -o bulk.tar.zst'
one_round() {
	timed zstd 'zstd -q -dc bulk.tar.zst >/dev/null'
	timed export 'ms-export -a A >/dev/null'
	timed zstd-pipe 'zstd -q -dc bulk.tar.zst | cat >/dev/null'
	timed export-pipe 'ms-export -a A | cat >/dev/null'
}
rounds one_round
speed 'export of everything | zstd -d of the tar' 0.4 export zstd
speed 'the same into a pipe' 0.4 export-pipe zstd-pipe
