#!/bin/sh
# 3360-profile-owners.t - permissions. A profile belongs to its owner, and
# only an administrator's profile can have another user's archive as its
# target, when it is made and at each run.
# shellcheck disable=SC2046 # files() gives words
. "$(dirname "$0")/lib.sh"

P() { ms-profile -a arc "$@"; }
as() { u=$1 && shift && ms-profile -a arc --as "$u" "$@"; }
ms-init arc
admin=$(ms-users -a arc list | cut -f 1)
mkdir mail && printf 'Subject: one\n\n1\n' >mail/1.eml
ms-users -a arc add --privileges archive,export,modify-profiles alice
ms-users -a arc add --privileges archive bob
ms-users -a arc add --privileges modify-profiles carol
files() { echo --kind files --user "$1" --file mail; }
box() { echo --kind mailbox --user "$1" --url imaps://x@h/ --password secret:s; }
# owner PROFILE
owner() { P list | awk -F '\t' -v p="$1" '$1 == p { print $3 }'; }
refused() { # WORDS: the last command failed with these
	ok "  the message: $1" grep -q "$1" err
}

# ---- made ----

status 'for the own archive' 0 as alice add $(box alice) mine
ok '  owned by the actor' [ "$(owner mine)" = alice ]
status 'for the archive of another user' 77 as alice add $(box bob) his
refused "the owner 'alice' is not an admin, and cannot target the archive of 'bob'"
status 'for all' 77 as alice add --kind batch --url imaps://m@h/ --users all --password secret:s all
refused "its profiles need user = alice"
status 'a batch' 77 as alice add --kind batch --url imaps://m@h/ --users bob --password secret:s b
status 'a table' 77 as alice add --kind csv --url imaps://h/ --file table b
for reach in '--password-file pw' '--password-command id' '--ca-file ca --password secret:s'; do
	status "with $reach" 77 as alice add --kind mailbox --user alice --url imaps://x@h/ $reach reach
	refused 'only an admin may choose files and commands of this host'
done
status 'files' 77 as alice add $(files alice) reach
status 'an export' 77 as alice add --kind export --user alice --output "$scratch/x" reach
P show mine | sed 's/^password = .*/token-command = id/' >text
status 'also refused by edit' 77 as alice edit -f text mine
status 'without the privilege' 77 as bob add $(files bob) his
refused "user 'bob' lacks the privilege 'modify-profiles'"
status 'by a user that does not exist' 77 as nobody add $(files bob) his
status 'with another user as the owner' 77 as alice add --owner bob $(files bob) his
refused 'only an admin may give a profile to another user'
status 'an admin for another user' 0 as "$admin" add $(files bob) his
ok '  owned by the admin' [ "$(owner his)" = "$admin" ]
status 'an admin adds a profile for another user' 0 P add --owner bob $(files bob) bobs
ok '  owned by that user' [ "$(owner bobs)" = bob ]
status 'but not with a third user as the target' 77 P add --owner bob $(files alice) x
status 'no such owner' 64 P add --owner nobody $(files bob) x

# ---- seen and changed ----

status 'alice lists' 0 as alice list
ok '  the own profile only' [ "$(cut -f 1 out)" = mine ]
status 'an admin lists' 0 as "$admin" list
ok '  all' [ "$(wc -l <out)" = 3 ]
for verb in show 'edit -f /dev/null' delete enable disable check run stop status log crontab timer; do
	status "of another: $verb" 77 as alice $verb his
	refused "user 'alice' does not own this profile"
done
status 'of another: rename' 77 as alice rename his hers
for verb in 'edit -f /dev/null' delete enable disable; do
	status "without the privilege: $verb" 77 as bob $verb bobs
	refused "lacks the privilege 'modify-profiles'"
done
P show mine | sed 's/user = alice/user = bob/' >text
status 'changed to another target' 77 as alice edit -f text mine
status 'by an admin that is not the owner' 77 as "$admin" edit -f text mine
status 'given to one whose it cannot be' 77 P edit --owner bob mine
status 'given to an admin' 0 P edit --owner "$admin" mine
status '  it can have that target' 0 P edit -f text mine
ok '  owned by the admin' [ "$(owner mine)" = "$admin" ]
status '  the former owner cannot see it' 77 as alice show mine

# ---- run ----

status 'the own profile' 0 as bob run bobs
status '  and its log' 0 as bob log
ok '    only the own runs' [ "$(cut -f 3 out | sort -u)" = bobs ]
status 'the profile of another user, by an admin' 0 P run his
status 'one for carol' 0 P add --owner carol $(files carol) carols
status '  without the privilege archive' 77 as carol run carols
refused "its owner 'carol' lacks the privilege 'archive'"
status '  which is in the log' 1 as carol log --failed-only
ok '    with the reason' grep -q "lacks the privilege 'archive'" out
status '  also if an admin runs it' 77 P run carols
status 'an export' 0 P add --owner alice --kind export --user alice --output "$scratch/out.mbox" --format mboxrd export
ms-ingest -q -a arc -u alice mail
status '  runs' 0 as alice run export
ms-users -a arc set --privileges archive,modify-profiles alice
rm out.mbox
status '  not without the privilege' 77 as alice run export
refused "lacks the privilege 'export'"

# An owner that is not an admin any more.
ms-users -a arc add --privileges admin chief
status 'a chief' 0 as chief add $(files bob) chiefs
status '  runs it' 0 as chief run chiefs
ms-users -a arc set --privileges archive,modify-profiles chief
status '  as no admin: not any more' 77 as chief run chiefs
refused "the owner 'chief' is not an admin"
status '  also without --as' 77 P run chiefs
ms-users -a arc set --disabled bob
status 'a disabled owner' 77 P run bobs
refused "its owner 'bob' is disabled"
status '  a disabled actor is refused' 77 as bob list
ms-users -a arc delete bob
status 'a deleted owner' 77 P run bobs
ms-users -a arc rename alice alicia
ok 'a renamed user keeps the profiles' [ "$(owner export)" = alicia ]
ok '  with the new name as the target' sh -c 'ms-profile -a arc show export | grep -qx "user = alicia"'

# ---- secrets ----

echo one >pw1 && echo two >pw2
status 'a secret of an admin' 0 P secret --password-file pw1 s
status 'a secret of the same name of another owner' 0 as alicia secret --password-file pw2 s
status 'a secret needs the privilege' 77 as chief secret --owner alicia --password-file pw1 s
ok 'two secrets are stored' [ "$(cat arc/secret/profile/*.s | wc -c)" = 6 ]
status 'the second one is removed' 0 as alicia secret --remove s
ok '  and the first one stays' grep -qx one arc/secret/profile/admin.s
finish
