#!/bin/sh
# 14: ms-stat of an archive of a million messages: the totals, and the tables of
# each kind. It reads the index, so the messages are small. And ms-show of one of
# them, by its id, ten times.
. "$(dirname "$0")/lib.sh"

count=$(of_scale 1000000)
note "an archive of $count messages"
[ -d A ] || {
	archive A
	for n in 0 1 2 3 4 5 6 7; do ms-users -a A add u$n 2>/dev/null; done
	python3 "$top/t/bench/make-many.py" "$count" | ms-ingest -q -a A || die ingest
}

id=$(ms-list -a A 2>/dev/null | sed -n '1000{s/\t.*//p;q;}')

one_round() {
	timed totals 'ms-stat -a A >/dev/null'
	for by in user year folder domain correspondent; do
		timed "$by" "ms-stat -a A --by $by >/dev/null"
	done
	timed growth 'ms-stat -a A --growth >/dev/null'
	timed show "for i in 0 1 2 3 4 5 6 7 8 9; do ms-show -a A $id >/dev/null || exit; done"
	timed summary 'ms-list -a A --summary >/dev/null'
}
rounds one_round

# stat WHAT NAME LIMIT: adds a row with the wall seconds.
stat() {
	row "ms-stat $1, $count messages" "$(seconds "$2")" - - "${3:+< $3 s}" "${3:+$(is "$(median wall "$2") < $3")}"
}
stat 'of an archive' totals 1
for by in user year folder domain correspondent; do stat "--by $by" $by 1; done
stat --growth growth 1
row "ms-list --summary, $count messages" "$(seconds summary)" - - '' ''
row "ms-show of one message, ten times, $count messages" "$(seconds show)" - - '< 0.2 s cpu' "$(is "$(median cpu show) < 0.2")"
