
# Values of a kind: users, folders, labels, profiles, accounts, files ...
_ms_operand() {
	local kind=$1 archive=${opt_args[-a]:-${opt_args[--archive]}}
	local -a values
	case $kind in
	directories) _files -/ && return ;;
	files) _files && return ;;
	query) kind=terms ;;
	esac
	values=(${(f)"$(ms-list ${archive:+-a$archive} --print-values $kind 2>/dev/null)"})
	if [[ $kind == terms ]]; then
		compadd -S '' -a values
	else
		compadd -a values
	fi
}

_ms_tool "$@"
