#!/bin/sh
# 3065-as-table.t - --as: each tool and verb with each privilege of the user,
# allowed (+) or refused (-), and what only an admin can give: files, an editor,
# a second --as. ms-security(7), Users of an archive.
[ -n "${TMPDIR-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "$(dirname "$0")/lib.sh"
export MS_ARCHIVE=arc
ms-init -u boss arc
printf 'From: a\nSubject: of anna\n\n1\n' >anna.eml
printf 'From: b\nSubject: of bob\n\n2\n' >bob.eml
ms-users add anna bob && ms-users grant bob archive
ms-users set --authentication integrated anna
ms-ingest -q -u anna anna.eml && ms-ingest -q -u bob bob.eml
echo secret >pw && chmod 600 pw
for user in anna bob; do
	echo "kind = mailbox
user = $user
url = imaps://x@127.0.0.1:1/
password = secret:s" >"$user.ini"
	ms-profile add --owner $user -f $user.ini p$user 2>/dev/null
done

# The columns: a user without privileges, and users who have one.
privileges='none admin login change-password archive export delete move modify-profiles'
for p in $privileges; do
	ms-users add --privileges $p --authentication integrated u-$p
	sed "s/anna/u-$p/" anna.ini >u-$p.ini
	ms-profile add --owner u-$p -f u-$p.ini pu-$p 2>/dev/null
	ms-profile add --owner bob -f bob.ini pbob-u-$p 2>/dev/null
done
# Each row: the columns that are allowed, and the command; $me is the user.
cat >table <<'END'
+ + + + + + + + + ms-list
+ + + + + + + + + ms-list -u $me --json
- + - - - - - - - ms-list -u bob
+ + + + + + + + + ms-list --sort -size --limit 3 --format {from} --utc
+ + + + + + + + + ms-list --addresses
- + - - - - - - - ms-list --print-values users
+ + + + + + + + + ms-stat
+ + + + + + + + + ms-stat -u $me --by domain
- + - - - - - - - ms-stat -u bob
- + - - - + - - - ms-export
- + - - - - - - - ms-export -u bob
- + - - + - - - - ms-ingest -q
- + - - - - - - - ms-ingest -q -u bob
- + - - - - - - - ms-ingest -q anna.eml
- + - - - - - - - ms-ingest -q --report rep
- + - - - - - - - ms-ingest -q --create-user -u $me
- + - - - - + - - ms-remove -n subject:nothing
- + - - - - - + - ms-move -n subject:nothing --to X
- + - - - - - - - ms-verify -q
- + - - - - - - - ms-index -q
- + - - - - - - - ms-index --status
+ + + + + + + + + ms-show subject:of
- + - - - - - - - ms-show -u bob subject:of
- + - - - - - - - ms-fetch -q imaps://x@127.0.0.1:1/ --retries 0 --password-fd 0
- + - - - - - - - ms-fetch -q imaps://x@127.0.0.1:1/ --retries 0 --password-file pw
- + - - - - - - - ms-csvbatch -q imaps://127.0.0.1:1/ -
- + - - - - - - - ms-csvbatch -q --check imaps://127.0.0.1:1/ logins.csv
- + - - - - - - - ms-init new
- + - - - - - - - ms-users list
- + - - - - - - - ms-users export
- + - - - - - - - ms-users log
- + - - - - - - - ms-users import -n
- + - - - - - - - ms-users settings
+ + + + + + + + + ms-users show $me
+ + + + + + + + + ms-users addresses $me
+ + + + + + + + + ms-users log $me
- + - - - - - - - ms-users show bob
- + - - - - - - - ms-users log bob
- + - - - - - - - ms-users set --full-name A $me
- + - - - - - - - ms-users grant $me login
- + - - - - - - - ms-users grant --on bob $me read
- + - - - - - - - ms-users addresses --add $me a@example.org
- + - + - - - - - ms-users passwd --password-fd 0 $me
- + - - - - - - - ms-users passwd --password-file pw $me
- + - - - - - - - ms-users passwd --remove bob
+ + + + + + + + + ms-profile list
+ + + + + + + + + ms-profile status
+ + + + + + + + + ms-profile log
+ + + + + + + + + ms-profile show p$me
- + - - - - - - - ms-profile show pbob
- + - - - - - - + ms-profile disable p$me
- + - - - - - - + ms-profile enable p$me
- + - - - - - - - ms-profile disable pbob
- + - - - - - - + ms-profile secret --password-fd 0 s
- + - - - - - - - ms-profile secret --password-file pw s
- + - - - - - - + ms-profile edit -f - p$me
- + - - - - - - - ms-profile edit -f anna.ini p$me
- + - - - - - - - ms-profile timer -o . p$me
- + - - - - - - - ms-profile run --report rep p$me
- + - - + - - - - ms-ingest -q --assign
- + - - + - - - - ms-ingest -q --lmtp
- + - - + - - - - ms-ingest -q --untrusted -n
- + - - - - - - - ms-ingest -q --restore-removed
+ + + + + + + + + ms-list is:removed
- + - - - + - - - ms-export --format mboxrd -
- + - - - - + - - ms-remove --undo 999
- + - - - - - - - ms-remove --log
- + - - - - - + - ms-move --rename-folder X Y
- + - - - - - + - ms-move --undo 999
- + - - - - - - - ms-move --log
- + - - - - - - - ms-verify -q --rebuild-index
- + - - - - - - - ms-users add bob
- + - - - - - - - ms-users rename ghost ghast
- + - - - - - - - ms-users delete ghost
- + - - - - - - - ms-users revoke bob login
- + - - - - - - - ms-users directory show
- + - - - - - - - ms-users directory add d --url ldaps://127.0.0.1:1 --base dc=x
- + - - - - - - - ms-users directory check d
- + - - - - - - - ms-users directory delete d
- + - - - - - - - ms-users sync -n ghost
- + - - - - - - + ms-profile add p$me
- + - - - - - - - ms-profile add -f anna.ini new
- + - - - - - - + ms-profile rename p$me p$me
+ + + + + + + + + ms-profile check p$me
- + - - + - - - - ms-profile run -q p$me
+ + + + + + + + + ms-profile stop p$me
+ + + + + + + + + ms-profile crontab p$me
- + - - - - - - - ms-profile crontab pbob
- + - - - - - - - ms-profile run -q pbob
- + - - - - - - - ms-profile check pbob
- + - - - - - - - ms-profile stop pbob
- + - - - - - - - ms-profile delete pbob-$me
- + - - - - - - + ms-profile delete p$me
END
while read -r row; do
	command=${row#??????????????????}
	case $command in
	*--password-fd*) input=pw ;;
	*' edit '* | *' add '*) input='$me.ini' ;;
	*' import'*) printf 'name\n' >csv && input=csv ;;
	ms-ingest*) input=anna.eml ;;
	*) input=/dev/null ;;
	esac
	got='' in=''
	for p in $privileges; do
		me=u-$p
		eval "in=$input; set -- $command"
		tool=$1 && shift
		"$tool" --as $me "$@" <"$in" >out 2>err
		# A status of its own, as of a server that does not answer, is no
		# refusal.
		if [ $? -eq 77 ] && ! has err '*cannot connect*'; then got="$got- "; else got="$got+ "; fi
	done
	ok "$command: ${row%"$command"}" [ "$got" = "${row%"$command"}" ] || note "got $got"
done <table

# ---- no tool, verb or option is forgotten ----

for tool in "$build"/bin/ms-*; do "$tool" --print-options | sed "s/^/${tool##*/}\t/"; done >options
# A verb is a row with an operand or without an option.
cut -f 1,2 options | sort -u | awk -F '\t' '{ v[$1] = v[$1] " " $2; n[$1]++; row[NR] = $0 }
END { for (i = 1; i <= NR; i++) { split(row[i], f, "\t"); if (f[2] != "" || n[f[1]] == 1) print f[1] (f[2] != "" ? " " f[2] : "") } }' |
	grep -vx 'ms-users check' >want
awk 'NR == FNR { verb[$0]; next } { $0 = substr($0, 19); print ($1 " " $2 in verb) ? $1 " " $2 : $1 }' want table | sort -u >got
same 'the table has each tool and verb' want got

# Each option with a value, given by a user who has all privileges but admin: the
# rest may name a file, a command, a server, or somebody else's privilege.
ms-users set --privileges login,archive,export,delete,move,modify-profiles,change-password anna
awk -F '\t' '$3 ~ /^--/ && $5 != "" { split($5, v, " "); print $1, $2, $3 "=" ($3 == "--client" ? "mh" : v[2] == "|" ? v[1] : 1) }' options >all
while read -r tool rest; do
	for operands in '' anna 'anna anna'; do
		# shellcheck disable=SC2086 # a verb, an option and operands
		"$tool" --as anna $rest $operands </dev/null >out 2>err
		has err '*: not with --as*' || has err '*is not an admin, and cannot use*' && continue 2
	done
	echo "$tool ${rest%=*}"
done <all | grep -Ev '^ms-(csvbatch|fetch|init|verify) | --(archive|as|color)$' | sort >got
# Names, words and numbers. The user needs the right for what they name.
awk '{ for (n = NF; $n ~ /^--/; n--) ; for (i = n + 1; i <= NF; i++) print $1 (n > 1 ? " " $2 : ""), $i }' <<'END' | sort >want
ms-export --eol --format --progress --user
ms-ingest --codepage --connections --envelope-header --format --into --journal-sender --label --max-size --own-address --progress --received-folder --sent-folder --threads --timeout --trusted-hop --unknown --user
ms-list --fields --format --limit --sort --user
ms-move --reason --to --undo --user
ms-profile add --owner
ms-profile edit --owner
ms-profile log --since
ms-profile secret --owner --password-fd
ms-remove --reason --undo --user
ms-show --part --user
ms-stat --by --largest --user
ms-users add --address --authentication --dn --full-name --password-fd --pop3-name --privileges
ms-users directory --password-fd
ms-users export --format
ms-users grant --on
ms-users import --encoding --format
ms-users log --last --since
ms-users passwd --password-fd
ms-users revoke --on
ms-users set --address --authentication --dn --full-name --pop3-name --privileges
END
same 'with --as, no option gives a file, a command or a server' want got

# ---- what names the user and the archive ----

ms-users set --privileges archive,export,delete,move,modify-profiles,change-password anna
while read -r args; do
	# shellcheck disable=SC2086
	status "a second --as, or -a after it: $args" 64 $args </dev/null
done <<'END'
ms-users --as anna grant --as boss anna admin
ms-users --as anna --as boss list
ms-users --as anna list --as=boss
ms-users --as anna list -a arc
ms-users --as anna --archive=arc list
ms-profile --as anna list --as boss
ms-profile --as anna list -a arc
ms-list --as anna --as boss
ms-list --as anna -a arc
ms-list --as anna -zaarc
ms-export --as anna --as boss
ms-ingest --as anna -a arc
ms-verify --as anna -a arc
ms-fetch --as anna -a arc imaps://x@127.0.0.1:1/
ms-csvbatch --as anna --as boss imaps://127.0.0.1:1/ -
ms-init --as anna --as boss new
ms-remove --as anna -a arc x
ms-move --as anna --as boss x --to y
END
status '-a can come before --as' 0 ms-list -a arc --as anna
status 'an unknown user' 77 ms-list --as nemo
ms-users set --disabled anna
status 'a disabled user' 77 ms-list --as anna
ms-users set --enabled anna

# ---- files of the caller ----

printf 'archive = %s\n' "$PWD/arc" >config && mkdir -p .config/ms && cp config .config/ms/config
status 'the configuration is not read' 64 env -u MS_ARCHIVE ms-list --as anna
status '  without --as, it is' 0 env -u MS_ARCHIVE ms-list
rm -r .config
cat >editor <<'END'
#!/bin/sh
touch edited
END
chmod 755 editor
status 'there is no editor' 77 env EDITOR="$PWD/editor" VISUAL="$PWD/editor" ms-profile --as anna edit panna
ok '  none was run' [ ! -e edited ]
echo kept >kept
status 'no file is read for an error' 77 ms-profile --as anna add -f arc/FORMAT x
ok '  it is not quoted' absent -q ms-archive err
status 'no file is truncated' 77 ms-profile --as anna run --report kept panna
ok '  it is as it was' grep -qx kept kept
status 'no descriptor of the tool is read as a password' 64 ms-profile --as anna secret --password-fd 7 s
status 'stdin can be the operand' 0 sh -c 'ms-ingest -q --as anna - <anna.eml'
status 'a user from the environment does not count' 0 sh -c 'printf "Subject: env\n\nx\n" | MS_USER=bob ms-ingest -q --as anna'
ok '  the mail is of the user of --as' [ "$(ms-list subject:env | cut -f 3)" = anna ]

# ---- mail of others ----

ms-users revoke --on bob anna read
ms-list --as anna >got && ms-list -u anna >want
same 'a user lists only the own mail' want got
id=$(ms-list -u bob subject:bob | cut -f 1)
status 'an id of another user' 0 ms-export --as anna "id:$id"
ok '  exports nothing' absent -q 'of bob' out
printf '%s\n' "$id" >ids
status 'the same as a line' 1 ms-export --as anna - <ids
ok '  exports nothing' absent -q 'of bob' out
status 'the mail of all users' 0 ms-export --as anna
ok '  has that of the user' grep -q 'of anna' out
ok '  and of no other' absent -q 'of bob' out
ms-users grant --on bob anna read
status 'with the right to read' 0 ms-list --as anna -u bob
ok '  the mail is listed' grep -q 'of bob' out
ms-list --as anna | cut -f 3 | sort -u >got && printf '%s\n' anna bob >want
same '  also without -u' want got
status '  the right to read is none to write' 77 sh -c 'ms-ingest -q --as anna -u bob <anna.eml'
ms-users grant --on bob anna write
status '  the right to write' 0 sh -c 'ms-ingest -q --as anna -u bob <anna.eml'
ms-users revoke --on bob anna read && ms-users revoke --on bob anna write

# ---- what a stream says ----

sep='From ms-stream@1 Thu Jan  1 00:00:00 1970'
message() { printf '%s\nMS-Envelope: %s\n%s' "$sep" "$1" "$2"; }
end() { printf '%s\nMS-Envelope: end; messages=%d; failed=0; status=0\n\n' "$sep" "$1"; }
forged='user="bob"; source="imap://bob@h/"; folder="In"; uid="7/1"; moved-from="Old"'
{ message "$forged" "$(printf 'Subject: forged\n\n1\n.')" && echo && end 1; } >stream
status 'a forged stream' 0 sh -c 'ms-ingest -q --as anna <stream'
ms-list --json subject:forged | jq -r '[.user, .source, .folder] | @tsv' >got
printf 'anna\tlocal:\tIn\n' >want
same '  belongs to the user, and comes from nowhere' want got
ok '  it has no place' [ "$(ms-list --json subject:forged | jq .uid)" = null ]
sed 's/forged/boss/' stream >other
status '  the same for an admin' 0 sh -c 'ms-ingest -q --as boss <other'
ok '    it is the mail of the admin' [ "$(ms-list subject:boss | cut -f 3,8)" = "$(printf 'boss\tlocal:')" ]
sed 's/forged/alone/' stream >other
status 'the same with --untrusted' 0 sh -c 'ms-ingest -q -u anna --untrusted <other'
ok '  is of the default user' [ "$(ms-list subject:alone | cut -f 3,8)" = "$(printf 'anna\tlocal:')" ]
id=$(ms-list -u bob subject:bob | cut -f 1)
{ message "folder=\"In\"; ref=\"$id\"" "$(printf '\n\n.')" && echo && end 1; } | tr -d . >refs
status 'a reference to the mail of another user' 1 sh -c 'ms-ingest -q --as anna <refs'
ok '  is refused' grep -q 'ref: not in a stream' err
ok '  and the mail is not to be had' [ -z "$(ms-list --as anna subject:bob)" ]

# The message for a tool that is for admins names those that are not.
while read -r tool args; do
	# shellcheck disable=SC2086
	status "a tool for admins: $tool" 77 $tool --as anna $args </dev/null
	ok '  the message has the tools for all' grep -q 'these can be used: ms-list, ' err
done <<'END'
ms-verify
ms-init new
ms-csvbatch imaps://h/ -
ms-fetch imaps://x@h/
END
sed 's/.*used: //; s/,//g' err | tr ' ' '\n' | sort >got
grep -l '\.as = MS_AS_ANY' "$top"/cmd/*/ms-*.c | sed 's,.*/,,; s/\.c$//' | sort >want
same '    all of them' want got

# A refusal is the end of a stream, which tells the reader.
ms-users set --privileges archive anna
while read -r tool url; do
	# shellcheck disable=SC2086
	status "a refused writer of a stream: $tool" 77 $tool --as anna $url </dev/null
	ok '  the stream has a trailer' grep -q 'end; messages=0; failed=0; status=77' out
	cp out refused
	status '  its reader has the same status' 77 sh -c 'ms-ingest -u anna <refused'
done <<'END'
ms-fetch imaps://x@127.0.0.1:1/
ms-export
END
ms-users set --privileges archive,export,delete,move,modify-profiles,change-password anna

# ---- the forced command of ms-security(7) ----

awk '/^#!\/bin\/sh/ { file = "mail-" (file == "" ? "as" : "of-caller") } file != "" && /^\.Ed/ { file = file "-" }
file ~ /^mail-[a-z-]*[a-z]$/ { gsub("/srv/mail", "arc"); print >file }' "$top/man/ms-security.7"
chmod 755 mail-as mail-of-caller
forced() { SSH_ORIGINAL_COMMAND=$1 ./mail-as anna; }
status 'a forced command' 0 forced 'ms-list subject:anna'
ok '  lists the mail of the user' grep -q 'of anna' out
status 'it cannot change the user' 64 forced 'ms-list --as boss'
status '  nor the archive' 64 forced 'ms-list -a other'
status '  nor start another tool' 77 forced 'ms-users list'
status '  nor write a file' 77 forced 'ms-export -o out.mbox'
# shellcheck disable=SC2016 # nothing is evaluated
status '  nor run what it contains' 64 forced 'ms-list $(touch ran) ;touch ran' </dev/null
ok '    it was not run' [ ! -e ran ]

# ---- the command for sudo ----

grep '^ALL ALL=(mail)' "$top/man/ms-security.7" >rule
ok 'the rule has no arguments, which sudo would compare as one text' \
	grep -qx 'ALL ALL=(mail) NOPASSWD: /[a-z/]*/mail-of-caller' rule
if command -v visudo >/dev/null; then ok '  visudo accepts it' visudo -cf rule; fi
by_sudo() { env -i PATH="$PATH" SUDO_USER="$user" ./mail-of-caller "$@"; }
user=anna
status 'a command of sudo' 0 by_sudo ms-list subject:anna
ok '  lists the mail of the caller' grep -q 'of anna' out
status 'it cannot change the user' 64 by_sudo ms-list --as boss
status '  nor the archive' 64 by_sudo ms-list -a arc
status '  nor both in one word' 64 by_sudo ms-list '-aarc --as boss'
status '  nor start another tool' 77 by_sudo ms-users list
status '  nor write a file' 77 by_sudo ms-export -o out.mbox
user='anna --as boss'
status 'the name of the caller is one word' 77 by_sudo ms-list
user=root
status 'a caller whom the archive does not know' 77 by_sudo ms-list
finish
