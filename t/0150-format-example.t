#!/bin/sh
# 0150-format-example.t - the example of ms-archive(5), extracted from the
# manual, is an archive that both readers read, and explain-pack.py prints
# what the manual says.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip python3 "no python3"
command -v zstd >/dev/null || skip zstd "no zstd"
reader=$top/t/second-reader.py explain=$top/t/explain-pack.py

sed -n '/BEGIN EXAMPLE/,/END EXAMPLE/p' "$top/man/ms-archive.5" >example
mkdir -p arc/pack arc/tmp arc/secret
: >arc/lock
grep -e '^ms-archive 1$' -e '^id ' example >arc/FORMAT
status 'the hex is bytes' 0 python3 "$explain" -r example
cp out arc/pack/00000001.pack
status 'the second reader finds it whole' 0 python3 "$reader" arc check
: >none
same 'with nothing to say' none out
status 'so does ms-verify' 0 ms-verify -q -a arc
same 'with nothing to say' none err

cat >want <<'END'
From: Bob <bob@example.org>
To: alice@example.org
Subject: Lunch
Date: Fri, 20 Nov 2026 10:00:00 +0000

At noon, at the usual place.
END
id=$(sed 's/$/\r/' want | sha256sum | cut -c 1-64)
status 'the message: the second reader' 0 python3 "$reader" arc cat "$id"
same 'the reader returns the message' want out
status 'the message: ms-export' 0 ms-export -a arc --format eml -o - "id:$id"
same 'the reader returns the message' want out
printf '%s\t2026-11-20T10:00:00Z\talice\tINBOX\t139\t%s\tLunch\tlocal:\n' \
	"$id" 'Bob <bob@example.org>' >want
status 'listed' 0 ms-list -a arc
same 'as it says' want out

status 'explained' 0 python3 "$explain" arc 00000001.pack
sed -n '/^# the pack header/,/^\.Ed/p' example | sed '$d; s/\\e/\\/g' >want
same 'in the words of the manual' want out
finish
