#!/bin/sh
# 1080-ingest-limits.t - ms-ingest on a full disk, with little address space,
# and with a limit of the file size. ms-ingest reports the error, the
# acknowledged messages are stored, and the same run succeeds later.
. "$(dirname "$0")/lib.sh"

gen="$top/t/mailgen.py"
export MS_USER=u MS_ARCHIVE=arc
"$gen" 0 3000 >mbox
ms-init -u u whole
ms-ingest -q -a whole mbox
ms-list -a whole | sort >list.whole
size=$(($(cat whole/pack/* whole/index/data.mdb | wc -c) / 1024))

# kept NAME: checks that each printed id is in the archive, and that nothing is
# damaged.
kept() {
	ms-list | sort >list
	cut -f 1 list | sort -u >listed
	cut -f 1 ids | sort -u | comm -23 - listed >lost
	ok "$1: the archive has each printed id" empty lost
	comm -23 list list.whole >odd
	ok "$1: the archive has nothing that is not in the mail" empty odd
	status "$1: ms-verify finds no damage" 0 ms-verify -q --quick
}

# ---- address space ----

if [ "${SAN-}" = 1 ]; then
	pass 'ulimit -v # SKIP sanitizers need all of the address space'
else
	ms-init -u u small
	for tool in "ms-ingest -q mbox" "ms-list" "ms-export" "ms-verify -q"; do
		status "2 GiB of address space: $tool" 0 \
			sh -c "ulimit -v 2097152 && MS_ARCHIVE=small $tool"
	done
	ms-list -a small | sort >got
	same 'the archive has the same mail' list.whole got
	status 'almost no address space: out of memory is reported' 71 sh -c '
		ulimit -v 60000 && ms-ingest -a small mbox >/dev/null
		case $? in 71 | 74 | 75) exit 71 ;; esac'
	ok 'there is an error message' test -s err
	status 'ms-verify finds no error' 0 ms-verify -q -a small
fi

# ---- a limit of the file size ----

ms-init -u u arc
for part in 20 45 70; do
	status "the size of files is limited to $((size * part / 100)) KiB" 75 sh -c "
		ulimit -f $((size * part / 50)) &&
		MS_BATCH=100 ms-ingest --print-ids mbox >ids"
	ok 'the error names the limit' grep -q '^ms-ingest: .*File too large' err
	kept "at $part percent"
done
status 'the run is repeated without the limit' 0 ms-ingest --print-ids mbox
kept 'without the limit'
same 'all mail is stored' list.whole list
ok 'nothing is stored twice' test "$("$top/t/second-reader.py" arc records |
	cut -f 2 | grep -cx MESSAGE)" -eq 3000

# ---- a full disk ----

# A mount namespace of the test's own allows a file system of any size.
cat >full <<'END'
# full SIZE: runs ms-ingest on a disk of SIZE KiB, and writes the statuses and
# lists of messages to files.
mount -t tmpfs -o size=$1k none disk && ms-init -u u disk/arc || exit 99
export MS_ARCHIVE=disk/arc
MS_BATCH=100 ms-ingest --print-ids mbox >ids 2>err
echo $? >code
ms-list >listed 2>>errors
ms-verify -q --quick 2>>errors || echo "verify: $?" >>errors
rm -rf copy && cp -R disk/arc copy
mount -o remount,size=$((4 * $1 + 100000))k disk || exit 99
MS_BATCH=100 ms-ingest -q --print-ids mbox >ids2 2>err2 || echo "again: $?" >>errors
ms-list | sort >list2
ms-verify -q 2>>errors || echo "verify, again: $?" >>errors
umount disk
END
mkdir disk
ns='unshare -m'
$ns mount -t tmpfs -o size=100k none disk 2>/dev/null || ns='unshare -rm'
if ! $ns mount -t tmpfs -o size=100k none disk 2>/dev/null; then
	pass 'a full disk # SKIP no mount namespace can be created'
	finish
fi
percent=5
while [ $percent -lt 100 ]; do
	rm -f errors code
	$ns sh full $((400 + size * percent / 100))
	kib=$((400 + size * percent / 100))
	ok "a disk of $kib KiB: status $(cat code)" test "$(cat code)" -eq 75
	ok 'the error names the reason' grep -q '^ms-ingest: .*No space left on device' err
	cut -f 1 listed | sort -u >listed.ids
	cut -f 1 ids | sort -u | comm -23 - listed.ids >lost
	ok 'each acknowledged message is stored' empty lost
	same 'the repeated run stores all mail' list.whole list2
	ok 'the other commands have no errors' empty errors
	[ ! -s errors ] || sed 's/^/# /' errors
	rm -rf copy/index
	ms-list -a copy | cut -f 1 | sort -u >listed.ids
	cut -f 1 ids | sort -u | comm -23 - listed.ids >lost
	ok 'each acknowledged message is found without the index, too' empty lost
	percent=$((percent + 7))
done

# A new index has a file of readers, which LMDB maps although it is sparse.
cat >filled <<'END'
mount -t tmpfs -o size=40000k none disk && cp -R arc disk/arc || exit 99
export MS_ARCHIVE=disk/arc
dd if=/dev/zero of=disk/rest bs=4k 2>/dev/null
ms-verify --rebuild-index
code=$?
ms-list | wc -l >listed
ms-list >/dev/null && exit $code
END
status 'a disk with no room for a new index' 75 $ns sh filled
ok 'the error names the reason' grep -q '^ms-verify: index: No space left on device' err
ok 'the old index still works' test "$(cat listed)" -eq "$(wc -l <list.whole)"
finish
