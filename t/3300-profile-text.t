#!/bin/sh
# 3300-profile-text.t - profiles as text: they are added, shown with the same
# bytes, edited, renamed, disabled and deleted. Invalid text is refused with
# line and reason, and it is not stored.
. "$(dirname "$0")/lib.sh"

P() { ms-profile -a arc "$@"; }
ms-init arc
ms-users -a arc add --address bob@example.org bob

# ---- a text is stored and shown ----

printf '\357\273\277# Nightly; do not touch.\r\n%s\n\n  ; password = x\nkind:mailbox\n' \
	'url = imaps://alice@imap.example.org/ ; the old one' >text
printf 'user = bob\npassword = secret:alice\nfolder = %s\nfolder=A;B' "$(printf '%0300d' 7)" >>text
status 'a profile is added' 0 P add -f text nightly
ok '  a message names the missing secret' grep -qx \
	"ms-profile: nightly: secret 'alice' is not set; run ms-profile secret alice" err
status 'the profile is shown' 0 P show nightly
same '  the text has the same bytes' text out
status 'a profile is added from standard input' 0 sh -c 'ms-profile -a arc add second <text'
P show second >out
same '  the text is the same' text out
status 'the name exists' 73 P add -f text nightly
status 'a profile is added by options' 0 P add third --kind batch --url imaps://m@h/ --password-file pw \
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
same '  the options are lines of the text' want out
status 'a value that INI cannot represent' 64 P add x --kind mailbox --password-command 'a ; b'
ok '  the message gives the reason' grep -q "password-command: a ';' after a blank" err
status 'the profiles are listed' 0 P list
printf '%s\tmailbox\troot\tenabled\t\t\t\n%s\tmailbox\troot\tenabled\t\t\t\n%s\tbatch\troot\tenabled\tevery 15 minutes\t\t\n' \
	nightly second third | sed "s/root/$(ms-users -a arc list | cut -f 1 | head -n 1)/" >want
same '  the list is in the order in which they were added' want out
status 'the profiles are listed as JSON' 0 P list --json
ok '  each profile is a line of JSON' sh -c 'jq -er "select(.name == \"third\") | .kind + .schedule" out | grep -qx "batchevery 15 minutes"'

# ---- invalid texts and their messages ----

box='kind = mailbox
user = bob
password = secret:x
url = imaps://alice@h/'
# bad MESSAGE TEXT: the text is refused with this message.
bad() {
	printf '%s\n' "$2" >bad
	status "refused: $1" 64 P add -f bad bad
	printf 'ms-profile: bad: %s\n' "$1" >want
	same '  the message is right' want err
}
bad "line 1: the key 'kind' is missing" '# nothing'
bad "line 5: unknown key 'foldr' (did you mean 'folder'?)" "$box
foldr = INBOX"
bad "line 5: unknown key 'follow'" "$box
follow = yes"
bad "line 5: unknown key 'password-fd' (did you mean 'password-file'?)" "$box
password-fd = 3"
bad "line 5: unknown key 'archive' (did you mean 'archived-before'?)" "$box
archive = /x"
bad "line 2: user: no user 'carol' in this archive" 'kind = files
user = carol
file = /x'
bad "line 5: users: no user 'dave' in this archive" 'kind = batch
url = imaps://m@h/
password-file = /x
users = bob
users = dave'
bad "line 4: encoding: unknown encoding 'cp99' (such as windows-1254, UTF-8)" 'kind = csv
url = imaps://h/
file = /x
encoding = cp99'
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
status 'the URL contains a password' 64 P add -f bad bad
ok '  the message does not repeat the password' sh -c 'grep -q "^ms-profile: bad: line 2: " err && ! grep -q hunter2 err'
head -c 300000 /dev/zero | tr '\0' '#' >bad
status 'a text that is too long is refused' 65 P add -f bad bad
status 'the file with the text does not exist' 66 P add -f none bad
for name in '' a/b -a .a "$(printf 'a\nb')" "$(printf '%0256d' 1)"; do
	status "no name: '$(echo "$name" | tr '\n' ' ' | head -c 20)'" 64 P add -f text -- "$name"
done
status 'the profiles are listed again' 0 P list
ok '  no profile was added' [ "$(wc -l <out)" = 3 ]

# ---- edit ----

cat >editor <<-'END'
	#!/bin/sh
	stat -c %a "$1" >mode && echo "$1" >path && cp "$1" seen
	sh ./script "$1"
END
chmod +x editor
export EDITOR="$scratch/editor"
edit() { printf '%s\n' "$1" >script && shift && P edit "$@"; }
status 'a profile is edited' 0 edit 'printf "\ntimeout = 9\n" >>"$1"' nightly
same '  the editor gets the text' text seen
ok '  the file can be read only by the caller' grep -qx 600 mode
ok '  the file is deleted' sh -c '! [ -e "$(cat path)" ]'
{ cat text && printf '\ntimeout = 9\n'; } >want
P show nightly >out
same '  the changed text is stored' want out
before=$(ms-verify -a arc 2>&1 | tr -d '\n')
status 'the editor changes nothing' 0 edit : nightly
ok '  nothing is written' [ "$(ms-verify -a arc 2>&1 | tr -d '\n')" = "$before" ]
status 'the text has an error, and there is no terminal' 64 edit 'echo "timeout = x" >>"$1"' nightly
ok '  the error names line and reason' grep -q '^ms-profile: nightly: line 11: timeout is in line 10 too$' err
P show nightly >out
same '  the old text is kept' want out
status 'the editor fails' 66 edit 'echo "# x" >>"$1"; exit 3' nightly
P show nightly >out
same '  the text does not change' want out
status 'the editor does not exist' 66 env EDITOR=/none/at/all ms-profile -a arc edit nightly
status 'VISUAL has priority over EDITOR, and can have arguments' 0 env VISUAL="sed -i s/9/10/" ms-profile -a arc edit nightly
ok '  the edited text is stored' sh -c 'ms-profile -a arc show nightly | grep -qx "timeout = 10"'
P show nightly >want
status 'another process changes the profile at the same time' 75 \
	edit 'ms-profile -a arc edit -f text nightly; echo "# mine" >>"$1"' nightly
ok '  the message is right' grep -q 'was changed by another process meanwhile' err
P show nightly >out
same '  the other change is kept' text out
status 'another process deletes the profile at the same time' 66 edit 'ms-profile -a arc delete second; echo "# mine" >>"$1"' second
status 'edit reads the text from a file' 0 P edit -f want nightly
P show nightly >out
same '  no editor was started' want out
# On a terminal, ms-profile asks whether to edit again.
printf 'if [ -e once ]; then sed -i "\\$d" "$1"; else touch once; echo "x = y" >>"$1"; fi\n' >script
if terminal; then
	status 'on a terminal the editor is started again' 0 \
		"$top/t/type.py" again? y -- ms-profile -a arc edit nightly
	ok '  the error is shown before that' grep -q "unknown key 'x'" out
	ok '  there is a question before that' grep -q 'Edit it again?' out
fi

# ---- the other verbs ----

status 'a profile is renamed' 0 P rename nightly 'Every night'
status '  the old name does not exist' 66 P show nightly
status '  the new name exists' 0 P show 'Every night'
status 'the new name of a profile exists' 73 P rename 'Every night' third
status 'a profile that does not exist is renamed' 66 P rename none other
status 'a profile is disabled' 0 P disable third
ok '  shown in the list' sh -c 'ms-profile -a arc list | grep -q "^third.*disabled"'
status 'a profile is enabled, and one that does not exist' 1 P enable third none
ok '  shown in the list' sh -c 'ms-profile -a arc list | grep -q "^third.*enabled"'
status 'two profiles are deleted' 0 P delete 'Every night' third
status '  the profiles are listed' 0 P list
ok '  the list is empty' empty out
status 'a deleted profile is deleted' 66 P delete third
status 'the name can be used again' 0 P add -f text third
ok 'ms-verify finds no error' sh -c 'ms-verify --data -a arc 2>err'

for usage in '' 'add' 'add a b' 'show' 'show a b' 'list x' 'rename a' 'delete' 'enable' \
	'run' 'run --failed-only x' 'check' 'stop' 'log --since' 'secret' 'timer -x' \
	'add --json x' 'frobnicate' 'run --foll x'; do
	# shellcheck disable=SC2086
	status "usage: $usage" 64 P $usage </dev/null
done
status 'a date is invalid' 64 P log --since soon
status 'the archive does not exist' 66 ms-profile -a none list
finish
