#!/bin/sh
# 0202-seal-readers.t - packs are rewritten while other processes read and
# write.
# The test does not measure fsync, so the archive can be in memory.
[ -n "${TMPDIR-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "$(dirname "$0")/lib.sh"

command -v python3 >/dev/null || skip python3 'no python3'
how_many() { echo $#; }
mailgen() { python3 "$top/t/mailgen.py" "$@"; }
many=${MS_SOAK:+20}
many=${many:-1}

# ---- readers ----

mailgen format=mbox 0 100 >old.mbox
mailgen format=mbox 100 $((200 * many)) >new.mbox
ms-init -u u arc
ok 'mail is stored in small batches' env MS_BATCH=1 ms-ingest -q -a arc -u u old.mbox
ms-export -q -a arc >old.mail
lines=$(($(wc -l <old.mail) - 3)) # without the trailer

# reader NAME: exports and lists until the writer ends, twice or more. Each
# export must begin with the messages that were stored first.
reader() {
	rounds=0
	while [ -e writing ] || [ "$rounds" -lt 2 ]; do
		ms-export -q -a arc >"$1.mail" 2>"$1.err" || { cat "$1.err" && return 1; }
		head -n "$lines" "$1.mail" | cmp -s - old.head || { echo 'the first messages differ' && return 1; }
		ms-list -a arc >"$1.list" 2>"$1.err" || { cat "$1.err" && return 1; }
		rounds=$((rounds + 1))
	done
	echo "$rounds rounds"
}
head -n "$lines" old.mail >old.head
: >writing
for k in 1 2; do
	{
		reader r$k >r$k.said
		echo $? >r$k.status
	} &
done
export MS_BATCH=1 MS_SEAL=40000
ms-ingest -q -a arc -u u new.mbox 2>err
echo $? >w.status
rm writing
wait
ok 'the writer succeeds' grep -qx 0 w.status
for k in 1 2; do
	ok "a reader beside the writer succeeds ($(cat r$k.said))" grep -qx 0 r$k.status
done
ok 'many packs were rewritten' test "$(how_many arc/pack/*.1.pack)" -ge 10
ms-list -a arc >list
ok 'all mail is listed' test "$(wc -l <list)" -eq $((100 + 200 * many))
status 'ms-verify finds no error' 0 ms-verify -q -a arc

# ---- writers ----

export MS_BATCH=3 MS_SEAL=60000
ms-init -u u one
ms-init -u u four
for k in 0 1 2 3; do
	mailgen format=mbox 0 30 $((1000 + k * 1000 * many)) $((30 * many)) >in$k.mbox
	ok "in$k.mbox is ingested alone" ms-ingest -q -a one -u u -d INBOX in$k.mbox
done
for k in 0 1 2 3; do
	ms-ingest -q -a four -u u -d INBOX in$k.mbox 2>err$k &
	eval "pid$k=\$!"
done
for k in 0 1 2 3; do
	eval "wait \$pid$k"
	ok "in$k.mbox is ingested while the others are" test $? -eq 0
done
for a in one four; do ms-list -a $a | sort >$a.list; done
same 'both archives have the same mail' one.list four.list
ok 'packs were rewritten' test "$(how_many four/pack/*.1.pack)" -ge 3
ls four/pack | sed 's/\..*//' | uniq -d >got && : >want
same 'no pack has two generations' want got
status 'ms-verify finds no error' 0 ms-verify -q -a four
for k in 0 1 2 3; do ms-ingest -a four -u u -d INBOX in$k.mbox 2>>again; done
ok 'no message is new if the mail is ingested again' test "$(grep -c ' 0 new, ' again)" -eq 4
finish
