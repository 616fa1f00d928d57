#!/bin/sh
# 3300-profile-text.t - profiles as text: added, shown byte for byte, edited,
# renamed, disabled, deleted. Invalid text is refused with line and reason,
# and not stored.
. "$(dirname "$0")/lib.sh"

P() { ms-profile -a arc "$@"; }
ms-init arc
ms-users -a arc add --address bob@example.org bob

# ---- a text goes in and comes out ----

printf '\357\273\277# Nightly; do not touch.\r\n%s\n\n  ; password = x\nkind:mailbox\n' \
	'url = imaps://alice@imap.example.org/ ; the old one' >text
printf 'user = bob\npassword = secret:alice\nfolder = %s\nfolder=A;B' "$(printf '%0300d' 7)" >>text
status 'a profile is added' 0 P add -f text nightly
ok '  a message names the missing secret' grep -qx \
	"ms-profile: nightly: secret 'alice' is not set; run ms-profile secret alice" err
status 'shown' 0 P show nightly
same '  byte for byte' text out
status 'from standard input' 0 sh -c 'ms-profile -a arc add second <text'
P show second >out
same '  too' text out
status 'its name is taken' 73 P add -f text nightly
status 'from options' 0 P add third --kind batch --url imaps://m@h/ --password-file pw \
	--users all --except bob --all-folders --folder 'a b' --folder c --delete-archived \
	--schedule 'every 15 minutes'
cat >want <<-END
	kind = batch
	url = imaps://m@h/
	password-file = $scratch/pw
	users = all
	except = bob
	all-folders = yes
	folder = a b
	folder = c
	delete-archived = yes
	schedule = every 15 minutes
END
P show third >out
same '  they are lines' want out
status 'options that INI cannot hold' 64 P add x --kind mailbox --password-command 'a ; b'
ok '  the message gives the reason' grep -q "password-command: a ';' after a blank" err
status 'a list' 0 P list
printf '%s\tmailbox\troot\tenabled\t\t\t\n%s\tmailbox\troot\tenabled\t\t\t\n%s\tbatch\troot\tenabled\tevery 15 minutes\t\t\n' \
	nightly second third | sed "s/root/$(ms-users -a arc list | cut -f 1 | head -n 1)/" >want
same '  in order' want out
status 'the same as JSON' 0 P list --json
ok '  a line each' sh -c 'jq -er "select(.name == \"third\") | .kind + .schedule" out | grep -qx "batchevery 15 minutes"'

# ---- what is refused, and how ----

box='kind = mailbox
user = bob
password = secret:x
url = imaps://alice@h/'
# bad SENTENCE TEXT
bad() {
	printf '%s\n' "$2" >bad
	status "refused: $1" 64 P add -f bad bad
	printf 'ms-profile: bad: %s\n' "$1" >want
	same '  the message' want err
}
bad "line 1: the key 'kind' is missing" '# nothing'
bad "line 5: unknown key 'foldr'" "$box
foldr = INBOX"
bad "line 5: unknown key 'follow'" "$box
follow = yes"
bad "line 5: unknown key 'password-fd'" "$box
password-fd = 3"
bad "line 5: unknown key 'archive'" "$box
archive = /x"
bad "line 2: user: no user 'carol' in this archive" 'kind = files
user = carol
file = /x'
bad "line 5: users: no user 'dave' in this archive" 'kind = batch
url = imaps://m@h/
password-file = /x
users = bob
users = dave'
bad "line 2: user: not a valid name of a user" 'kind = files
user = a/b
file = /x'
bad "line 6: timeout: '0' is not a number from 1 to 86400" "$box
# how long
timeout = 0"
bad "line 5: auth: 'SECRET' is none of LOGIN, PLAIN, CRAM-MD5, SCRAM-SHA-1, SCRAM-SHA-256, XOAUTH2, OAUTHBEARER" "$box
auth = SECRET"
bad 'line 6: authzid: cannot be used with --master' "$box
master = m
authzid = a"
bad 'line 5: login: differs from the login in the URL' "$box
login = bob"
bad 'line 6: accept-any-certificate: cannot be used with --pin and --ca-file' "$box
ca-file = /x
accept-any-certificate = yes"
bad 'line 5: insecure-plaintext: only for URLs that begin with imap: or pop3:' "$box
insecure-plaintext = yes"
bad 'line 6: unseen: cannot be used with --seen-only' "$box
seen-only = yes
unseen = yes"
bad "line 5: folder: '||(': Unmatched ( or \(" "$box
folder = ||("
bad "line 6: folder: '||(': Unmatched ( or \(" "$box
folder = Work
folder = ||(
folder = Home"
bad 'line 6: since: no message can match: the start of the period is not before its end' "$box
before = 2023
since = 2024"
bad "line 5: since: 'soon' is not a date; write 2024, 2024-03-01, or 90d for 90 days ago" "$box
since = soon"
bad "line 6: delete-older-than: 'x' is not an age; write 12h, 90d, 2w, 6m or 10y" "$box
delete-archived = yes
delete-older-than = x"
bad 'line 5: delete-older-than needs delete-archived = yes' "$box
delete-older-than = 90d"
bad "line 5: threads: '65' is not a number from 1 to 64" "$box
threads = 65"
bad "line 4: format: unknown format 'pst' (try auto, stream, mbox, eml, maildir)" 'kind = files
user = bob
file = /x
format = pst'
bad "line 3: format: unknown format 'zip' (try stream, mboxrd, eml)" 'kind = export
output = /x
format = zip'
bad 'line 3: eol: must be crlf, lf or original' 'kind = export
output = /x
eol = cr'
bad 'line 2: output: unknown % sequence (try %Y %m %d %H %M %S %%)' 'kind = export
output = /x-%F'
bad "line 5: schedule: '25:00' is not a time (HH:MM)" "$box
schedule = daily 25:00"
bad 'line 3: password: a profile cannot contain a password; write secret:NAME and run ms-profile secret NAME' \
	'kind = mailbox
url = imaps://alice@h/
password = hunter2
user = bob'
bad "line 2: no password (try password = secret:NAME, password-file, password-command or token-command)" \
	'# a
kind = mailbox
url = imaps://alice@h/
user = bob'
printf 'kind = mailbox\nurl = imaps://alice:hunter2@h/\nuser = bob\npassword = secret:x\n' >bad
status 'a password in the URL' 64 P add -f bad bad
ok '  is not repeated' sh -c 'grep -q "^ms-profile: bad: line 2: " err && ! grep -q hunter2 err'
head -c 300000 /dev/zero | tr '\0' '#' >bad
status 'a text that is too long' 65 P add -f bad bad
status 'the file with the text does not exist' 66 P add -f none bad
for name in '' a/b -a .a "$(printf 'a\nb')" "$(printf '%0256d' 1)"; do
	status "no name: '$(echo "$name" | tr '\n' ' ' | head -c 20)'" 64 P add -f text -- "$name"
done
status 'no such profile was added' 0 P list
ok '  only the three from before' [ "$(wc -l <out)" = 3 ]

# ---- edit ----

cat >editor <<-'END'
	#!/bin/sh
	stat -c %a "$1" >mode && echo "$1" >path && cp "$1" seen
	sh ./script "$1"
END
chmod +x editor
export EDITOR="$scratch/editor"
edit() { printf '%s\n' "$1" >script && shift && P edit "$@"; }
status 'edited' 0 edit 'printf "\ntimeout = 9\n" >>"$1"' nightly
same '  the editor was given the text' text seen
ok '  in a file that only the caller can read' grep -qx 600 mode
ok '  that is gone' sh -c '! [ -e "$(cat path)" ]'
{ cat text && printf '\ntimeout = 9\n'; } >want
P show nightly >out
same '  and it is what was written' want out
before=$(ms-verify -a arc 2>&1 | tr -d '\n')
status 'edited without a change' 0 edit : nightly
ok '  nothing is written' [ "$(ms-verify -a arc 2>&1 | tr -d '\n')" = "$before" ]
status 'an error in the text, and no terminal' 64 edit 'echo "timeout = x" >>"$1"' nightly
ok '  line and reason' grep -q '^ms-profile: nightly: line 11: timeout is in line 10 too$' err
P show nightly >out
same '  the old text stays' want out
status 'an editor that fails' 66 edit 'echo "# x" >>"$1"; exit 3' nightly
P show nightly >out
same '  changes nothing' want out
status 'an editor that does not exist' 66 env EDITOR=/none/at/all ms-profile -a arc edit nightly
status 'VISUAL comes first, with arguments' 0 env VISUAL="sed -i s/9/10/" ms-profile -a arc edit nightly
ok '  the edited text is stored' sh -c 'ms-profile -a arc show nightly | grep -qx "timeout = 10"'
P show nightly >want
status 'changed by another process meanwhile' 75 \
	edit 'ms-profile -a arc edit -f text nightly; echo "# mine" >>"$1"' nightly
ok '  the message' grep -q 'was changed by another process meanwhile' err
P show nightly >out
same '  the other change stays' text out
status 'deleted meanwhile' 66 edit 'ms-profile -a arc delete second; echo "# mine" >>"$1"' second
status 'from a file' 0 P edit -f want nightly
P show nightly >out
same '  without an editor' want out
# On a terminal ms-profile asks.
printf 'if [ -e once ]; then sed -i "\\$d" "$1"; else touch once; echo "x = y" >>"$1"; fi\n' >script
status 'on a terminal the editor is started again' 0 \
	"$top/t/type.py" again? y -- ms-profile -a arc edit nightly
ok '  after the error was named' grep -q "unknown key 'x'" out
ok '  and after a question' grep -q 'Edit it again?' out

# ---- the rest ----

status 'renamed' 0 P rename nightly 'Every night'
status '  it is gone' 66 P show nightly
status '  and there' 0 P show 'Every night'
status 'to a name that is taken' 73 P rename 'Every night' third
status 'of a profile that does not exist' 66 P rename none other
status 'disabled' 0 P disable third
ok '  shown in the list' sh -c 'ms-profile -a arc list | grep -q "^third.*disabled"'
status 'enabled, with a second profile that does not exist' 1 P enable third none
ok '  shown in the list' sh -c 'ms-profile -a arc list | grep -q "^third.*enabled"'
status 'deleted' 0 P delete 'Every night' third
status '  nothing is left' 0 P list
ok '  the list is empty' empty out
status 'deleted again' 66 P delete third
status 'the name can be used again' 0 P add -f text third
ok 'the log knows it all' sh -c 'ms-verify --data -a arc 2>err'

for usage in '' 'add' 'add a b' 'show' 'show a b' 'list x' 'rename a' 'delete' 'enable' \
	'run' 'run --failed-only x' 'check' 'stop' 'log --since' 'secret' 'timer -x' \
	'add --json x' 'frobnicate' 'run --foll x'; do
	# shellcheck disable=SC2086
	status "usage: $usage" 64 P $usage </dev/null
done
status 'an invalid date' 64 P log --since soon
status 'no archive' 66 ms-profile -a none list
finish
