#!/bin/sh
# 0910-mutants.t - t/mutants.py tells the mutants that a test kills from those
# that survive, in a library of one file.
. "${0%/*}/lib.sh"

mkdir -p lib/sum build/unit
cat >lib/sum/sum.c <<'END'
int sum_digits(const char *s);
int sum_unused(int n);

int
sum_digits(const char *s)
{
	int sum = 0;

	/* The test has no digit 9, and no character before '0'. */
	while (*s != '\0') {
		if (*s >= '0' && *s < '9')
			sum += *s - '0';
		s++;
	}
	return sum;
}

int
sum_unused(int n)
{
	return n * 1;
}
END
# A mutant that never ends needs no processor time after a tenth of a second.
cat >sum.c <<'END'
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include <unistd.h>
int sum_digits(const char *s);
static void
wait_forever(int signal_number)
{
	(void)signal_number;
	for (;;)
		pause();
}
int
main(void)
{
	struct itimerval tenth = {{0, 0}, {0, 100000}};
	signal(SIGALRM, wait_forever);
	setitimer(ITIMER_REAL, &tenth, NULL);
	int bad = sum_digits("12x3") != 6;
	printf("1..1\n%sok 1\n", bad ? "not " : "");
	return bad;
}
END
cc=${CC:-cc}
$cc -shared -fPIC -o build/libms.so lib/sum/sum.c &&
	echo | $cc -shared -x c -Wl,-soname,libmutant.so -o build/libmutant.so - &&
	$cc -o build/unit/sum sum.c -Wl,--no-as-needed build/libmutant.so \
		"$PWD/build/libms.so" -Wl,-rpath,"$PWD/build"
mutants() { B=build CFLAGS=-std=c17 "$top/t/mutants.py" -v -j 2 -s 1 "$@"; }

status 'the mutants of a file are tried' 0 mutants -n 99 lib/sum/sum.c
ok 'a mutant that gives a wrong sum is killed' \
	grep "^# lib/sum/sum.c:12: '-=' killed: build/unit/sum failed" out
ok 'a mutant that never ends is killed' \
	grep "^# lib/sum/sum.c:13: '' killed: build/unit/sum timed out" out
ok 'a mutant that does not change the sum in the test survives' \
	grep '^lib/sum/sum.c:11: survived$' out
ok 'a line that no test runs is named' \
	grep '^lib/sum/sum.c:21: survived (no test runs this line)$' out
ok 'a mutant with the same object code is not counted' \
	sh -c 'grep "^ *+ *return n \* 2;" out && ! grep "return n / 1;" out'
status 'too few killed mutants are a failure' 1 \
	mutants -p 100 lib/sum/sum.c:11
finish
