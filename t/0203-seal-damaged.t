#!/bin/sh
# 0203-seal-damaged.t - the previous generation of a pack is deleted only
# after the next one is complete, because until then it can be the only copy.
# The time of fsync is not tested, so that the archive can lie in memory.
[ -n "${TMPDIR-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "$(dirname "$0")/lib.sh"

command -v python3 >/dev/null || skip python3 'no python3'
mailgen() { python3 "$top/t/mailgen.py" "$@"; }

# both: the state after a writer was killed before it could delete.
export MS_BATCH=1
mailgen format=mbox 0 60 >in.mbox
mailgen format=mbox 60 20 >more.mbox
ms-init -u u both
ok 'a pack of small batches' ms-ingest -q -a both -u u in.mbox
cp both/pack/00000001.pack lower
ok 'the pack is rewritten' env MS_SEAL=20000 ms-ingest -q -a both -u u -d X more.mbox
higher=pack/00000001.1.pack
ok 'as the next generation' test -s both/$higher -a ! -e both/pack/00000001.pack
cp lower both/pack/00000001.pack
size=$(stat -c %s both/$higher)
printf 'Subject: one more\n\nbody\n' >one.eml

# try NAME COMMAND...: damages the newer generation, then mail is ingested.
try() {
	name=$1 && shift
	rm -rf arc && cp -a both arc
	"$@"
	status "$name: written behind it" 0 ms-ingest -q -a arc -u u one.eml
	ok "$name: the lower one is kept" cmp -s lower arc/pack/00000001.pack
	status "$name: told" 65 ms-verify -a arc
	ok "$name: by name" grep -q "$higher" err
	ok "$name: and that the other is kept" grep -q 'pack/00000001.pack: .*kept' err
	rm arc/$higher
	ms-verify -q -a arc --rebuild-index 2>err
	status "$name: with it all can be exported" 0 ms-export -a arc
	ok "$name: all" test "$(grep -ac '^From ms-stream' out)" -eq 82
}
flip() { # OFFSET
	perl -e 'open F, "+<:raw", shift or die; my $at = shift; my $c;
		seek F, $at, 0; read F, $c, 1; seek F, $at, 0;
		print F chr(ord($c) ^ 1)' arc/$higher "$1"
}
try 'a byte of the first block' flip 500
try 'a byte in the middle' flip $((size / 2))
try 'a byte of the directory' flip $((size - 140))
try 'a byte of the trailer' flip $((size - 100))
try 'no trailer' truncate -s -128 "arc/$higher"
try 'a byte more' sh -c 'printf x >>"arc/$0"' "$higher"

rm -rf arc && cp -a both arc
status 'a whole one: written behind it' 0 ms-ingest -q -a arc -u u one.eml
ok 'the older generation is deleted' test ! -e arc/pack/00000001.pack
status 'ms-verify finds no error' 0 ms-verify -q -a arc
finish
