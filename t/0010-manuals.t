#!/bin/sh
# Manuals and tools agree: usage is SYNOPSIS, each option has its paragraph,
# -h -V and mistakes behave alike everywhere, references lead somewhere.
. "$(dirname "$0")/lib.sh"
command -v mandoc >/dev/null || skip mandoc 'no mandoc'

# A section of a manual as one line of plain text.
section() { # FILE NAME
	mandoc -Tascii -Owidth=200 "$1" | sed 's/.\x08//g' |
		sed -n "/^$2\$/,/^[A-Z]/{/^ /p;}" | tr -s ' \n' '  ' | sed 's/^ //; s/ $//'
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
	cp out usage

	status "$name -V" 0 "$name" -V
	ok "$name: says its version" grep -qx "$name [0-9]*\.[0-9]*\.[0-9]*" out
	status "$name: an unknown option" 64 "$name" --no-such-option
	ok "$name: shows its usage then" grep -q '^usage: ' err
	ok "$name: and nothing on stdout but a trailer" sh -c '! grep -v "^MS-Envelope: end\|^From ms-stream@1\|^$" out'
	status "$name: no abbreviations" 64 "$name" --hel

	missing=
	for o in $(grep -o -e '--[a-z][a-z0-9-]*' usage | sort -u); do
		grep -q -e "^\.It .*Fl .*-${o#--}\( \|$\)" "$page" || missing="$missing $o"
	done
	for o in $(sed -n 's/.*{"\([a-z-]*\)", *[a-z]*_argument.*/\1/p' "$top"/cmd/"${name#ms-}"/*.c); do
		grep -q -e "^\.It .*Fl .*-$o\( \|$\)" "$page" || missing="$missing --$o"
	done
	ok "$name: each option is in the manual:$missing" test -z "$missing"
	missing=
	for s in NAME SYNOPSIS DESCRIPTION 'EXIT STATUS' EXAMPLES 'SEE ALSO'; do
		grep -qx "\.Sh $s" "$page" || missing="$missing .Sh $s"
	done
	ok "$name: its sections are all there:$missing" test -z "$missing"
	ok "$name: ms(7) knows it" grep -q "^\.It Xr $name 1" "$top/man/ms.7"
done

lost=
for page in "$top"/man/*.[1-9]; do
	for x in $(sed -n 's/^\.Xr \(ms[a-z-]*\) \([0-9]\).*/\1.\2/p; s/.* Xr \(ms[a-z-]*\) \([0-9]\).*/\1.\2/p' "$page"); do
		[ -e "$top/man/$x" ] || lost="$lost ${page##*/}:$x"
	done
done
ok "references between manuals lead somewhere:$lost" test -z "$lost"
finish
