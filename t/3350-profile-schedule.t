#!/bin/sh
# 3350-profile-schedule.t - schedules. The lines for cron can be run in an empty
# environment, and systemd accepts the units.
. "$(dirname "$0")/lib.sh"

# Names with characters that are special to a shell, cron or systemd.
arc="$scratch/my \$arc 'x' 100%"
name="it's 5% of \"all\" \$HOME; touch oops"
P() { ms-profile -a "$arc" "$@"; }
ms-init "$arc"
ms-users -a "$arc" add bob
mkdir mail && printf 'Subject: one\n\n1\n' >mail/1.eml
status 'a profile is added' 0 P add --kind files --user bob --file mail --schedule 'every 15 minutes' "$name"
status 'a profile is added that will be disabled' 0 P add --kind files --user bob --file mail --schedule hourly off
P disable off
status 'a profile without a schedule is added' 0 P add --kind files --user bob --file mail never
status 'a profile that is always running is added' 0 P add --kind mailbox --user bob --url imaps://bob@h/ \
	--password-file mail/1.eml --schedule continuous follow

# ---- cron ----

status 'a crontab is printed' 0 P crontab
ok '  it has two lines' [ "$(wc -l <out)" = 2 ]
ok '  the profile that is always running has a line' grep -q '^@reboot .* run -q --follow follow$' out
line=$(grep -v ^@ out)
ok '  the other line has the right times' [ "$(echo "$line" | cut -d ' ' -f 1-5)" = '*/15 * * * *' ]
# The line is read as cron does it: a % ends the command, and \% is a %.
command=$(printf '%s\n' "$line" | cut -d ' ' -f 6-)
ok '  it has no % without a backslash' sh -c '! printf "%s" "$1" | sed "s/\\\\%//g" | grep -q %' sh "$command"
command=$(printf '%s\n' "$command" | sed 's/\\%/%/g')
cron() { (cd / && env -i HOME="$scratch" SHELL=/bin/sh PATH=/usr/bin:/bin /bin/sh -c "$command"); }
status 'the line runs in an empty environment' 0 cron
ok '  the output is empty' sh -c 'cat out err | cmp -s - /dev/null'
ok '  no part of the name is run as a command' test ! -e oops -a ! -e /oops
ok '  the mail is archived' [ "$(ms-list -a "$arc" -u bob | wc -l)" = 1 ]
ok '  the log has the run' [ "$(P log | cut -f 3,5)" = "$name	succeeded" ]
P disable "$name"
status 'the line of a disabled profile does nothing' 0 cron
ok '  the output is empty' sh -c 'cat out err | cmp -s - /dev/null'
ok '  there was no run' [ "$(P log | wc -l)" = 1 ]
status 'a disabled profile can be run by hand' 0 P run -q "$name"
# A cron removes a backslash before %, and some crons one before a backslash.
for odd in 'a\%b' 'c\\d\' "e\\'f" '\\%%\'; do
	P add --kind files --user bob --file mail --schedule hourly "$odd"
	P crontab "$odd" | cut -d ' ' -f 6- >line
	for others in '%' '%\\'; do
		perl -pe 's/\\(.)/index("'"$others"'", $1) < 0 ? "\\$1" : $1/ge' line >unescaped
		eval "set -- $(cat unescaped)"
		for last; do :; done
		ok "the name $odd is right in cron, which unescapes $others" [ "$last" = "$odd" ]
	done
	P delete "$odd"
done
rm -r mail
P enable "$name"
status 'errors are printed' 66 cron
ok '  stderr has the error' grep -q 'failed, status 66' err
status 'a crontab of a disabled profile and of one without a schedule' 0 P crontab off never
ok '  there is no line' empty out
ok '  a message names the reason' grep -qx 'ms-profile: never: has no schedule' err
status 'a crontab of a profile that does not exist' 66 P crontab nobody

# ---- systemd ----

status 'systemd units are printed' 0 P timer
ok '  there are three' [ "$(grep -c '^# ms-profile-' out)" = 3 ]
mkdir units
status 'systemd units are written to files' 0 P timer -o units
ok '  there are three' [ "$(find units -name 'ms-profile-*.service' -o -name 'ms-profile-*.timer' | wc -l)" = 3 ]
ok '  everybody can read them' [ "$(stat -c %a units/ms-profile-follow.service)" = 644 ]
ok '  the service that follows a mailbox is restarted' grep -qx Restart=always units/ms-profile-follow.service
ok '  it is not restarted after a refused login' grep -q '^RestartPreventExitStatus=.* 77' units/ms-profile-follow.service
ok '  a timer has the times' sh -c 'grep -qx "OnCalendar=\*-\*-\* \*:00,15,30,45:00" units/*.timer'
status 'a directory that does not exist' 66 P timer -o none
command -v systemd-analyze >/dev/null || skip systemd 'no systemd-analyze'
for unit in units/*; do
	status "systemd accepts $unit" 0 systemd-analyze verify --man=no "$unit"
	ok '  nothing is printed' absent -F 'ms-profile' err
done
for s in hourly 'daily 03:30' 'weekly Fri 1:00' 'monthly 31 23:59' 'every 2 hours' \
	'5,35 8-17 * * 1-5' '0 0 13 * 5' '0 0 */10 * 5' '*/7 */5 1-7 jan-mar 0-6/2'; do
	P delete never && P add --kind files --user bob --file /x --schedule "$s" never 2>/dev/null
	P timer never | sed -n 's/^OnCalendar=//p' >when
	ok "systemd accepts the times of: $s" sh -c 'xargs -d "\n" systemd-analyze calendar <when'
done

# ---- a path that would end the line ----

odd=$(printf 'two\nlines')
ms-init -u bob "$odd"
ms-profile -a "$odd" add --kind files --user bob --file "$PWD" --schedule hourly p
status 'crontab: an archive with a newline in its path' 64 ms-profile -a "$odd" crontab p
ok '  no line is printed' empty out
status 'timer: the same' 64 ms-profile -a "$odd" timer p
ok '  no unit is printed' empty out
finish
