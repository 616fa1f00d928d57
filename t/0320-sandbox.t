#!/bin/sh
# 0320-sandbox.t - processes that read mail or the answers of a server are
# confined: an attack in each of them is refused and named. What a kernel lacks
# is named, too, and refused with MS_SANDBOX=require. t/shim/sandbox.c makes the
# attacks; t/unit/sandbox.c has more of them.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"
[ "${SAN-}" != 1 ] || skip shims 'a library cannot be preloaded into a build with sanitizers'
[ -e "$top/build/t/sandbox.so" ] || skip shims 'no shims (make shims)'

case $(ms-list --version) in
*'landlock=no'* | *'seccomp=no'*) skip sandbox "$(ms-list --version | sed -n 2p)" ;;
esac

# attack PLACE DEED COMMAND...: the tools of the command do it in that place.
shim() { env LD_PRELOAD="$top/build/t/sandbox.so" "$@"; }
attack() {
	place=$1 deed=$2 && shift 2
	shim MS_SANDBOX= MS_SHIM_AT="$place" MS_SHIM_DO="$deed" MS_SHIM_FILE="$made" MS_SHIM_PORT="$port" "$@"
}
# refused NAME: the deed is named in `err`, as refused.
refused() {
	case $deed in
	open | write) _says='^payload: .*: \(Permission denied\|Operation not permitted\)$' ;;
	exec) _says='sandbox: the system call execve is refused' ;;
	connect) _says='sandbox: the system call socket is refused' ;;
	esac
	ok "$1, $place: $deed is refused and named" grep -q "$_says" err
	ok "  and not done" absent -q 'NOT REFUSED' err
	ok "  and no file is made" test ! -e "$made"
}
# Not below a directory for temporary files, where ms-ingest can write.
made=$top/build/t/made-by-0320
rm -f "$made"
# A server that would see a connection.
port=$(imap_free_port)
python3 -c '
import socket, sys
s = socket.socket(); s.bind(("127.0.0.1", int(sys.argv[1]))); s.listen()
while True:
    s.accept(); open("connected", "w").close()
' "$port" &
listener=$!
await sh -c 'grep -qi ":$(printf %04X "$1") .* 0A " /proc/net/tcp' sh "$port"

# ---- ms-ingest: the splitter, and a thread that reads messages

ms-init -u alice arc
printf 'From: a@example.com\nX-Payload: 1\n\nhello\n' >mail.eml
run_ingest() { "$@" ms-ingest -a arc -u alice mail.eml >out 2>err || true; }
for place in input digest; do
	for deed in open write exec connect; do
		run_ingest attack $place $deed
		refused ms-ingest
	done
done
ok 'the mail of an attack that failed is stored' sh -c 'ms-list -a arc | grep -q .'

# The same as a user, for whom the kernel has no exceptions.
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	cp "$build/bin/ms-ingest" "$build/bin/ms-init" "$top/build/t/sandbox.so" .
	mkdir user && cp mail.eml user && chown -R nobody user && chmod 755 . user
	as_user() { setpriv --reuid=nobody --regid=nogroup --clear-groups --no-new-privs "$@"; }
	as_user ./ms-init -u alice user/arc
	for deed in open write exec connect; do
		place=input
		as_user env LD_PRELOAD="$PWD/sandbox.so" MS_SANDBOX= MS_SHIM_AT=input MS_SHIM_DO=$deed \
			MS_SHIM_FILE=/var/tmp/made-by-0320 \
			./ms-ingest -a user/arc -u alice user/mail.eml >out 2>err
		made=/var/tmp/made-by-0320 refused 'ms-ingest of a user'
	done
	status 'a user can add mail' 0 as_user ./ms-ingest -a user/arc -u alice user/mail.eml
fi

# ---- the parser of MIME

if [ -x "$build/unit/mime" ]; then
	for deed in open write exec connect; do
		: >err
		attack mime $deed "$build/unit/mime" >out 2>err
		refused 'the parser of MIME'
	done
fi

# ---- ms-fetch: the worker, and the process that connects

imap_start || exit 1
imap_user alice secret
imap_put "$imap_dir" '1.a:2,S' <mail.eml
imap_own
fetch() { "$@" ms-fetch --ca-file "$imap_ca" --password-file alice.pw "$(imap_url alice)"; }
for deed in open write; do
	status "a worker tries to $deed" 0 fetch attack server $deed
	refused 'the worker'
	grep -q 'X-Payload: 1' out
	ok '  the message comes nevertheless' [ $? -eq 0 ]
done
for deed in exec connect; do
	status "a worker tries to $deed" 76 fetch attack server $deed
	refused 'the worker'
	ok '  ms-fetch says so' grep -q 'tried to leave its sandbox' err
done
for deed in open write; do
	status "the lookup tries to $deed" 0 fetch attack lookup $deed
	refused 'the process that connects'
done
status 'the lookup tries to run a program' 76 fetch attack lookup exec
refused 'the process that connects'
ok '  ms-fetch says so' grep -q 'looks up the server was ended by signal' err
ok 'nobody connected' test ! -e connected
kill $listener

# ---- a kernel that lacks something

# without VARIABLES...: a run of ms-ingest and of ms-fetch.
without() {
	_name=$1 _says=$2 && shift 2
	rm -rf new && ms-init -u alice new
	status "$_name: ms-ingest works" 0 shim MS_SANDBOX= "$@" ms-ingest -a new -u alice --report report mail.eml
	ok '  and says what is missing' grep -q "^ms-ingest: this system cannot confine .*$_says" err
	ok '  once' [ "$(grep -c 'cannot confine' err)" -eq 1 ]
	ok '  in the report, too' grep -q "\"sandbox\":\"[^\"]*$_says" report
	status '  --quiet leaves that out' 0 shim MS_SANDBOX= "$@" ms-ingest -q -a new -u alice mail.eml
	ok '  and nothing is printed' empty err
	status '  it can be required' 78 shim MS_SANDBOX=require "$@" ms-ingest -a new -u alice mail.eml
	ok '  and is named' grep -q "^ms-ingest: .*$_says.*MS_SANDBOX" err
	status '  ms-fetch works' 0 fetch shim MS_SANDBOX= "$@"
	ok '  and says what is missing' grep -q "^ms-fetch: this system cannot confine .*$_says" err
	status '  it can be required' 78 fetch shim MS_SANDBOX=require "$@"
	ok '  and is named' grep -q "^ms-fetch: .*$_says.*MS_SANDBOX" err
	ok '  no mail came' absent -q X-Payload out
}
without 'an old kernel' 'landlock=no (not in this kernel)' MS_SHIM_LANDLOCK=-38
without 'disabled at boot' 'landlock=no (disabled at boot)' MS_SHIM_LANDLOCK=-95
without 'no seccomp' 'seccomp=no (not permitted)' MS_SHIM_SECCOMP=-1
contained=$top/build/t/contained
without 'an old container' 'landlock=no (not permitted) seccomp=yes' "$contained" old
without 'a container with neither' 'landlock=no (not permitted) seccomp=no (not permitted)' "$contained" 1
without 'a kernel with neither' 'landlock=no (not in this kernel) seccomp=no (not in this kernel)' "$contained" 38

# The default profile of a container allows both. What it refuses, the tools do
# not need.
status 'a container: ms-ingest is confined' 0 shim MS_SANDBOX=require "$contained" now \
	ms-ingest -a new -u alice mail.eml
status '  and ms-fetch' 0 fetch shim MS_SANDBOX=require "$contained" now
grep -q 'X-Payload: 1' out
ok '  the mail came' [ $? -eq 0 ]
for deed in open write exec connect; do
	run_ingest attack input $deed "$contained" now
	refused 'in a container'
done
for deed in exec connect; do
	run_ingest attack input $deed "$contained" old
	refused 'in an old container'
done

# Valgrind has neither.
if command -v valgrind >/dev/null; then
	status 'ms-ingest works under valgrind' 0 env MS_SANDBOX= valgrind -q --error-exitcode=99 \
		"$build/bin/ms-ingest" -a arc -u alice mail.eml
	ok '  and says what is missing' grep -q 'cannot confine .*landlock=no' err
else
	tap_row ok '# SKIP no valgrind'
fi

# Landlock alone, and seccomp alone, still take away what they can.
run_ingest attack input write MS_SHIM_SECCOMP=-1
refused 'without seccomp'
run_ingest attack input connect MS_SHIM_LANDLOCK=-1
refused 'without Landlock'

# Linux 6.1 has version 2, which does not restrict the network.
for version in 2 3 4 5 6; do
	status "Landlock $version is enough" 0 shim MS_SANDBOX=require MS_SHIM_LANDLOCK=$version \
		ms-ingest -a arc -u alice mail.eml
	status '  also for ms-fetch' 0 fetch shim MS_SANDBOX=require MS_SHIM_LANDLOCK=$version
	for deed in write connect; do
		run_ingest attack input $deed MS_SHIM_LANDLOCK=$version
		refused "Landlock $version"
	done
done
finish
