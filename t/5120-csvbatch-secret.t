#!/bin/sh
# 5120-csvbatch-secret.t - the passwords of a table are in no argument,
# environment, report, log, pack or output, neither during a run nor after it,
# nor after the run was killed.
# shellcheck disable=SC2154 # set by lib-*.sh
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"
. "$top/t/lib-batch.sh"
batch_start && moody_start || exit 1

planted=Pl4ntedWord
batch_boxes want one:5:$planted-1 two:5:$planted-2 three:5:$planted-3
cat >boxes.csv <<-END
	Login;Password
	one;$planted-1
	two;"$planted-2"
	hang-1;$planted-4
	nobody;$planted-5
	three;$planted-3"
	five;"$planted-6"x
	six;"$planted-7
	seven;$planted-8;$planted-9
	eight$(printf '\001');$planted-10
	nine;$planted-11;;a/b
END
chmod 600 boxes.csv
cp boxes.csv "$HOME/.boxes" # the search excludes the table itself

# watch.py WORD: searches all processes for the word until the file `stop`
# exists.
cat >watch.py <<'END'
import os, sys
word, me = sys.argv[1].encode(), os.getpid()
seen, bad = set(), set()
while not os.path.exists("stop"):
    for pid in filter(str.isdigit, os.listdir("/proc")):
        for name in ("cmdline", "environ"):
            try:
                with open(f"/proc/{pid}/{name}", "rb") as f:
                    text = f.read()
                with open(f"/proc/{pid}/comm") as f:
                    comm = f.read().strip()
            except OSError:
                continue
            if name == "cmdline" and text:
                seen.add(comm)
            if word in text and int(pid) != me:
                bad.add(f"{comm} {name}")
    open("looked", "w").close()
for comm in sorted(seen):
    print("seen", comm)
for what in sorted(bad):
    print("bad", what)
END
# watched NAME STATUS COMMAND...: runs the command while watch.py runs.
watched() {
	rm -f stop
	python3 watch.py "$planted" >watched &
	watcher=$!
	status "$@"
	touch stop && wait $watcher
	ok "$1: the processes were searched" sh -c \
		'for c in ms-csvbatch ms-fetch ms-ingest; do grep -qx "seen $c" watched || exit; done'
	ok "$1: no argument or environment has a password" absent '^bad' watched
	cat out err >>said
}

# Test of the test: a password in an argument is found.
sh -c 'until [ -e stop ]; do sleep 0.1; done' "$planted" &
sleeper=$!
python3 watch.py "$planted" >watched &
watcher=$!
await test -e looked
touch stop && wait $watcher $sleeper
ok 'a password in an argument would be found' grep -q '^bad .*cmdline' watched

# shellcheck disable=SC2120 # options, if any
run() {
	ms-csvbatch -a "$scratch/arc" --report report --insecure-plaintext --timeout 2 --retries 0 \
		"$@" "$moody_url" boxes.csv
}
ms-init arc
export MS_ARCHIVE="$scratch/arc"
watched 'a run' 1 run
watched 'a run that prints JSON' 1 run --json
watched 'a run with -j 1, from standard input' 1 sh -c "ms-csvbatch -j 1 --insecure-plaintext \
	--timeout 2 --retries 0 --report report2 $moody_url - <boxes.csv"
ok 'the bad rows are reported in each run' [ "$(grep -c '^ms-csvbatch: line' said)" -ge 15 ]

run >>said 2>&1 &
running=$!
fetches() { batch_processes | grep -q ' ms-fetch$'; }
ok 'a run is fetching' await fetches
batch=$(batch_processes | sed -n 's/ ms-csvbatch$//p')
kill -9 "$batch"
wait $running
ok 'the run is killed, and no process is left' batch_gone 15

ms-verify -q --rebuild-index -a arc
ok 'the archive has the mail' [ "$(ms-list -a arc | wc -l)" = 10 ]
mv boxes.csv out want "$scratch/.tally"
ok 'no file has a password' sh -c "! grep -rlaF $planted . --include='*' --exclude-dir=imap --exclude-dir=.tally \
	--exclude=.boxes --exclude=watch.py"
cat >packs.py <<'END'
import importlib.util, sys
spec = importlib.util.spec_from_file_location("reader", sys.argv[1])
reader = importlib.util.module_from_spec(spec)
spec.loader.exec_module(reader)
for pack in reader.Archive("arc").packs:
    for block in pack.blocks:
        sys.stdout.buffer.write(bytes(block.payload()))
END
python3 packs.py "$top/t/second-reader.py" >payloads
ok 'the log has the runs' grep -aq '"event":"mailbox"' payloads
ok 'the log has no password' absent -aF $planted payloads
finish
