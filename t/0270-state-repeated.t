#!/bin/sh
# 0270-state-repeated.t - a new pack begins with the state of the archive. If
# the events of users, sources, folders, labels, profiles or settings are lost,
# they are read from there; what the packs lack is taken from the old index.
# ms-archive(5), Packs, EVENT and States on disk.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip python3 'no python3'
reader=$top/t/second-reader.py

# wreck ARCHIVE PACK OFFSET: overwrites six bytes.
wreck() {
	perl -e 'my ($file, $at) = @ARGV; open F, "+<", $file or die; seek F, $at, 0; read F, $b, 6;
		seek F, $at, 0; print F $b ^ "U" x 6' "$1/pack/$2" "$3"
}
# meta ARCHIVE PACK: prints the offset of each meta block.
meta() { python3 "$reader" "$1" packs | awk -v p="$2" '$1 == p && $3 == "meta" { print $2 }'; }
# state ARCHIVE: prints all users, settings, profiles and folders.
state() {
	ms-users -a "$1" list --deleted --json
	ms-users -a "$1" list --json | tee listed
	# shellcheck disable=SC2046 # names without blanks
	ms-users -a "$1" show --json $(sed 's/.*"name":"\([^"]*\)".*/\1/' listed)
	ms-users -a "$1" settings
	ms-profile -a "$1" list --json | tee listed
	for p in $(sed 's/.*"name":"\([^"]*\)".*/\1/' listed); do
		ms-profile -a "$1" show "$p"
	done
}
# owners ARCHIVE: prints where each message is.
owners() {
	ms-list -a "$1" --json 2>damage | sed 's/.*\("id":"[^"]*"\).*\("user":"[^"]*","folder":"[^"]*"\).*\("source":"[^"]*","label":"[^"]*"\).*\("number":[0-9]*\).*/\1,\2,\3,\4/' | sort
}
command -v jq >/dev/null || skip jq 'no jq'
# within WANT GOT: each line of GOT is in WANT.
within() { sort -u "$2" | comm -13 "$1" - >surplus && empty surplus; }

mail() { printf 'From: a@example.org\nSubject: %s\nDate: Fri, 20 Nov 2026 10:00:00 +0000\n\nbody %s\n' "$1" "$1"; }
for n in 1 2 3 4 5 6 7 8 9; do mail $n >$n.eml; done
# With a large message, a pack is sealed as it is: each batch has its own block.
{ mail large; echo; head -c 900000 /dev/urandom | base64 -w 0 | fold -w 100; } >large.eml

# ---- an archive whose second pack begins with its state ----

export MS_ARCHIVE=arc
ms-init -u root arc
ms-users add --full-name 'Anna Beck' --address anna@example.org --address a@x.org \
	--pop3-name anna.b --privileges login,export anna
ms-users add bob && ms-users add carl && ms-users add dolly && ms-users add eve
ms-users grant --on bob anna read write && ms-users grant --on carl anna read
ms-users set --disabled bob
printf 'user = anna\nkind = export\nquery = from:a\nformat = mboxrd\noutput = /x\n' >text
ok 'a profile' ms-profile add -f text weekly
ok 'settings' ms-users settings directory-timeout=7 default-privileges=login
ms-ingest -q -u anna -d INBOX --label 'Work mail' 1.eml 2.eml
ms-ingest -q -u anna -d Lists --label 'Mail of work' 3.eml
ms-ingest -q -u bob -d Sent 4.eml
ms-ingest -q -u carl -d Old 5.eml
ms-ingest -q -u dolly -d Notes 6.eml
ms-users delete carl && ms-users rename dolly dora
ms-users revoke --on carl anna read
ms-ingest -q -u root -d Large large.eml
cp -a arc one
MS_SEAL=10000 ms-ingest -q -u dora -d Notes 7.eml
ok 'there are two packs' test -e arc/pack/00000002.pack -a -e arc/pack/00000001.pack
ok 'FORMAT names the feature once' test "$(grep -cx 'note state' arc/FORMAT)" -eq 1
same 'and nothing else is added' one/FORMAT /dev/fd/0 <<-END
	$(grep -v '^note ' arc/FORMAT)
END
status 'ms-verify finds no error' 0 ms-verify -q
status 'the second reader finds no error' 0 python3 "$reader" arc check
state arc >want.state
owners arc >want
ok 'all owners are known' absent '"?"' want
# The second reader does not rename users.
folders() { python3 "$reader" "$1" folders 2>said | cut -f 1,3- | sort; }
folders arc >want.folders

# ---- any block of the first pack is lost ----

blocks=0
for at in $(meta arc 00000001.pack); do
	blocks=$((blocks + 1))
	rm -rf now && cp -a arc now && rm -rf now/index
	wreck now 00000001.pack $((at + 250))
	status "block at $at: ms-verify rebuilds the index" 65 ms-verify -a now --rebuild-index
	ok '  nothing can be taken from an old index' absent 'old index' err
	state now >got.state
	same '  users, settings and profiles are those of before' want.state got.state
	owners now >got
	ok '  each message that is left has its owner' within want got
	ok '  and there is mail' test "$(wc -l <got)" -ge 5
	folders now >got.folders
	same '  the second reader finds the same folders' want.folders got.folders
done
ok 'there were many blocks' test $blocks -gt 15

# ---- all of the first pack is lost ----

rm -rf now && cp -a arc now && rm -rf now/index now/pack/00000001.pack
status 'without the first pack, the index is rebuilt' 65 ms-verify -a now --rebuild-index
state now >got.state
same 'users, settings and profiles are those of before' want.state got.state
ok 'mail is added' ms-ingest -q -a now -u anna -d INBOX 8.eml
ok 'to the folder that was there' sh -c 'ms-list -a now --json user:anna | jq -r .folder | grep -qx INBOX &&
	test "$(python3 "$0" now folders | grep -c "anna.*INBOX")" -eq 1' "$reader"

# ---- changes after the repeated state ----

cp -a arc later
export MS_ARCHIVE=later
ms-users rename bob rob && ms-users set --enabled rob && ms-users delete dora
ms-users set --address new@example.org anna && ms-users revoke --on rob anna read write
ms-users add carl && ms-users add fay
ms-ingest -q -u fay -d INBOX --label Fay 8.eml
ms-profile disable weekly
ms-users settings directory-timeout=9
state later >want.state
owners later >want
# Without an index, what only the second pack has is lost with it.
for from in 00000001.pack 00000002.pack; do
	bad=0
	for at in $(meta later $from); do
		rm -rf now && cp -a later now
		[ $from = 00000002.pack ] || rm -rf now/index
		wreck now $from $((at + 250))
		ms-verify -q -a now --rebuild-index 2>err
		[ $? -eq 65 ] || { bad=$((bad + 1)) && note "$from $at: no damage was reported"; }
		owners now >got 2>said
		within want got || { bad=$((bad + 1)) && note "$from $at: owners"; }
		state now | cmp -s - want.state || { bad=$((bad + 1)) && note "$from $at: state" && state now | diff - want.state | head -5; }
	done
	ok "$from: any block is lost: later changes apply, and no owner is wrong" test $bad -eq 0
done
unset MS_ARCHIVE

# ---- an older state does not replace what is known ----

# A writer begins a pack without an event that was damaged; then the first pack
# is restored.
cp -a one stale && rm -rf stale/index
state one >want.state
# The last meta block before that of the large message has the last change.
at=$(meta stale 00000001.pack | tail -n 3 | head -n 1)
wreck stale 00000001.pack $((at + 250))
status 'an event is damaged' 65 ms-verify -q -a stale --rebuild-index
ok 'a right that was revoked is back' sh -c '! ms-users -a stale show --json anna | cmp -s - /dev/fd/3' 3<<-END
	$(ms-users -a one show --json anna)
END
MS_SEAL=10000 ms-ingest -q -a stale -u root -d Large 9.eml
ok 'a new pack repeats this state' test -e stale/pack/00000002.pack
cp one/pack/00000001.pack stale/first
python3 -c 'import sys
n = len(open("stale/pack/00000001.pack", "rb").read()); b = open("stale/first", "rb").read()
f = open("stale/pack/00000001.pack", "r+b"); f.write(b)'
rm -rf stale/index
status 'the first pack is restored' 0 ms-verify -q -a stale
state stale >got.state
same 'all its events count' want.state got.state

# ---- one pack: the old index has what is lost ----

owners one >want
lost=0
for at in $(meta one 00000001.pack); do
	rm -rf now && cp -a one now
	wreck now 00000001.pack $((at + 250))
	status "one pack, block at $at: the index is rebuilt" 65 ms-verify -a now --rebuild-index
	cp err said
	state now >got.state
	same '  users, settings and profiles are those of before' want.state got.state
	owners now >got
	ok '  each message that is left has its owner' within want got
	if grep -q 'old index' said; then
		lost=$((lost + 1))
		ok '  it is said how many were taken' grep -q '^ms-verify: [1-9][0-9]* users, sources, .* are taken from the old index' said
	fi
	rm -rf now/index
	ms-verify -q -a now --rebuild-index 2>said
	state now >got.state
	same '  they are in the packs from then on' want.state got.state
	ok '  mail can be added' ms-ingest -q -a now -u anna -d INBOX 8.eml
done
ok 'often, something was lost' test $lost -gt 8
rm -rf now && cp -a one now
at=$(meta now 00000001.pack | sed -n 2p)
wreck now 00000001.pack $((at + 250))
status 'a user is lost' 65 ms-verify -a now --rebuild-index --report report
ok 'its name is printed' grep -q "^ms-verify: old index: user 'anna' (number 4) is taken from it" err
ok 'and is in the report' grep -q "user 'anna'" report

# The index of a copy that went on in another way has other users.
cp -a one copy && ms-users -a copy add mallory
ms-users -a one add nora
rm -rf now && cp -a one now && rm -rf now/index && cp -a copy/index now
wreck now 00000001.pack $(($(meta now 00000001.pack | tail -n 1) + 250))
status 'an index of other packs' 65 ms-verify -q -a now --rebuild-index
ok 'a user of the other copy is not taken' absent mallory err
ok 'nor is it there' sh -c '! ms-users -a now show mallory' 

# ---- nothing has it ----

rm -rf now && cp -a one now && rm -rf now/index
wreck now 00000001.pack $(($(meta now 00000001.pack | sed -n 2p) + 250))
status 'no index, and one pack: the user is lost' 65 ms-verify -a now --rebuild-index
ok 'it is named by its number' grep -qx "ms-verify: user number 4: the packs have no name for it, and nothing repeats it; lists show it as '?'" err
ok 'the owner of its mail is unknown' grep -q '"?"' - <<-END
	$(owners now)
END
found='' bad=0
for at in $(meta one 00000001.pack); do
	rm -rf now && cp -a one now && rm -rf now/index
	wreck now 00000001.pack $((at + 250))
	ms-verify -a now --rebuild-index 2>said
	ms-list -a now --json >list 2>err
	for what in user source folder; do
		grep -q "\"$what\":\"?\"" list && want=1 || want=0
		grep -q "^ms-verify: $what number " said && got=1 || got=0
		[ $want -eq $got ] || { bad=$((bad + 1)) && note "block at $at: $what"; }
		found="$found$what$got "
	done
	ms-export -q -a now >stream 2>err
	grep -q 'source="?"' stream && bad=$((bad + 1)) && note "block at $at: source in a stream"
done
ok 'each lost user, source and folder with mail is named' test $bad -eq 0
ok '  there were some of each' sh -c "echo '$found' | grep -q user1 && echo '$found' | grep -q source1"

# ---- a large state does not fill small packs ----

python3 -c 'import json, hashlib
for i in range(4000):
    h = hashlib.sha256(b"%d" % i).hexdigest()
    print(json.dumps({"name": "user%d" % i, "full_name": h, "addresses": [h + "@example.com", h[::-1] + "@example.org"]}))' >users.json
ms-init -u root many && ms-users -a many import users.json >/dev/null 2>&1
MS_SEAL=300 ms-ingest -q -a many -u user7 1.eml
size=$(python3 -c 'import struct; print(struct.unpack("<Q", open("many/pack/00000002.pack", "rb").read(128)[120:])[0])')
ok "the state has $size bytes, which are most of the pack" test "$size" -gt 300000 -a \
	"$(stat -c %s many/pack/00000002.pack)" -lt $((size + 2000))
for n in 2 3 4; do MS_SEAL=300 ms-ingest -q -a many -u user7 $n.eml; done
ok 'the pack is continued' test ! -e many/pack/00000003.pack
while [ "$(stat -c %s many/pack/00000002.pack)" -lt $((size * 8)) ]; do
	{ mail $n && head -c 900000 /dev/urandom | base64 -w 0 | fold -w 100; } >huge.eml && n=$((n + 1))
	MS_SEAL=300 ms-ingest -q -a many -u user7 huge.eml || break
done
ok 'until it is eight times as long as its state' test ! -e many/pack/00000003.pack
MS_SEAL=300 ms-ingest -q -a many -u user7 5.eml
ok 'then the next pack begins' test -e many/pack/00000003.pack
status 'ms-verify finds no error' 0 ms-verify -q -a many
finish
