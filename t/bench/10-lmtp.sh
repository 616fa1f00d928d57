#!/bin/sh
# 10: messages of 3 KB by LMTP, over ten connections and over one, into an archive
# on a memory file system, where fsync takes no time. Each client sends the next
# message when the reply has come, so every message is durable by itself.
. "$(dirname "$0")/lib.sh"
[ -w /dev/shm ] || skip shm 'no /dev/shm'
messages=$(compute "int(5000 * $scale) + 1" | cut -d . -f 1)
fast=$(mktemp -d /dev/shm/ms-bench.XXXXXX) && cd "$fast" || exit
bench_end() {
	[ -z "${pid-}" ] || kill "$pid" 2>/dev/null
	cd "$bench" && rm -rf "$fast" "$scratch"
}

# rate CONNECTIONS: prints the messages per second.
rate() {
	rm -rf A port && ms-init -u alice A &&
		ms-users -a A set alice --address alice@example.org >said || return
	python3 "$top/t/listen.py" tcp port ms-ingest -a A --lmtp -q &
	pid=$!
	until [ -s port ]; do sleep 0.05; done
	python3 "$top/t/lmtp-client.py" "$(cat port)" "$messages" "$1" || return
	kill "$pid" && wait "$pid"
	pid=''
}
for connections in 10 1; do
	round=0
	while [ $((round += 1)) -le "$runs" ]; do rate "$connections" || exit; done >rates
	middle=$(sort -n rates | sed -n "$(((runs + 1) / 2))p")
	limit='>= 1000' good=$(is "$middle >= 1000")
	[ "$connections" -eq 10 ] || limit=- good=-
	row "durable messages a second by LMTP, connections: $connections" "$middle" - - "$limit" "$good"
done
