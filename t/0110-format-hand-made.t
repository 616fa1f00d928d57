#!/bin/sh
# 0110-format-hand-made.t - the tools read archives made by hand, also
# archives that no tool writes: stubs, unknown record types, regrouped packs.
# They report damage as the second reader does.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip python3 "no python3"
command -v zstd >/dev/null || skip zstd "no zstd"
reader=$top/t/second-reader.py

# shape, status of ms-verify, its message ("-": only the totals)
while read -r shape want text; do
	ok "$shape: made" python3 "$top/t/make-pack.py" "$shape" "$shape"
	cp -R "$shape" "$shape.quick"
	status "$shape: verified" "$want" ms-verify -a "$shape"
	if [ "$text" = - ]; then
		ok "$shape: nothing to say" sh -c 'test "$(wc -l <err)" -eq 1'
	else
		ok "$shape: named" grep -q "$text" err
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
torn 0 offset 2350: 1241 bytes of a batch
torn-hole 0 offset 2350: 1281 bytes of a batch
torn-garbage 0 offset 3631: 512 bytes of a batch
torn-seal 0 offset 3631: 338 bytes of a batch
stub-unnamed 65 6 to 6 are stubs that no later purge event names
damaged 65 records 6 to 7 are missing
damaged-header 65 00000001.pack: offset 0: the header is damaged
forged-chain 65 the chain of COMMIT 5 is wrong
forged-root 65 the root of records 6 to 11 is wrong
missing-blob 65 message 1494e8fc.*message 1.*BLOB 303847ef.* is missing
wrong-id 65 message 7dd530c4.*its bytes are not those of its id
END

# Intact messages can be listed and exported, as by the second reader.
for shape in plain raw unknown void stubs regrouped generations two-packs \
	header-only torn torn-hole torn-garbage torn-seal; do
	python3 "$reader" "$shape" digests | sort >want
	status "$shape: exported" 0 ms-export -a "$shape"
	python3 "$top/t/unstream.py" <out | sed '$d' | sort >got
	same "$shape: just that" want got
done

# --quick checks checksums and the chain, but not the content of a batch.
for shape in plain regrouped two-packs torn stubs missing-blob forged-root; do
	status "$shape: quick" 0 ms-verify --quick -a "$shape.quick"
done
for shape in damaged damaged-header forged-chain; do
	status "$shape: quick" 65 ms-verify --quick -a "$shape.quick"
done

# A pack that has only a header is continued.
printf 'Subject: more\n\nbody\n' >more.eml
for shape in header-only torn torn-hole torn-garbage torn-seal regrouped \
	unknown stubs; do
	python3 "$reader" "$shape" list >before
	status "$shape: written on" 0 ms-ingest -q -a "$shape" -u alice more.eml
	status "$shape: whole afterwards" 0 ms-verify -a "$shape"
	status "$shape: for both readers" 0 python3 "$reader" "$shape" check
	python3 "$reader" "$shape" list >after
	ok "$shape: with one message more" sh -c '
		test "$(wc -l <after)" -eq $(($(wc -l <before) + 1))'
done
finish
