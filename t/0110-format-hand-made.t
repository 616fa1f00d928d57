#!/bin/sh
# 0110-format-hand-made.t - the tools read the archives that t/make-pack.py
# makes, also some that no tool writes: stubs, unknown record types, regrouped
# packs. They report damage as the second reader does.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip python3 "no python3"
reader=$top/t/second-reader.py

# The shape of the archive, the status of ms-verify, its message ("-": only the
# totals).
while read -r shape want text; do
	ok "$shape: make-pack.py makes the archive" python3 "$top/t/make-pack.py" "$shape" "$shape"
	cp -R "$shape" "$shape.quick"
	status "$shape: ms-verify ends with $want" "$want" ms-verify -a "$shape"
	if [ "$text" = - ]; then
		ok "$shape: ms-verify prints only the totals" sh -c 'test "$(wc -l <err)" -eq 1'
	else
		ok "$shape: ms-verify prints '$text'" grep -q "$text" err
	fi
done <<'END'
plain 0 -
raw 0 -
unknown 0 -
void 0 -
long-header 0 -
stubs 0 -
regrouped 0 -
generations 0 -
two-packs 0 -
header-only 0 -
old-dates 0 -
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
bad-records 65 lines of 4
wrong-id 65 message 7dd530c4.*its bytes are not those of its id
END

# Intact messages can be listed and exported, as by the second reader.
for shape in plain raw unknown void long-header stubs regrouped generations two-packs \
	header-only torn torn-hole torn-garbage torn-seal; do
	python3 "$reader" "$shape" digests | sort >want
	status "$shape: ms-export succeeds" 0 ms-export -a "$shape"
	python3 "$top/t/unstream.py" <out | sed '$d' | sort >got
	same "$shape: the exported messages are those of the second reader" want got
done

# A record that readers refuse costs its own message. ms-verify names each.
rm -rf bad-records && python3 "$top/t/make-pack.py" bad-records bad-records
status 'bad-records: ms-verify without an index' 65 ms-verify -q -a bad-records
ok 'seven records are named' test "$(grep -c 'record [0-9]*: ' err)" -eq 7
status 'bad-records: ms-list succeeds' 0 ms-list -a bad-records
ok 'three messages are listed' test "$(wc -l <out)" -eq 3
status 'bad-records: ms-export names one message' 1 ms-export -a bad-records
ok 'the others are exported' test "$(grep -c '^whole' out)" -eq 2
{ python3 - <<'END'
print("From: Bob <bob@example.org>\nTo: alice@example.org\nSubject: message 2\n"
      "Date: Wed, 18 Nov 2026 12:00:00 +0000\n\n" + "YWJj\n" * 10, end="")
END
} >refused.eml
status 'bad-records: the message is ingested again' 0 \
	ms-ingest -q -a bad-records -u alice --print-ids refused.eml
ok 'and is stored again' grep -q 'new$' out
status 'then all three are exported' 0 ms-export -a bad-records
ok 'with its bytes' test "$(grep -c '^YWJj$' out)" -eq 10

# --quick checks checksums and the chain, but not the content of a batch.
for shape in plain regrouped two-packs torn stubs missing-blob forged-root; do
	status "$shape: ms-verify --quick finds no damage" 0 ms-verify --quick -a "$shape.quick"
done
for shape in damaged damaged-header forged-chain; do
	status "$shape: ms-verify --quick finds damage" 65 ms-verify --quick -a "$shape.quick"
done

# New mail is appended to these packs, also to one that has only a header.
printf 'Subject: more\n\nbody\n' >more.eml
for shape in header-only torn torn-hole torn-garbage torn-seal regrouped \
	unknown stubs; do
	python3 "$reader" "$shape" list >before
	status "$shape: a message is added" 0 ms-ingest -q -a "$shape" -u alice more.eml
	status "$shape: ms-verify finds no damage afterwards" 0 ms-verify -a "$shape"
	status "$shape: nor does the second reader" 0 python3 "$reader" "$shape" check
	python3 "$reader" "$shape" list >after
	ok "$shape: there is one message more" sh -c '
		test "$(wc -l <after)" -eq $(($(wc -l <before) + 1))'
done
finish
