# shellcheck shell=sh disable=SC2154 # set by run
# lib.sh - the base of the rows of `make bench`. A row is a script N-*.sh that
# sources this file and runs in its own folder, $scratch, below $bench. The
# variables top, bench, runs and scale are set by run. $scratch/times has a file
# for each NAME with a line for each round: wall and CPU seconds, and memory.
scratch=$bench/$(basename "$0" .sh)
mkdir -p "$scratch/times" && cd "$scratch" || exit 1
trap bench_end EXIT
trap 'exit 1' HUP INT TERM
bench_end() {
	cd "$bench" || return
	[ -n "${MS_KEEP-}" ] || { chmod -R u+rwx "$scratch" && rm -rf "$scratch"; }
}

note() { printf '%s\n' "$*" | sed 's/^/# /'; }
. "$top/t/lib-await.sh"
die() { note "$*" >&2 && exit 1; }

# skip WHAT REASON: adds a row without numbers and ends the script.
skip() {
	row "${0##*/}" - - - - "skipped: $2"
	exit 0
}

# timed NAME COMMAND: runs the command line in a shell and stores its times. The
# command is printed the first time. Earlier writes are synced before it runs.
timed() {
	[ -e "times/$1.cmd" ] || { printf '    %s\n' "$2" && printf '%s\n' "$2" >"times/$1.cmd"; }
	sync
	python3 "$top/t/bench/clock.py" "times/$1" "$2" || die "status $?: $2"
}

# rounds FUNCTION: runs it $runs times, so that the compared programs alternate.
rounds() {
	round=1
	while [ $round -le "$runs" ]; do
		"$1" && round=$((round + 1)) || exit
	done
}

# median wall|cpu NAME ...: prints the median of the sums of the rounds.
median() {
	column=1
	[ "$1" = wall ] || column=2
	shift
	for name; do awk '{ print NR, $'$column' }' "times/$name"; done |
		awk '{ sum[$1] += $2 } END { for (i in sum) print sum[i] }' | sort -n |
		awk '{ v[NR] = $1 }
			END { printf "%.4f", (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}

# compute EXPRESSION: prints the value of an awk expression. is EXPRESSION:
# prints yes or NO.
compute() { awk "BEGIN { printf \"%.4f\", $1 }"; }
is() { awk "BEGIN { if ($1) print \"yes\"; else print \"NO\" }"; }

# row WHAT OURS PEER RATIO TO-REACH OK: adds a line to the table.
row() { printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$@" >>"$bench/table"; }

# seconds NAME ...: prints the medians as "1.23 s (2.34 cpu)".
seconds() { printf '%.2f s (%.2f cpu)' "$(median wall "$@")" "$(median cpu "$@")"; }

# speed WHAT TIMES OURS PEER ...: adds a row that says how many times faster
# ours is than the peers, which run one after the other, and whether that is
# enough.
speed() {
	what=$1 want=$2 ours=$3 && shift 3
	ratio=$(compute "$(median wall "$@") / $(median wall "$ours")")
	row "$what" "$(seconds "$ours")" "$(seconds "$@")" "$(printf %.2f "$ratio")" \
		">= $want" "$(is "$ratio >= $want")"
}

# size WHAT TIMES OURS PEER: adds a row that compares two sizes in bytes.
size() {
	row "$1" "$(megabytes "$3")" "$(megabytes "$4")" "$(printf %.3f "$(compute "$3 / $4")")" \
		"<= $2" "$(is "$3 <= $2 * $4")"
}
megabytes() { printf '%.2f MB' "$(compute "$1 / 1000000")"; }
bytes() { find "$@" -type f -printf '%s\n' | awk '{ n += $1 } END { printf "%d", n }'; }
# disk PATH ...: prints the disk space of all files, each counted once.
disk() { du -c -s --block-size=1 "$@" | tail -n 1 | cut -f 1; }

# archive DIR: makes an empty archive in place of DIR.
archive() { rm -rf "$1" && ms-init "$1" || die "ms-init $1"; }

# ---- the mail, made once for all rows in $bench/mail ----

# warm PATH ...: reads the files into the page cache.
warm() { find "$@" -type f -exec cat {} + >/dev/null; }

# of_scale NUMBER: prints NUMBER times the scale.
of_scale() { awk "BEGIN { n = int($1 * $scale); print n < 10 ? 10 : n }"; }

# bulk: links ./bulk to the tree of the bulk corpus, or to generated mail. With
# a scale below 1, every Nth file is taken.
bulk() {
	tree=$bench/mail/bulk
	if [ ! -e "$tree" ]; then
		mkdir -p "$bench/mail"
		corpora_unpack || {
			note "no bulk corpus (MS_CORPORA): generated mail is used"
			python3 "$top/t/bench/make-maildir.py" "$tree" "$(of_scale 40000)" 0.05 || exit
		}
	fi
	warm "$tree"/ && ln -sfn "$tree" bulk
}

corpora_unpack() {
	from=${MS_CORPORA:-$top/../shared/corpora}/bulk.tar.zst
	corpus=$top/build/corpora/bulk
	if [ ! -d "$corpus" ]; then
		[ -r "$from" ] || return
		mkdir -p "$corpus.new" && tar -C "$corpus.new" --zstd -xf "$from" || exit
		mv -T "$corpus.new" "$corpus" || exit
	fi
	[ ! -d "$corpus/bulk" ] || corpus=$corpus/bulk
	if [ "$scale" = 1 ]; then
		ln -s "$corpus" "$tree"
	else
		mkdir "$tree"
		(cd "$corpus" && find . -type f | sort |
			awk "int(NR * $scale) != int((NR - 1) * $scale)" |
			xargs -d '\n' cp --parents -t "$tree")
	fi
}

# Ingests the whole tree into A. The status is 1, because the corpus has an
# empty file.
# shellcheck disable=SC2034
ingest_bulk='ms-ingest -a A -q bulk/ 2>named || [ $? -eq 1 ]'

# bulk_mbox: like bulk, and makes ./bulk.mbox of all mail.
bulk_mbox() {
	bulk
	[ -e "$bench/mail/bulk.mbox" ] ||
		python3 "$top/t/bench/make-mbox.py" "$bench/mail/bulk/" >"$bench/mail/bulk.mbox" || exit
	warm "$bench/mail/bulk.mbox" && ln -sfn "$bench/mail/bulk.mbox" bulk.mbox
}

# fill NAME MESSAGES: makes a mailbox of the mail in ./bulk, for t/lib-imap.sh.
fill() {
	imap_user "$1" secret
	# The names look like those of a delivery agent. With names that only
	# count up, the hash of Dovecot has so many collisions that opening
	# takes 0.3 s more.
	find bulk/ -type f -size -256k | sort | head -n "$2" | awk '{ print NR "\t" $0 }' |
		while IFS="$(printf '\t')" read -r n file; do
			name=$((1600000000 + n * 977)).M$((n * 104729 % 1000000))P$((n % 30000 + 300)).bench
			printf '%s\n%s\n' "$file" "$imap_dir/cur/$name:2,S"
		done | xargs -d '\n' -n 2 cp
	imap_own
}
