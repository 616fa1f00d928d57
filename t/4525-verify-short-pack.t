#!/bin/sh
# 4525-verify-short-pack.t - the last pack is empty or shorter than its header.
# --rebuild-index moves it into tmp/ and names it; then mail can be added.
# ms-archive(5), States on disk.
. "$(dirname "$0")/lib.sh"
export MS_SEAL=300 # a pack for each batch

for n in 1 2 3; do printf 'Subject: %d\n\n%d\n' $n $n >$n.eml; done
status 'an archive' 0 ms-init -u alice sound
status 'with two messages' 0 ms-ingest -q -a sound -u alice 1.eml
status 'in two packs' 0 ms-ingest -q -a sound -u alice 2.eml
last=$(ls sound/pack | tail -n 1)
next=$(printf '%08d.pack' $(($(echo "$last" | sed 's/[.].*//; s/^0*//') + 1)))

# try NAME SIZE: the archive `arc` has a last pack of this size.
try() {
	truncate -s "$2" "arc/pack/$1"
	status "$1 of $2 bytes: nothing is added" 65 ms-ingest -q -a arc -u alice 3.eml
	status 'ms-verify finds it' 65 ms-verify -q -a arc
	status 'the index is rebuilt, and the pack is named' 65 ms-verify -q -a arc --rebuild-index
	ok 'with the place where it is now' grep -q "$1.*tmp/torn-" err
	ok 'it is there' test "$(stat -c %s arc/tmp/torn-*)" -eq "$2"
	ok 'and not among the packs' test ! -e "arc/pack/$1"
	status 'the second time there is nothing to move' 0 ms-verify -q -a arc --rebuild-index
	status 'a message is added' 0 ms-ingest -q -a arc -u alice 3.eml
	status 'and can be exported' 0 ms-export -a arc --format eml -o - subject:3
	same 'as it was' 3.eml out
	status 'the archive is whole' 0 ms-verify -q -a arc
}
for size in 0 1 255; do
	rm -rf arc && cp -a sound arc
	try "$next" $size
done
rm -rf arc && cp -a sound arc
try "$last" 100
ok 'the message of the lost pack is not there' test -z "$(ms-list -a arc subject:2)"
finish
