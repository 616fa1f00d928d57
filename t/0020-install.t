#!/bin/sh
# 0020-install.t - `make install` copies the tools, their manuals and the
# completion into the folders that the user names, and `make uninstall` removes
# them. If packages are missing, `make demo` says what to type.
. "$(dirname "$0")/lib.sh"
[ "${SAN-}" != 1 ] || skip install 'a build with sanitizers is not installed'
unset MAKEFLAGS MAKELEVEL MFLAGS

status 'make install' 0 \
	make -s -C "$top" install DESTDIR="$scratch/root" PREFIX=/opt/ms
find "$top/cmd" -name 'ms-*.c' | sed 's,.*/,,; s/\.c$//' | sort >want
find root/opt/ms/bin -type f -perm 755 | sed 's,.*/,,' | sort >got
same 'every tool is installed' want got
find "$top/man" -name '*.[1-9]' | sed 's,.*/,,' | sort >want
find root/opt/ms/share/man/man? -type f | sed 's,.*/,,' | sort >got
same 'every manual is installed' want got
ok 'a manual is in the folder of its section' test -s root/opt/ms/share/man/man7/ms.7
for f in bash-completion/completions/ms-list zsh/site-functions/_ms fish/vendor_completions.d/ms-list.fish; do
	ok "the completion is installed: $f" test -s "root/opt/ms/share/$f"
done
status 'make uninstall' 0 make -s -C "$top" uninstall DESTDIR="$scratch/root" PREFIX=/opt/ms
ok 'no file is left' test -z "$(find root -type f)"
status 'make install into other folders' 0 \
	make -s -C "$top" install DESTDIR="$scratch/r2" BINDIR=/b MANDIR=/m
ok 'BINDIR and MANDIR name the folders' test -s r2/m/man7/ms.7

# A system without the package libfoo-dev, whose user is not root.
mkdir bin
printf '#!/bin/sh\ncase $* in *libfoo*) echo not-installed ;; *) echo installed ;; esac\n' >bin/dpkg-query
printf '#!/bin/sh\necho "$@" >>apt.log\n' >bin/apt-get
printf '#!/bin/sh\necho 1000\n' >bin/id
chmod 755 bin/*
deps() { PATH="$PWD/bin:$PATH" "$top/t/deps.sh" "$@"; }
status 'all packages are there' 0 deps libbar-dev
ok 'nothing is said' empty out
status 'a package is missing' 1 deps libfoo-dev libbar-dev
ok 'the command is printed' grep -qx '    sudo apt-get install --no-install-recommends libfoo-dev' out
ok 'nothing is installed' test ! -e apt.log
status 'it is not wanted' 0 env MS_NO_DEPS=1 PATH="$PWD/bin:$PATH" "$top/t/deps.sh" libfoo-dev
printf '#!/bin/sh\necho 0\n' >bin/id
status 'root installs it' 0 deps libfoo-dev
ok 'with apt-get' grep -q '^install .*libfoo-dev$' apt.log
finish
