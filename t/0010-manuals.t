#!/bin/sh
# 0010-manuals.t - manuals and tools agree. SYNOPSIS, --help and the paragraphs
# of the manual have the same options, all tools answer --help, --version and
# usage errors in the same way, and references between manuals are valid.
. "$(dirname "$0")/lib.sh"
command -v mandoc >/dev/null || skip mandoc 'no mandoc'

# A section of a manual as one line of plain text.
section() { # FILE NAME
	mandoc -Tascii -Owidth=200 "$1" | sed 's/.\x08//g' |
		sed -n "/^$2\$/,/^[A-Z]/{/^ /p;}" | tr -s ' \n' '  ' | sed 's/^ //; s/ $//'
}

# undocumented PAGE <TABLE: prints the options that have no paragraph, or whose
# paragraph lacks the short form or the argument.
undocumented() {
	awk -F ';' '
	NR == FNR { if (/^\.It /) item[++n] = $0; next }
	{
		name = substr($2, 2)
		it = $3 != "" ? "Fl " substr($3, 2) " , " name : "Fl .*" name
		for (i = 1; i <= n; i++)
			if (item[i] ~ (it ($4 != "" ? " (Ar|Cm)" : "") "( |$)"))
				break
		if (i > n)
			printf " %s", $2
	}' "$1" -
}

# synopsis_options TOOL <SYNOPSIS, table_options <TABLE: the options of the tool
# and of each verb, a line for each. A short form stands for its option.
synopsis_options() {
	awk -v RS="$1 " '{
		verb = $1 ~ /^\[/ ? "" : $1
		gsub(/[][|]/, " ")
		for (n = 1; n <= NF; n++)
			if ($n ~ /^--[a-z]/)
				print verb, $n
			else if ($n ~ /^-[a-zA-Z]/)
				for (i = 2; i <= length($n); i++)
					print verb, "-" substr($n, i, 1)
	}' | sort -u
}
table_options() {
	awk -F ';' '$2 != "" { print $1, $3 != "" ? $3 : $2 }' | sort -u
}

# The help of a tool or verb: lines of at most 80 columns, one for each option.
helpful() { # TOOL [VERB]
	"$@" --help >help 2>&1 || return
	sed -n "1{/^usage: $* /!q1;}; 2{/^[A-Z].*\.$/!q1;}; /.\{81\}/q1" help || return
	"$1" --print-options | awk -F '\t' -v verb="${2-}" '
	function explained(option, text, i, named, told) {
		for (i = 1; i <= n; i++) {
			named += line[i] ~ ("^ +(-[a-zA-Z], )?" option "( |$)")
			told += index(line[i], "  " text) > 0
		}
		return named && told
	}
	NR == FNR { line[++n] = $0; next }
	$2 != "" && ($1 == "" || $1 == verb) && !explained($2, $5) { print $2 }
	' help - >unexplained
	[ ! -s unexplained ]
}

for tool in "$build"/bin/ms-*; do
	[ -x "$tool" ] || continue
	name=${tool##*/} page=$top/man/${tool##*/}.1
	case $name in *.*) continue ;; esac
	ok "$name: has a manual" test -s "$page"

	status "$name -h" 0 "$name" -h
	mv out short && status "$name --help" 0 "$name" --help
	same "$name: -h is --help" short out
	"$name" --print-options | tr '\t' ';' >all
	[ "$name" != ms-csvbatch ] || ms-fetch --print-options | tr '\t' ';' |
		grep -e ';--dry-run;' -e ';--delete-archived;' >>all
	table_options <all >want
	section "$page" SYNOPSIS | synopsis_options "$name" | sed "/^add --key$/d" >got
	same "$name: SYNOPSIS has the options of the tool" want got
	ok "$name: --help explains every option" helpful "$name"
	for verb in $(sed -n 's/^\([a-z][a-z-]*\);;;.*/\1/p' all); do
		ok "$name $verb: --help explains every option" helpful "$name" "$verb"
	done

	status "$name -V" 0 "$name" -V
	ok "$name: prints its version" grep -qx "$name [0-9]*\.[0-9]*\.[0-9]*" out
	ok "$name: and what it can be confined with" grep -Eqx 'sandbox: landlock=([0-9]+|no [(][a-z ]+[)]) seccomp=(yes|no [(][a-z ]+[)])' out
	status "$name: an unknown option" 64 "$name" --no-such-option
	ok "$name: the error names the help" \
		grep -qx "$name: no option '--no-such-option'; try '$name --help'" err
	ok "$name: stdout has nothing but a trailer" absent -v '^MS-Envelope: end\|^From ms-stream@1\|^$' out
	status "$name: an abbreviated option" 64 "$name" --hel
	ok "$name: the error names the option" grep -q "(did you mean '--help'?); " err

	"$name" --print-options | tr '\t' ';' | grep -e ';--' >table
	missing=$(undocumented "$page" <table)
	ok "$name: each option is in the manual:$missing" test -z "$missing"
	ok "$name: each option has a line of help" absent -v ';--[a-z0-9-]*;\(-[a-zA-Z]\|\);[^;]*;[^;]' table
	# ms-csvbatch passes options on; the options of `ms-profile add` are
	# keys.
	case $name in
	ms-csvbatch) ms-fetch --print-options | tr '\t' ';' >>table ;;
	ms-profile) echo ';--key;' >>table ;;
	esac
	missing='' options=";$(cut -d ';' -f 2 table | tr '\n' ';')"
	for o in $(sed -n 's/^\.It .*Fl \(. , \|\)-\([a-z][a-z0-9-]*\).*/--\2/p' "$page"); do
		case $options in *";$o;"*) ;; *) missing="$missing $o" ;; esac
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
ok "each manual that another one names exists:$unknown" test -z "$unknown"
finish
