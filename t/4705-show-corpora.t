#!/bin/sh
# 4705-show-corpora.t - real mail is shown: no parser dies, no control reaches a
# terminal, and the texts are those that Python finds, or a rule of show-text.py
# says why they differ.
# shellcheck disable=SC2154 # set by lib.sh
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip python3 'no python3'
corpora dev
export MS_ARCHIVE=arc MS_USER=alice
ms-init -u alice arc || exit 1
find "$corpus/eml" "$corpus/maildir" -type f -size +0 \
	\( -path '*/eml/*' -o -path '*/cur/*' -o -path '*/new/*' \) -print0 |
	xargs -0 ms-ingest -q --format eml -- || exit 1

ms-list >list
status 'all messages are shown' 0 ms-show --json ''
mv out shown.json
ok '  without a word on standard error' test ! -s err
ok '  each once' test "$(grep -c '' shown.json)" -eq "$(cut -f 1 list | sort -u | wc -l)"
ok '  no parser died' absent -q 'ended by signal\|cannot be read' shown.json

ms-export -q --format eml --eol crlf -o wire
python3 "$top/t/show-text.py" shown.json wire >compared
sed 's/^/# /' compared
read -r equal ruled different <<END
$(tail -n 1 compared)
END
ok 'the texts are those of Python, but for the rules above' test "$different" -eq 0
ok '  most are equal' test "$equal" -gt "$((ruled * 5))"

python3 "$top/t/on-terminal.py" 80 env TERM=xterm PAGER=cat ms-show '' >out
ok 'on a terminal, all messages' test "$(grep -ac 'Message: [0-9a-f]\{64\}' out)" -ge "$(grep -c '' shown.json)"
ok '  without a control byte' absent -qaP \
	'[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]|\xe2\x80[\xa8-\xae]|\xe2\x81[\xa6-\xa9]|\xc2[\x80-\x9f]|\x1b(?!\[(0|1|33|1;31)?m)' out
finish
