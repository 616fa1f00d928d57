#!/bin/sh
# 3067-as-access.t - access with --as to the mail of others is an event, which is
# durable before anything is shown. ms-security(7), Users of an archive.
. "$(dirname "$0")/lib.sh"

ms-init -u alice arc && export MS_ARCHIVE=arc || exit 1
ms-users add bob && ms-users add auditor --privileges login,export && ms-users add root --privileges admin
ms-users grant auditor read --on-all >out || exit 1
printf 'Subject: a\nMessage-ID: <a@x>\n\nof alice\n' | ms-ingest -q -u alice
printf 'Subject: b\nMessage-ID: <b@x>\n\nof bob\n' | ms-ingest -q -u bob
printf 'Subject: c\nMessage-ID: <c@x>\n\nof the auditor\n' | ms-ingest -q -u auditor
events() { ms-users log --json | jq -r 'select(.kind == "access").event | [.actor, .tool, .query, .of] | join(" ")'; }
count() { test "$(events | wc -l)" -eq "$1"; }

status 'a user reads the own mail' 0 ms-list --as bob
ok '  that is no event' count 0
status 'an auditor reads mail that is only the own one' 0 ms-list --as auditor user:auditor
ok '  that is no event' count 0
status 'an auditor reads the mail of all' 0 ms-list --as auditor
ok '  all of it is shown' test "$(wc -l <out)" -eq 3
ok '  that is one event' count 1
status 'a query that finds nothing' 0 ms-list --as auditor subject:nothing
ok '  that is no event' count 1
status 'an auditor exports mail' 0 ms-export --as auditor -u bob subject:b
ok '  that is an event' count 2
status 'an admin reads the mail of others' 0 ms-list --as root --summary
ok '  that is an event' count 3
status 'without --as' 0 ms-list
ok '  there is no event' count 3
cat >want <<'END'
auditor ms-list  
auditor ms-export subject:b bob
root ms-list  
END
events | sort >got && sort -o want want
same 'the events name the user, the tool and the query' want got
status 'the events of one user' 0 ms-users log auditor --json
ok '  they are listed' test "$(grep -c '"access"' out)" -eq 2
status 'the index is built again' 0 ms-verify -q --rebuild-index
events | sort >got
same '  and has the same events' want got

# What cannot be recorded is not shown.
for tool in ms-list 'ms-list --summary' 'ms-export --format mboxrd'; do
	# shellcheck disable=SC2086
	if [ "$(id -u)" -eq 0 ]; then
		chown -R 1:1 arc
		status "$tool: nothing is recorded in an archive of another owner" 75 \
			$tool --as auditor subject:a
		chown -R 0:0 arc
	fi
	ok '  nothing is shown' test ! -s out
done
# The disk is full.
{ (ulimit -f 0 && exec ms-list --as auditor subject:b) 2>&1 && echo 0 || echo $?; } | cat >err
ok 'a full disk: status 75' grep -qx 75 err
ok '  nothing is shown' test "$(wc -l <err)" -eq 2
ok '  the message says why' grep -q 'cannot be recorded, so nothing is shown' err
count 3 && pass 'nothing was added' || fail 'nothing was added'
finish
