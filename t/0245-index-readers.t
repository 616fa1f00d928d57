#!/bin/sh
# 0245-index-readers.t - the index belongs to one copy of an archive, and the
# packs to another copy with other mail. No reader lists or exports another
# message than the requested one. ms-archive(5), States on disk.
. "$(dirname "$0")/lib.sh"

for n in old A1 B1 B22; do printf 'Subject: %s\n\nthe body of %s\n' $n $n >$n.eml; done
# The packs of the second copy are longer than those of the first: a rebuild
# reports a last pack that is shorter than the index knows.
for n in B1 B22; do seq 100 >>$n.eml; done
id() { sed 's/$/\r/' "$1.eml" | sha256sum | cut -c 1-64; }

# refused NAME: every reader of the archive `arc` detects that the packs do not
# belong to its index.
refused() {
	for query in subject:A1 '' "id:$(id A1)"; do
		# shellcheck disable=SC2086
		status "$1: ms-list $query is refused" 65 ms-list -a arc $query
		ok '... the error names the remedy' grep -q 'other packs.*--rebuild-index' err
		ok '... nothing is listed' empty out
		for format in stream mboxrd eml; do
			rm -rf to && mkdir to
			# shellcheck disable=SC2086
			status "$1: ms-export $query as $format" 65 \
				ms-export -a arc --format $format -o to/it $query
			ok '... no message is written' absent -r -q 'the body of' to out err
		done
	done
	status "$1: ms-verify refuses it, too" 65 ms-verify -q --quick -a arc
	status "$1: the index is rebuilt" 0 ms-verify -q -a arc --rebuild-index
	status "$1: ms-list succeeds after that" 0 ms-list -a arc "id:$(id A1)"
	ok 'the message of the old index is not found' empty out
}

status 'an archive is created' 0 ms-init -u alice base
status 'mail is added' 0 ms-ingest -q -a base -u alice old.eml
export MS_SEAL=300 # a pack for each batch
cp -a base a && cp -a base b
status 'a message is added to one copy' 0 ms-ingest -q -a a -u alice A1.eml
status 'another message is added to the other copy' 0 ms-ingest -q -a b -u alice B1.eml
last=$(ls b/pack | tail -n 1)

rm -rf arc && cp -a a arc && cp b/pack/"$last" arc/pack/
refused 'a pack of the other copy'
rm -rf arc && cp -a a arc && cp b/pack/"$last" arc/pack/ && hold_lock arc
status 'the archive is refused while another tool writes, too' 65 ms-list -a arc
drop_lock

# The same pack was continued in both, with batches of different lengths.
unset MS_SEAL
rm -rf a b && cp -a base a && cp -a base b
ms-ingest -q -a a -u alice A1.eml
ms-ingest -q -a b -u alice B22.eml B1.eml
rm -rf arc && cp -a a arc && cp b/pack/* arc/pack/
refused 'the same pack, continued by both copies'
rm -rf arc && cp -a b arc && cp a/pack/* arc/pack/
status 'the packs and the index are exchanged' 65 ms-list -a arc

# With a damaged COMMIT, the packs still belong to the index, and all intact
# mail can be read.
rm -rf arc && cp -a a arc
size=$(stat -c %s arc/pack/00000001.pack)
for at in $((size - 4)) $((size - 500)); do
	cp a/pack/* arc/pack/
	printf '\377\377' | dd of=arc/pack/00000001.pack bs=1 seek=$at conv=notrunc 2>/dev/null
	status 'the end of the pack is damaged: ms-list works' 0 ms-list -a arc
	ok 'both messages are listed' test "$(wc -l <out)" -eq 2
	status 'the message before the damage is exported' 0 ms-export -a arc --format eml "id:$(id old)"
	same 'its bytes are right' old.eml out
done

# An older pack is from the other copy, and the index ends in a later pack. A
# record is in the place of another one, and only the ids differ.
command -v python3 >/dev/null || skip python3 'no python3'
export MS_SEAL=300
rm -rf a b && cp -a base a && cp -a base b
for arc in a b; do
	[ $arc = a ] && first=A1.eml || first=B1.eml
	ms-ingest -q -a $arc -u alice $first
	ms-ingest -q -a $arc -u alice B22.eml
done
rm -rf arc && cp -a a arc && cp b/pack/00000002.* arc/pack/
for query in subject:A1 "id:$(id A1)"; do
	rm -rf to
	status "$query as a file: the message fails" 1 ms-export -a arc --format eml -o to "$query"
	ok 'no file is left' test -z "$(find . -path './to*' -type f)"
	status "$query as a stream: the message fails" 1 ms-export -a arc "$query"
	ok 'the trailer counts the failure' grep -q 'failed="\{0,1\}1' out
	ok 'the stream has no part of the other message' absent -q 'body of B1' out
done
finish
