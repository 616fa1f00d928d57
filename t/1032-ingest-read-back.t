#!/bin/sh
# 1032-ingest-read-back.t - ms-ingest --print-ids confirms a message only after
# it has read its copy in the archive: a damaged message is stored again and
# named, so that each id that is printed can be exported. ms-ingest(1).
. "$(dirname "$0")/lib.sh"
seed

mkdir in && for n in 1 2; do
	printf 'Subject: %d\nFrom: a@example.org\n\nshort %d\n' $n $n >in/$n.eml
done
# One message with BLOBs, one that is too large for a work unit, one with line
# ends of both kinds.
{ printf 'Subject: long\n\n'; seq 1 900; } >in/long.eml
{ printf 'Subject: large\n\n'; seq 1 400000; } >in/large.eml
{ printf 'Subject: mixed\r\n\nlf\ncrlf\r\n'; seq 1 800; } >in/mixed.eml
wire() { sed 's/\r$//; s/$/\r/' "$1" | sha256sum | cut -c 1-64; }
for f in in/*.eml; do wire "$f"; done | sort >ids

status 'an archive' 0 ms-init -u alice sound
status 'with mail, in five batches' 0 env MS_BATCH=1 ms-ingest -q -a sound -u alice in/*.eml
cp -a sound arc
status 'the same mail again' 0 ms-ingest -q -a arc -u alice --print-ids in/*.eml
ok 'all of it is known' test "$(grep -c 'known$' out)" -eq 5
same 'nothing was written' sound/pack/00000001.pack arc/pack/00000001.pack

# flip FILE OFFSET: changes a byte. exported: prints the ids of the file
# `printed` that cannot be exported.
flip() {
	python3 -c 'import sys
f = open(sys.argv[1], "r+b"); at = int(sys.argv[2])
f.seek(at); b = f.read(1); f.seek(at); f.write(bytes([b[0] ^ 0x55]))' "$1" "$2"
}
exported() {
	cut -f 1 printed | while read -r id; do
		ms-export -a arc --format eml --eol crlf -o - "id:$id" 2>err |
			sha256sum | cut -c 1-64 | grep -qx "$id" || echo "$id"
	done
}
command -v python3 >/dev/null || skip python3 'no python3'
size=$(stat -c %s sound/pack/00000001.pack)
# Bytes of each kind of block: of its header, and of what is stored.
"$top/t/second-reader.py" sound packs >blocks
while read -r _ at _; do echo $((at + 3)) && echo $((at + 190)); done <blocks >offsets
awk -v size="$size" -v seed="$seed" -v n="${MS_SOAK:+3000}" 'BEGIN {
	srand(seed); if (!n) n = 12
	for (i = 0; i < n; i++) print 256 + int(rand() * rand() * (size - 256)) }' >>offsets
bad=0 again=0
while read -r at; do
	rm -rf arc && cp -a sound arc && flip arc/pack/00000001.pack "$at"
	ms-ingest -q -a arc -u alice --print-ids in/*.eml >printed 2>err
	got=$?
	cp err said
	# Damage to the last COMMIT is refused: nothing is printed.
	[ "$got" -eq 0 ] || { [ "$got" -eq 65 ] && [ ! -s printed ]; } || {
		bad=$((bad + 1)) && note "offset $at: status $got" "$(cat said)"
	}
	lost=$(exported)
	[ -z "$lost" ] || { bad=$((bad + 1)) && note "offset $at: printed, but not there: $lost"; }
	if grep -q 'new$' printed; then
		again=$((again + 1))
		grep -q 'stored again' said || { bad=$((bad + 1)) && note "offset $at: not named"; }
		ms-ingest -q -a arc -u alice --print-ids in/*.eml >printed 2>err
		[ "$(grep -c 'known$' printed)" -eq 5 ] || { bad=$((bad + 1)) && note "offset $at: again"; }
	fi
done <offsets
ok "each printed id can be exported ($again times stored again)" test "$bad" -eq 0
ok 'some damage was in messages' test "$again" -gt 3

# A reference confirms a message, too.
rm -rf arc && cp -a sound arc
id=$(wire in/1.eml)
sep='From ms-stream@1 Thu Jan  1 00:00:00 1970'
refer() {
	printf '%s\nMS-Envelope: user="alice"; folder="%s"; ref="%s"\n\n' "$sep" "$1" "$id"
	printf '%s\nMS-Envelope: end; messages=1; failed=0; status=0\n\n' "$sep"
}
refer New >ref && refer Newer >ref2
status 'a reference to a sound message' 0 ms-ingest -q -a arc -u alice --print-ids <ref
ok 'is known' grep -q "^$id.known" out
# Its MESSAGE is in the second block.
flip arc/pack/00000001.pack $(($(sed -n 2p blocks | cut -f 2) + 200))
status 'to a damaged one: it fails' 1 ms-ingest -q -a arc -u alice --print-ids <ref2
ok 'nothing is printed' empty out
ok 'the reason is named' grep -q 'damaged in the archive' err
finish
