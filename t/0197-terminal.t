#!/bin/sh
# 0197-terminal.t - what only a terminal gets: a pager, colours, dates in the
# format of the reader, and tables (ms(7), Terminals; ms-config(5)).
# shellcheck disable=SC2154 # set by lib.sh
. "$(dirname "$0")/lib.sh"
terminal || finish
unset PAGER NO_COLOR
config=$HOME/.config/ms/config
export MS_USER=anna MS_ARCHIVE=arc TERM=xterm
mkdir -p "${config%/*}"
on_terminal() { "$top/t/on-terminal.py" 80 "$@"; }

ms-init arc
printf 'From: ben@example.org\nDate: Mon, 2 Mar 2026 23:30:00 +0000\nSubject: Minutes\n\nx\n' >1.eml
ms-ingest -q 1.eml
for name in first second; do
	printf 'kind = files\nuser = anna\nfile = %s\n' "$PWD/$name.eml" >$name.ini
	ms-profile add -f $name.ini $name
done
cp 1.eml second.eml
ms-profile run -q first second 2>/dev/null
ms-list >lines

# ---- the pager ----
# It marks the lines that go through it.
mark="sed 's/^/paged: /'"
status 'a list' 0 env PAGER="$mark" "$top/t/on-terminal.py" 80 ms-list
ok '  is shown in the pager of the environment' grep -q '^paged: .*Minutes' out
status '--no-pager' 0 env PAGER="$mark" "$top/t/on-terminal.py" 80 ms-list --no-pager
ok '  shows the list without it' absent -q paged out
ok '  the list is there' grep -q Minutes out
for option in -v --json; do
	ms-list $option >want
	status "$option on a terminal" 0 on_terminal ms-list --no-pager $option
	tr -d '\r' <out >got
	same '  prints what a file gets' want got
done
echo "pager = sed 's/^/file: /'" >"$config"
status 'the key pager' 0 on_terminal ms-list
ok '  names it' grep -q '^file: .*Minutes' out
status 'the environment has precedence' 0 env PAGER="$mark" "$top/t/on-terminal.py" 80 ms-list
ok '  over the key' grep -q '^paged: .*Minutes' out
for none in '' cat; do
	status "the pager '$none'" 0 env PAGER="$none" "$top/t/on-terminal.py" 80 ms-list
	ok '  is none' absent -q 'file:' out
done
for verb in list status log; do
	status "ms-profile $verb" 0 env PAGER="$mark" "$top/t/on-terminal.py" 80 ms-profile $verb
	ok '  is shown in the pager' grep -q '^paged: .*first' out
	status "ms-profile $verb --no-pager" 0 env PAGER="$mark" "$top/t/on-terminal.py" 80 ms-profile $verb --no-pager
	ok '  is not' absent -q paged out
done
status 'a pipe' 0 env PAGER="$mark" ms-list
same '  gets the lines without a pager' lines out
status 'a user of --as' 0 env PAGER="$mark" "$top/t/on-terminal.py" 80 ms-list --as anna
ok '  gets no pager' absent -q 'paged\|file:' out
status 'the pager ends before it has read all' 0 env PAGER='head -n 0' "$top/t/on-terminal.py" 80 ms-list
status 'the pager does not exist' 0 env PAGER=/none "$top/t/on-terminal.py" 80 ms-list
rm "$config"

# ---- the width ----
failed='ms-profile log --mailboxes --no-pager --failed-only'
# shellcheck disable=SC2086
status 'a table of 80 columns' 1 on_terminal $failed
ok '  has the reason in a line of its own' grep -q '^    .*first.eml: No such file' out
# shellcheck disable=SC2086
status 'COLUMNS makes it wider' 1 env COLUMNS=200 "$top/t/on-terminal.py" 80 $failed
ok '  the reason is in the last column' grep -q '^mailbox .*first.eml: No such file' out
for no in 0 19 -1 99999999999 x ''; do
	# shellcheck disable=SC2086
	status "no width: '$no'" 1 env COLUMNS="$no" "$top/t/on-terminal.py" 80 $failed
	ok '  does not count' grep -q '^    .*first.eml: No such file' out
done

# ---- colours ----
export PAGER=cat
coloured() { grep -aq "$(printf '\033\\[[0-9]')" "$@"; }
plain() { ! coloured "$@"; }
status 'a terminal' 0 on_terminal ms-list
ok '  gets colours' coloured out
status '--color=never' 0 on_terminal ms-list --color=never
ok '  gives none' plain out
status 'NO_COLOR' 0 env NO_COLOR=1 "$top/t/on-terminal.py" 80 ms-list
ok '  gives none' plain out
status 'NO_COLOR without a value' 0 env NO_COLOR= "$top/t/on-terminal.py" 80 ms-list
ok '  says nothing' coloured out
status 'a terminal without colours' 0 env TERM=dumb "$top/t/on-terminal.py" 80 ms-list
ok '  gets none' plain out
status '--color=always has precedence over NO_COLOR' 0 env NO_COLOR=1 "$top/t/on-terminal.py" 80 ms-list --color=always
ok '  and gives colours' coloured out
echo 'color = never' >"$config"
status 'the key color: never' 0 on_terminal ms-list
ok '  gives none' plain out
status '--color has precedence' 0 on_terminal ms-list --color always
ok '  over the key' coloured out
echo 'color = always' >"$config"
status 'the key color: always' 0 env NO_COLOR=1 "$top/t/on-terminal.py" 80 ms-list
ok '  has no precedence over NO_COLOR' plain out
status 'a failure' 66 ms-list --color=always -a none
ok '  is red' coloured err
rm "$config"
status 'a pipe' 0 ms-list
same '  gets lines without colours' lines out
status 'a failure without a terminal' 66 ms-list -a none
ok '  has no colours' plain err

# ---- dates ----
status 'a date' 0 on_terminal ms-list
ok '  has the form 2026-03-02' grep -q ' 2026-03-02 ' out
echo 'date = %d.%m.%Y' >"$config"
status 'the key date' 0 on_terminal ms-list
ok '  gives another form' grep -q ' 02.03.2026 ' out
status 'the local time' 0 env TZ=CET-1 "$top/t/on-terminal.py" 80 ms-list
ok '  decides the day' grep -q ' 03.03.2026 ' out
status 'the date of a run' 0 on_terminal ms-profile log
ok '  has the form and the time' grep -Eq '^[0-9]{2}\.[0-9]{2}\.2[0-9]{3} [0-9]{2}:[0-9]{2} ' out
status 'a pipe' 0 ms-list
same '  gets the dates of always' lines out
rm "$config"

# ---- tables ----
table() {
	status "ms-profile $1 on a terminal" 0 on_terminal ms-profile "$1" --color=never
	head -n 1 out | tr -d '\r' >first.line
	echo "$2" >want
	same '  has headings' want first.line
	status "ms-profile $1 into a pipe" 0 ms-profile "$1"
	ok '  has none' absent -q 'PROFILE' out
	ok '  has fields' grep -q '	' out
	status "ms-profile $1 --json on a terminal" 0 on_terminal ms-profile "$1" --json
	ok '  prints JSON' sh -c 'tr -d "\r" <out | jq -e .'
}
table list 'PROFILE  KIND   OWNER  STATE    RESULT     WHEN'
table status 'PROFILE  STATE  RESULT     WHEN'
table log 'WHEN              PROFILE  MAILBOX  RESULT    STATUS  SEEN  NEW  KNOWN  FAILED  TIME'
status 'ms-profile log' 0 ms-profile log
printf 'second\nfirst\n' >want && cut -f 3 out >got
same '  has the newest run first' want got
status '  as its help says' 0 ms-profile log --help
ok '    and its manual' grep -q 'the newest first' out

ms-users add ben --authentication none --address ben@example.org --full-name 'Ben Example' >/dev/null
cat >want <<'END'
USER  PRIVILEGES             ADDRESSES        FULL NAME
anna  admin
ben   login,change-password  ben@example.org  Ben Example
END
status 'ms-users list on a terminal' 0 on_terminal ms-users list --color=never
tr -d '\r' <out >got
same '  is a table, without what is the same for all' want got
ms-users set ben --disabled >/dev/null
status 'with a disabled user' 0 on_terminal ms-users list
ok '  it has the state' grep -q 'ben   disabled' out
printf 'anna\tenabled\tnone\tadmin\t\t\nben\tdisabled\tnone\tlogin,change-password\tben@example.org\tBen Example\n' >want
status 'ms-users list into a pipe' 0 ms-users list
same '  prints lines' want out
status 'ms-users list -z on a terminal' 0 on_terminal ms-users list -z
tr '\0' '\n' <out >got
same '  prints them too' want got

ms-ingest -q -u ben -d "Work/$(printf 'a\033[1mb')" 1.eml
cat >want <<'END'
USER  FOLDER       MESSAGES  SIZE  FIRST       LAST
anna  INBOX               1  84 B  2026-03-02  2026-03-02
ben   Work/a?[1mb         1  84 B  2026-03-02  2026-03-02
END
status 'ms-list --summary on a terminal' 0 on_terminal ms-list --summary --color=never
tr -d '\r' <out >got
same '  is a table' want got
status '  of one user' 0 on_terminal ms-list --summary -u ben
ok '  has no users' absent -q 'USER\|ben' out
status '  of nothing' 0 on_terminal ms-list --summary subject:nothing
ok '  is empty' empty out
status 'ms-list --summary into a pipe' 0 ms-list --summary -u anna
printf 'anna\tINBOX\t1\t84\t2026-03-02T23:30:00Z\t2026-03-02T23:30:00Z\n' >want
same '  prints a line' want out
finish
