#!/bin/sh
# 1080-ingest-limits.t - ms-ingest on a full disk, with little address space,
# and with a limit of the file size. It names the error, keeps what it has
# acknowledged, and the same run completes later.
. "$(dirname "$0")/lib.sh"

gen="$top/t/mailgen.py"
export MS_USER=u MS_ARCHIVE=arc
"$gen" 0 3000 >mbox
ms-init -u u whole
ms-ingest -q -a whole mbox
ms-list -a whole | sort >list.whole
size=$(($(cat whole/pack/* whole/index/data.mdb | wc -c) / 1024))

# kept NAME: what was printed is there, and nothing is damaged.
kept() {
	ms-list | sort >list
	cut -f 1 list | sort -u >listed
	cut -f 1 ids | sort -u | comm -23 - listed >lost
	ok "$1: the ids that were printed are there" empty lost
	comm -23 list list.whole >odd
	ok "$1: and nothing that is not in the mail" empty odd
	status "$1: what is there is whole" 0 ms-verify -q --quick
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
	same 'the same mail as with more' list.whole got
	status 'almost no address space: out of memory is reported' 71 sh -c '
		ulimit -v 60000 && ms-ingest -a small mbox >/dev/null
		case $? in 71 | 74 | 75) exit 71 ;; esac'
	ok 'the message says so' test -s err
	status 'ms-verify finds no error' 0 ms-verify -q -a small
fi

# ---- files that may not grow ----

ms-init -u u arc
for part in 20 45 70; do
	status "files of $((size * part / 100)) KiB at most" 75 sh -c "
		ulimit -f $((size * part / 50)) &&
		MS_BATCH=100 ms-ingest --print-ids mbox >ids"
	ok 'says which' grep -q '^ms-ingest: .*File too large' err
	kept "at $part percent"
done
status 'again, without that' 0 ms-ingest --print-ids mbox
kept 'then'
same 'all of it is there' list.whole list
ok 'nothing is stored twice' test "$("$top/t/second-reader.py" arc records |
	cut -f 2 | grep -cx MESSAGE)" -eq 3000

# ---- a full disk ----

# In a mount namespace of our own a file system of any size can be had.
cat >full <<'END'
# full SIZE: a disk of SIZE KiB; statuses and what is then there go to files.
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
	pass 'a full disk # SKIP no mount namespace of our own'
	finish
fi
percent=5
while [ $percent -lt 100 ]; do
	rm -f errors code
	$ns sh full $((400 + size * percent / 100))
	kib=$((400 + size * percent / 100))
	ok "a disk of $kib KiB: status $(cat code)" test "$(cat code)" -eq 75
	ok 'the reason is said' grep -q '^ms-ingest: .*No space left on device' err
	cut -f 1 listed | sort -u >listed.ids
	cut -f 1 ids | sort -u | comm -23 - listed.ids >lost
	ok 'what was acknowledged is there' empty lost
	same 'the same run again completes' list.whole list2
	ok 'no errors on the way' empty errors
	[ ! -s errors ] || sed 's/^/# /' errors
	rm -rf copy/index
	ms-list -a copy | cut -f 1 | sort -u >listed.ids
	cut -f 1 ids | sort -u | comm -23 - listed.ids >lost
	ok 'it is without the index, too' empty lost
	percent=$((percent + 7))
done

# An index made anew has a file of readers, which LMDB maps with a hole in it.
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
ok 'the message says so' grep -q '^ms-verify: index: No space left on device' err
ok 'the old index still works' test "$(cat listed)" -eq "$(wc -l <list.whole)"
finish
