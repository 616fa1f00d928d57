#!/bin/sh
# 0020-install.t - make install puts the tools and their manuals into the
# given folders.
. "$(dirname "$0")/lib.sh"
[ "${SAN-}" != 1 ] || skip install 'nobody installs a sanitized build'
unset MAKEFLAGS MAKELEVEL MFLAGS

status 'make install' 0 \
	make -s -C "$top" install DESTDIR="$scratch/root" PREFIX=/opt/ms
find "$top/cmd" -name 'ms-*.c' | sed 's,.*/,,; s/\.c$//' | sort >want
find root/opt/ms/bin -type f -perm 755 | sed 's,.*/,,' | sort >got
same 'every tool' want got
find "$top/man" -name '*.[1-9]' | sed 's,.*/,,' | sort >want
find root/opt/ms/share/man/man? -type f | sed 's,.*/,,' | sort >got
same 'every manual' want got
ok 'in its section' test -s root/opt/ms/share/man/man7/ms.7
status 'elsewhere' 0 \
	make -s -C "$top" install DESTDIR="$scratch/r2" BINDIR=/b MANDIR=/m
ok 'BINDIR and MANDIR are heeded' test -s r2/m/man7/ms.7
finish
