#!/bin/sh
# 0300-files-planted.t - files that a tool replaces or writes anew: a link, a
# FIFO or a file that another user has planted there is never written to.
# ms_fs_replace(), ms_fs_create() (lib/base/fs.h).
. "$(dirname "$0")/lib.sh"
export MS_ARCHIVE=arc MS_USER=anna
ms-init -u anna arc
printf 'Subject: 1\n\n1\n' >1.eml && ms-ingest -q 1.eml
mkdir mail && cp 1.eml mail
ms-users set --authentication integrated anna
ms-profile add --kind files --user anna --file "$PWD/mail" --schedule "daily 03:00" p

echo kept >target
untouched() { ok "  the target is unchanged" grep -qx kept target; }

# ---- files that are replaced ----

mkdir units
for name in ms-profile-p.service ms-profile-p.timer .ms-profile-p.service.tmp; do
	ln -s ../target units/$name
done
status 'units are written to a folder with links' 0 ms-profile timer -o units
untouched
ok '  the links became files' [ -f units/ms-profile-p.service ] && [ ! -L units/ms-profile-p.service ]
ok '  with mode 0644' [ "$(stat -c %a units/ms-profile-p.timer)" = 644 ]
(umask 077 && ms-profile timer -o units)
ok '  whatever the umask is' [ "$(stat -c %a units/ms-profile-p.timer)" = 644 ]
find units -name '*.new' >got && : >want
same '  no other file is left' want got

mkdir -p .config/ms
for name in config.new config; do ln -s ../../target .config/ms/$name; done
chmod 600 target
echo '# kept' >target
status 'ms-init --default, where the file is a link' 0 ms-init --default arc
ok '  the target is unchanged' grep -qx '# kept' target
ok '  the configuration is a file' [ ! -L .config/ms/config ]
rm -r .config && echo kept >target

mkdir -p arc/secret/profile && ln -s ../../../target arc/secret/profile/.new
ln -s ../../../target arc/secret/profile/.ms-0123456789abcdef.new
ln -s ../../../target arc/secret/profile/admin.s
echo pw >pw && chmod 600 pw
status 'a secret, where links are' 0 ms-profile secret --password-file pw s
untouched
ok '  the secret is a file' [ ! -L arc/secret/profile/admin.s ]
ok '  what an earlier process left is removed' [ ! -L arc/secret/profile/.ms-0123456789abcdef.new ]
mkdir -p arc/secret/password arc/secret/new && ln -s ../../../target arc/secret/password/2
status 'a password, where a link is' 0 ms-users passwd --password-file pw anna
untouched

# ---- files that a caller names ----

ln -s target link && ln target hard
# shellcheck disable=SC2046 # the words of a command
for tool in 'ms-ingest -q --report F 1.eml' 'ms-verify -q --report F' 'ms-profile run -q --report F p'; do
	for f in link hard; do
		status "$tool, F is a $f" 77 $(echo "$tool" | sed "s/F/$f/")
		untouched
	done
	rm -f report && status "$tool, F is new" 0 $(echo "$tool" | sed 's/F/report/')
	ok '  with mode 0600' [ "$(stat -c %a report)" = 600 ]
	status "$tool, F exists" 0 $(echo "$tool" | sed 's/F/report/')
	ok '  it is written anew' [ "$(grep -c '"type":"\(begin\|run\|end\)"' report)" -le 2 ]
	status "$tool, F is /dev/null" 0 $(echo "$tool" | sed 's,F,/dev/null,')
	status "$tool, F is standard output" 0 $(echo "$tool" | sed 's,F,/dev/stdout,')
	ok '  it is there' jq -es length out
	status "$tool, F is a folder" 73 $(echo "$tool" | sed 's/F/mail/')
done
mkfifo fifo
cat fifo >got & reader=$!
status 'ms-export -o FIFO' 0 ms-export -o fifo
wait $reader
ok '  the mail arrives' grep -q 'Subject: 1' got

# Files of another user, which only root can make here.
if [ "$(id -u)" = 0 ] && chown 65534 fifo 2>/dev/null; then
	cat fifo >got & reader=$!
	status 'ms-export -o FIFO of another user' 77 ms-export -o fifo
	ok '  the message says so' grep -q 'belongs to another user' err
	: >fifo && wait $reader
	ok '  no mail arrives' empty got
	echo kept >theirs && chown 65534 theirs
	status 'a report to a file of another user' 77 ms-ingest -q --report theirs 1.eml
	ok '  it is unchanged' grep -qx kept theirs
fi
finish
