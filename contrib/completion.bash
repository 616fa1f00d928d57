
# The archive of the command line, or the one that the tools use.
_ms_archive()
{
	local i
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-a | --archive) printf '%s\n' -a "${COMP_WORDS[i + 1]}" ;;
		esac
	done
}

# Adds the values of a kind that begin with $cur to COMPREPLY.
_ms_values()
{
	local kind=$1 where value
	mapfile -t where < <(_ms_archive)
	case $kind in
	=*) mapfile -t COMPREPLY < <(compgen -W "${kind#=}" -- "$cur") && return ;;
	directories) compopt -o dirnames && return ;;
	files) compopt -o default && return ;;
	query)
		compopt -o nospace
		kind=terms
		;;
	esac
	while IFS= read -r value; do
		[[ $value != "$cur"* ]] || COMPREPLY+=("$(printf %q "$value")")
	done < <(ms-list "${where[@]}" --print-values "$kind" 2>/dev/null)
}

_ms_complete()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} w
	local tool=${COMP_WORDS[0]##*/} table verb='' kind='' of option letter argument
	table=$(_ms_table "$tool")
	[[ $tool != ms-csvbatch ]] || table+=$'\n'$(_ms_table ms-fetch)
	for w in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		[[ -n $w && $'\n'$table == *$'\n'"$w;;;"* ]] && verb=$w && break
	done
	COMPREPLY=()
	while IFS=';' read -r of option letter argument; do
		[[ -z $of || $of == "$verb" ]] || continue
		if [[ -z $option ]]; then
			[[ $of != "$verb" ]] || kind=$argument
		elif [[ -n $argument && ($prev == "$option" || $prev == "$letter") ]]; then
			_ms_values "$argument"
			return
		elif [[ $cur == -* && $option == "$cur"* ]]; then
			COMPREPLY+=("$option")
		fi
	done <<<"$table"
	[[ $cur != -* ]] || return
	w=$(cut -d ';' -f 1 <<<"$table" | sort -u)
	if [[ -z $verb && -n ${w//[[:space:]]/} ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$w" -- "$cur")
	else
		_ms_values "$kind"
	fi
}
complete -F _ms_complete ms-csvbatch ms-export ms-fetch ms-index ms-ingest \
	ms-init ms-list ms-move ms-profile ms-remove ms-show ms-stat ms-users ms-verify
