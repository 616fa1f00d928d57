#!/bin/sh
# 4510-verify-flip.t - any changed bit in a pack is found, no tool crashes, and
# all messages that are not named as damaged can be exported. About 300 random
# places are tried, and all of them with MS_SOAK=1.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip python3 "no python3"
seed
reader=$top/t/second-reader.py

# flip FILE OFFSET BIT: changes this bit.
flip() {
	byte=$(od -An -tu1 -j "$2" -N 1 "$1")
	octal=$(printf '%o' $((byte ^ 1 << $3)))
	# shellcheck disable=SC2059
	printf "\\$octal" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

ms-init -u alice arc
# Three batches of the mail of t/data, and one of text that cannot be
# compressed.
MS_BATCH=4 MS_SEAL=9000 ms-ingest -q -a arc -u alice "$top/t/data/eml" \
	"$top/t/data/Maildir" "$top/t/data/hut.mbox"
python3 -c 'import random; r = random.Random(1); print("Subject: noise\n")
for i in range(90): print("".join(chr(r.randrange(33, 127)) for _ in range(70)))' >noise.eml
ms-ingest -q -a arc -u alice noise.eml
status 'ms-verify finds no error' 0 ms-verify -q -a arc
python3 "$reader" arc digests | cut -f 7 | sort >all
ms-list -a arc >rows
ok 'there are several packs' test -e arc/pack/00000002.pack
sizes=$(for p in arc/pack/*.pack; do echo "$p $(stat -c %s "$p")"; done)
cp -R arc sound

# places: prints lines with pack, offset and bit.
places() {
	echo "$sizes" | awk -v seed="$seed" -v all="${MS_SOAK:-0}" '
		BEGIN { srand(seed) }
		{ n = all ? $2 : 150
		  # always some bytes of the header and of the end
		  for (i = 0; i < n; i++) {
			at = all ? i : int(rand() * $2)
			if (!all && i < 15) at = i * 17
			if (!all && i >= 15 && i < 30) at = $2 - 1 - (i - 15) * 17
			print $1, at, int(rand() * 8)
		  } }'
}

missed=0 crashed=0 lost=0 tried=0
while read -r pack at bit; do
	tried=$((tried + 1))
	flip "$pack" "$at" "$bit"
	ms-verify --quick -q -a arc >out 2>err
	got=$?
	if [ "$got" -ne 65 ] || [ ! -s err ]; then
		missed=$((missed + 1))
		note "status $got: $pack, offset $at, bit $bit"
		note "$(cat err)"
	fi
	if [ $((tried % 10)) -eq 0 ]; then
		ms-verify -q -a arc --report report >out 2>err
		got=$?
		[ "$got" -eq 65 ] || crashed=$((crashed + 1))
		ms-list -a arc >list 2>err
		got=$?
		[ "$got" -eq 0 ] && cmp -s list rows || {
			lost=$((lost + 1))
			note "ms-list $got: $pack, offset $at, bit $bit"
		}
		ms-export -a arc >mail 2>err
		got=$?
		[ "$got" -le 1 ] || {
			crashed=$((crashed + 1))
			note "ms-export $got: $pack, offset $at, bit $bit"
		}
		# Exported and named messages together are all messages.
		python3 "$top/t/unstream.py" <mail | sed '$d' | cut -f 7 |
			sort >came
		named=$(sed -n 's/.*"id": *"\([0-9a-f]*\)".*/\1/p' report |
			sort -u | wc -l)
		[ "$(comm -13 all came | wc -l)" -eq 0 ] &&
			[ "$(comm -23 all came | wc -l)" -le "$named" ] || {
			lost=$((lost + 1))
			note "lost: $pack, offset $at, bit $bit"
		}
	fi
	cp "sound/pack/${pack##*/}" "$pack"
done <<END
$(places)
END
echo "# $tried places"
ok 'each changed bit is found and reported, with status 65' test "$missed" -eq 0
ok 'no tool crashed' test "$crashed" -eq 0
ok 'only messages that are named are lost' test "$lost" -eq 0
status 'ms-verify finds no error in the original packs' 0 ms-verify -q -a arc
finish
