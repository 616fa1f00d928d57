#!/bin/sh
# 2, 3: ingest of one mbox, compared with zstd and SHA-256 of it; and a second
# ingest, in which nothing is new.
. "$(dirname "$0")/lib.sh"
bulk_mbox

one_round() {
	timed zstd 'zstd -q -f -3 -T0 bulk.mbox -o bulk.mbox.zst'
	timed sha256 'openssl sha256 bulk.mbox >sum'
	archive A
	timed ingest 'ms-ingest -a A -q bulk.mbox'
	timed again 'ms-ingest -a A -q bulk.mbox'
}
rounds one_round
speed 'ingest of one mbox | zstd -3 -T0, openssl sha256' 0.7 ingest zstd sha256
speed 'ingest again, nothing new | first ingest' 4 again ingest
