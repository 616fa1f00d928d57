# ms-completion.bash - bash completion of options, verbs and query terms for the
# ms tools. The options and verbs come from the table of each tool: the hidden
# option --print-options prints a line for each, with the fields verb, --name,
# -letter, argument, help.

_ms_complete()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	local tool=${COMP_WORDS[0]} table verb='' words='' w
	table=$'\n'$("$tool" --print-options 2>/dev/null)
	[[ $tool == *ms-csvbatch ]] && table+=$'\n'$(ms-fetch --print-options 2>/dev/null)
	for w in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		[[ -n $w && $table == *$'\n'"$w"$'\t'* ]] && verb=$w && break
	done
	# The choices of the option before, which have the form "lf | crlf".
	words=$(awk -F '\t' -v o="$prev" '
		($2 == o || $3 == o) && / \| / { gsub(/ \|/, "", $4); print $4 }' <<<"$table")
	if [[ -z $words && $cur == -* ]]; then
		words=$(awk -F '\t' -v v="$verb" '$1 == "" || $1 == v { print $2 }' <<<"$table")
	elif [[ -z $words && -z $verb ]]; then
		words=$(cut -f 1 <<<"$table" | sort -u)
	fi
	if [[ -z $words ]] && [[ $tool == *ms-list || $tool == *ms-export ]]; then
		words='user: folder: since: before: from: to: subject: id:'
		compopt -o nospace 2>/dev/null
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -o default -F _ms_complete ms-csvbatch ms-export ms-fetch ms-ingest \
	ms-init ms-list ms-profile ms-users ms-verify
