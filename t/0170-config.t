#!/bin/sh
# 0170-config.t - the configuration file of the calling user: ms-config(5).
. "$(dirname "$0")/lib.sh"
config=$HOME/.config/ms/config

ms-init -u anna "$PWD/one" && ms-init -u bob two
status 'no archive is named' 64 ms-list
ok 'the error names the remedies' grep -q "give -a, or set MS_ARCHIVE; 'ms-init --default' remembers" err
# missing TOOL ARG...: without an archive, the error says how to make one.
missing() {
	for arc in no empty; do
		status "$1 -a $arc" 66 "$@" -a $arc
		ok '  the error has the hint' grep -qx "$1: \(.*[ /]\)\?$arc: there is no archive (ms-init makes one)" err
	done
}
mkdir empty && echo pw >pw && chmod 600 pw
printf 'u;p\na;pw\n' >boxes.csv && chmod 600 boxes.csv
missing ms-list
missing ms-ingest pw
missing ms-export --format mboxrd -o box
missing ms-verify
missing ms-users list
missing ms-profile list
missing ms-profile log
missing ms-remove folder:x
missing ms-move folder:x --to y
missing ms-fetch --password-file pw imaps://a@127.0.0.1:1/
missing ms-csvbatch imaps://127.0.0.1:1/ boxes.csv
ok 'the folder is still empty' rmdir empty

# ---- ms-init --default ----
status 'an archive becomes the default' 0 ms-init --default one
ok 'the file has its absolute path' grep -qx "archive = $PWD/one" "$config"
ok 'nobody else can read the file' test "$(stat -c %a "$config")" = 600
status 'a tool uses it' 0 ms-users list
ok 'it is this archive' grep -q '^anna' out
status 'MS_ARCHIVE has precedence' 0 env MS_ARCHIVE=two ms-users list
ok 'it is the other archive' grep -q '^bob' out
status '-a has precedence' 0 ms-users -a two list
ok 'it is the other archive' grep -q '^bob' out
printf '# mine\narchive = /none\n\n[account x]\nurl = imaps://a@h/\n' >"$config"
status 'the archive that the file names does not exist' 66 ms-users list
status 'another archive becomes the default' 0 ms-init two --default
printf '# mine\narchive = %s/two\n\n[account x]\nurl = imaps://a@h/\n' "$PWD" >want
same 'the other lines of the file stay' want "$config"
printf '[account x]\nurl = imaps://a@h/\narchive = y' >"$config"
status 'a key of a section is another key' 0 ms-init --default two
{ echo "archive = $PWD/two" && printf '[account x]\nurl = imaps://a@h/\narchive = y'; } >want
same 'the new line comes first' want "$config"
rm -r "$HOME/.config"
status 'a new archive is created and becomes the default' 0 ms-init -u carl --default three
status 'it is used' 0 ms-users list
ok 'it is the new archive' grep -q '^carl' out
mkdir full && touch full/file
status 'a folder with other files does not become the default' 73 ms-init --default full
ok 'the default is as before' grep -qx "archive = $PWD/three" "$config"
status 'without a home there is no file' 64 env -u HOME ms-init --default one
ok 'the error says so' grep -q 'HOME is not set' err
mkdir xdg
status 'XDG_CONFIG_HOME is used' 0 env XDG_CONFIG_HOME="$PWD/xdg" ms-init --default one
ok 'the file is there' grep -q '^archive = .*/one$' xdg/ms/config
status 'a path that INI cannot express' 64 ms-init --default "$PWD/a ;b"
ok 'the error says why' grep -q "a ';' after a blank" err

# ---- a file that cannot be used ----
# refused NAME STATUS TEXT: the status of ms-list, and the text of its error.
refused() {
	status "$1" "$2" ms-users list
	ok "$1: the error says why" grep -qF "$config: $3" err
}
echo 'archiv = /x' >"$config"
refused 'an unknown key' 64 "line 1: no key 'archiv' (did you mean 'archive'?)"
printf '\narchive = x\n' >"$config"
refused 'a relative path' 64 "line 2: archive: 'x' is not a path that begins with /"
printf '[profile x]\na = b\n' >"$config"
refused 'an unknown section' 64 'line 2: section [profile x]: only [account NAME] is known'
printf '[account x\na = b\n' >"$config"
refused 'half a section' 64 'line 1: not a line of the form [name]'
echo 'archive' >"$config"
refused 'a line without a value' 64 'line 1: not a line of the form key = value'
printf 'archive = \377\n' >"$config"
refused 'not UTF-8' 64 'line 1: not UTF-8'
head -c 300000 /dev/zero | tr '\0' '#' >"$config"
refused 'a file that is too large' 65 'more than 262144 bytes'
echo "archive = $PWD/one" >"$config" && chmod 622 "$config"
refused 'others can write the file' 77 'others can write this file'
chmod 644 "$config"
status 'others can read the file' 0 ms-users list
mv "$config" file && mkfifo "$config"
refused 'a named pipe' 64 'not a file'
status '-a needs no file' 0 ms-users -a one list
finish
