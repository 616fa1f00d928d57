#!/bin/sh
# 4630-view-repeated.t - the state with which a pack begins has what was removed,
# moved and renamed. If the pack with a change is lost, or a block of it, the view
# is read from there; what no pack has is taken from the old index.
# ms-archive(5), Packs, View and States on disk.
[ -n "${TMPDIR-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip python3 'no python3'
reader=$top/t/second-reader.py
seed

sep='From ms-stream@1 Thu Jan  1 00:00:00 1970'
# mail FOLDER N...: a stream of these messages.
mail() {
	_folder=$1 _n=0 && shift
	for _i in "$@"; do
		printf '%s\nMS-Envelope: source="imap://anna@h/"; folder="%s"; uid="1/%d"\nSubject: %s\n\ntext\n\n' \
			"$sep" "$_folder" "$_i" "$_i"
		_n=$((_n + 1))
	done
	printf '%s\nMS-Envelope: end; messages=%d; failed=0; status=0\n\n' "$sep" $_n
}
# shown ARCHIVE: user, folder and subject of what is in view, and what is removed.
# A message that is lost has no subject.
shown() {
	ms-list -a "$1" 2>said | cut -f 3,4,7 | grep '[0-9]$' | sort
	ms-list -a "$1" is:removed 2>said | cut -f 7 | grep '[0-9]$' | sort | sed 's/^/removed /'
}
# changes ARCHIVE: what was changed, by whom, and what was undone.
changes() { ms-remove -a "$1" --log 2>said && ms-move -a "$1" --log 2>>said; }
second() { python3 "$reader" "$1" views 2>said | cut -f 2- | sort; }
# within WANT GOT: each line of GOT is in WANT.
within() { sort -u "$2" | comm -13 "$1" - >surplus && empty surplus; }
# sometimes: true for a third of the calls, with MS_SOAK for all.
calls=0
sometimes() {
	calls=$((calls + 1))
	[ -n "${MS_SOAK-}" ] || [ $(((calls + seed) % 3)) -eq 0 ]
}
wreck() {
	python3 -c 'import sys
f = open(sys.argv[1], "r+b"); f.seek(int(sys.argv[2])); b = f.read(6)
f.seek(int(sys.argv[2])); f.write(bytes(c ^ 0x55 for c in b))' "$1/pack/$2" "$3"
}

# ---- an archive of many packs, each of which begins with the state ----

export MS_ARCHIVE=arc MS_USER=anna
# change COMMAND...: makes a change; $change is its number.
change() { "$@" -q --force >out && change=$(cut -f 1 out); }
ms-init -u anna arc && ms-users add bob
mail A 1 2 3 4 5 6 9 | ms-ingest -q && mail P 7 8 | ms-ingest -q
export MS_SEAL=300 MS_VIEW_PART=1,1
change ms-remove subject:1 && one=$change
change ms-move --to C subject:2 && two=$change
change ms-move --rename-folder A Mail && three=$change
change ms-move -u bob --to Gift subject:4
change ms-remove subject:5 && ms-remove -q --undo "$change" >out
mail B 10 11 12 13 | ms-ingest -q
change ms-move --to D subject:6 && ms-move -q --undo "$change" >out
change ms-move --rename-folder Mail Old && ms-move -q --undo "$change" >out
change ms-remove folder:P && parts=$change
change ms-move --to C subject:11
mail B 12 | ms-ingest -q
change ms-remove subject:12 && mail B 12 | ms-ingest -q --restore-removed
mail E 11 | sed 's/uid="1.11"/&; moved-from=B/' | ms-ingest -q
ms-users add carl
unset MS_SEAL MS_VIEW_PART
shown arc >want
changes arc >want.changes
second arc >want.second
same 'the view is as the changes made it' want /dev/fd/3 3<<-END
	anna	B	10
	anna	B	12
	anna	B	13
	anna	C	11
	anna	C	2
	anna	Mail	3
	anna	Mail	5
	anna	Mail	6
	anna	Mail	9
	bob	Gift	4
	removed 1
	removed 7
	removed 8
END
packs=$(find arc/pack -type f | wc -l)
ok "there are many packs ($packs)" test "$packs" -gt 15
status 'ms-verify finds no error' 0 ms-verify -q --data
status 'the second reader finds no error' 0 python3 "$reader" arc check

# ---- a pack is lost ----

# The first pack has the first messages, others have one batch of mail each, or
# none. The last one has what no other has.
bad=0 whole=0
for pack in $(find arc/pack -type f | sort | sed 's|.*/||; $d'); do
	rm -rf now && cp -a arc now && rm -rf now/index "now/pack/$pack"
	ms-verify -q -a now --rebuild-index 2>err
	[ $? -eq 65 ] || { bad=$((bad + 1)) && note "$pack: no damage was reported"; }
	shown now >got
	within want got || { bad=$((bad + 1)) && note "$pack: the view" && diff want got | head -5; }
	! cmp -s want got || whole=$((whole + 1))
	changes now | cmp -s - want.changes || { bad=$((bad + 1)) && note "$pack: the log" && changes now | diff - want.changes | head -5; }
	sometimes || continue
	second now >got
	within want.second got || { bad=$((bad + 1)) && note "$pack: the second reader"; }
done
ok "each of $((packs - 1)) packs is lost: what is left is shown or hidden as before" test $bad -eq 0
ok "  and all of it, in $whole cases" test $whole -gt 15
rm -rf now && cp -a arc now && rm -rf now/index
find now/pack -type f | sort | sed '1d;$d' | xargs rm
status 'all but the first and the last pack are lost' 65 ms-verify -q -a now --rebuild-index
shown now >got
same '  what the first one has is shown or hidden as before' got /dev/fd/3 3<<-END
	$(grep -v '1[0-9]$' want)
END
changes now >got
same '  all changes are known' want.changes got
status '  a change is undone' 0 ms-remove -q -a now --undo "$one"
ok '  and the message is back' sh -c 'ms-list -a now subject:1 | grep -q "Mail"'
status '  a change of parts is undone' 0 ms-remove -q -a now --undo "$parts"
ok '  and the messages are back' sh -c 'test "$(ms-list -a now folder:P | wc -l)" -eq 2'
status '  a folder gets its old name back' 0 ms-move -q -a now --undo "$three"
ok '  ' sh -c 'test "$(ms-list -a now folder:A | wc -l)" -eq 5 && test "$(ms-list -a now folder:Mail | wc -l)" -eq 0'
status '  a message is moved back' 0 ms-move -q -a now --undo "$two"
ok '  ' sh -c 'test "$(ms-list -a now folder:A | wc -l)" -eq 6'
status '  and cannot be moved back twice' 66 ms-move -q -a now --undo "$two"
shown now >want.now
status '  a new index' 65 ms-verify -q -a now --rebuild-index
shown now >got
same '  shows the same' want.now got
rm -rf now && cp -a arc now && rm -rf now/index
find now/pack -type f | sort | sed '$d' | xargs rm
status 'only the last pack is left' 65 ms-verify -q -a now --rebuild-index
changes now >got
same '  it knows all changes' want.changes got

# ---- a block is lost ----

bad=0 blocks=0
python3 "$reader" arc packs | awk '$3 == "meta" { print $1, $2 }' >meta
last=$(tail -n 1 meta | cut -d ' ' -f 1)
while read -r pack at; do
	[ "$pack" != "$last" ] && sometimes || continue
	blocks=$((blocks + 1))
	rm -rf now && cp -a arc now && rm -rf now/index
	wreck now "$pack" $((at + 250))
	ms-verify -q -a now --rebuild-index 2>err
	shown now >got
	within want got || { bad=$((bad + 1)) && note "$pack $at: the view" && diff want got | head -5; }
	changes now | cmp -s - want.changes || { bad=$((bad + 1)) && note "$pack $at: the log"; }
done <meta
ok "each of $blocks blocks is lost: what is left is shown or hidden as before" test $bad -eq 0

# ---- what no pack has is taken from the old index ----

rm -rf one && ms-init -u anna one
export MS_ARCHIVE=one
mail A 1 4 | ms-ingest -q && mail P 2 3 | ms-ingest -q
change ms-remove subject:1 && one=$change
MS_VIEW_PART=1,1 change ms-move --to B folder:P && two=$change
change ms-remove subject:4 && ms-remove -q --undo "$change" >out
shown one >want
changes one >want.changes
bad=0 taken=0
python3 "$reader" one packs | awk '$3 == "meta" { print $1, $2 }' >meta
while read -r pack at; do
	rm -rf now && cp -a one now
	wreck now "$pack" $((at + 250))
	ms-verify -a now --rebuild-index 2>err
	shown now >got
	within want got || { bad=$((bad + 1)) && note "$pack $at: the view" && diff want got | head -5; }
	changes now | cmp -s - want.changes || { bad=$((bad + 1)) && note "$pack $at: the log"; }
	grep -q 'old index: change' err || continue
	taken=$((taken + 1))
	rm -rf now/index
	ms-verify -q -a now --rebuild-index 2>said
	shown now >got
	within want got || { bad=$((bad + 1)) && note "$pack $at: the view without the old index"; }
	ms-ingest -q -a now 2>said <<-END || { bad=$((bad + 1)) && note "$pack $at: mail cannot be added"; }
		$(mail A 9)
	END
done <meta
ok 'each block of the only packs is lost: the view is as before' test $bad -eq 0
ok "  often, changes were taken from the old index ($taken)" test $taken -ge 4

rm -rf now && cp -a one now
at=$(awk -v n=0 '$1 != "00000001.pack" { print $2 }' meta | sed -n 3p)
wreck now 00000002.pack $((at + 250))
ms-verify -a now --rebuild-index 2>err
ok 'a change of two events is named once' test "$(grep -c "old index: change $two is taken from it" err)" -eq 1

# The pack with the feature is lost, and so is the line in FORMAT.
rm -rf now && cp -a one now && rm now/pack/00000002.pack && sed -i '/^read view$/d' now/FORMAT
status 'the last pack is lost, with all changes' 65 ms-verify -a now --rebuild-index
ok '  they are taken from the old index' grep -q "change $one is taken" err
shown now >got
same '  the view is as before' want got
ok '  and FORMAT says so' grep -qx 'read view' now/FORMAT
ok '  the number of the lost pack is not used again' test -e now/pack/00000003.pack -a ! -e now/pack/00000002.pack
last=$(ms-users log --last 1 --json | sed 's/^{"number":\([0-9]*\).*/\1/')
status '  a further change' 0 ms-remove -q -a now --force subject:2
ok '  gets a number that no lost record had' test "$(cut -f 1 out)" -gt "$last"
ok '  and takes the message out of view' sh -c 'test -z "$(ms-list -a now subject:2)"'
ms-remove -q -a now --undo "$(cut -f 1 out)" >said
rm -rf now/index && ms-verify -q -a now --rebuild-index 2>said
shown now >got
same '  also without that index' want got
cp one/pack/00000002.pack now/pack/ && ms-verify -q -a now --rebuild-index 2>said
changes now | grep -v "$(printf '\tundone\t\tsubject:2')" >got
same '  the lost pack is found again, and fits' want.changes got
finish
