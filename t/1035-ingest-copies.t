#!/bin/sh
# 1035-ingest-copies.t - copies of one message that differ in their line ends,
# in one batch, in several batches, and of a large message. Each is exported
# with the bytes that it had, and a known message takes no space.
# ms-archive(5), Identity.
. "$(dirname "$0")/lib.sh"

printf 'Subject: copies\n\none\ntwo\nthree\n' >lf
sed 's/$/\r/' lf >crlf
sed '3s/$/\r/' lf >mixed
sed '4s/$/\r/' lf >other
: >empty
reader=$top/t/second-reader.py

# stream FILE...: prints a stream with each file in the folder of its name.
stream() {
	for f; do
		printf 'From ms-stream@1 Thu Jan  1 00:00:00 1970\n'
		printf 'MS-Envelope: folder="%s"\n' "$f"
		cat "$f"
		echo
	done
	printf 'From ms-stream@1 Thu Jan  1 00:00:00 1970\n'
	printf 'MS-Envelope: end; messages=%d; failed=0; status=0\n\n' $#
}

for order in 'lf crlf mixed other empty' 'mixed lf other empty crlf' \
	'other mixed empty crlf lf'; do
	for batch in 1 2 100; do
		rm -rf arc && ms-init -u alice arc
		# shellcheck disable=SC2086 # names
		stream $order >in
		status "$order, batches of $batch" 0 \
			env MS_BATCH=$batch ms-ingest -a arc -u alice <in
		ok 'two copies are new' grep -q '5 seen: 2 new, 3 known' err
		before=$(cat arc/pack/* | wc -c)
		status 'the same run again' 0 env MS_BATCH=$batch ms-ingest -a arc -u alice <in
		ok 'no copy is new' grep -q '5 seen: 0 new, 5 known' err
		ok 'the packs have not grown' test "$(cat arc/pack/* | wc -c)" -eq "$before"
		wrong=
		for f in $order; do
			ms-export -q -a arc --format eml --eol original -o - \
				"folder:$f" >got
			cmp -s "$f" got || wrong="$wrong $f"
		done
		ok "each copy is exported with its bytes:$wrong" test -z "$wrong"
	done
done
ok 'the second reader finds no error' python3 "$reader" arc check

# A message that is too large to be kept in memory is known, and others are new.
messages() { python3 "$reader" arc records | cut -f 2 | grep -c MESSAGE; }
rm -rf arc && ms-init -u alice arc
python3 "$top/t/mailgen.py" big 3000000 text >big.eml
python3 "$top/t/mailgen.py" format=mbox 0 50 >new.mbox
status 'a large message is ingested' 0 ms-ingest -q -a arc -u alice big.eml
status 'the same message is ingested again, with other messages' 0 ms-ingest -a arc -u alice new.mbox big.eml
ok 'one message is known' grep -q '51 seen: 50 new, 1 known' err
ok 'the large message has one record' test "$(messages)" -eq 51
status 'all messages are ingested into another folder' 0 ms-ingest -a arc -u alice -d other new.mbox big.eml
ok 'no MESSAGE record is added' test "$(messages)" -eq 51
finish
