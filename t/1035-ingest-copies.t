#!/bin/sh
# 1035-ingest-copies.t - copies of one message: in one batch, in several, large
# ones, with line ends of their own; each is given back as it came, and what is
# known takes no room. ms-archive(5), Identity.
. "$(dirname "$0")/lib.sh"

printf 'Subject: copies\n\none\ntwo\nthree\n' >lf
sed 's/$/\r/' lf >crlf
sed '3s/$/\r/' lf >mixed
sed '4s/$/\r/' lf >other
: >empty
reader=$top/t/second-reader.py

# stream FILE...: each in the folder of its name.
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
			env MS_BATCH=$batch ms-ingest -a arc -u alice in
		ok 'two are new' grep -q '5 seen: 2 new, 3 known' err
		before=$(cat arc/pack/* | wc -c)
		status 'the same run again' 0 env MS_BATCH=$batch ms-ingest -a arc -u alice in
		ok 'none is' grep -q '5 seen: 0 new, 5 known' err
		ok 'which took no room' test "$(cat arc/pack/* | wc -c)" -eq "$before"
		wrong=
		for f in $order; do
			ms-export -a arc --format eml --eol original -o - \
				"folder:$f" >got
			cmp -s "$f" got || wrong="$wrong $f"
		done
		ok "each came back as it was$wrong" test -z "$wrong"
	done
done
ok 'second reader' python3 "$reader" arc check

# A message too large to be held: known, beside new ones.
messages() { python3 "$reader" arc records | cut -f 2 | grep -c MESSAGE; }
rm -rf arc && ms-init -u alice arc
python3 "$top/t/mailgen.py" big 3000000 text >big.eml
python3 "$top/t/mailgen.py" format=mbox 0 50 >new.mbox
status 'a large message' 0 ms-ingest -q -a arc -u alice big.eml
status 'again, and others' 0 ms-ingest -a arc -u alice new.mbox big.eml
ok 'one is known' grep -q '51 seen: 50 new, 1 known' err
ok 'and has one record' test "$(messages)" -eq 51
status 'all again, elsewhere' 0 ms-ingest -a arc -u alice -d other new.mbox big.eml
ok 'no record more' test "$(messages)" -eq 51
finish
