#!/bin/sh
# 11: import of the largest PST file of the corpora that readpst can read,
# compared with readpst -j 0, which writes an mbox for each folder.
# 12: import of a profile of Thunderbird with 1 GB: MB/s and memory.
. "$(dirname "$0")/lib.sh"

dev=$top/build/corpora/dev
if [ ! -d "$dev" ] && [ -r "${MS_CORPORA:-$top/../shared/corpora}/dev.tar.zst" ]; then
	mkdir -p "$dev.new" && tar -C "$dev.new" --zstd -xf "${MS_CORPORA:-$top/../shared/corpora}/dev.tar.zst" &&
		mv -T "$dev.new" "$dev" || exit
fi
# The format of an OST with pages of 4 KiB is not known to readpst.
largest() {
	find "$dev" -path '*/pst/*.pst' -printf '%s %p\n' | sort -rn | cut -d ' ' -f 2- | while read -r f; do
		rm -rf try && mkdir try
		if readpst -j 0 -r -q -o try "$f" >said 2>&1 && [ -n "$(find try -type f)" ]; then echo "$f" && break; fi
	done
}

pst_round() {
	rm -rf mboxes && mkdir mboxes
	timed readpst 'readpst -j 0 -r -q -o mboxes in.pst'
	archive A
	timed pst 'ms-ingest -a A -q in.pst'
}
if command -v readpst >/dev/null && pst=$(largest) && [ -n "$pst" ]; then
	cp "$pst" in.pst
	rounds pst_round
	speed "import of a PST of $(megabytes "$(bytes in.pst)") | readpst -j 0" 0.33 pst readpst
else
	row 'import of a PST' - - - - 'skipped: no readpst (pst-utils), or no corpora'
fi

bulk_mbox
size=$(of_scale 1000000000)
python3 "$top/t/bench/make-profile.py" bulk.mbox profile "$size" || exit
warm profile
archive A
timed profile 'ms-ingest -a A -q --client thunderbird profile'
memory=$(awk '{ if ($3 > max) max = $3 } END { printf "%d", max * 1024 }' times/profile)
row 'import of a Thunderbird profile' "$(seconds profile)" - \
	"$(compute "$(bytes profile) / 1000000 / $(median wall profile)") MB/s" - -
row '  its memory | 256 MiB' "$(megabytes "$memory")" "$(megabytes 268435456)" \
	"$(printf %.3f "$(compute "$memory / 268435456")")" '<= 1' "$(is "$memory <= 268435456")"
