#!/bin/sh
# shellcheck disable=SC2154 # set by lib-imap.sh
# 9: ingest of one mbox and of many files, and a fetch of 6,000 messages, with
# and without the sandbox, which is hidden by a preloaded library
# (t/shim/sandbox.c). CPU seconds are compared, because the sandbox writes
# nothing and waits for nothing. The last row is what it costs to start: a fetch
# of one message.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"
shim=$top/build/t/sandbox.so
[ -e "$shim" ] || skip shims 'no shims (make shims)'
bulk_mbox
none='MS_SHIM_LANDLOCK=-38 MS_SHIM_SECCOMP=-38'

# pair NAME COMMAND: a run with, and one without the sandbox.
pair() {
	archive A
	timed "with-$1" "export LD_PRELOAD=$shim; $2"
	archive A
	timed "without-$1" "export LD_PRELOAD=$shim $none; $2"
}
# costs WHAT NAME: adds a row.
costs() {
	with=$(median cpu "with-$2") without=$(median cpu "without-$2")
	ratio=$(compute "$with / $without")
	row "$1 | without its sandbox" "$with s" "$without s" "$(printf %.3f "$ratio")" \
		'<= 1.03' "$(is "$ratio <= 1.03")"
}

ingest_round() {
	for input in bulk.mbox bulk/; do
		pair "${input%/}" "ms-ingest -a A -q $input 2>named || [ \$? -eq 1 ]"
	done
}
rounds ingest_round
costs 'CPU time of ingest of bulk.mbox' bulk.mbox
costs 'CPU time of ingest of bulk' bulk

HOME=$scratch && export HOME
imap_start || die 'dovecot does not start'
trap 'imap_stop; bench_end' EXIT
count=$(of_scale 6000)
fill bench "$count"
fill one 1
fetch() { echo "ms-fetch -q --ca-file $imap_ca --password-file $1.pw $(imap_url "$1") >/dev/null 2>named"; }
# The first run makes the index of the server.
sh -c "$(fetch bench)" || die 'the fetch fails'
fetch_round() {
	pair fetch "$(fetch bench)"
	pair start "$(fetch one)"
}
rounds fetch_round
costs "CPU time of a fetch of $count messages" fetch
row 'CPU time to start | without its sandbox' "$(median cpu with-start) s" "$(median cpu without-start) s" \
	"$(printf '%+.1f ms' "$(compute "1000 * ($(median cpu with-start) - $(median cpu without-start))")")" - -
