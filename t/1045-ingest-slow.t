#!/bin/sh
# 1045-ingest-slow.t - a message is stored and its id is printed within seconds,
# also if the rest of the input comes slowly.
. "$(dirname "$0")/lib.sh"

printf 'Subject: first\n\nbody\n' >first
id=$(sed 's/$/\r/' first | sha256sum | cut -c 1-64)
begin() { printf 'From ms-stream@1 Thu Jan  1 00:00:00 1970\nMS-Envelope: %s\n' "$1"; }
printed() { cut -f 1 "$1" | grep -qx "$id"; }

# The first message, and the beginning of a small or large second one.
begin 'uid="1/1"' >small && cat first >>small && echo >>small
begin 'uid="1/2"' >>small
printf 'Subject: second\n\n' >>small
{ cat small && head -c 3000000 /dev/zero | tr '\0' x | fold -w 70; } >large
for case in small large; do
	ms-init -u alice arc.$case
	mkfifo pipe.$case
	ms-ingest -q -a arc.$case -u alice --print-ids <pipe.$case >ids.$case 2>err.$case &
	echo $! >pid.$case
done
exec 8>pipe.small 9>pipe.large
cat small >&8
cat large >&9
for case in small large; do
	ok "$case: the first message is stored before the rest comes" await printed ids.$case
done
exec 8>&- 9>&-
for case in small large; do
	wait "$(cat pid.$case)"
	ok "$case: the status says that the stream was cut off" test $? -eq 76
	ms-list -a arc.$case >list
	ok "$case: only the first message is stored" test "$(wc -l <list)" -eq 1
done
finish
