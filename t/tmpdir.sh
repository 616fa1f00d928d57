#!/bin/sh
# usage: t/tmpdir.sh - prints the folder where tests make their scratch folders:
# $TMPDIR, or /dev/shm if it has room and programs can be started there, or /tmp.
# The tests make and delete so many files that a disk costs much time.
shm=/dev/shm need=2000000 # kilobytes
has_room() {
	[ -w $shm ] && room=$(df -kP $shm | awk 'NR == 2 { print $4 }') &&
		[ "${room:-0}" -gt $need ]
}
can_execute() {
	probe=$(mktemp $shm/ms-t.XXXXXX) && printf '#!/bin/sh\n' >"$probe" &&
		chmod +x "$probe" && "$probe"
	status=$?
	rm -f "$probe"
	return $status
}
if [ -n "${TMPDIR-}" ]; then
	echo "$TMPDIR"
elif has_room && can_execute; then
	echo $shm
else
	echo /tmp
fi
