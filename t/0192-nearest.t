#!/bin/sh
# 0192-nearest.t - a mistyped word of a fixed list: each option with such a list,
# in all tools, found in the option tables, and the words that are operands, keys
# and values. The message names the word that was meant.
# shellcheck disable=SC2154 # set by lib.sh
. "$(dirname "$0")/lib.sh"
ms-init -u anna arc && MS_ARCHIVE=$PWD/arc && export MS_ARCHIVE
ms-users add bob

# ---- options ----

# The value "auto | json" has a list; each longer word is mistyped: its last two
# letters are exchanged. --unknown can have the name of a user.
for tool in "$build"/bin/ms-*; do
	name=${tool##*/}
	case $name in *.*) continue ;; esac
	"$name" --print-options | awk -F '\t' -v tool="$name" '
		$2 != "" && $2 != "--unknown" && $4 ~ /[|]/ && !seen[$1 $2]++ {
			n = split($4, words, /[ |,]+/)
			for (i = 1; i <= n; i++) {
				k = length(word = words[i])
				last = substr(word, k - 1, 1)
				if (k > 3 && last != substr(word, k))
					print tool, $1, $2, word, substr(word, 1, k - 2) substr(word, k) last
			}
		}'
done >options
ok 'there are such options' [ "$(wc -l <options)" -gt 50 ]
bad=''
while read -r tool rest; do
	# shellcheck disable=SC2086 # the words of a row; the verb can be missing
	set -- $rest
	case $1 in --*) verb='' ;; *) verb=$1 && shift ;; esac
	# shellcheck disable=SC2086
	"$tool" $verb "$1=$3" >out 2>err </dev/null
	[ $? -eq 64 ] && grep -qF "(did you mean '$2'?)" err || bad="$bad $tool $verb $1=$3;"
done <options
ok "each names the word that was meant$bad" [ -z "$bad" ]

# ---- the other lists ----

# shellcheck disable=SC2034 # used in the table
box='kind = mailbox\nuser = anna\nurl = imaps://x@h/\npassword = secret:s\n'
profile() { printf "$1" | ms-profile add -f - p; }
while IFS='|' read -r word command; do
	status "$command" 64 eval "$command" </dev/null
	ok "  means $word" grep -q "(did you mean ['\"]${word}['\"]?)" err
done <<'END'
archive|ms-users grant bob arhive
export|ms-users grant bob archive,Exprot
export|ms-users revoke bob exprot
read|ms-users grant --on anna bob raed
write|ms-users revoke --on anna bob wrte
login|ms-users add --privileges archive,logn carl
change-password|ms-users set --privileges change-pasword bob
default-privileges|ms-users settings default-privlges=login
delete|ms-users settings default-privileges=dlete
show|ms-users directory shwo d
openldap|ms-users directory add d --url ldaps://h --base dc=x --preset openldpa
integrated|ms-users add --authentication integrted carl
thunderbird|ms-ingest --client thunderbrd x
SCRAM-SHA-256|ms-fetch --auth scram-sha256 imaps://h/
is:removed|ms-list is:remvoed
is:moved|ms-remove -n is:movd
from:|ms-list form:x
password|ms-csvbatch --columns login,pasword imaps://h/ x
list|ms-profile lsit
directory|ms-users directroy show
mailbox|ms-profile add --kind mailbx p
files|profile 'kind = fils\n'
schedule|profile "${box}shedule = daily 03:00\n"
folder|profile "${box}foldr = x\n"
maildir|profile 'kind = files\nuser = anna\nfile = /x\nformat = mialdir\n'
mboxrd|profile 'kind = export\nuser = anna\noutput = /x\nformat = mboxdr\n'
kmail|profile 'kind = files\nuser = anna\nfile = /x\nclient = kmial\n'
PLAIN|profile "${box}auth = plian\n"
END
mkdir -p .config/ms
while IFS='|' read -r word line; do
	printf '%s\n' "$line" >.config/ms/config
	status "the configuration: $line" 64 env -u MS_ARCHIVE ms-list
	ok "  means $word" grep -qF "(did you mean '$word'?)" err
done <<'END'
archive|archve = /x
always|color = alwyas
END
rm -r .config

# What is near to nothing gets the list.
status 'a word that is near to none' 64 ms-users grant bob everything
ok '  the words are listed' grep -qF '(try admin, login, change-password, ' err
finish
