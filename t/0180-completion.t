#!/bin/sh
# 0180-completion.t - the completion of bash, zsh and fish, which is made from
# the tables of options.
. "$(dirname "$0")/lib.sh"
made=$build/completion
command -v bash >/dev/null || skip bash 'no bash'

ms-init -u anna arc && ms-users -a arc add bob 'carl c'
printf 'Subject: x\n\nbody\n' | ms-ingest -q -a arc -u anna -d 'Work/2024' --label Mine -
echo 'kind = files
user = anna
file = /tmp' | ms-profile -a arc add -f - nightly
mkdir -p .config/ms && printf '[account work]\nurl = imaps://a@h/\n' >.config/ms/config

# completions WORD...: prints what bash offers for the last word, one in each line.
completions() {
	bash -c '. "$0"
		compopt() { echo "<$*>"; }
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_ms_complete
		printf "%s\n" "${COMPREPLY[@]}"' "$made/bash" "$@"
}
# offers NAME WANTED WORD...: what is offered, as one line.
offers() {
	_name=$1 _want=$2 && shift 2
	completions "$@" | grep . | sort | tr '\n' ' ' | sed 's/ $//' >got
	printf %s "$_want" >want
	same "$_name" want got
}
offers 'options' '--json' ms-list --j
offers 'options of ms-fetch in ms-csvbatch' '--timeout' ms-csvbatch --timeo
offers 'verbs' 'passwd' ms-users pa
offers 'a verb after an option with an argument' 'passwd' ms-users -a arc pa
offers 'options of a verb' '--privileges' ms-users add --pr
offers 'options of the tool after a verb' '--archive' ms-users add --arc
offers 'no options of another verb' '' ms-users show --pr
offers 'words' 'crlf' ms-export --eol c
offers 'all words' 'crlf lf original' ms-export --eol ''
offers 'users' 'anna bob carl\ c' ms-list -a arc -u ''
offers 'a user for a verb' 'anna' ms-users -a arc show an
offers 'folders' 'Work/2024' ms-ingest -a arc -d W
offers 'labels' 'Mine' ms-ingest -a arc --label ''
offers 'profiles' 'nightly' ms-profile -a arc run ''
offers 'accounts' 'work' ms-fetch ''
offers 'terms of a query' '<-o nospace> flag: folder: from:' ms-list f
offers 'more terms of a query' '<-o nospace> text: thread: to: type:' ms-list t
offers 'folders of the file system' '<-o dirnames>' ms-list -a ''
offers 'files' '<-o default>' ms-ingest ''
offers 'nothing for a number' '' ms-ingest --threads ''

if command -v zsh >/dev/null; then
	status 'zsh can read its file' 0 zsh -n "$made/zsh"
else
	tap_row ok '# SKIP no zsh'
fi
if command -v fish >/dev/null; then
	fish_offers() { # WANTED LINE
		fish --private -c "source $made/fish; complete -C '$2'" | cut -f 1 | sort | tr '\n' ' ' >got
		printf '%s ' "$1" >want
		same "fish: $2" want got
	}
	fish_offers passwd 'ms-users pa'
	fish_offers --json 'ms-list --js'
	fish_offers 'crlf lf original' 'ms-export --eol '
	fish_offers 'anna bob carl c' 'ms-list -a arc -u '
	fish_offers nightly 'ms-profile -a arc run '
else
	tap_row ok '# SKIP no fish'
fi
finish
