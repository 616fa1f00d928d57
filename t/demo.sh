#!/bin/sh
# demo.sh - the main job on the mail in t/data: init, ingest, list, export,
# verify. Every command is printed before it runs, and must do what it says.
top=$(cd "$(dirname "$0")/.." && pwd) || exit
demo=$top/build/demo
PATH=$top/${B:-build}/bin:$PATH
export PATH LC_ALL=C.UTF-8 TZ=UTC MS_ARCHIVE=archive MS_USER=anna
umask 022
rm -rf "$demo" && mkdir -p "$demo" && cp -R "$top/t/data" "$demo/mail" && cd "$demo" || exit
# A Maildir says in a file's time when the message came; a checkout forgets it.
for f in mail/Maildir/*/1* mail/Maildir/.*/*/1*; do
	name=${f##*/}
	touch -d "@${name%%.*}" "$f"
done

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '\n## %s\n' "$*"; }
run() { # the command as a line for the shell
	printf '\n$ %s\n' "$1"
	eval "$1" || { echo "demo: status $?: $1" >&2 && exit 1; }
}

say "An archive in $demo; it is named by MS_ARCHIVE, its user by MS_USER"
run 'ms-init archive && ls archive'

say 'Mail of all kinds goes in: an mbox, a Maildir, single messages'
run 'ms-ingest --create-user mail/hut.mbox mail/Maildir mail/eml'

say 'The same again: nothing is new, nothing is kept twice'
run 'ms-ingest mail/hut.mbox mail/Maildir mail/eml'

say 'What is there, one line each: id, date, user, folder, size, from, subject, source'
run 'ms-list | cut -f 1-7 | cut -c 1-12,65-'
run 'ms-list --summary'

say 'One query, three shapes'
run 'ms-list subject:map | cut -f 2,4,6,7'
run 'ms-export --format mboxrd from:ben since:2024-03-01 before:2024-04-01 | head -n 20'
run 'ms-export --format eml -o out from:carla && find out -type f | sort'

say 'Bytes in are bytes out, and the id is their SHA-256 with CRLF line ends'
run 'ms-export --format eml --eol original -o - subject:Arrival | cmp - mail/eml/crlf.eml && echo equal'
run 'ms-list subject:Arrival | cut -f 1; sha256sum <mail/eml/crlf.eml'

say 'Tools speak a stream of messages: another archive, by a pipe'
run 'ms-init second && ms-export | ms-ingest -a second --create-user'
run 'ms-list | cut -f 1 | sort >one; ms-list -a second | cut -f 1 | sort | cmp - one && echo equal'

say 'Users: who they are and what they may; each change is in the log'
run 'ms-users add --full-name "Ben Hart" --address ben@example.org --privileges login,archive ben'
run 'ms-users grant --on anna ben read && ms-users list'
run 'ms-users log | cut -f 2-'

say 'A job that is saved, run, and remembered'
run 'ms-profile add --kind files --user ben --file "$PWD/mail/hut.mbox" --schedule "daily 03:00" hut'
run 'ms-profile run hut && ms-profile log | cut -f 2-'
run 'ms-profile crontab'

say 'Is all of it whole? The index is only derived: here it is made anew'
run 'ms-verify'
run 'rm -r archive/index && ms-verify --rebuild-index && ms-list | wc -l'
