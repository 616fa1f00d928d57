#!/bin/sh
# 9030-pipe-progress.t - the progress: one line on a terminal, also in a pipe,
# where ms-ingest shows what ms-fetch tells it; as JSON; and nothing without a
# terminal.
# shellcheck disable=SC2154 # set by lib-*.sh
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"
terminal || finish

imap_start || exit 1
imap_user alice secret
python3 - "$imap_dir" <<'END'
import sys
for i in range(1, 201):
    with open("%s/cur/%d.a:2,S" % (sys.argv[1], 1000 + i), "w") as f:
        f.write("Subject: %d\n\n%01000d\n" % (i, i))
END
imap_own
export MS_USER=alice TERM=xterm
url=$(imap_url alice)
fetch="ms-fetch --ca-file $imap_ca --password-file alice.pw --max-rate 60K"
on_terminal() { python3 "$top/t/on-terminal.py" 80 sh -c "$1"; }
# lines FILE: the lines that were drawn, one in each line.
lines() { tr '\r' '\n' <"$1" | sed "s/$(printf '\033')\[K//" | sed -n 's/^ *\([^ ].*\)$/\1/p'; }

ms-init -u alice arc
status 'a pipe on a terminal' 0 on_terminal "$fetch -a arc $url | ms-ingest -a arc"
lines out >drawn
ok '  the line has the folder, number and total, bytes and rate' \
	grep -Eq '^INBOX: [1-9][0-9]* of 200 messages, [0-9.]+ KiB, [0-9.]+ [KM]iB/s' drawn
ok '  it has the time that is left' grep -Eq ', 0:0[0-9] left$' drawn
ok '  only one tool draws' absent -q '^stdin' drawn
ok '  no line is wider than the terminal' absent -q '.\{80\}' drawn
ok '  at the end, each tool prints a sentence' \
	[ "$(grep -c '^ms-[a-z]*: 200 seen: 200 new' drawn)" = 2 ]
ok '  the archive has all messages' [ "$(ms-list -a arc | wc -l)" = 200 ]

status 'ms-fetch into a file' 0 on_terminal "$fetch --no-archive $url >stream"
lines out >drawn
ok '  it draws itself' grep -Eq '^INBOX: [1-9][0-9]* of 200 messages, ' drawn
ok '  the stream has no idle line' absent -q '^MS-Envelope: idle' stream
ms-init -u alice two
status 'a pipe with -q' 0 on_terminal "$fetch -q -a two $url | ms-ingest -q -a two"
ok '  nothing is drawn' empty out

ms-init -u alice three
status 'a pipe without a terminal' 0 sh -c "$fetch -a three $url 2>err.fetch | ms-ingest -a three"
ok '  each tool prints one line' [ "$(cat err err.fetch | wc -l)" = 2 ]
ok '  nothing is drawn' sh -c '! cat err err.fetch | grep -q "$(printf "\033")"'

ms-init -u alice four
status 'as JSON' 0 sh -c "$fetch --progress=json -a four $url 2>err.fetch | ms-ingest -a four"
grep '^{' err.fetch >json
ok '  the objects have the numbers' jq -se 'length > 1 and all(.type == "progress" and
	.tool == "ms-fetch" and .what == "INBOX" and .messages_total == 200 and has("bytes_per_second"))' json
ok '  they grow' jq -se '.[-1].messages > .[0].messages' json
ok '  the other lines are no JSON' [ "$(grep -vc '^{' err.fetch)" = 1 ]

# ---- other tools ----

status 'ms-ingest of files' 0 on_terminal 'ms-ingest -a two -d x --format stream stream'
lines out >drawn
ok '  the line has the file and its size' grep -Eq '^stream: [1-9][0-9]* messages?, [0-9.]+ [KM]?i?B of [12][0-9][0-9] KiB' drawn
ms-export -a arc -q --format mboxrd -o in.mbox && gzip <in.mbox >in.gz
for file in in.mbox in.gz; do
	status "ms-ingest of $file, on a terminal" 0 on_terminal "ms-ingest -a two -d y $file"
	lines out >drawn
	ok '  the line has the bytes that are read, and all' \
		grep -Eq "^$file: [1-9][0-9]* messages?, [0-9.]+ [KM]?i?B of [0-9.]+ KiB" drawn
	status '  as JSON' 0 ms-ingest -a two -d z --progress=json $file
	grep '^{' err >json
	ok '  likewise' jq -se --argjson size "$(wc -c <$file)" \
		'length > 0 and all(.bytes > 0 and .bytes <= $size and .bytes_total == $size)' json
done
status 'ms-export to a file' 0 on_terminal 'ms-export -a arc --format mboxrd -o box'
lines out >drawn
ok '  the line has the folder, number and total, and the bytes' \
	grep -Eq '^INBOX: [1-9][0-9]* of 200 messages, [0-9.]+ [KM]?i?B of [12][0-9][0-9] KiB' drawn
status '  of some messages' 0 on_terminal 'ms-export -a arc --format mboxrd -o part folder:INBOX'
lines out >drawn
ok '  has their number' grep -Eq '^INBOX: [1-9][0-9]* of 200 messages, ' drawn
status '  of messages that headers choose' 0 on_terminal 'ms-export -a arc --format mboxrd -o some subject:1'
lines out >drawn
ok '  has no total before they were read' grep -Eq '^INBOX: [1-9][0-9]* messages?, ' drawn
status '  as JSON, without a terminal' 0 ms-export -a arc --progress=json -n
grep '^{' err >json
ok '  has the totals' jq -se 'length > 0 and all(.tool == "ms-export" and .messages_total == 200 and
	.bytes <= .bytes_total)' json
status 'ms-export to the terminal' 0 on_terminal 'ms-export -a arc --format mboxrd'
ok '  is not mixed with progress' absent -aq "$(printf '\033')" out
status 'ms-verify' 0 on_terminal 'ms-verify -a arc'
lines out >drawn
ok '  the line has the bytes' grep -Eq '^packs: [0-9.]+ [KM]?i?B of [0-9.]+ [KM]iB' drawn
finish
