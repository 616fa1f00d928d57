#!/bin/sh
# 0010-manuals.t - manuals and tools agree. SYNOPSIS is the usage line, every
# option has a paragraph, all tools answer --help, --version and usage errors
# in the same way, and references between manuals are valid.
. "$(dirname "$0")/lib.sh"
command -v mandoc >/dev/null || skip mandoc 'no mandoc'

# A section of a manual as one line of plain text.
section() { # FILE NAME
	mandoc -Tascii -Owidth=200 "$1" | sed 's/.\x08//g' |
		sed -n "/^$2\$/,/^[A-Z]/{/^ /p;}" | tr -s ' \n' '  ' | sed 's/^ //; s/ $//'
}

# undocumented PAGE <TABLE: options without a paragraph, or whose paragraph lacks
# the short form or the argument.
undocumented() {
	while IFS=';' read -r _ option letter value _; do
		it="Fl .*-${option#--}"
		[ -z "$letter" ] || it="Fl ${letter#-} , -${option#--}"
		[ -z "$value" ] || it="$it \\(Ar\\|Cm\\)"
		grep -q "^\.It .*$it\( \|$\)" "$1" || printf ' %s' "$option"
	done
}

for tool in "$build"/bin/ms-*; do
	[ -x "$tool" ] || continue
	name=${tool##*/} page=$top/man/${tool##*/}.1
	case $name in *.*) continue ;; esac
	ok "$name: has a manual" test -s "$page"

	status "$name -h" 0 "$name" -h
	{ printf 'usage: ' && section "$page" SYNOPSIS && echo; } | sed 's/ *$//' >want
	tr -s ' \n\t' '   ' <out | sed 's/ *$//' >got && echo >>got
	same "$name: usage is SYNOPSIS" want got

	status "$name -V" 0 "$name" -V
	ok "$name: prints its version" grep -qx "$name [0-9]*\.[0-9]*\.[0-9]*" out
	status "$name: an unknown option" 64 "$name" --no-such-option
	ok "$name: the error shows the usage" grep -q '^usage: ' err
	ok "$name: stdout has nothing but a trailer" absent -v '^MS-Envelope: end\|^From ms-stream@1\|^$' out
	status "$name: an abbreviated option" 64 "$name" --hel

	"$name" --print-options | tr '\t' ';' | grep -e ';--' >table
	missing=$(undocumented "$page" <table)
	ok "$name: each option is in the manual:$missing" test -z "$missing"
	ok "$name: each option has a line of help" absent -v ';--[a-z0-9-]*;\(-[a-zA-Z]\|\);[^;]*;[^;]' table
	# ms-csvbatch passes options on; the options of `ms-profile add` are keys.
	case $name in
	ms-csvbatch) ms-fetch --print-options | tr '\t' ';' >>table ;;
	ms-profile) echo ';--key;' >>table ;;
	esac
	missing=
	for o in $(sed -n 's/^\.It .*Fl \(. , \|\)-\([a-z][a-z0-9-]*\).*/--\2/p' "$page"); do
		grep -q ";$o;" table || missing="$missing $o"
	done
	ok "$name: each option of the manual exists:$missing" test -z "$missing"
	missing=
	for s in NAME SYNOPSIS DESCRIPTION 'EXIT STATUS' EXAMPLES 'SEE ALSO'; do
		grep -qx "\.Sh $s" "$page" || missing="$missing .Sh $s"
	done
	ok "$name: all sections exist:$missing" test -z "$missing"
	ok "$name: ms(7) names the tool" grep -q "^\.It Xr $name 1" "$top/man/ms.7"
done

unknown=
for page in "$top"/man/*.[1-9]; do
	for x in $(sed -n 's/^\.Xr \(ms[a-z-]*\) \([0-9]\).*/\1.\2/p; s/.* Xr \(ms[a-z-]*\) \([0-9]\).*/\1.\2/p' "$page"); do
		[ -e "$top/man/$x" ] || unknown="$unknown ${page##*/}:$x"
	done
done
ok "references between manuals lead somewhere:$unknown" test -z "$unknown"
finish
