# bash completion for the ms tools. The options are read from each tool's usage
# line, so that they cannot go stale.

_ms_complete()
{
	local cur=${COMP_WORDS[COMP_CWORD]} tool=${COMP_WORDS[0]} words
	case $cur in
	-*)
		words=$("$tool" -h 2>/dev/null | grep -o -e '--[a-z][a-z-]*' | sort -u)
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
		;;
	*)
		[[ $tool == ms-list || $tool == ms-export ]] || return
		words='user: folder: since: before: from: to: subject: id:'
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
		compopt -o nospace 2>/dev/null
		;;
	esac
}
complete -o default -F _ms_complete ms-init ms-fetch ms-ingest ms-list \
	ms-export ms-verify
