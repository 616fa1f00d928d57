#!/bin/sh
# 2052-fetch-archive.t - the archive that a stream is reduced for, and accounts
# of ms-config(5). No stream may silently lack mail.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"

imap_start || exit 1
imap_user alice secret
inbox=$imap_dir
for i in 1 2 3; do
	printf 'Subject: %s\nMessage-ID: <%s@h>\n\nbody\n' "$i" "$i" | imap_put "$inbox" "100$i.a:2,S"
done
url=$(imap_url alice)
fetch() { ms-fetch --ca-file "$imap_ca" --password-file alice.pw "$@" "$url"; }
to() { # ARCHIVE OPTION...: fetches through a pipe into an archive.
	_to=$1 && shift
	fetch -q "$@" | ms-ingest -q -a "$_to" --create-user
}
count() { ms-list -a "$1" | wc -l; }
config=$HOME/.config/ms/config
export MS_USER=alice

# ---- the archive ----
ms-init -u alice one && ms-init -u alice two
status 'a pipe into the archive that MS_ARCHIVE names' 0 env MS_ARCHIVE=one sh -c \
	"ms-fetch -q --ca-file '$imap_ca' --password-file alice.pw '$url' | ms-ingest -q"
ok 'the archive has all mail' test "$(count one)" -eq 3
id=$(sed -n 's/^id //p' one/FORMAT)
fetch -q -a one | cat >stream
ok 'the stream leaves it out' grep -qx "MS-Envelope: end; messages=0; failed=0; status=0; archive=$id" stream
status 'the stream is added to another archive' 65 ms-ingest -a two <stream
ok 'the error says what to do' grep -q \
	"stdin: this stream leaves out what archive $id has; fetch again with -a .*/two or --no-archive" err
status 'it is added to the same archive' 0 ms-ingest -q -a one <stream
fetch -a two 2>/dev/null | cat stream - >both
status 'two streams that leave out the mail of two archives' 65 ms-ingest -q -a two <both
ok 'the error says so' grep -q 'leaves out what archive others has' err
ok 'what arrived was stored' test "$(count two)" -eq 3
status 'a stream that leaves nothing out' 0 to two --no-archive

export MS_ARCHIVE=one
status 'a file would lack mail because of MS_ARCHIVE' 64 sh -c "'$build/bin/ms-fetch' '$url' >file"
ok 'the error says what to do' grep -q 'the file would lack what archive one has; give -a or --no-archive' err
status '-a makes it plain' 0 sh -c "ms-fetch -a one --ca-file '$imap_ca' --password-file alice.pw '$url' >file"
status 'an empty MS_ARCHIVE is none' 0 env MS_ARCHIVE= ms-fetch --ca-file "$imap_ca" --password-file alice.pw "$url"
ok 'all mail is sent' grep -q 'messages=3; failed=0; status=0$' out
unset MS_ARCHIVE
ms-init --default one
status 'a file would lack mail because of the configuration' 64 sh -c "'$build/bin/ms-fetch' '$url' >file"
if terminal; then
	status 'a stream is not written to a terminal' 64 python3 -c '
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execvp("ms-fetch", sys.argv[1:])
try:
    while os.read(fd, 4096):
        pass
except OSError:
    pass
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))' ms-fetch -a one "$url"
fi

# ---- accounts ----
cat >"$config" <<END
archive = $PWD/one

[account work]
url = $url
ca-file = $imap_ca
password-file = $PWD/alice.pw
folder = Nowhere
all-folders = yes
shared = no

[account half]
ca-file = $imap_ca
END
status 'an account is checked' 0 ms-fetch --check work
ms-fetch --no-archive work 2>/dev/null | cat >file
ok 'the folder of the account counts' grep -q 'messages=0; ' file
status 'an option of the command line replaces it' 0 sh -c 'ms-fetch --no-archive work --folder INBOX | cat >file'
ok 'all mail is sent' grep -q 'messages=3; failed=0; status=0$' file
status 'there is no such account' 64 ms-fetch wrok
ok 'the error says so' grep -q "'wrok' is neither a URL nor an account of ms-config(5)" err
status 'an account without a URL' 64 ms-fetch half
ok 'the error names the file' grep -qF "account half has no key 'url' in $config" err
# wrong LINE TEXT: a line of an account, and the error.
wrong() {
	printf '[account a]\nurl = %s\n%s\n' "$url" "$1" >"$config"
	status "account: $1" 64 ms-fetch --check a
	ok "account: $1: the error" grep -qF "$config: line 3: $2" err
}
wrong 'password = secret' "no option '--password'"
wrong 'report = /tmp/x' 'report: not allowed here'
wrong 'delete-archived = yes' 'delete-archived: not allowed here'
wrong 'shared = perhaps' 'shared: must be yes or no'
wrong 'ca-file = ca.pem' 'ca-file: the path must begin with /'
wrong 'timeout = never' "timeout: 'never' is not a number"
wrong 'password-command = a ;b' "password-command: a ';' after a blank begins a comment"
finish
