#!/bin/sh
# 0050-guide.t - the files and functions that CONTRIBUTING, README and ms(7)
# name exist.
. "$(dirname "$0")/lib.sh"
cd "$top" || exit

find cmd lib man t contrib -type f >"$scratch/files"
sed 's,.*/,,' "$scratch/files" | sort -u >"$scratch/names"
sed -n 's/^#include <\(.*\)>/\1/p' lib/*/*.[ch] cmd/*/*.[ch] | sed 's,.*/,,' >>"$scratch/names"
cat lib/*/*.[ch] cmd/*/*.[ch] t/*.sh | grep -oE '\b[a-zA-Z_][a-zA-Z0-9_]*\b' |
	sort -u >"$scratch/identifiers"

# missing_from GUIDE: prints the files and identifiers that a guide names and
# that do not exist.
missing_from() {
	grep -oE '\b(cmd|lib|man|t|contrib)/[a-z0-9/-]+[a-z0-9](-\*)?\.[a-z0-9]+\b' "$1" | sort -u |
		grep -v -e '\*' -e NNNN -e NAME -e sink-maildir | grep -vxF -f "$scratch/files"
	grep -oE '\b[a-z0-9-]+\.[ch]\b' "$1" | sort -u |
		grep -vx sink-maildir.c | grep -vxF -f "$scratch/names"
	grep -oE '\b([a-z_]+\(\)|(struct|enum) [a-z_]+[a-z]\b|MS_[A-Z_]+[A-Z]\b)' "$1" |
		sed 's/()//; s/^struct //; s/^enum //' | sort -u |
		grep -vx -e MS_MODULE_LIMIT |
		grep -vxF -f "$scratch/identifiers"
}

printf 'lib/log/no-such-file.c and ms_no_such()\n' >"$scratch/wrong"
missing_from "$scratch/wrong" | sort >"$scratch/got"
printf 'lib/log/no-such-file.c\nms_no_such\nno-such-file.c\n' >"$scratch/want"
same 'a wrong name is detected' "$scratch/want" "$scratch/got"
for guide in CONTRIBUTING README man/ms.7; do
	missing=$(missing_from "$guide" | tr '\n' ' ')
	ok "$guide: everything that it names exists:$missing" test -z "$missing"
done
finish
