#!/bin/sh
# 3310-profile-batch.t - one privileged login reads the mailboxes of many users,
# by authorization id and by master user. The server refuses some users, and one
# mailbox hangs. All others succeed, each failure is reported, and no message is
# new in a second run.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"

n=50
[ "${MS_SOAK-}" != 1 ] || n=1000
P() { ms-profile -a arc "$@"; }

printf 'master:{PLAIN}the master secret::::::\n' >masters
imap_start "
auth_mechanisms = plain login
auth_master_user_separator = *
mail_max_userip_connections = 100
service imap-login {
  process_limit = 1000
}
service imap {
  process_limit = 2000
}
service anvil {
  # no delay after failed logins
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
passdb {
  driver = passwd-file
  master = yes
  args = $scratch/masters
}
" || exit 1
echo 'the master secret' >master.pw && chmod 600 master.pw
ms-init arc

# The users u1 ... have two messages each, one of which is common to all. The
# mailbox of u7 hangs, because one of its messages is a FIFO. The server refuses
# x!1 and x!2.
for i in $(seq $n); do
	imap_user "u$i" none
	printf 'Subject: to all\n\nhello\n' >"$imap_dir/cur/1.a:2,S"
	printf 'Subject: to u%s\n\nhello %s\n' "$i" "$i" >"$imap_dir/cur/2.a:2,"
	echo "{\"name\":\"u$i\",\"addresses\":[\"u$i\"],\"authentication\":\"none\"}"
done >users.json
mkfifo "$imap_root/home/u7/Maildir/cur/3.a:2,"
imap_own
for i in 1 2; do
	echo "{\"name\":\"x!$i\",\"addresses\":[\"x$i\"],\"authentication\":\"none\"}"
done >>users.json
sed 's/"addresses":."\([^"]*\)".,/"addresses":["\1@example.org"],/' users.json >addressed.json
status 'the users are imported' 0 ms-users -a arc import --format json addressed.json
ms-users -a arc add nobody

text() {
	cat <<-END
		kind = batch
		url = imaps://$1@127.0.0.1:$imap_port/
		password-file = $scratch/master.pw
		ca-file = $imap_ca
		mailbox = name
		users = all
		jobs = 8
		timeout = 4
		retries = 0
		connections = 1
	END
}
text master >batch.ini
status 'a profile of the kind batch is added' 0 P add -f batch.ini company
status 'a run in which some mailboxes fail' 1 P run company --report report
good=$((n - 1))
ok '  the summary is right' grep -qx \
	"ms-profile: company: completed with errors: $good of $((n + 2)) mailboxes; .*" err
ok '  the mailboxes whose login is refused are named' [ "$(grep -c '^ms-profile: company: x![12]: failed, status 77: ' err)" = 2 ]
ok '  the mailbox that hangs is named' grep -q '^ms-profile: company: u7: .*' err
ok '  no other mailbox is named' [ "$(grep -v '[:;] [0-9]* seen: ' err | grep -vc 'company: \(x!1\|x!2\|u7\): ')" = 0 ]
ok '  a user without an address is left out' sh -c '! grep -q nobody err'
note "$n mailboxes: $(P log company | cut -f 13) s"
status '  the archive is listed' 0 ms-list -a arc
ok '    each of the other users has two messages' [ "$(cut -f 3 out | grep -vx u7 | sort | uniq -c | grep -c ' 2 u')" = $good ] ||
	note "$(cut -f 3 out | sort | uniq -c | head)"
ok '  the report has a line for each mailbox' [ "$(jq -r 'select(.type == "mailbox") | .user' report | sort -u | wc -l)" = $((n + 2)) ]
ok '  the report has the result of the run' sh -c 'tail -n 1 report | jq -e "select(.type == \"run\" and .status == 1)"'
status '  the log is printed' 0 P log --mailboxes --json
grep '"type":"mailbox"' report | jq -cS 'del(.run)' | sort >want
grep '"type":"mailbox"' out | jq -cS 'del(.run)' | sort >got
same '    the log has the same numbers as the report' want got
status '  the failures of the log are printed' 1 P log --failed-only --since 1d
ok '    the three mailboxes are named' [ "$(cut -f 4 out | sed 1d | sort | tr '\n' ' ')" = 'u7 x!1 x!2 ' ]

status 'the same run again' 1 P run company
ok '  no message is new' grep -q ' 0 new, ' err
ok '  no mailbox has new messages' sh -c '! grep -v " 0 new, " err | grep " new, "'

terminal && command -v script >/dev/null && {
	status 'a run on a terminal' 1 script -qec 'stty rows 24 cols 120; ms-profile -a arc run company' /dev/null
	ok '  each running mailbox has a line' grep -aq '  u7 .*  fetching ' out
	ok '  there is a line about all mailboxes' grep -aq "company: [0-9]* of $((n + 2)) done, [0-9] not well" out
}

# The same, with a login that contains both names, without x!1 and x!2.
rm "$imap_root/home/u7/Maildir/cur/3.a:2,"
{ text '' | sed 's,//@,//,' && printf 'except = %s\n' 'x!1' 'x!2' && echo 'master = master'; } >master.ini
status 'a profile with a master user is added' 0 P add -f master.ini bymaster
status 'the profile is checked' 0 P check bymaster
ok '  each mailbox is ok' [ "$(grep -c "^bymaster	u[0-9]*	ok$" out)" = "$n" ]
ok '  there is no other mailbox' [ "$(wc -l <out)" = "$n" ]
status 'the profile with a master user runs' 0 P run -q bymaster
ok '  nothing is printed' empty err
status '  the log has no failure' 0 P log --failed-only bymaster
status '  the archive can be listed' 0 ms-list -a arc
ok '    each user has two messages' [ "$(wc -l <out)" = $((2 * n)) ]

# All messages are deleted at the server, except flagged ones.
mv "$imap_root/home/u3/Maildir/cur/1.a:2,S" "$imap_root/home/u3/Maildir/cur/1.a:2,FS"
{ cat master.ini && echo 'delete-archived = yes'; } >clear.ini
status 'a delete rule is added to the profile' 0 P edit -f clear.ini bymaster
status '  the profile runs' 0 P run bymaster
ok '  messages are deleted' grep -q "succeeded: $n of $n .* 0 new, .* $((2 * n - 1)) deleted$" err
ok '    only the flagged message is left' [ "$(cd "$imap_root/home" && find . -path '*/cur/*' | grep -v '^./u7/.*/3.a')" = './u3/Maildir/cur/1.a:2,FS' ]
ok '    the log has the number of deleted messages' [ "$(P log bymaster | head -n 1 | cut -f 12)" = $((2 * n - 1)) ]

# A new index has the same log.
{ P log --mailboxes --json && P list && P status; } >want
rm -r arc/index
{ P log --mailboxes --json && P list && P status; } >got
same 'the log is the same with a new index' want got
status '  ms-verify finds no error' 0 ms-verify -q --data -a arc

# Named users; one has no address, one does not exist.
{ text master | sed '/^users/d; s/^mailbox.*/mailbox = address/' && printf 'users = %s\n' u1 nobody 'x!1'; } >few.ini
status 'a profile with some users is added' 0 P add -f few.ini few
ms-users -a arc delete 'x!1'
status 'a check in which some mailboxes fail' 1 P check few
ok '  the user without an address is named' grep -q '^few	nobody	66	the user has no e-mail address$' out
ok '  and the user that does not exist' grep -q '^few	x!1	66	no such user in this archive$' out
finish
