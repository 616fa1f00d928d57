#!/bin/sh
# 0220-mime-corpora.t - the parts of real mail, compared with those that Python's
# email package finds. Where both differ, a delimiter or the end of a header is
# damaged, and the message can be read in more than one way.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip python3 "no python3"
corpora dev

find "$corpus/eml" "$corpus/maildir" -type f -size +0 | sort >files
tr '\n' '\0' <files | xargs -0 "$build/unit/mime" >parts
ok 'every message is read' test "$(wc -l <parts)" -eq "$(wc -l <files)"
python3 "$top/t/mime-compare.py" <parts >differ
note "$(tail -n 1 differ)"
ok 'the parts of 96 of 100 test messages are those of Python' \
	test "$((($(wc -l <differ) - 1) * 100))" -le "$(($(wc -l <files) * 4))"
# These are damaged in ways that real mail is not.
grep -v '/eml/' differ | sed '$d' >real
ok 'and those of all real ones' empty real
finish
