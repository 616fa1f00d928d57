#!/bin/sh
# demo.sh - shows the tools with the mail in t/data: init, ingest, list, export,
# verify. Every command is printed before it runs, and must succeed.
top=$(cd "$(dirname "$0")/.." && pwd) || exit
demo=$top/build/demo
PATH=$top/${B:-build}/bin:$PATH
export PATH LC_ALL=C.UTF-8 TZ=UTC MS_ARCHIVE=archive MS_USER=anna
umask 022
rm -rf "$demo" && mkdir -p "$demo" && cp -R "$top/t/data" "$demo/mail" && cd "$demo" || exit
# In a Maildir, the time of a file is the date of the message; a checkout does
# not keep it.
for f in mail/Maildir/*/1* mail/Maildir/.*/*/1*; do
	name=${f##*/}
	touch -d "@${name%%.*}" "$f"
done

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '\n## %s\n' "$*"; }
# run COMMAND: prints and runs a command line of the shell.
run() {
	printf '\n$ %s\n' "$1"
	eval "$1" || { echo "demo: status $?: $1" >&2 && exit 1; }
}

say "An archive is created in $demo; MS_ARCHIVE names it, and MS_USER its user"
run 'ms-init archive && ls archive'

say 'Mail of all kinds is ingested: an mbox, a Maildir, single messages'
run 'ms-ingest --create-user mail/hut.mbox mail/Maildir mail/eml'

say 'The same mail is ingested again: nothing is new, nothing is stored twice'
run 'ms-ingest mail/hut.mbox mail/Maildir mail/eml'

say 'A list has a line for each message: id, date, user, folder, size, from, subject, source'
run 'ms-list | cut -f 1-7 | cut -c 1-12,65-'
run 'ms-list --summary'

say 'Queries select messages for a list, an mbox, or single files'
run 'ms-list subject:map | cut -f 2,4,6,7'
run 'ms-export --format mboxrd from:ben since:2024-03-01 before:2024-04-01 | head -n 20'
run 'ms-export --format eml -o out from:carla && find out -type f | sort'

say 'The exported bytes are the ingested ones, and the id is their SHA-256 with CRLF line ends'
run 'ms-export --format eml --eol original -o - subject:Arrival | cmp - mail/eml/crlf.eml && echo equal'
run 'ms-list subject:Arrival | cut -f 1; sha256sum <mail/eml/crlf.eml'

say 'A stream of messages goes through a pipe into another archive'
run 'ms-init second && ms-export | ms-ingest -a second --create-user'
run 'ms-list | cut -f 1 | sort >one; ms-list -a second | cut -f 1 | sort | cmp - one && echo equal'

say 'Users have addresses and privileges; each change is in the log'
run 'ms-users add --full-name "Ben Hart" --address ben@example.org --privileges login,archive ben'
run 'ms-users grant --on anna ben read && ms-users list'
run 'ms-users log | cut -f 2-'

say 'A job is stored as a profile and run, and the log has the result'
run 'ms-profile add --kind files --user ben --file "$PWD/mail/hut.mbox" --schedule "daily 03:00" hut'
run 'ms-profile run hut && ms-profile log | cut -f 2-'
run 'ms-profile crontab'

say 'ms-verify checks everything; the index is derived from the packs and can be rebuilt'
run 'ms-verify'
run 'rm -r archive/index && ms-verify --rebuild-index && ms-list | wc -l'
