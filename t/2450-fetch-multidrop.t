#!/bin/sh
# 2450-fetch-multidrop.t - one mailbox that holds the mail of many users, in a
# real Dovecot, by IMAP and POP3: who gets what equals a table, what is known is
# not fetched again, and only what all users have is deleted.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"
[ -e /usr/lib/dovecot/pop3 ] || skip dovecot "no dovecot-pop3d"
imap_start || exit 1
imap_user drop secret

# In check, 200 messages; in soak, 2000. 50 users.
messages=200
[ -z "${MS_SOAK-}" ] || messages=2000
python3 - "$messages" >table <<'END'
import sys

# The table: uid, subject, sender, recipients. Every tenth message is for an
# address of no user, and each hundredth for all of them.
for i in range(1, int(sys.argv[1]) + 1):
    to = ['u%d@x.example' % (i * 7 % 50), 'u%d@x.example' % (i * 11 % 50)]
    sender = 'u%d@x.example' % (i % 50) if i % 3 == 0 else 'someone@z.example'
    if i % 10 == 0:
        to, sender = ['new%d@x.example' % (i % 3)], 'someone@z.example'
    if i % 100 == 1:
        to = ['u%d@x.example' % k for k in range(50)]
    print(i, 'm%d' % i, sender, ' '.join(sorted(set(to))), sep='\t')
END
python3 - "$imap_dir/cur" <<'END'
import sys

for line in open("table"):
    i, subject, sender, to = line.rstrip('\n').split('\t')
    with open('%s/%010d.M1.h:2,S' % (sys.argv[1], 1700000000 + int(i)), 'w') as f:
        f.write('Received: from a by b; Fri, 20 Nov 2026 10:00:00 +0000\n'
                'From: <%s>\nTo: %s\nSubject: %s\nMessage-ID: <%s@x.example>\n'
                'Date: Fri, 20 Nov 2026 10:00:00 +0000\n\ntext %s\n'
                % (sender, ', '.join(to.split()), subject, subject, i * 20))
END
imap_own
# wanted [KNOWN]: the table as "user folder subject"; KNOWN also has addresses.
wanted() {
	awk -F '\t' -v known="${1-}" '
		function give(a, folder, u) {
			u = a; sub(/@.*/, "", u)
			if (u ~ /^u[0-9]/ || index(" " known " ", " " a " ")) {
				if (u !~ /^u/) u = "new"
				print u "\t" (u == "new" ? "new0@x.example" : a) folder "\t" $2
				return 1
			}
			return 0
		}
		{
			n = give($3, "/Sent Items")
			k = split($4, to, " ")
			for (i = 1; i <= k; i++) n += give(to[i], "/Inbox")
		}' table | LC_ALL=C sort
}
wanted >want
# Messages of which no address is known.
awk -F '\t' '$2 ~ /0$/ && $2 !~ /01$/' table | wc -l >left

has() { ms-list -a "$1" | cut -f 3,4,7 | LC_ALL=C sort; }
users() {
	i=0
	while [ $i -lt 50 ]; do echo "u$i,u$i@x.example" && i=$((i + 1)); done >users.csv
	ms-init "$1" >/dev/null && { echo name,addresses && cat users.csv; } |
		ms-users import -a "$1" - >/dev/null 2>&1
}
fetch() { ms-fetch -u @multidrop --ca-file "$imap_ca" --password-file drop.pw "$@"; }
assign() { ms-ingest -q --assign --unknown leave "$@"; }

for kind in imap pop3; do
	case $kind in
	imap) url=$(imap_url drop) ;;
	pop3) url=$(pop3_url drop) ;;
	esac
	rm -rf arc && users arc
	ok "$kind: the mailbox is fetched" sh -c "$(cat <<-END
		ms-fetch -q -a arc -u @multidrop --ca-file $imap_ca --password-file drop.pw $url |
			ms-ingest -a arc --assign --unknown leave 2>told
	END
	)"
	has arc >got
	same "$kind: who has what is as in the table" want got
	ok "$kind: what is left is named" test "$(grep -c 'left out: unknown addresses: new[0-2]@x.example, someone@z.example$' told)" -eq "$(cat left)"
	ok "$kind: the user of the mailbox was made, and has no mail" test -z "$(ms-list -a arc -u @multidrop)"
	ok "$kind: each other message has a receipt" test "$("$top/t/second-reader.py" arc receipts | wc -l)" -eq $((messages - $(cat left)))
	ok "$kind: the archive is whole" ms-verify -q -a arc --data
	ok "$kind: for the second reader, too" "$top/t/second-reader.py" arc check
	cp -a arc "$kind.arc"

	# ---- a second run ----
	status "$kind: a second run" 0 fetch -a arc "$url"
	ok "$kind: fetches only what was left" test "$(grep -ac '^Subject: ' out)" -eq "$(cat left)"
	cp out stream
	"$top/t/second-reader.py" arc records | wc -l >before
	ok "$kind: that is read again" assign -a arc <stream
	"$top/t/second-reader.py" arc records | wc -l >after
	same "$kind: and adds no record" before after
	rm -rf arc/index
	status "$kind: with an index that is built again" 0 fetch -a arc "$url"
	grep -a '^Subject: ' stream | sort >want-again
	grep -a '^Subject: ' out | sort >got
	same "$kind: the same is fetched" want-again got

	# ---- an address is given to a user ----
	ok "$kind: a user gets an address that was unknown" ms-users add -a arc new --address new0@x.example
	fetch -q -a arc "$url" >stream
	ok "$kind: the mail that was left is assigned" assign -a arc <stream
	wanted new0@x.example >want-new
	has arc >got
	same "$kind: and is the user's now" want-new got

	# ---- an archive that gets the mail from another one ----
	rm -rf copy && ms-init copy >/dev/null
	ms-export -q -a arc --format stream | ms-ingest -q -a copy --create-user
	status "$kind: another archive knows no place" 0 fetch -a copy "$url"
	ok "$kind: and fetches everything" test "$(grep -ac '^Subject: ' out)" -eq "$messages"
done

# ---- UIDs change ----
rm -rf arc && cp -a imap.arc arc
imap_idle
rm -f "$imap_dir"/dovecot*
imap_own
status 'with another UIDVALIDITY' 0 fetch -a arc "$(imap_url drop)"
ok 'the messages are recognised' test "$(grep -ac '; ref="' out)" -eq $((messages - $(cat left)))
cp out stream
ok 'the references are added' assign -a arc <stream
has arc >got
same 'and give nobody anything again' want got
status 'after that' 0 fetch -a arc "$(imap_url drop)"
ok 'their places are known' test "$(grep -ac '; ref="' out)" -eq 0

# ---- damage ----
# The pack loses messages: their places are unknown, and they are assigned again.
# damage ARCHIVE: changes a block in the middle of the pack.
damage() {
	python3 - "$1" <<'END'
import glob
import sys

path = glob.glob(sys.argv[1] + '/pack/*.pack')[0]
with open(path, 'r+b') as f:
    data = f.read()
    at = data.index(b'MSB1', data.index(b'MSB1', 1000) + 1)
    f.seek(at + 200)
    f.write(bytes(64))
END
}
cp -a arc lossy && damage lossy
ms-verify -q -a lossy --rebuild-index >said 2>&1
status 'an archive that has lost mail' 0 fetch -a lossy "$(imap_url drop)"
cp out stream
ok 'fetches it again' test "$(grep -ac '^Subject: ' stream)" -gt "$(cat left)"
ok 'and assigns it again' assign -a lossy <stream
has lossy >got
same 'so that all users have it' want got

# ---- deletion ----
# A run that deletes reads the copies of all users back, and compares what the
# server has with the receipt.
delete() { arc=$1 && shift && fetch -a "$arc" --delete-archived "$@"; }
imap_idle
cp -a "$imap_dir/cur" saved
status 'a run that would delete' 0 delete arc -n "$(imap_url drop)"
ok 'names all that users have' test "$(wc -l <out)" -eq $((messages - $(cat left)))
rm -rf lossy && cp -a arc lossy && damage lossy
status 'a run with a damaged archive' 1 delete lossy -n "$(imap_url drop)"
ok 'names less' test "$(wc -l <out)" -lt $((messages - $(cat left)))
ok 'a user removes some of them' ms-remove -q -a arc -u u7 --force subject:m1
ms-list -a arc -u u7 is:removed | cut -f 7 | sort -u | wc -l >removed
ok 'that is less than all' test "$(cat removed)" -gt 0 -a "$(cat removed)" -lt $((messages / 2))
ms-list -a arc >before
status 'a run that deletes' 1 delete arc "$(imap_url drop)"
ok 'names what a user has removed' test "$(grep -c 'removed by hand: ms-remove --undo' err)" -eq "$(cat removed)"
imap_idle
ok 'and keeps that, and what was left' test "$(ls "$imap_dir/cur" | wc -l)" -eq $(($(cat left) + $(cat removed)))
ms-list -a arc >after
same 'the archive has the same mail' before after
ok 'and is whole' ms-verify -q -a arc --data

# POP3, with the other archive, in which places have other names by now.
cp -p saved/* "$imap_dir/cur/" && rm -f "$imap_dir"/dovecot*
imap_own
fetch -q -a pop3.arc "$(pop3_url drop)" >stream
ok 'POP3: the messages are recognised' test "$(grep -ac '; ref="' stream)" -eq $((messages - $(cat left)))
ok 'POP3: and their places recorded' assign -a pop3.arc <stream
status 'POP3: a run that deletes' 0 delete pop3.arc "$(pop3_url drop)"
imap_idle
ok 'POP3: keeps what was left' test "$(ls "$imap_dir/cur" | wc -l)" -eq "$(cat left)"
finish
