#!/bin/sh
# 3069-as-environment.t - of the environment, nothing counts for a user who is no
# admin (--as) but MS_ARCHIVE, and MS_SANDBOX, which can only refuse more. Each
# variable that names a file or a folder names a trap, and no trap is opened.
# ms-security(7), Users of an archive.
[ -n "${TMPDIR-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip python3 'no python3'
ms-init -u boss arc && MS_ARCHIVE=$PWD/arc && export MS_ARCHIVE
ms-users add anna bob && ms-users set --authentication integrated anna
ms-users set --privileges login,archive,export,delete,move,modify-profiles,change-password anna
ms-users set --address anna@example.org anna
ms-users grant --on anna anna write && ms-users grant --on anna anna delete
printf 'From: a\nTo: anna@example.org\nSubject: =?big5?q?=A4=A4?= one\nDate: Mon, 1 Jan 2024 12:00:00 +0100\n\n1\n' >1.eml
printf 'From: b\nSubject: of bob\n\n2\n' >2.eml
ms-ingest -q -u anna 1.eml && ms-ingest -q -u bob 2.eml
python3 -c '
import zipfile
with zipfile.ZipFile("m.zip", "w") as z:
    z.writestr("a/3.eml", "Subject: three\n\n3\n")
' && gzip -c 1.eml >1.eml.gz
echo secret >pw && chmod 600 pw
printf 'kind = mailbox\nuser = anna\nurl = imaps://x@127.0.0.1:1/\npassword = secret:s\nretries = 0\n' >p.ini
ms-profile add --owner anna -f p.ini p 2>/dev/null

# ---- the variables ----

# The trap: a folder (dir), a file, a program (exe), or a value that would
# change what is done.
cat >variables <<'END'
AUTHORIZED 1
COLUMNS 20
CTLOG_FILE file
EDITOR exe
GCONV_PATH dir
GIO_EXTRA_MODULES dir
GIO_MODULE_DIR dir
HOME dir
HOSTALIASES file
ICU_DATA dir
KRB5CCNAME file
KRB5_CONFIG file
LANG xx_XX.UTF-8
LANGUAGE xx
LC_ALL xx_XX.UTF-8
LDAPCONF file
LDAPRC file
LDAPTLS_CACERT file
LESS -F
LESSOPEN exe
LISTEN_FDS 1
LISTEN_PID 1
LOCPATH dir
MS_BATCH 1
MS_CONVERTER_SECONDS 1
MS_INDEX_MAP 1000000
MS_REMOVE_EVERY 1
MS_SEAL 1000
MS_USER bob
MS_VIEW_PART 1,1
NLSPATH file
NO_COLOR 1
OPENSSL_CONF file
OPENSSL_ENGINES dir
OPENSSL_MODULES dir
PAGER exe
PATH dir
RES_OPTIONS debug
SASL_CONF_PATH dir
SASL_PATH dir
SHELL exe
SSLKEYLOGFILE file
SSL_CERT_DIR dir
SSL_CERT_FILE file
TERM dumb
TMPDIR dir
TZ file
TZDIR dir
VISUAL exe
XDG_CACHE_HOME dir
XDG_CONFIG_HOME dir
XDG_DATA_DIRS dir
XML_CATALOG_FILES file
END
# What the code reads is in the table.
{ grep -hoE 'getenv\("[A-Z_]+"' "$top"/lib/*/*.c "$top"/cmd/*/*.c &&
	grep -hoE '"SSL_[A-Z_]+"' "$top"/lib/*/*.c; } | cut -d '"' -f 2 |
	grep -vx 'MS_ARCHIVE\|MS_SANDBOX' | sort -u >known
cut -d ' ' -f 1 variables | sort -u | comm -13 - known >got && : >want
same 'no variable that the code reads is missing' want got

mkdir traps
while read -r name kind; do
	value=$PWD/traps/$name
	case $kind in
	dir)
		mkdir -p "$value/ms" "$value/.config"
		: >"$value/.ldaprc"
		printf 'archive = /nowhere\npager = /nowhere\ncolor = always\n' >"$value/ms/config"
		cp -r "$value/ms" "$value/.config"
		# A module for the character set of the mail.
		printf 'module %s// INTERNAL hostile 1\n' BIG5 BIG-FIVE >"$value/gconv-modules"
		: >"$value/hostile.so"
		for tool in sh less vi ms-fetch ms-ingest; do
			printf '#!/bin/sh\nexit 99\n' >"$value/$tool" && chmod 755 "$value/$tool"
		done
		;;
	file) : >"$value" ;;
	exe) printf '#!/bin/sh\nexit 99\n' >"$value" && chmod 755 "$value" ;;
	*) value=$kind ;;
	esac
	printf '%s=%s\n' "$name" "$value"
done <variables >environment
# With LOCPATH, the C library keeps memory that LeakSanitizer reports.
[ "${SAN-}" != 1 ] || sed -i '/^LOCPATH=/d' environment
# hostile TOOL ARGUMENT...: runs it in this environment.
hostile() {
	tool=$build/bin/$1 && shift
	# shellcheck disable=SC2046 # no value has a blank
	python3 "$top/t/traps.py" traps env $(cat environment) "$tool" "$@"
}

# ---- what each tool does then ----

# Messages without the number and the time of a run.
plain() { sed 's/[0-9][0-9T:-]*Z//; s/[0-9.]* s\>//' "$1"; }
while read -r tool args; do
	# shellcheck disable=SC2086
	"$tool" --as anna $args </dev/null >want 2>err
	code=$?
	plain err >want.err
	# shellcheck disable=SC2086
	status "$tool $args: the status is the same" $code hostile "$tool" --as anna $args </dev/null
	plain err >got.err
	case $args in
	log | run*) ;; # has the times of runs
	*) same '  the output' want out && same '  the messages' want.err got.err ;;
	esac
	ok '  no trap is opened' empty sprung
done <<'END'
ms-list
ms-list --json
ms-list --summary
ms-export --format mboxrd
ms-users show anna
ms-users addresses anna
ms-users log anna
ms-profile list
ms-profile status
ms-profile log
ms-profile show p
ms-profile check p
ms-profile crontab p
ms-profile run p
ms-profile stop p
ms-profile enable p
ms-remove -n from:a
ms-move -n from:a --to X
END
while read -r input command; do
	# shellcheck disable=SC2086
	status "$command" 0 hostile ${command%% *} --as anna ${command#* } <$input
	ok '  no trap is opened' empty sprung
done <<'END'
2.eml ms-ingest -q
1.eml ms-ingest -q --assign
1.eml.gz ms-ingest -q
m.zip ms-ingest -q
pw ms-users passwd --password-fd 0 anna
pw ms-profile secret --password-fd 0 s
p.ini ms-profile edit -f - p
p.ini ms-profile add q
/dev/null ms-profile rename q r
/dev/null ms-profile delete r
/dev/null ms-remove --force subject:bob
/dev/null ms-move --force subject:one --to X
END
ok 'the mail is of the user of --as' [ "$(ms-list -u bob | wc -l)" -eq 1 ]
status 'an editor is refused' 77 hostile ms-profile --as anna edit p
ok '  no trap is opened' empty sprung
status 'MS_SANDBOX counts' "$(ms-list --version | grep -q '=no' && echo 78 || echo 0)" \
	env MS_SANDBOX=require ms-ingest -q --as anna <1.eml

# ---- the traps work ----

hostile ms-profile edit p >out 2>err
ok 'without --as, the editor is run' grep -qx VISUAL sprung
ok '  with a file in TMPDIR' grep -qx TMPDIR sprung
sed -i '/^MS_ARCHIVE/d' environment && (unset MS_ARCHIVE && hostile ms-list) >out 2>err
ok '  the configuration is read' grep -qx 'XDG_CONFIG_HOME/ms/config' sprung
hostile ms-list --json >out 2>err
ok '  the C library looks for a character set' grep -q '^GCONV_PATH/gconv-modules' sprung
finish
