#!/bin/sh
# 0190-options.t - the options that tools share, as a table: which tool or verb
# has which, and that all others refuse it. Every option of every tool and verb
# is in the completion of the shells, and works after operands.
# shellcheck disable=SC2154 # set by lib.sh
. "$(dirname "$0")/lib.sh"

# TOOL[/VERB] and the shared options that it has; --color is in all of them.
cat >table <<'END'
ms-csvbatch -q -v --json --report
ms-export -q -v -n --report --progress
ms-fetch -q -v -n --report --progress
ms-index -q -v --json --report --progress
ms-ingest -q -v -n --json --report --progress
ms-init
ms-list -v --json --no-pager
ms-move -q -n --json --report
ms-profile/list --json --no-pager
ms-profile/log --json --no-pager
ms-profile/run -q -v --report
ms-profile/status --json --no-pager
ms-remove -q -n --json --report
ms-stat --json --no-pager
ms-show --json --no-pager
ms-users/list --json
ms-users/log --json
ms-users/import -n
ms-verify -q -v --report --progress
END
# known OPTION COMMAND...: the command line is read without the error that the
# option does not exist. An operand comes before the option.
known() {
	_option=$1 && shift
	"$@" operand "$_option" --help >out 2>err </dev/null
	! has err "*no option '$_option'*" && ! has err '*not for many mailboxes*'
}
while read -r what has; do
	tool=${what%/*} verb=${what#"$tool"} verb=${verb#/} bad=
	# ms-csvbatch passes -n on to ms-fetch.
	[ "$tool" != ms-csvbatch ] || has="$has -n"
	for option in -q -v -n --json --report --color --no-pager --progress; do
		case " $has --color " in
		*" $option "*) known "$option" "$tool" $verb || bad="$bad no:$option" ;;
		*) known "$option" "$tool" $verb && bad="$bad yes:$option" ;;
		esac
	done
	ok "$tool $verb has $has --color, and no others$bad" test -z "$bad"
done <table

# ---- a file that does not exist: one sentence in all tools ----

ms-init -u alice mail && export MS_ARCHIVE=mail
while read -r command; do
	# shellcheck disable=SC2086 # words
	$command >out 2>err </dev/null
	got=$?
	ok "$command: names the file" \
		grep -qE "^${command%% *}: ([a-z]+: )*missing: No such file or directory$" err
	ok '  the status is 66' [ $got -eq 66 ]
done <<-END
	ms-ingest missing
	ms-ingest -n missing
	ms-ingest --format mbox missing
	ms-csvbatch imap://localhost/ missing
	ms-users import missing
	ms-users add --password-file missing bob
	ms-profile add -f missing weekly
	ms-fetch --no-archive --password-file missing imap://a@localhost/
END
unset MS_ARCHIVE

# The words of each completion; those of fish have no dashes before them.
words() { tr -cs 'a-z0-9-' '\n' <"$build/completion/$1" | sort -u | tr '\n' ' '; }
bash=" $(words bash)" zsh=" $(words zsh)" fish=" $(words fish)"
completed() {
	case $bash in *" $1 "*) ;; *) return 1 ;; esac
	case $zsh in *" $1 "*) ;; *) return 1 ;; esac
	case $fish in *" ${1#--} "*) ;; *) return 1 ;; esac
}

for tool in "$build"/bin/ms-*; do
	name=${tool##*/}
	case $name in *.*) continue ;; esac
	"$name" --print-options | tr '\t' ';' >all
	missing='' refused=''
	while IFS=';' read -r verb option letter value _; do
		[ -n "$option" ] || continue
		completed "$option" || missing="$missing $option"
		[ -z "$value" ] && last=$option || last="$option=${value%% *}"
		# An option of all verbs needs a verb.
		case $name/$verb in ms-profile/ | ms-users/) verb=list ;; esac
		# The option is read: if there is an error, it is about its value.
		# shellcheck disable=SC2086 # no verb is no word
		"$name" $verb operand "$last" --help >out 2>err </dev/null
		has err "*no option '*" && refused="$refused $verb/$option"
		[ -n "$value" ] || [ ! -s err ] || refused="$refused $verb/$option"
		[ -n "$letter" ] || continue
		"$name" $verb operand "$letter" --help >out 2>err </dev/null
		has err "*no option '*" && refused="$refused $verb/$letter"
	done <all
	ok "$name: each option is completed$missing" test -z "$missing"
	ok "$name: each option is read after operands$refused" test -z "$refused"
done
finish
