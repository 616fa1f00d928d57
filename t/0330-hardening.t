#!/bin/sh
# 0330-hardening.t - the tools are built with the hardening flags of the
# Makefile: readelf and objdump show them in each executable. The rows are those of
# hardening-check, and more. It must agree if it is installed (Debian: devscripts,
# which needs 35 packages); but it reports no program of Debian 12 as protected
# against wrong jumps, because it looks for a mark that the linker leaves out if
# the start files of the C library lack it.
. "$(dirname "$0")/lib.sh"
[ "${SAN-}${MUTANTS-}" = '' ] || skip hardening 'a build for tests is not hardened'
command -v readelf >/dev/null || skip readelf 'no readelf (Debian: binutils)'

# jumps FILE: indirect jumps reach only marked places; x86 and ARM.
jumps() {
	case $(uname -m) in
	x86_64) objdump -d "$1" | grep -q endbr64 ;;
	aarch64) objdump -d "$1" | grep -Eq 'paciasp|bti' ;;
	*) return 0 ;;
	esac
}
# probes FILE: a large frame touches each page of the stack.
probes() {
	[ "$(uname -m)" != x86_64 ] || objdump -d "$1" | grep -Eq 'or[a-z]* +\$0x0,(0x[0-9a-f]+)?\(%rsp'
}
for tool in "$build"/bin/ms-*; do
	name=${tool##*/}
	readelf -Whld "$tool" >elf
	readelf -Ws "$tool" >symbols
	ok "$name is loaded at a random address" grep -q 'Type: *DYN' elf
	ok '  its tables are read-only' grep -q GNU_RELRO elf
	ok '  and filled before it runs' grep -q BIND_NOW elf
	ok '  its stack is not code' grep -Eq 'GNU_STACK.* RW +0x' elf
	ok '  its stack is protected' grep -q __stack_chk_fail symbols
	ok '  calls of the C library are checked' grep -Eq '__(memcpy|memmove|read|printf|fprintf|snprintf|vsnprintf|vasprintf)_chk' symbols
	ok '  the stack grows by single pages' probes "$tool"
	ok '  jumps are checked' jumps "$tool"
	ok '  it has no copy of another library' absent -E 'GLOBAL DEFAULT +[0-9]+ (mailmime|SSL|ZSTD|mdb|json)_' symbols
	command -v hardening-check >/dev/null || continue
	ok '  hardening-check agrees' hardening-check --nocfprotection "$tool"
done
command -v hardening-check >/dev/null || tap_row ok '# SKIP no hardening-check (Debian: devscripts)'
finish
