#!/bin/sh
# 4520-verify-packs.t - packs that are too short, too long, exchanged, missing,
# or from another archive are named, with status 65, and the tools work with the
# others.
. "$(dirname "$0")/lib.sh"
seed

ms-init -u alice sound
MS_BATCH=2 MS_SEAL=2500 ms-ingest -q -a sound -u alice "$top/t/data/eml" \
	"$top/t/data/Maildir" "$top/t/data/hut.mbox"
status 'ms-verify finds no error' 0 ms-verify -q -a sound
ms-list -a sound >all
set -- sound/pack/*.pack
ok 'there are at least three packs' test $# -ge 3
first=${1##*/} second=${2##*/}
for last; do :; done
last=${last##*/}
ms-init -u bob foreign
MS_BATCH=2 MS_SEAL=2500 ms-ingest -q -a foreign -u bob "$top/t/data/eml" \
	"$top/t/data/Maildir" "$top/t/data/hut.mbox"

# try NAME COMMAND...: damages arc, a copy of the archive. The damage is named,
# no tool crashes, and with an index that is rebuilt around the damage, ms-list
# and ms-export work.
try() {
	what=$1 && shift
	rm -rf arc && cp -R sound arc
	"$@"
	status "$what: --quick finds it" 65 ms-verify -q --quick -a arc
	status "$what: --data finds it" 65 ms-verify -q -a arc
	ok "$what: there is an error message" test -s err
	# The status is 0 if only a header or trailer is damaged, which has no
	# records.
	ms-verify -q --rebuild-index -a arc 2>err
	got=$?
	ok "$what: the index is rebuilt" test "$got" -eq 65 -o "$got" -eq 0
	# A message whose folder is lost is named, and not left out.
	ms-list -a arc >out 2>err
	got=$?
	ok "$what: ms-list lists or names all" test "$got" -eq 0 -o "$got" -eq 1 -a -s err
	ok "$what: no other message is listed" sh -c 'cut -f 1 out | sort -u >got
		cut -f 1 all | sort -u | comm -13 - got | test "$(wc -l)" -eq 0'
	ms-export -a arc >mail 2>err
	got=$?
	ok "$what: ms-export succeeds, or some messages fail" test "$got" -le 1
}
swap() { mv "$1" x && mv "$2" "$1" && mv x "$2"; }
middle() { echo $(($(stat -c %s "$1") / 2)); }

try 'a pack is missing' rm "arc/pack/$second"
try 'the first pack is missing' rm "arc/pack/$first"
try 'the last pack is missing' rm "arc/pack/$last"
try 'two packs are exchanged' swap "arc/pack/$first" "arc/pack/$second"
try "a pack is from another archive" cp "foreign/pack/$second" "arc/pack/$second"
try 'a pack ends in the middle' truncate -s "$(middle "sound/pack/$second")" \
	"arc/pack/$second"
try 'the last pack ends in the middle' truncate -s "$(middle "sound/pack/$last")" \
	"arc/pack/$last"
try 'a pack is empty' truncate -s 0 "arc/pack/$second"
try 'a pack has only zeros' sh -c 'truncate -s 0 "$0" && truncate -s 5000 "$0"' \
	"arc/pack/$second"
try 'a sealed pack has more bytes' sh -c 'echo more >>"$0"' "arc/pack/$second"
try 'a sealed pack has blocks of another pack at its end' sh -c 'tail -c +257 "$1" >>"$0"' \
	"arc/pack/$second" "sound/pack/$first"

# Without an index, a last pack that is too short has a torn batch, which is no
# damage.
rm -rf arc && cp -R sound arc && rm -r arc/index
truncate -s -40 "arc/pack/$last"
status 'the last pack is too short, without an index: a torn batch' 0 ms-verify -q -a arc
printf 'Subject: one more\n\nbody\n' >more.eml
rm -rf arc/index
status 'the next writer cuts it off' 0 ms-ingest -q -a arc -u alice more.eml
ok 'a copy of it is kept' sh -c 'ls arc/tmp | grep -q "^torn-"'
status 'ms-verify finds no error afterwards' 0 ms-verify -q -a arc

# Random bytes at random places.
awk -v seed="$seed" -v n="${MS_SOAK:+500}" 'BEGIN { srand(seed); if (!n) n = 25
	for (i = 0; i < n; i++) print int(rand() * 6000), 1 + int(rand() * 900) }' >places
bad=0
while read -r at n; do
	rm -rf arc && cp -R sound arc
	head -c "$n" /dev/urandom | dd of="arc/pack/$first" bs=1 seek="$at" \
		conv=notrunc 2>/dev/null
	for run in 'ms-verify -q --quick' 'ms-verify -q' 'ms-list' 'ms-export' \
		'ms-verify -q --rebuild-index' 'ms-list' 'ms-export' 'ms-verify -q'; do
		$run -a arc >out 2>err </dev/null
		got=$?
		case $run in
		*rebuild*) [ "$got" -eq 65 ] || [ "$got" -eq 0 ] ;;
		ms-verify*) [ "$got" -eq 65 ] ;;
		*) [ "$got" -le 1 ] || [ "$got" -eq 65 ] ;;
		esac || {
			bad=$((bad + 1)) && note "status $got: $run; $n bytes at $at"
			note "$(head -n 3 err)"
		}
	done
done <places
ok 'random bytes are found, and no tool crashes' test "$bad" -eq 0
finish
