# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # variables of this file and of lib.sh
# lib-manual.sh - the commands that a manual shows. Source it after lib.sh.
#   blocks PAGE [SECTION]   writes each literal block of the page, and each run
#                           of .Dl lines, to the files PAGE/1, PAGE/2 ...; only
#                           those of SECTION (EXAMPLES), or of all sections if
#                           it is empty; `block_count` is their number
# The page is mdoc: of its escapes, \e and \- and \& are understood.

blocks() {
	rm -rf "$1" && mkdir "$1" && awk -v page="$1" -v section="${2-EXAMPLES}" '
		/^\.Sh /         { on = section == "" || $2 == section; list = 0 }
		!on              { next }
		/^\.Bd -literal/ { n++; block = 1; list = 0; next }
		/^\.Ed/          { block = 0; next }
		!block && /^\.Dl / { if (!list) n++; list = 1; sub(/^\.Dl /, ""); line = 1 }
		!block && !line  { list = 0; next }
		{ gsub(/\\e/, "\\"); gsub(/\\-/, "-"); gsub(/\\&/, "")
		  print > (page "/" n); line = 0 }
	' "$top/man/$1"
	block_count=$(find "$1" -type f | grep -c '')
}

# replay FILE: runs the commands of a block, the lines that begin with "$ ", in
# a shell without the functions of lib.sh that have the names of programs. Prints them and their output, as a reader would see them.
# A line that ends with \ goes on in the next one, and one with <<END until END.
replay() (
	unset -f pass skip
	_command=''
	while IFS= read -r _line; do
		case $_command$_line in
		'$ '*\\) _command=$_command$_line$newline && continue ;;
		'$ '*'<<END'*"$newline"END) ;;
		'$ '*'<<END'*) _command=$_command$_line$newline && continue ;;
		'$ '*) ;;
		*) continue ;;
		esac
		_command=$_command$_line
		printf '%s\n' "$_command"
		eval "${_command#??}" 2>&1 </dev/null || echo "status $?"
		_command=''
	done <"$1"
)
newline='
'
