#!/bin/sh
# 0100-format-second-reader.t - the second reader reads archives made by hand.
# Both were written from ms-archive(5) alone: where they agree, the manual is
# complete.
. "$(dirname "$0")/lib.sh"

command -v python3 >/dev/null || skip python3 "no python3"
command -v zstd >/dev/null || skip zstd "no zstd"
reader=$top/t/second-reader.py
make() { python3 "$top/t/make-pack.py" "$1" "$1"; }

# shape, status, and the expected message ("-": none)
while read -r shape want text; do
	ok "$shape: made" make "$shape"
	status "$shape: read" "$want" python3 "$reader" "$shape" check
	if [ "$text" = - ]; then
		: >none
		same "$shape: nothing to say" none out
	else
		ok "$shape: named" grep -q "$text" out
	fi
done <<'END'
plain 0 -
raw 0 -
unknown 0 -
void 0 -
stubs 0 -
regrouped 0 -
generations 0 -
two-packs 0 -
header-only 0 -
torn 0 torn batch at offset
torn-hole 0 torn batch at offset
torn-garbage 0 torn batch at offset
torn-seal 0 torn batch at offset
stub-unnamed 65 record 6 is a stub
damaged 65 stored bytes checksum
damaged-header 65 offset 0: pack header checksum
forged-chain 65 COMMIT 5: chain
forged-root 65 COMMIT 12: root
missing-blob 65 BLOB [0-9a-f]* is missing
wrong-id 65 is not what it was
END

python3 "$reader" plain list | sort >want
for shape in raw regrouped generations; do
	python3 "$reader" "$shape" list | sort >got
	same "$shape: the same mail" want got
done
python3 "$reader" two-packs list | sed '$d' | sort >got
same 'two-packs: the same mail and one more' want got
ok 'torn: the last batch is gone, the rest is there' sh -c '
	test "$(python3 "$0" torn list | wc -l)" -eq 2' "$reader"

# The first message in each form; its id is its wire form's SHA-256.
id=$(python3 "$reader" plain ids | head -n 1 | cut -f 2)
python3 "$reader" plain cat "$id" wire >wire
ok 'the id is the digest of the wire form' sh -c '
	sha256sum <wire | grep -q "^$0 "' "$id"
python3 "$reader" plain cat "$id" lf | sed 's/$/\r/' >got
same 'lf differs by its line ends' wire got
python3 "$reader" plain cat "$id" lf >want
python3 "$reader" plain cat "$id" stored >got
same 'as it came: lf' want got

finish
