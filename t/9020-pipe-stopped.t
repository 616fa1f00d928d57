#!/bin/sh
# 9020-pipe-stopped.t - signals. Ctrl-C in `ms-fetch | ms-ingest` and SIGTERM:
# what arrived whole is archived, both tools report the same numbers, the next
# run goes on, and the tools end by the signal, so that a loop of a shell ends. A
# second signal ends them at once. --follow ends with 0.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"

# stopper.py SIGNALS WHOM CONDITION COMMAND [| COMMAND]: runs the commands in a
# process group of their own, as a shell does. When the CONDITION, a shell
# command, is true, sends each signal to WHOM: all, first or last. Prints the
# statuses; -2 is SIGINT. The files err.0 and err.1 receive stderr.
cat >stopper.py <<'END'
import os, signal, subprocess, sys, time
numbers, whom, condition = sys.argv[1].split(","), sys.argv[2], sys.argv[3]
commands, procs, before = [[]], [], None
for a in sys.argv[4:]:
    commands.append([]) if a == "|" else commands[-1].append(a)
for i, c in enumerate(commands):
    last = i == len(commands) - 1
    p = subprocess.Popen(c, stdin=before, stdout=open("out", "w") if last else subprocess.PIPE,
        stderr=open("err.%d" % i, "w"), process_group=procs[0].pid if procs else 0,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    if before is not None:
        before.close()
    before = p.stdout
    procs.append(p)
end = time.time() + 30
while subprocess.call(["sh", "-c", condition]) != 0 and time.time() < end:
    time.sleep(0.02)
for i, n in enumerate(numbers):
    time.sleep(0.2 if i > 0 else 0)
    s = getattr(signal, "SIG" + n)
    if whom == "all":
        os.killpg(procs[0].pid, s)
    else:
        procs[0 if whom == "first" else -1].send_signal(s)
start = time.time()
print(*[p.wait() for p in procs])
print(int(time.time() - start), file=open("seconds", "w"))
END
stop() { python3 stopper.py "$@"; }
new() { sed -n 's/^ms-[a-z]*: [0-9]* seen: \([0-9]*\) new.*/\1/p' "$1"; }
count() { ms-list -a "$1" 2>/dev/null | wc -l; }
has="[ \"\$(ms-list -a \"\$arc\" 2>/dev/null | wc -l)\" -ge"

# ---- a pipe ----

imap_start || exit 1
imap_user alice secret
python3 - "$imap_dir" <<'END'
import sys
for i in range(1, 301):
    with open("%s/cur/%d.a:2,S" % (sys.argv[1], 1000 + i), "w") as f:
        f.write("Subject: %d\n\n%01000d\n" % (i, i))
END
imap_own
export MS_USER=alice MS_BATCH=10
# fetch OPTION...: the words of the command, in "$@" of the caller.
url=$(imap_url alice)
fetch="ms-fetch --ca-file $imap_ca --password-file alice.pw"
for row in INT:all:-2:-2 TERM:all:-15:-15 TERM:first:-15:75; do
	IFS=: read -r number whom first last <<-END
		$row
	END
	export arc="$number-$whom.arc"
	ms-init -u alice "$arc"
	# shellcheck disable=SC2086 # words
	got=$(stop "$number" "$whom" "$has 10 ]" $fetch -a "$arc" --max-rate 30K "$url" '|' ms-ingest -a "$arc")
	ok "SIG$number to $whom: the tools end by the signal, or with its status" [ "$got" = "$first $last" ] || note "$got"
	ok '  both report the same number of new messages' [ "$(new err.0)" = "$(new err.1)" ] ||
		cat err.0 err.1 | sed 's/^/# /'
	ok '  the archive has these messages' [ "$(count "$arc")" = "$(new err.1)" ]
	ok '  this was not all' [ "$(new err.1)" -lt 300 ]
	ok '  no message failed to arrive' grep -q ' 0 failed' err.1
	[ "$whom" != all ] || ok '  ms-ingest says that it was stopped' grep -q 'stopped by a signal; what arrived whole' err.1
	# shellcheck disable=SC2086 # words
	$fetch -a "$arc" "$url" 2>err.fetch | ms-ingest -a "$arc" 2>err.ingest
	ok '  the next run goes on' [ $? -eq 0 -a "$(count "$arc")" = 300 ]
	ok '  it fetches only what is missing' [ "$(new err.fetch)" = "$(new err.ingest)" -a "$(new err.fetch)" -lt 300 ]
done

export arc=follow.arc
ms-init -u alice $arc
# shellcheck disable=SC2086 # words
got=$(stop INT all "$has 300 ]" $fetch -a $arc --follow "$url" '|' ms-ingest -a $arc)
ok 'SIGINT ends --follow, and its reader, with status 0' [ "$got" = '0 0' ] || note "$got"
ok '  both report all messages' [ "$(new err.0) $(new err.1)" = '300 300' ]

# ---- ms-ingest alone ----

mkfifo pipe
# writer FILE: writes a file into the pipe, and holds the pipe open.
writer() { (exec >pipe && cat "$1" && exec sleep 60) & writer=$!; }
gone() { kill $writer; wait $writer 2>/dev/null; }
# shellcheck disable=SC2086 # words
$fetch --no-archive "$url" 2>/dev/null | head -n 60 >stream
sed 's/^From ms-stream@1/From x@example.org/; /^MS-Envelope/d' stream >mbox

export arc=two.arc
ms-init -u alice $arc
writer stream
# shellcheck disable=SC2016 # for a shell of its own
got=$(stop INT,INT last "$has 1 ]" sh -c 'exec ms-ingest -a "$arc" <pipe')
ok 'a second signal ends a run at once, which waits for the end of a stream' \
	[ "$got" = -2 -a "$(cat seconds)" -lt 3 ] || note "$got"
gone
export arc=mbox.arc
ms-init -u alice $arc
writer mbox
# shellcheck disable=SC2016 # for a shell of its own
got=$(stop TERM last "$has 1 ]" sh -c 'exec ms-ingest -a "$arc" <pipe')
ok 'an mbox on a pipe is not waited for' [ "$got" = -15 -a "$(cat seconds)" -lt 3 ] || note "$got"
ok '  its whole messages are archived' [ "$(count $arc)" = "$(new err.0)" ]
ok '  no message failed' grep -q ' 0 failed' err.0
gone
writer mbox
got=$(stop INT,TERM last "[ -e ready ]" sh -c 'trap "" INT; : >ready; exec ms-ingest -q -a "$arc" <pipe')
ok 'a signal that is ignored stays so, as after nohup(1)' [ "$got" = -15 ] || note "$got"
gone

# ---- ms-export ----

ms-list -a follow.arc >lines
writer lines
# shellcheck disable=SC2016 # for a shell of its own
got=$(stop INT last 'sleep 1' sh -c 'exec ms-export -a follow.arc --format mboxrd -o box - <pipe')
ok 'SIGINT ends ms-export' [ "$got" = -2 ] || note "$got"
ok '  no file is left' sh -c '! ls -A | grep -q "^box\|^\.ms-export"'
gone
writer lines
# shellcheck disable=SC2016 # for a shell of its own
got=$(stop INT last 'sleep 1' sh -c 'exec ms-export -a follow.arc - <pipe')
ok 'SIGINT ends ms-export, which writes a stream' [ "$got" = -2 ] || note "$got"
ok '  the stream has all messages, and a trailer' grep -q 'end; messages=300; failed=0; status=75' out
gone
finish
