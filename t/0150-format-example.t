#!/bin/sh
# 0150-format-example.t - the example of ms-archive(5), extracted from the
# manual, is an archive that both readers can read. For this archive,
# t/explain-pack.py prints the text of the manual.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip python3 "no python3"
reader=$top/t/second-reader.py explain=$top/t/explain-pack.py

sed -n '/BEGIN EXAMPLE/,/END EXAMPLE/p' "$top/man/ms-archive.5" >example
mkdir -p arc/pack arc/tmp arc/secret
: >arc/lock
grep -e '^ms-archive 1$' -e '^id ' example >arc/FORMAT
status 'the hex digits of the manual are converted into a pack' 0 python3 "$explain" -r example
cp out arc/pack/00000001.pack
status 'the second reader finds no error' 0 python3 "$reader" arc check
: >none
same 'the second reader prints nothing' none out
status 'ms-verify finds no error' 0 ms-verify -q -a arc
same 'ms-verify prints nothing' none err

cat >want <<'END'
From: Bob <bob@example.org>
To: alice@example.org
Subject: Lunch
Date: Fri, 20 Nov 2026 10:00:00 +0000

At noon, at the usual place.
END
id=$(sed 's/$/\r/' want | sha256sum | cut -c 1-64)
status 'the second reader finds the message' 0 python3 "$reader" arc cat "$id"
same 'the second reader returns its bytes' want out
status 'ms-export finds the message' 0 ms-export -a arc --format eml -o - "id:$id"
same 'ms-export returns its bytes' want out
printf '%s\t2026-11-20T10:00:00Z\talice\tINBOX\t139\t%s\tLunch\tlocal:\n' \
	"$id" 'Bob <bob@example.org>' >want
status 'ms-list succeeds' 0 ms-list -a arc
same 'ms-list prints the line that the example expects' want out

status 'explain-pack.py explains the pack' 0 python3 "$explain" arc 00000001.pack
sed -n '/^# the pack header/,/^\.Ed/p' example | sed '$d; s/\\e/\\/g' >want
same 'the explanation is that of the manual' want out
finish
