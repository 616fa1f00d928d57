#!/bin/sh
# 0203-seal-damaged.t - the previous generation of a pack is deleted only
# after the next one is complete, because until then it can be the only copy.
# The test does not measure fsync, so the archive can be in memory.
[ -n "${TMPDIR-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "$(dirname "$0")/lib.sh"

command -v python3 >/dev/null || skip python3 'no python3'
mailgen() { python3 "$top/t/mailgen.py" "$@"; }

# both: an archive whose writer was killed before it deleted the previous
# generation.
export MS_BATCH=1
mailgen format=mbox 0 60 >in.mbox
mailgen format=mbox 60 20 >more.mbox
ms-init -u u both
ok 'a pack of small batches is written' ms-ingest -q -a both -u u in.mbox
cp both/pack/00000001.pack lower
ok 'the pack is rewritten' env MS_SEAL=20000 ms-ingest -q -a both -u u -d X more.mbox
higher=pack/00000001.1.pack
ok 'the result is the next generation' test -s both/$higher -a ! -e both/pack/00000001.pack
cp lower both/pack/00000001.pack
size=$(stat -c %s both/$higher)
printf 'Subject: one more\n\nbody\n' >one.eml

# try NAME COMMAND...: damages the newer generation with the command, and then
# ingests mail.
try() {
	name=$1 && shift
	rm -rf arc && cp -a both arc
	"$@"
	status "$name: mail is added after the pack" 0 ms-ingest -q -a arc -u u one.eml
	ok "$name: the lower generation is kept" cmp -s lower arc/pack/00000001.pack
	status "$name: ms-verify finds damage" 65 ms-verify -a arc
	ok "$name: ms-verify names the damaged generation" grep -q "$higher" err
	ok "$name: ms-verify says that the other generation is kept" grep -q 'pack/00000001.pack: .*kept' err
	rm arc/$higher
	ms-verify -q -a arc --rebuild-index 2>err
	status "$name: with the lower generation, the mail can be exported" 0 ms-export -a arc
	ok "$name: all messages are exported" test "$(grep -ac '^From ms-stream' out)" -eq 82
}
flip() { # OFFSET
	perl -e 'open F, "+<:raw", shift or die; my $at = shift; my $c;
		seek F, $at, 0; read F, $c, 1; seek F, $at, 0;
		print F chr(ord($c) ^ 1)' arc/$higher "$1"
}
try 'a byte of the first block is changed' flip 500
try 'a byte in the middle is changed' flip $((size / 2))
try 'a byte of the directory is changed' flip $((size - 140))
try 'a byte of the trailer is changed' flip $((size - 100))
try 'the trailer is missing' truncate -s -128 "arc/$higher"
try 'there is a byte more' sh -c 'printf x >>"arc/$0"' "$higher"

rm -rf arc && cp -a both arc
status 'no damage: mail is added' 0 ms-ingest -q -a arc -u u one.eml
ok 'the older generation is deleted' test ! -e arc/pack/00000001.pack
status 'ms-verify finds no error' 0 ms-verify -q -a arc
finish
