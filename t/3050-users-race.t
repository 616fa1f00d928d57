#!/bin/sh
# 3050-users-race.t - two administrators change users at the same time, while
# mail arrives. A name, an address or a POP3 name belongs to one user only, and
# no change is lost.
. "$(dirname "$0")/lib.sh"
export MS_ARCHIVE=arc
rounds=${MS_SOAK:+60}
rounds=${rounds:-12}
ms-init -u root arc
ms-users add left right

# both COMMAND COMMAND: runs two commands at the same time, and sets $one and
# $two to their statuses.
both() {
	sh -c "$1" 2>err.one &
	first=$!
	sh -c "$2" 2>err.two &
	second=$!
	wait $first
	one=$?
	wait $second
	two=$?
}

bad=0
i=0
while [ $((i += 1)) -le "$rounds" ]; do
	both "ms-users add --full-name 1 new$i" "ms-users add --full-name 2 new$i"
	case $one$two in 073 | 730) ;; *) bad=$((bad + 1)) && note "round $i: $one $two" ;; esac
	ms-users show new$i | grep -q "^full-name	$([ $one -eq 0 ] && echo 1 || echo 2)$" ||
		{ bad=$((bad + 1)) && note "round $i: the user has the settings of the refused command"; }
done
ok 'only one of two users gets a name' test "$bad" -eq 0

bad=0 i=0
while [ $((i += 1)) -le "$rounds" ]; do
	both "ms-users addresses --add left A$i@x.org" "ms-users addresses --primary right a$i@X.ORG"
	case $one$two in 073 | 730) ;; *) bad=$((bad + 1)) && note "round $i: $one $two" ;; esac
done
ok 'only one of two users gets an address' test "$bad" -eq 0
ok 'all addresses are listed' test "$(ms-users list | cut -f 5 | tr ',' '\n' | grep -c @)" -eq "$rounds"

bad=0 i=0
while [ $((i += 1)) -le "$rounds" ]; do
	both "ms-users rename left name$i" "ms-users rename right name$i"
	case $one$two in 073 | 730) ;; *) bad=$((bad + 1)) && note "round $i: $one $two" ;; esac
	if [ $one -eq 0 ]; then ms-users rename name$i left; else ms-users rename name$i right; fi
done
ok 'only one of two users gets a new name' test "$bad" -eq 0

# Both changes of different settings of one user are stored.
bad=0 i=0
while [ $((i += 1)) -le "$rounds" ]; do
	both "ms-users set --full-name F$i left" "ms-users grant left admin && ms-users set --dn dn$i left"
	[ "$one$two" = 00 ] || bad=$((bad + 1))
	ms-users show left >shown
	grep -q "^full-name	F$i$" shown && grep -q "^dn	dn$i$" shown || bad=$((bad + 1))
	ms-users revoke left admin
done
ok 'no change is lost because of the other one' test "$bad" -eq 0

bad=0 i=0
while [ $((i += 1)) -le "$rounds" ]; do
	both "ms-users addresses --add left one$i@x.org" "ms-users addresses --add left two$i@x.org"
	[ "$one$two" = 00 ] || bad=$((bad + 1))
done
ok 'two commands add addresses to one user' test "$bad" -eq 0
ok 'the user has all of them' test "$(ms-users addresses left | grep -c -e ^one -e ^two)" -eq $((2 * rounds))

# Two files with the same users are imported, while ms-ingest creates users,
# too.
i=0
{
	echo name,addresses
	while [ $((i += 1)) -le 300 ]; do echo "many$i,many$i@x.org"; done
} >one.csv
sed 's/^many\([0-9]*\),/many\1,zwei\1@x.org;/; 1s/.*/name,addresses/' one.csv >two.csv
i=0
while [ $((i += 1)) -le 300 ]; do
	printf 'From a@example.org Thu Nov 12 10:00:00 2026\nSubject: %d\n\n%d\n\n' $i $i
done >mbox
both 'ms-users import one.csv >said.one; s=$?; ms-ingest -q --create-user -u many7 mbox && exit $s' \
	'ms-ingest -q --create-user -u many299 mbox; ms-users import two.csv >said.two'
ok 'two imports and two ingests succeed' test "$one$two" = 00
cat err.one err.two >err && note "$(cat err)"
ok 'each user is there once' test -z "$(ms-users list | cut -f 1 | sort | uniq -d)"
ok 'all users are there' test "$(ms-users list | grep -c ^many)" -eq 300
ok 'each address is there once' test -z "$(ms-users list | cut -f 5 | tr ',' '\n' | grep . | sort | uniq -d)"
ok 'the mail of both is complete' test "$(ms-list -u many7 | wc -l)$(ms-list -u many299 | wc -l)" = 300300

# One of two passwords is set.
printf 'one\n' >pw1 && printf 'two\n' >pw2
both 'ms-users passwd --password-file pw1 left' 'ms-users passwd --password-file pw2 left'
ok 'two commands set a password' test "$one$two" = 00
fits=0
for p in one two; do
	printf 'left\0%s\0\0' $p >cred
	ms-users check 3<cred && fits=$((fits + 1))
done
ok 'one of the passwords is valid' test $fits -eq 1
ok 'the log has both changes' test "$(ms-users log left | grep -c '"password":"set"')" -eq 2
status 'ms-verify finds no error' 0 ms-verify -q --data
finish
