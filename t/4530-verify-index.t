#!/bin/sh
# 4530-verify-index.t - a damaged index. LMDB can crash on it, but no tool does.
# ms-verify names the remedy, which repairs the index.
. "$(dirname "$0")/lib.sh"
seed

ms-init -u alice arc
MS_BATCH=3 ms-ingest -q -a arc -u alice "$top/t/data/eml" \
	"$top/t/data/Maildir" "$top/t/data/hut.mbox"
ms-list -a arc >want
cp arc/index/data.mdb sound.mdb
size=$(stat -c %s sound.mdb)

# try NAME: runs the tools with the index as it is, and rebuilds it.
try() {
	for run in 'ms-verify -q' 'ms-list' 'ms-export' 'ms-verify -q --quick'; do
		$run -a arc >out 2>err </dev/null
		got=$?
		case $got in
		0 | 1 | 65 | 74 | 75) ;;
		# With a sanitizer, a crash has the status 99.
		99) grep -q liblmdb err || {
			bad=$((bad + 1)) && note "a finding: $run: $1"
		} ;;
		*) bad=$((bad + 1)) && note "status $got: $run: $1" ;;
		esac
	done
	ms-verify -q -a arc --rebuild-index 2>err || {
		bad=$((bad + 1)) && note "not rebuilt: $1" "$(cat err)"
	}
	ms-list -a arc >got 2>err
	cmp -s want got || { bad=$((bad + 1)) && note "lists something else: $1"; }
}

bad=0
truncate -s 0 arc/index/data.mdb && try 'of no bytes'
truncate -s $((size / 2)) arc/index/data.mdb && try 'cut in half'
truncate -s 4096 arc/index/data.mdb && try 'of one page'
head -c "$size" /dev/urandom >arc/index/data.mdb && try 'random bytes'
head -c "$size" /dev/zero >arc/index/data.mdb && try 'zeros'
rm arc/index/lock.mdb && try 'without its lock file'
rm arc/index/data.mdb && try 'without its data file'
ok 'files that are no index are reported and rebuilt' test "$bad" -eq 0

# Bytes of pages are overwritten. LMDB may crash; the tool reports that.
awk -v seed="$seed" -v pages="$((size / 4096))" -v n="${MS_SOAK:+400}" 'BEGIN {
	srand(seed); if (!n) n = 30
	for (i = 0; i < n; i++)
		print int(rand() * pages) * 4096 + int(rand() * 4000), 1 + int(rand() * 96) }' >places
bad=0 told=0
while read -r at n; do
	cp sound.mdb arc/index/data.mdb
	head -c "$n" /dev/urandom |
		dd of=arc/index/data.mdb bs=1 seek="$at" conv=notrunc 2>/dev/null
	ms-verify -q -a arc 2>err && cmp -s arc/index/data.mdb sound.mdb ||
		told=$((told + 1))
	try "$n bytes at $at"
done <places
ok 'with overwritten bytes no tool crashes, and the index is rebuilt' test "$bad" -eq 0
ok 'most of the overwritten bytes are found' test "$told" -ge 10
status 'ms-verify finds no error at the end' 0 ms-verify -q -a arc

# Programs that replace the LF of CRLF by CRLF make such lines. In the stored
# form, they look like other lines.
ms-init twice && sed 's/$/\r\r/' >twice.eml <<'END'
From: alice@example.org
Subject: two CR

body
END
sed 's/\r\r$/\r/; 1s/^/X: /' twice.eml | cat - twice.eml >mixed.eml
ms-ingest -q -a twice twice.eml mixed.eml
status 'CR CR LF in a header: ms-verify finds no error' 0 ms-verify -q -a twice
finish
