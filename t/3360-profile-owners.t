#!/bin/sh
# 3360-profile-owners.t - permissions. A profile belongs to its owner. Only the
# profile of an administrator can have the archive of another user as its
# target; this is checked when the profile is made and at each run.
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
# owner PROFILE: prints its owner.
owner() { P list | awk -F '\t' -v p="$1" '$1 == p { print $3 }'; }
# refused WORDS: the error of the last command contains WORDS.
refused() {
	ok "  the message: $1" grep -q "$1" err
}

# ---- adding profiles ----

status 'a profile for the own archive' 0 as alice add $(box alice) mine
ok '  the owner is the actor' [ "$(owner mine)" = alice ]
status 'a profile for the archive of another user' 77 as alice add $(box bob) his
refused "the owner 'alice' is not an admin, and cannot target the archive of 'bob'"
status 'a profile for all users' 77 as alice add --kind batch --url imaps://m@h/ --users all --password secret:s all
refused "its profiles need user = alice"
status 'a profile of the kind batch' 77 as alice add --kind batch --url imaps://m@h/ --users bob --password secret:s b
status 'a profile of the kind csv' 77 as alice add --kind csv --url imaps://h/ --file table b
for reach in '--password-file pw' '--password-command id' '--ca-file ca --password secret:s'; do
	status "a profile with $reach" 77 as alice add --kind mailbox --user alice --url imaps://x@h/ $reach reach
	refused 'only an admin may choose files and commands of this host'
done
status 'a profile of the kind files' 77 as alice add $(files alice) reach
status 'a profile of the kind export' 77 as alice add --kind export --user alice --output "$scratch/x" reach
P show mine | sed 's/^password = .*/token-command = id/' >text
status 'a command of the host is refused by edit, too' 77 as alice edit -f text mine
status 'an actor without the privilege' 77 as bob add $(files bob) his
refused "user 'bob' lacks the privilege 'modify-profiles'"
status 'an actor that does not exist' 77 as nobody add $(files bob) his
status 'another user as the owner' 77 as alice add --owner bob $(files bob) his
refused 'only an admin may give a profile to another user'
status 'an administrator adds a profile with another user as the target' 0 as "$admin" add $(files bob) his
ok '  the owner is the administrator' [ "$(owner his)" = "$admin" ]
status 'an administrator adds a profile with another owner' 0 P add --owner bob $(files bob) bobs
ok '  the owner is that user' [ "$(owner bobs)" = bob ]
status 'another owner, and a third user as the target' 77 P add --owner bob $(files alice) x
status 'an owner that does not exist' 64 P add --owner nobody $(files bob) x

# ---- listing and changing profiles ----

status 'a user lists the profiles' 0 as alice list
ok '  only the own profile is listed' [ "$(cut -f 1 out)" = mine ]
status 'an administrator lists the profiles' 0 as "$admin" list
ok '  all profiles are listed' [ "$(wc -l <out)" = 3 ]
for verb in show 'edit -f -' delete enable disable check run stop status log crontab timer; do
	status "the profile of another user: $verb" 77 as alice $verb his
	refused "user 'alice' does not own this profile"
done
status 'the profile of another user: rename' 77 as alice rename his hers
for verb in 'edit -f -' delete enable disable; do
	status "an owner without the privilege: $verb" 77 as bob $verb bobs
	refused "lacks the privilege 'modify-profiles'"
done
P show mine | sed 's/user = alice/user = bob/' >text
status 'an owner changes the target to another user' 77 as alice edit -f text mine
status 'an administrator who is not the owner changes the target' 77 as "$admin" edit -f text mine
status 'a profile gets an owner who cannot have its target' 77 P edit --owner bob mine
status 'a profile is given to an administrator' 0 P edit --owner "$admin" mine
status '  it can have that target now' 0 P edit -f text mine
ok '  the owner is the administrator' [ "$(owner mine)" = "$admin" ]
status '  the former owner cannot see it' 77 as alice show mine

# ---- running profiles ----

status 'an owner runs the own profile' 0 as bob run bobs
status '  the owner prints the log' 0 as bob log
ok '    it has only the own runs' [ "$(cut -f 3 out | sort -u)" = bobs ]
status 'an administrator runs the profile of another user' 0 P run his
status 'a profile whose owner lacks a privilege is added' 0 P add --owner carol $(files carol) carols
status '  it cannot run without the privilege archive' 77 as carol run carols
refused "its owner 'carol' lacks the privilege 'archive'"
status '  the failure is in the log' 1 as carol log --failed-only
ok '    the log has the reason' grep -q "lacks the privilege 'archive'" out
status '  an administrator cannot run it either' 77 P run carols
status 'an export is added' 0 P add --owner alice --kind export --user alice --output "$scratch/out.mbox" --format mboxrd export
ms-ingest -q -a arc -u alice mail
status '  its owner runs it' 0 as alice run export
ms-users -a arc set --privileges archive,modify-profiles alice
rm out.mbox
status '  its owner cannot run it without the privilege export' 77 as alice run export
refused "lacks the privilege 'export'"

# An owner who is no longer an administrator.
ms-users -a arc add --privileges admin chief
status 'an administrator adds a profile for another user' 0 as chief add $(files bob) chiefs
status '  this owner runs it' 0 as chief run chiefs
ms-users -a arc set --privileges archive,modify-profiles chief
status '  it cannot run after the owner lost the privilege' 77 as chief run chiefs
refused "the owner 'chief' is not an admin"
status '  nor without --as' 77 P run chiefs

# The files and commands of a former administrator are used no more, also after
# the user got another name; what an administrator gives to a user is.
ms-users -a arc add --privileges admin boss
status 'an administrator adds a profile with a command' 0 as boss add --kind mailbox --user boss \
	--url imaps://x@127.0.0.1:1/ --password-command 'touch ran; echo x' --retries 0 commands
status 'an administrator adds a profile with files' 0 as boss add $(files boss) bossfiles
as boss run commands 2>err
ok '  the command runs' [ -e ran ]
rm -f ran
ms-users -a arc set --privileges archive,modify-profiles boss
for verb in check run; do
	status "  not after the owner lost the privilege: $verb" 77 P $verb commands
	refused "user 'boss' has chosen files or commands of this host in it, and is not an admin any more"
	ok '    the command has not run' [ ! -e ran ]
done
status '  nor the profile with files' 77 as boss run bossfiles
ms-users -a arc rename boss formerly
status '  nor with another name' 77 P run bossfiles
refused "user 'formerly' has chosen"
sed -n "s/.*them: \(ms-profile edit .*\)/\1/p" err >remedy
status '  an administrator allows it again, with the command of the message' 0 \
	sh -c 'MS_ARCHIVE=arc; export MS_ARCHIVE; . ./remedy'
status '    and it runs' 0 as formerly run bossfiles
ms-users -a arc set --full-name F formerly && ms-users -a arc rename bob bobby && ms-users -a arc rename bobby bob
status '    also after names of users were changed in profiles' 0 as formerly run bossfiles

# The same for what an administrator gave to another user, until another
# administrator allows it.
given() { as bob run given; }
ms-users -a arc set --privileges admin formerly
status 'an administrator gives a profile to a user' 0 as formerly add --owner bob $(files bob) given
status '  the user runs it' 0 given
for how in '--privileges none' --disabled deleted; do
	case $how in
	deleted) ms-users -a arc delete formerly ;;
	*) ms-users -a arc set $how formerly ;;
	esac
	status "  not while the administrator is not one: $how" 77 given
	refused "user 'formerly' has chosen"
	status '  nor may the administrator run it' 77 as formerly run given
	case $how in deleted) ms-users -a arc add formerly ;; esac
	ms-users -a arc set --enabled --privileges admin formerly
	status '  again, when the user is one again' 0 given
done
ms-users -a arc set --privileges none formerly
status '  the owner cannot allow it' 77 as bob edit --owner bob given
status '  another administrator can' 0 as "$admin" edit --owner bob given
status '    then it runs' 0 given
ms-users -a arc rename bob bobby && ms-users -a arc rename bobby bob
status '    also after names of users were changed in it' 0 given
ms-verify -q -a arc --rebuild-index
status '    also with a new index' 0 given

ms-users -a arc set --disabled bob
status 'the owner is disabled' 77 P run bobs
refused "its owner 'bob' is disabled"
status '  a disabled actor is refused' 77 as bob list
ms-users -a arc delete bob
status 'the owner is deleted' 77 P run bobs
ms-users -a arc rename alice alicia
ok 'a renamed user keeps the profiles' [ "$(owner export)" = alicia ]
ok '  the target has the new name, too' sh -c 'ms-profile -a arc show export | grep -qx "user = alicia"'

# ---- secrets ----

echo one >pw1 && echo two >pw2
status 'a secret of an admin' 0 P secret --password-file pw1 s
status 'a secret of the same name of another owner' 0 as alicia secret --password-fd 0 s <pw2
status 'a secret needs the privilege' 77 as chief secret --owner alicia --password-file pw1 s
ok 'two secrets are stored' [ "$(cat arc/secret/profile/*.s | wc -c)" = 6 ]
status 'the second one is removed' 0 as alicia secret --remove s
ok '  and the first one stays' grep -qx one arc/secret/profile/admin.s
finish
