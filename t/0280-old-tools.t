#!/bin/sh
# 0280-old-tools.t - the tools of version 0.1 on an archive that these tools have
# written: each of them is right or refuses, and these tools read what they have
# written. MS_OLD_BIN is the folder of the old tools; `make old` builds them.
# ms-archive(5), Features.
. "$(dirname "$0")/lib.sh"
[ -n "${MS_OLD_BIN-}" ] || skip old 'MS_OLD_BIN is not set (make old)'
[ -x "$MS_OLD_BIN/ms-verify" ] || skip old "there are no tools in $MS_OLD_BIN"
command -v python3 >/dev/null || skip python3 'no python3'
old() { _tool=$1 && shift && "$MS_OLD_BIN/$_tool" "$@"; }

mail() { printf 'From: a@example.org\nSubject: %s\nDate: Fri, 20 Nov 2026 10:00:00 +0000\n\nbody %s\n' "$1" "$1"; }
for n in 1 2 3 4 5 6 7 8; do mail $n >$n.eml; done
printf 'From a@example.org Thu Nov 12 10:00:00 2026\nSubject: from an mbox\n\nx\n' >mbox
export MS_ARCHIVE=arc
ms-init -u root arc
ms-users add --address anna@example.org anna && ms-users add bob && ms-users add carl
ms-users grant --on bob anna read && ms-users set --disabled bob && ms-users delete carl
printf 'user = anna\nkind = export\nquery = from:a\nformat = mboxrd\noutput = /x\n' >text
ms-profile add -f text weekly
ms-ingest -q -u anna -d INBOX --label 'Work mail' 1.eml 2.eml mbox
MS_SEAL=300 ms-ingest -q -u anna -d Lists 3.eml
MS_SEAL=300 ms-ingest -q -u bob -d Sent 4.eml
ok 'FORMAT has the feature' grep -qx 'note state' arc/FORMAT
ok 'there are three packs' test "$(ls arc/pack | wc -l)" -eq 3

# ids PREFIX: what a tool finds: user, folder, id.
ids() { "$1" ms-list | awk -F '\t' -v OFS='\t' '{ print $3, $4, $1 }' | sort; }
new() { "$@"; }
# bytes: the sum of each message that is exported.
bytes() {
	"$1" ms-export >stream && python3 "$top/t/unstream.py" <stream | sed '$d' |
		awk -F '\t' '{ print $1, $2, $3, $NF }' | sort
}
agree() {
	ids new >want && ids old >got
	same "$1: 0.1 lists the same mail" want got
	bytes new >want && bytes old >got
	same "$1: 0.1 exports the same bytes" want got
	ms-users list >want && old ms-users list >got
	same "$1: 0.1 lists the same users" want got
	ms-users show anna | grep -v '^made' >want && old ms-users show anna | grep -v '^made' >got
	same "$1: and what they may do" want got
	ms-profile show weekly >want && old ms-profile show weekly >got
	same "$1: 0.1 shows the same profile" want got
	status "$1: 0.1 verifies the archive" 0 old ms-verify -q
	status "$1: these tools verify it" 0 ms-verify -q
}
agree 'a new archive'
status '0.1 rebuilds the index' 0 old ms-verify -q --rebuild-index --data
agree 'after that'

# ---- 0.1 writes ----

status '0.1 adds mail' 0 old ms-ingest -q -u anna -d INBOX 5.eml
ok '0.1 knows mail' sh -c '"$MS_OLD_BIN/ms-ingest" -a arc -u anna -d INBOX 1.eml 2>&1 | grep -q "0 new"'
status '0.1 changes a user' 0 old ms-users set --enabled --address b@example.org bob
status '0.1 renames a user' 0 old ms-users rename bob rob
status '0.1 restores a user' 0 old ms-users add carl
status '0.1 revokes a right' 0 old ms-users revoke --on rob anna read
status '0.1 adds a user' 0 old ms-users add dora
agree 'after changes by 0.1'
status '0.1 begins a pack' 0 env MS_SEAL=300 "$MS_OLD_BIN/ms-ingest" -q -u dora -d New 6.eml
ok 'its pack has no state' test "$(find arc/pack -name '00000004*' | wc -l)" -eq 1
agree 'after a pack by 0.1'
status 'these tools add mail' 0 ms-ingest -q -u anna -d INBOX 7.eml
ok 'FORMAT is kept' test "$(grep -c '^note' arc/FORMAT)" -eq 1
MS_SEAL=300 ms-ingest -q -u rob -d Sent 8.eml
agree 'after a pack by these tools'
ms-users list >want.users && ids new >want.ids

# The state that the new pack repeats has what 0.1 has changed.
rm -rf now && cp -a arc now && rm -rf now/index now/pack/0000000[1-4]*
status 'the packs before it are lost' 65 ms-verify -q -a now --rebuild-index
MS_ARCHIVE=now ms-users list >got
same 'the users are known' want.users got

# ---- an archive of 0.1, whose index has what its pack has lost ----

rm -rf arc && old ms-init -u root arc && old ms-users add anna
old ms-ingest -q -u anna -d INBOX --label Work 1.eml
old ms-ingest -q -u anna -d INBOX 2.eml
ids old >want
rm -rf now
at=$(python3 "$top/t/second-reader.py" arc packs | sed -n 2p | cut -f 2)
cp -a arc now
python3 -c 'import sys
f = open("now/pack/00000001.pack", "r+b"); f.seek(int(sys.argv[1]) + 200); f.write(b"damage")' "$at"
status 'the block with the user is damaged' 65 ms-verify -a now --rebuild-index
ok 'the user is taken from the index of 0.1' grep -q "user 'anna'" err
MS_ARCHIVE=now ids new >got
same 'all mail has its owner' want got
rm -rf now/index
ms-verify -q -a now --rebuild-index 2>err
MS_ARCHIVE=now ids new >got
same 'also without that index' want got

# ---- 0.1 goes on where it does not know the users ----

rm -rf arc && ms-init -u root arc && ms-users add anna
ms-ingest -q -u anna -d INBOX 1.eml
MS_SEAL=300 ms-ingest -q -u anna -d INBOX 2.eml
at=$(python3 "$top/t/second-reader.py" arc packs | sed -n 1p | cut -f 2)
python3 -c 'import glob, sys
f = open(glob.glob("arc/pack/00000001*")[0], "r+b"); f.seek(int(sys.argv[1]) + 200); f.write(b"damage")' "$at"
rm -rf arc/index
status 'the first pack is damaged: 0.1 reports it' 65 old ms-verify -q --rebuild-index
status '0.1 does not know the user' 64 old ms-ingest -q -u anna -d INBOX 3.eml
status '0.1 creates the user again' 0 old ms-ingest -q -u anna --create-user -d INBOX 3.eml
status 'these tools know the first one' 65 ms-verify -q --rebuild-index
ok 'there is one user anna' test "$(ms-users list | grep -c '^anna')" -eq 1
ms-list -u anna >out 2>err
ok 'who has the mail of both' test "$(wc -l <out)" -eq 2
ok 'nothing is left out' test "$(ms-list user:anna 2>err | wc -l)" -eq 2
status 'mail can be added' 0 ms-ingest -q -u anna -d INBOX 1.eml 4.eml

# ---- a feature that a program must know ----

rm -rf arc && ms-init -u anna arc
status 'an archive' 0 ms-ingest -q -u anna -d INBOX 3.eml
echo 'write something' >>arc/FORMAT
for t in old new; do
	status "$t tools read an archive with a write feature" 0 $t ms-list
	status "$t tools do not write to it" 65 $t ms-ingest -q -u anna 4.eml
done

# ---- what was removed and moved ----

rm -rf arc && ms-init -u anna arc && ms-ingest -q -u anna -d INBOX 3.eml 4.eml
status 'a message is removed' 0 ms-remove -q --force subject:3
for t in 'ms-ingest -q -u anna 5.eml' 'ms-verify -q' ms-export ms-list; do
	# shellcheck disable=SC2086 # a command
	status "0.1 refuses the archive: $t" 65 old $t
done
ok '  and names the feature' grep -q "needs a newer program: 'read view'" err
ms-list >out
ok 'these tools do not show the message' test "$(wc -l <out)" -eq 1

# ---- mail of one mailbox for many users ----

rm -rf arc && ms-init -u root arc
for u in anna bob; do ms-users add --address $u@example.org $u; done
ms-profile add -f text weekly
# stream N ...: a mailbox with these messages, for both users.
stream() {
	for n; do
		printf 'From ms-stream@1 Thu Jan  1 00:00:00 1970\n'
		printf 'MS-Envelope: user="@multidrop"; source="imap://m@h/"; folder="INBOX"; uid="1/%s"\n' "$n"
		printf 'From: a@example.org\nTo: anna@example.org, bob@example.org\nSubject: %s\nMessage-ID: <%s@x>\n\nx\n\n' "$n" "$n"
	done
	printf 'From ms-stream@1 Thu Jan  1 00:00:00 1970\nMS-Envelope: end; messages=%s; failed=0; status=0\n\n' $#
}
stream 1 2 3 >in && status 'mail is assigned' 0 ms-ingest -q --assign <in
receipts() { python3 "$top/t/second-reader.py" arc receipts | cut -f 2-; }
receipts >want.receipts
ok 'its places are recorded' test "$(wc -l <want.receipts)" -eq 3
agree 'with receipts'
for step in 'adds mail:ms-ingest -q -u anna 1.eml' 'rebuilds the index:ms-verify -q --rebuild-index --data' \
	'begins a pack:env MS_SEAL=300 ms-ingest -q -u anna 2.eml'; do
	# shellcheck disable=SC2086 # a command
	status "0.1 ${step%%:*}" 0 env PATH="$MS_OLD_BIN:$PATH" ${step#*:}
	agree "with receipts, 0.1 ${step%%:*}"
	receipts >got
	same '  the receipts are there' want.receipts got
	status '  the mail is assigned again' 0 ms-ingest --assign <in
	ok '  and is known' grep -q '3 seen: 0 new, 3 known' err
	receipts >got
	same '  no place is recorded again' want.receipts got
done
finish
