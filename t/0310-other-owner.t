#!/bin/sh
# 0310-other-owner.t - archives that another user owns, or to which others can
# write: they are read, and nothing is written or run, unless the configuration
# of the caller lists them as safe. No link below an archive is followed.
# ms_archive_trust(); ms-config(5), safe.
. "$(dirname "$0")/lib.sh"
ms-init -u anna arc
printf 'Subject: 1\n\n1\n' >1.eml && ms-ingest -q -a arc -u anna 1.eml
echo "touch '$scratch/ran'; echo pw" >cmd.sh && chmod 755 cmd.sh
ms-profile -a arc add --kind mailbox --user anna --url imaps://a@127.0.0.1:1/ \
	--password-command ". $scratch/cmd.sh" p
find arc | sort >files

# refused WORDS: nothing is written or run.
refused() {
	while read -r args; do
		# shellcheck disable=SC2086
		status "$1: $args" 77 $args
		ok '  the message gives the reason' grep -q "$2" err
	done <<'END'
ms-ingest -a arc -u anna 1.eml
ms-users -a arc add bob
ms-users -a arc passwd anna
ms-profile -a arc check p
ms-profile -a arc run p
ms-profile -a arc stop p
ms-profile -a arc disable p
ms-profile -a arc secret --password-fd 0 s
ms-verify -a arc --rebuild-index
END
	find arc | sort >got
	same '  no file was made' files got
	ok '  no command was run' [ ! -e ran ]
}
readable() {
	while read -r args; do
		# shellcheck disable=SC2086
		status "$1: $args" 0 $args
	done <<'END'
ms-list -a arc
ms-export -a arc
ms-users -a arc list
ms-profile -a arc list
ms-profile -a arc status
ms-profile -a arc show p
ms-verify -a arc -q
ms-verify -a arc -q --quick
END
	ms-list -a arc >got && cut -f 7 got >subjects && echo 1 >want
	same '  the mail is listed' want subjects
	find arc | sort >got
	same '  no file was made' files got
}
safe() {
	mkdir -p .config/ms && echo "safe = $1" >.config/ms/config
}

chmod 777 arc
refused 'others can write' 'other users can write there'
readable 'others can write'
chmod 770 arc
status 'the group can write' 77 ms-ingest -a arc -u anna 1.eml
chmod 755 arc
while read -r mode what; do
	chmod "$mode" "arc/$what"
	status "arc/$what has mode $mode" 77 ms-ingest -a arc -u anna 1.eml
	ok '  it is named' grep -q "/arc/$what: other users can write there" err
	status '  the mail can be read' 0 ms-list -a arc
	chmod 700 arc
	status '  nobody can reach it' 0 ms-ingest -q -a arc -u anna 1.eml
	chmod 755 arc && chmod go-rwx "arc/$what"
done <<-'END'
	666 FORMAT
	660 lock
	777 tmp
	733 secret
	1777 index
	720 pack
END
chmod 755 arc/index arc/pack && chmod 606 arc/index/data.mdb
status 'a file in a directory of the archive' 77 ms-profile -a arc check p
ok '  it is named' grep -q '/arc/index/data.mdb: other users' err
chmod 600 arc/index/data.mdb && chmod 662 arc/pack/00000001.pack
status 'a pack' 77 ms-users -a arc add carl
chmod 644 arc/pack/00000001.pack
ln -s /tmp arc/link
status 'a link to what others can write' 0 ms-ingest -q -a arc -u anna 1.eml
rm arc/link
if setfacl -m u:65534:rwx arc 2>/dev/null; then
	status 'an ACL' 77 ms-ingest -a arc -u anna 1.eml
	setfacl -b arc
fi
chmod 770 arc
safe "$PWD/other"
status 'another archive is safe' 77 ms-ingest -a arc -u anna 1.eml
ln -s arc alias
safe "$PWD/alias/"
status 'this archive is safe' 0 ms-ingest -a arc -u anna 1.eml
ok '  commands are run' sh -c 'ms-profile -a arc check p; test -e ran'
rm -rf .config ran && chmod 700 arc

mkdir loose && chmod 777 loose
status 'ms-init takes the permissions from others' 0 ms-init -u anna loose
ok '  the mode is 0700' [ "$(stat -c %a loose)" = 700 ]

# ---- links below the archive ----

mkdir away away/password
ms-init -u anna linked && export MS_ARCHIVE=linked
ms-users set --authentication integrated anna
ms-profile add --kind files --user anna --file "$PWD/1.eml" p
echo pw >pw && chmod 600 pw
ln -s ../away linked/run
status 'run is a link' 74 ms-profile run p
rm linked/run && ms-profile run -q p && echo kept >away/kept
for f in linked/run/*; do ln -sf ../../away/kept "$f"; done
status 'the lock of a profile is a link' 74 ms-profile run p
rm -r linked/run
mkdir linked/secret/new && ln -s ../../away/password linked/secret/password
status 'secret/password is a link' 77 ms-users passwd --password-file pw anna
rm linked/secret/password && rmdir linked/secret/new && ln -s ../../away linked/secret/new
status 'secret/new is a link' 77 ms-users passwd --password-file pw anna
rm linked/secret/new && ln -s ../../away linked/secret/profile
status 'secret/profile is a link' 74 ms-profile secret --password-file pw s
rmdir linked/secret 2>/dev/null || { rm -r linked/secret && ln -s ../away linked/secret; }
status 'secret is a link' 74 ms-users passwd --password-file pw anna
rm linked/secret && mkdir -m 700 linked/secret
for f in FORMAT lock pack tmp pack/00000001.pack index/lock.mdb index/data.mdb; do
	mv "linked/$f" away/moved && ln -s "$scratch/away/moved" "linked/$f"
	"$build/bin/ms-ingest" -q -u anna 1.eml >out 2>err
	got=$?
	ok "$f is a link" [ $got -ne 0 ]
	rm "linked/$f" && mv away/moved "linked/$f"
done
find away | sort >got && printf '%s\n' away away/kept away/password >want
same 'nothing was written to the targets' want got
ok 'and no file was changed' grep -qx kept away/kept

# A FIFO that nobody writes to makes no reader wait.
for f in FORMAT lock pack/00000001.pack pack/00000002.pack index/lock.mdb index/data.mdb; do
	cp -r linked fifo && rm -f "fifo/$f" && mkfifo "fifo/$f"
	for tool in 'ms-list' 'ms-export -q' 'ms-verify -q'; do
		# shellcheck disable=SC2086 # words
		MS_ARCHIVE=fifo timeout 20 $tool >out 2>err
		got=$?
		ok "$f is a FIFO: $tool does not wait" [ $got -lt 124 ]
	done
	rm -r fifo
done

# ---- another user, as root ----

if [ "$(id -u)" = 0 ] && chown -R 65534 arc 2>/dev/null; then
	export MS_ARCHIVE=
	refused 'root, archive of another user' "sudo -u $(id -nu 65534 2>/dev/null || echo '#65534')"
	readable 'root, archive of another user'
	safe "$PWD/arc"
	status 'root lists it as safe' 0 ms-ingest -a arc -u anna 1.eml
	rm -r .config && chown -R 65534 arc
	chown -R 0 arc && chown 65534 arc/index/data.mdb && chmod 755 arc arc/index
	status 'root, a file of another user in the own archive' 77 ms-ingest -a arc -u anna 1.eml
	ok '  it is named' grep -q '/arc/index/data.mdb: other users' err
	# The other way round: an archive of root that another user can read.
	chown -R 0 arc && chmod -R go+rX arc && chmod 755 . && mkdir -m 700 home && chown 65534 home
	as() { HOME=$scratch/home setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
	if as test -x "$build/bin/ms-list"; then
		status 'a user reads the archive of root' 0 as ms-list -a arc
		status '  cannot write to it' 77 as ms-ingest -a arc -u anna 1.eml
		ok '  the message names the configuration' grep -q "list it as 'safe' in $scratch/home/.config/ms/config" err
		status '  and runs nothing of it' 77 as ms-profile -a arc check p
		ok '    no command was run' [ ! -e ran ]
	fi
fi
finish
