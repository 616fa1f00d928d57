#!/bin/sh
# 0100-format-second-reader.t - t/second-reader.py reads the archives that
# t/make-pack.py makes. Both programs were written from ms-archive(5) alone, so
# they agree only if the manual is complete.
. "$(dirname "$0")/lib.sh"

command -v python3 >/dev/null || skip python3 "no python3"
reader=$top/t/second-reader.py
make() { python3 "$top/t/make-pack.py" "$1" "$1"; }

# The shape of the archive, the status, and the message ("-": none).
while read -r shape want text; do
	ok "$shape: make-pack.py makes the archive" make "$shape"
	status "$shape: the reader ends with $want" "$want" python3 "$reader" "$shape" check
	if [ "$text" = - ]; then
		: >none
		same "$shape: the reader prints nothing" none out
	else
		ok "$shape: the reader prints '$text'" grep -q "$text" out
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
	same "$shape: the archive has the same mail" want got
done
python3 "$reader" two-packs list | sed '$d' | sort >got
same 'two-packs: the archive has the same mail and one more message' want got
ok 'torn: all messages but those of the last batch are listed' sh -c '
	test "$(python3 "$0" torn list | wc -l)" -eq 2' "$reader"

# The first message in each form. Its id is the SHA-256 of its wire form.
id=$(python3 "$reader" plain ids | head -n 1 | cut -f 2)
python3 "$reader" plain cat "$id" wire >wire
ok 'the id is the digest of the wire form' sh -c '
	sha256sum <wire | grep -q "^$0 "' "$id"
python3 "$reader" plain cat "$id" lf | sed 's/$/\r/' >got
same 'the form lf differs from the wire form only in its line ends' wire got
python3 "$reader" plain cat "$id" lf >want
python3 "$reader" plain cat "$id" stored >got
same 'the stored form is lf, as the message was' want got

finish
