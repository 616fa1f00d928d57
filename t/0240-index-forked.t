#!/bin/sh
# 0240-index-forked.t - the index of a copy of the archive, to which other mail
# was added, has the id of the archive but another chain. The tools refuse it.
. "$(dirname "$0")/lib.sh"

for n in 1 2 3 4; do printf 'Subject: %d\n\nbody\n' $n >$n.eml; done
wire() { sed 's/$/\r/' "$1" | sha256sum | cut -c 1-64; }
id=$(wire 2.eml)
status 'an archive is created' 0 ms-init -u alice base
status 'mail is added' 0 ms-ingest -q -a base -u alice 1.eml
cp -a base fork
cp -a base before
status 'more mail is added' 0 ms-ingest -q -a base -u alice 3.eml
status 'other mail is added to a copy' 0 ms-ingest -q -a fork -u alice 2.eml
exchange() { mv arc/index was && cp -a "$1/index" arc/index && rm -rf was; }

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
during exchange fork
ok 'the index of the copy is refused during a run' test $got -eq 65
ok 'the error names --rebuild-index' grep -q -e --rebuild-index err
ok 'no id is printed' empty ids
during exchange before
ok 'an older index of the same archive is accepted' test $got -eq 0
ok 'the message is stored' grep -q "^$id" ids
status 'the message can be exported' 0 ms-export -a arc --format eml "id:$id"

# A process that does not get the lock at once checks the index too.
rm -rf arc && cp -a base arc && exchange fork
hold_lock arc
status 'the index of the copy is refused while another process has the lock' 65 ms-ingest -q -a arc -u alice --print-ids 2.eml
ok 'the error names --rebuild-index' grep -q -e --rebuild-index err
ok 'no id is printed' empty out
rm -rf arc/index && cp -a base/index arc
status 'with its own index, a known message is accepted' 0 ms-ingest -q -a arc -u alice --print-ids 1.eml
ok 'the known message is reported with its id' grep -q "^$(wire 1.eml)" out
drop_lock

# The index is older, and the pack in which it ends was rewritten since then.
command -v python3 >/dev/null || skip python3 'no python3'
export MS_BATCH=1
python3 "$top/t/mailgen.py" format=mbox 0 40 >in.mbox
python3 "$top/t/mailgen.py" format=mbox 40 10 >more.mbox
status 'mail is stored in small batches' 0 ms-ingest -q -a base -u alice in.mbox
rm -rf before && cp -a base before
rm -rf fork && cp -a base fork
status 'another message is added' 0 ms-ingest -q -a base -u alice 4.eml
status 'another message is added to the copy' 0 ms-ingest -q -a fork -u alice 2.eml
status 'the pack is rewritten' 0 env MS_SEAL=10000 ms-ingest -q -a base -u alice more.mbox
ok 'the result is the next generation' test -e base/pack/00000001.1.pack
during exchange before
ok 'an older index of the same archive is accepted' test $got -eq 0
during exchange fork
ok 'the index of the copy is refused' test $got -eq 65
ok 'no id is printed' empty ids
finish
