#!/bin/sh
# 0250-index-pages.t - each page of an index is damaged in turn. No tool lists or
# exports less mail than there is, or other mail, and says that all is well: it
# gives everything, or status 65 and the remedy. ms-archive(5), Index.
. "$(dirname "$0")/lib.sh"
seed
command -v python3 >/dev/null || skip python3 'no python3'

status 'an archive' 0 ms-init -u alice arc
for user in alice bob; do
	for folder in INBOX Sent; do
		python3 "$top/t/mailgen.py" format=mbox $((first = ${first:-0} + 40)) 25 >$folder.mbox
		MS_BATCH=7 ms-ingest -q -a arc -u $user --create-user --into $folder $folder.mbox
	done
done
export MS_ARCHIVE="$scratch/arc"
# Two changes of one occurrence: without the row of the second one, the first
# would count.
removed=$(ms-list user:bob folder:INBOX | sed -n '3s/\t.*//p')
ms-move -q --force -u bob --to Moved "id:$removed" >out
ms-remove -q --force "id:$removed" >out
for nth in 5 9 14; do
	ms-move -q -u alice --to Moved "id:$(ms-list user:alice folder:Sent | sed -n "${nth}s/\t.*//p")" >out
done
ms-move -q --force -u bob --rename-folder Sent Shown >out
ms-list >all
ok 'with mail of two users in four folders' test "$(wc -l <all)" -eq 99
id=$(sed -n '50s/\t.*//p' all)
day=$(sed -n "75p" all | cut -f 2)
cat >commands <<END
ms-list
ms-list user:bob
ms-list is:removed
ms-move --log
ms-list folder:Shown since:$day
ms-list before:$day
ms-list id:$id
ms-list --summary
ms-stat --by domain
ms-export
ms-export user:alice
ms-export before:$day
ms-export id:$id
ms-export id:$id id:$removed
ms-export --format mboxrd folder:INBOX
END
n=0
while read -r command; do
	n=$((n + 1))
	$command </dev/null >want.$n 2>err || fail "$command"
	ok "$command: has output" test -s want.$n
	[ "$command" != ms-export ] || whole=$n
done <commands
cp arc/index/data.mdb sound.mdb
records=$(python3 "$top/t/second-reader.py" arc records | grep -cE 'OCCURRENCE|EVENT')
size=$(stat -c %s sound.mdb)

# damage/HOW.PAGE is a damaged page of sound.mdb.
hows='zeros noise other bit fewer'
mkdir damage
# shellcheck disable=SC2086 # a list
python3 - "$seed" $hows <<'END'
import random, sys
data = open('sound.mdb', 'rb').read()
for how in sys.argv[2:]:
    for number in range(len(data) // 4096):
        random.seed(int(sys.argv[1]) * 1000003 + number)
        page = bytearray(data[number * 4096:][:4096])
        if how == 'zeros':
            page = bytes(4096)
        elif how == 'noise':
            page = random.randbytes(4096)
        elif how == 'other':  # the bytes of another page
            other = random.randrange(len(data) // 4096)
            page = data[other * 4096:][:4096]
        elif how == 'bit':  # a bit of what the page contains
            used = [i for i in range(4096) if page[i]] or [0]
            page[random.choice(used)] ^= 1 << random.randrange(8)
        elif how == 'fewer':  # the last row of the page is not counted any more
            page[12] = page[12] - 2 & 255
        with open('damage/%s.%d' % (how, number), 'wb') as f:
            f.write(page)
END
# damaged HOW PAGE FILE: makes a copy of sound.mdb with a damaged page.
damaged() {
	cp sound.mdb "$3" &&
		dd if="damage/$1.$2" of="$3" bs=4096 seek="$2" conv=notrunc status=none
}

# try HOW PAGE: each command with this page damaged.
try() {
	damaged "$1" "$2" bad.mdb
	cp bad.mdb arc/index/data.mdb
	ms-verify -q --quick -a arc 2>err
	found=$?
	runs=0
	while read -r command; do
		runs=$((runs + 1))
		# A third of the commands, or all.
		[ -n "${MS_SOAK-}" ] || [ $(((runs + $2) % 3)) -eq 0 ] || continue
		cp bad.mdb arc/index/data.mdb
		$command </dev/null >got 2>err
		got=$?
		case $got in
		0) cmp -s got want.$runs && continue ;;
		65)
			[ $found -ne 0 ] || {
				silent=$((silent + 1)) && note "$1 of page $2: not found by ms-verify: $command: $(head -n 1 err)"
			}
			grep -q -e 'rebuild-index' err || note "$1 $2: $command: no remedy: $(head -n 1 err)"
			case $command in
			*mboxrd* | ms-list* | ms-move* | ms-stat*) continue ;;
			*) tail -n 3 got | grep -q 'end; .*status=65' && continue ;;
			esac
			;;
		99 | 134) grep -q -e liblmdb -e 'mdb.c:' err && continue ;; # a sanitizer
		esac
		bad=$((bad + 1)) && note "$1 of page $2: $command: status $got" "$(head -n 2 err)"
	done <commands
}

pages=$((size / 4096)) page=0 bad=0 silent=0
note "$pages pages"
while [ $page -lt $pages ]; do
	# One kind of damage for each page, or all.
	if [ -n "${MS_SOAK-}" ]; then list=$hows; else
		list=$(echo "$hows" | cut -d ' ' -f $((page % 5 + 1)))
	fi
	for how in $list; do try "$how" $page; done
	page=$((page + 1))
done
# Numbers in the headers with which LMDB begins, by which it maps the file.
for at in 40 41 42 43 136 139 140 141 142 143; do
	python3 - "$at" >arc/index/data.mdb <<-'END'
		import sys
		data = bytearray(open('sound.mdb', 'rb').read())
		for page in 0, 4096:
		    data[page + int(sys.argv[1])] ^= 0x80
		sys.stdout.buffer.write(data)
	END
	ms-export >got 2>err
	got=$?
	{ [ "$got" -eq 0 ] && cmp -s got "want.$whole"; } || {
		[ "$got" -eq 65 ] && grep -q rebuild-index err && tail -n 3 got | grep -q 'end; .*status=65'
	} || { bad=$((bad + 1)) && note "header, byte $at: status $got" "$(head -n 2 err)"; }
done
ok 'no run loses mail, or gives other mail, silently' test "$bad" -eq 0
ok 'ms-verify --quick finds what a reader finds' test "$silent" -eq 0

# A row that a damaged page hides is not written to the packs a second time: the
# same mail arrives again, with its users and folders.
cp sound.mdb arc/index/data.mdb
ms-export -q >again
# What a person has removed comes again, too.
ms-export -q is:removed >>again
ms-ingest <again 2>err
ok 'the same mail is known' grep -q ': 100 seen: 0 new, 99 known, 1 left out' err
cp -a arc before
page=0 bad=0 refused=0
while [ $page -lt $pages ]; do
	rm -rf now && cp -a before now
	damaged fewer $page now/index/data.mdb
	ms-ingest -a now <again 2>err
	case $? in
	0) cmp -s before/pack/00000001.pack now/pack/00000001.pack ||
		[ "$(python3 "$top/t/second-reader.py" now records | grep -cE 'OCCURRENCE|EVENT')" -eq "$records" ] ||
		{ bad=$((bad + 1)) && note "page $page: records are there twice"; }
		grep -q ' 1 left out' err ||
			{ bad=$((bad + 1)) && note "page $page: the removed message is known"; } ;;
	65) refused=$((refused + 1)) && grep -q rebuild-index err ||
		note "page $page: no remedy: $(head -n 1 err)" ;;
	99 | 134) grep -q -e liblmdb -e 'mdb.c:' err || # a sanitizer
		{ bad=$((bad + 1)) && note "page $page: $(head -n 1 err)"; } ;;
	*) bad=$((bad + 1)) && note "page $page: $(head -n 1 err)" ;;
	esac
	page=$((page + 1))
done
ok 'no occurrence, folder or user is stored twice' test "$bad" -eq 0
ok 'because rows were missing' test "$refused" -ge 3
cp sound.mdb arc/index/data.mdb
status 'the sound index is whole' 0 ms-verify -q -a arc
finish
