#!/bin/sh
# 4005-list-controls.t - control characters never reach a terminal: C0, DEL, C1,
# separators of lines, and embeddings, overrides and isolates of text from right
# to left, in each name that a stranger can choose. ms_utf8_control().
. "$(dirname "$0")/lib.sh"
export MS_ARCHIVE=arc MS_USER=anna
ms-init -u anna arc

# One of each kind, and characters next to them, which stay.
bad=$(printf 'A\302\205B\302\233C\342\200\256D\342\201\246E\342\200\250F')
good=$(printf '\302\240\342\200\247\342\200\257\342\201\245\342\201\252\303\251')
# clean FILE: no control but TAB and newline.
clean() { python3 - "$1" <<'END'
import sys
text = open(sys.argv[1], encoding='utf-8').read()
bad = {hex(ord(c)) for c in text if c not in '\t\n' and
       (ord(c) < 32 or 127 <= ord(c) < 160 or 0x2028 <= ord(c) <= 0x202e or
        0x2066 <= ord(c) <= 0x2069)}
print(bad)
sys.exit(bool(bad))
END
}

printf 'From: "%s" <x@example.org>\nSubject: %s%s\n\n1\n' "$bad" "$bad" "$good" >mail.eml
ms-ingest -q -d "$bad$good" --label "$bad" mail.eml
cat >stream <<END
From ms-stream@1 Thu Jan  1 00:00:00 1970
MS-Envelope: source="imap://x$bad@h/"; folder="$bad"; uid="1/1"; user="anna"
Subject: 2

2

From ms-stream@1 Thu Jan  1 00:00:00 1970
MS-Envelope: end; messages=1; failed=0; status=0

END
status 'a stream with controls in its names' 0 ms-ingest --report report <stream
ok '  the messages on stderr have none' clean err
ok '  the report has none' clean report
while read -r args; do
	# shellcheck disable=SC2086
	status "$args" 0 $args
	ok '  the output has no control' clean out
	ok '  and no control in messages' clean err
done <<'END'
ms-list
ms-list --json
ms-list --summary
ms-list --summary --json
ms-list --print-values folders
ms-list --print-values labels
END
ms-list >out
ok 'what is not a control is printed as it is' grep -q "$good" out
ok 'a control is printed in hex' grep -q 'A\\xc2\\x85B\\xc2\\x9bC\\xe2\\x80\\xaeD' out
ms-list --json >out
ok 'JSON has it as an escape' grep -q 'A\\u0085B\\u009bC\\u202eD\\u2066E\\u2028F' out
jq -r .folder out | grep -cF "$bad" >got && echo 2 >want
same '  which means the same' want got
ms-list | ms-export -q - | ms-ingest -a arc --print-ids >got 2>/dev/null
ok 'ms-export reads the lines back' [ "$(wc -l <got)" = 2 ]

# Names of users and profiles, and texts of profiles and users.
status 'a user with a control' 64 ms-users add "bob$bad"
status 'a full name with a control' 64 ms-users set --full-name "$bad" anna
status 'ms-init -u with a control' 64 ms-init -u "$bad" arc2
printf 'kind = files\nuser = anna\nfile = /tmp/%s\n' "$bad" >text
status 'a profile with a control' 64 ms-profile add -f text x
status 'a name of a profile with a control' 64 ms-profile add --kind files --user anna --file /tmp "$bad"
for f in out err; do ok '  the message has none' clean $f; done
status 'an unknown user with a control' 66 ms-users show "$bad"
ok '  the message has none' clean err
finish
