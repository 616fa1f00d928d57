#!/bin/sh
# 1240-ingest-index-swapped.t - the index is deleted or exchanged while
# ms-ingest runs. Each message whose id is printed is stored.
. "$(dirname "$0")/lib.sh"

for n in 1 2 3; do printf 'Subject: %d\n\nbody\n' $n >$n.eml; done
id=$(sed 's/$/\r/' 2.eml | sha256sum | cut -c 1-64)
status 'an archive is created' 0 ms-init -u alice base
status 'mail is added' 0 ms-ingest -q -a base -u alice 1.eml
cp -a base/index older
status 'more mail is added' 0 ms-ingest -q -a base -u alice 3.eml
status 'another archive is created' 0 ms-init -u alice other
status 'it has one message more' 0 ms-ingest -q -a other -u alice 1.eml 2.eml 3.eml

# during COMMAND...: runs the command while ms-ingest waits for its input.
during() {
	rm -rf arc fifo && cp -a base arc && mkfifo fifo
	ms-ingest -q -a arc -u alice --print-ids <fifo >ids 2>err &
	pid=$!
	exec 8>fifo
	await grep -q arc/index/data.mdb /proc/$pid/maps
	"$@"
	cat 2.eml >&8
	exec 8>&-
	wait $pid
	got=$?
}
exchange() { mv arc/index was && cp -a "$1" arc/index && rm -rf was; }
holds() {
	ms-verify -q -a arc --rebuild-index && ms-list -a arc | cut -f 1 | grep -qx "$id"
}

during exchange other/index
ok "the index of another archive is refused" test $got -eq 65
ok 'the error names --rebuild-index' grep -q -e --rebuild-index err
ok 'no id is printed' empty ids
during exchange older
ok 'an older copy of the index is accepted' test $got -eq 0
ok 'the message is stored' holds
during rm -r arc/index
ok 'a missing index is built' test $got -eq 0
ok 'the message is stored' holds
finish
