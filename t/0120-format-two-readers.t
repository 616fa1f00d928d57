#!/bin/sh
# 0120-format-two-readers.t - the second reader reads the archives that the
# tools write: every record, every occurrence, and the exact bytes of every
# message. The mail is that of t/data, in small batches and packs, and real
# mail.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip python3 "no python3"
reader=$top/t/second-reader.py

# agree ARCHIVE: checks that both readers find no error and the same mail.
agree() {
	status "$1: ms-verify finds no error" 0 ms-verify -a "$1"
	status "$1: the second reader finds no error" 0 python3 "$reader" "$1" check
	: >none
	same "$1: the second reader prints nothing" none out
	python3 "$reader" "$1" digests | sort >want
	status "$1: ms-export succeeds" 0 ms-export -a "$1"
	python3 "$top/t/unstream.py" <out | sed '$d' | sort >got
	same "$1: both have the same occurrences and bytes" want got
	# The second reader computes the ids from the wire form.
	python3 "$reader" "$1" list | cut -f 2,4,6,8 | sort >want
	ms-list -a "$1" | cut -f 1,3,4,5 |
		awk -F '\t' -v OFS='\t' '{ print $1, $2, $3, $4 }' | sort >got
	same "$1: ms-list prints the same ids, users, folders and sizes" want got
}

ms-init -u alice ours
MS_BATCH=2 MS_SEAL=3000 ms-ingest -q -a ours -u alice "$top/t/data/eml" \
	"$top/t/data/Maildir" "$top/t/data/hut.mbox"
ms-ingest -q -a ours -u bob --create-user -d Copies "$top/t/data/hut.mbox"
agree ours
ok 'the mail is in several packs' test -e ours/pack/00000003.pack -o -e ours/pack/00000003.1.pack
ok 'the last COMMIT has the chain that ms-verify prints' sh -c '
	chain=$(ms-verify --quick -a ours 2>&1 | sed "s/.*chain //")
	python3 "$0" ours chain | grep -qx "$chain"' "$reader"

corpora dev
ms-init -u alice real
status 'real mail is ingested, except files that are no mail' 1 ms-ingest -q -a real -u alice "$corpus/eml" \
	"$corpus/maildir" "$corpus/mbox"
agree real
finish
