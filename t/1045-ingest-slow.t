#!/bin/sh
# 1045-ingest-slow.t - what has come is kept, and said so, within seconds, also
# when the rest of the input takes its time.
. "$(dirname "$0")/lib.sh"

printf 'Subject: first\n\nbody\n' >first
id=$(sed 's/$/\r/' first | sha256sum | cut -c 1-64)
begin() { printf 'From ms-stream@1 Thu Jan  1 00:00:00 1970\nMS-Envelope: %s\n' "$1"; }
printed() { cut -f 1 "$1" | grep -qx "$id"; }

# After the first, the beginning of a second, small or large.
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
	ok "$case: the first is kept while the rest is awaited" await printed ids.$case
done
exec 8>&- 9>&-
for case in small large; do
	wait "$(cat pid.$case)"
	ok "$case: the second was cut off" test $? -eq 76
	ms-list -a arc.$case >list
	ok "$case: the first was whole" test "$(wc -l <list)" -eq 1
done
finish
