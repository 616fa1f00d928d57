#!/bin/sh
# 0120-format-two-readers.t - the second reader reads what the tools write:
# every record, every occurrence, every message byte for byte. The mail is
# that of t/data, in small batches and packs, and real mail.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip python3 "no python3"
command -v zstd >/dev/null || skip zstd "no zstd"
reader=$top/t/second-reader.py

# agree ARCHIVE: both readers find no error and the same mail.
agree() {
	status "$1: the tools find it whole" 0 ms-verify -a "$1"
	status "$1: so does the second reader" 0 python3 "$reader" "$1" check
	: >none
	same "$1: with nothing to say" none out
	python3 "$reader" "$1" digests | sort >want
	status "$1: exported" 0 ms-export -a "$1"
	python3 "$top/t/unstream.py" <out | sed '$d' | sort >got
	same "$1: the same occurrences and bytes" want got
	# ids by the second reader, in wire form, against what ms-list says
	python3 "$reader" "$1" list | cut -f 2,4,6,8 | sort >want
	ms-list -a "$1" | cut -f 1,3,4,5 |
		awk -F '\t' -v OFS='\t' '{ print $1, $2, $3, $4 }' | sort >got
	same "$1: ms-list names the same ids, users, folders, sizes" want got
}

ms-init -u alice ours
MS_BATCH=2 MS_SEAL=3000 ms-ingest -q -a ours -u alice "$top/t/data/eml" \
	"$top/t/data/Maildir" "$top/t/data/hut.mbox"
ms-ingest -q -a ours -u bob --create-user -d Copies "$top/t/data/hut.mbox"
agree ours
ok 'in several packs' test -e ours/pack/00000003.pack -o -e ours/pack/00000003.1.pack
ok 'the last COMMIT has the chain that ms-verify says' sh -c '
	chain=$(ms-verify --quick -a ours 2>&1 | sed "s/.*chain //")
	python3 "$0" ours chain | grep -qx "$chain"' "$reader"

corpora dev
ms-init -u alice real
status 'real mail' 1 ms-ingest -q -a real -u alice "$corpus/eml" \
	"$corpus/maildir" "$corpus/mbox"
agree real
finish
