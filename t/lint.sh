#!/bin/sh
# usage: t/lint.sh - runs every check that only reads the sources. CFLAGS and
# LAYERS are those of the build. Status 1: a check failed.
bad=0
complain() { bad=1 && echo "lint: $1"; }

c=$(find lib cmd t -name '*.c' | sort)
h=$(find lib cmd t -name '*.h' | sort)
sh=$(find t contrib .ci -name '*.t' -o -name '*.sh' -o -path .ci/run -o -path t/bench/run)
# shellcheck disable=SC2086 # lists of words, all of them
set -- $CFLAGS -iquote t -iquote t/unit -iquote lib -iquote cmd/runner $LAYERS

# shellcheck disable=SC2086
clang-format --dry-run -Werror $c $h || complain clang-format
# cppcheck has no option -iquote.
# shellcheck disable=SC2086,SC2046
cppcheck --quiet --std=c11 --enable=warning,performance,portability \
	--inline-suppr --error-exitcode=1 --suppress=missingIncludeSystem \
	-D_GNU_SOURCE $(echo " $LAYERS" | sed 's/ -iquote  */ -I/g') \
	-Ilib -Icmd/runner -It -It/unit $c || complain cppcheck
# Each run has one file, because clang-tidy 14 reports a false error about
# va_list if it gets several.
# shellcheck disable=SC2016
printf '%s\n' $c | xargs -P "$(nproc)" -I '{}' sh -c '
	file=$1 && shift
	said=$(clang-tidy --quiet "$file" -- "$@" 2>/dev/null) && exit
	printf "%s\nlint: clang-tidy %s\n" "$said" "$file" && exit 1
' sh '{}' "$@" || bad=1
# shellcheck disable=SC2086
shellcheck -S warning -x -P SCRIPTDIR $sh || complain shellcheck
mandoc -Tlint -Wwarning man/*.[1-9] || complain mandoc

# Functions that are unbounded, not reentrant, or hide errors.
# shellcheck disable=SC2086
grep -nwE '(sprintf|vsprintf|strcpy|strcat|strtok|gmtime|localtime|atoi|system)\(' \
	lib/*/*.[ch] cmd/*/*.[ch] t/unit/*.c 2>/dev/null && complain 'functions to avoid'
grep -nE '\<(TODO|FIXME|XXX)\>[^-]' lib/*/*.[ch] cmd/*/*.[ch] 2>/dev/null && complain 'questions belong in the tracker'
for f in t/*.t; do [ -x "$f" ] || complain "$f is not executable"; done
exit $bad
