#!/bin/sh
# 3350-profile-schedule.t - schedules. The line for cron runs in an empty
# environment, and systemd accepts the units.
. "$(dirname "$0")/lib.sh"

# Names that a shell, cron or systemd could take for something else.
arc="$scratch/my \$arc 'x' 100%"
name="it's 5% of \"all\" \$HOME; touch oops"
P() { ms-profile -a "$arc" "$@"; }
ms-init "$arc"
ms-users -a "$arc" add bob
mkdir mail && printf 'Subject: one\n\n1\n' >mail/1.eml
status 'a profile' 0 P add --kind files --user bob --file mail --schedule 'every 15 minutes' "$name"
status 'one that is disabled' 0 P add --kind files --user bob --file mail --schedule hourly off
P disable off
status 'one without a schedule' 0 P add --kind files --user bob --file mail never
status 'one that never ends' 0 P add --kind mailbox --user bob --url imaps://bob@h/ \
	--password-file mail/1.eml --schedule continuous follow

# ---- cron ----

status 'a crontab' 0 P crontab
ok '  of two lines' [ "$(wc -l <out)" = 2 ]
ok '  one for each that has a schedule and is enabled' grep -q '^@reboot .* run -q --follow follow$' out
line=$(grep -v ^@ out)
ok '  at these minutes' [ "$(echo "$line" | cut -d ' ' -f 1-5)" = '*/15 * * * *' ]
# As cron does it: a bare % ends the command, and \% is %.
command=$(printf '%s\n' "$line" | cut -d ' ' -f 6-)
ok '  without a bare %' sh -c '! printf "%s" "$1" | sed "s/\\\\%//g" | grep -q %' sh "$command"
command=$(printf '%s\n' "$command" | sed 's/\\%/%/g')
cron() { (cd / && env -i HOME="$scratch" SHELL=/bin/sh PATH=/usr/bin:/bin /bin/sh -c "$command"); }
status 'the line runs in an empty environment' 0 cron
ok '  without any output' sh -c 'cat out err | cmp -s - /dev/null'
ok '  nor does what is no business of its' test ! -e oops -a ! -e /oops
ok '  the mail is there' [ "$(ms-list -a "$arc" -u bob | wc -l)" = 1 ]
ok '  and in the log' [ "$(P log | cut -f 3,5)" = "$name	succeeded" ]
P disable "$name"
status 'when it is disabled the line does nothing' 0 cron
ok '  without any output' sh -c 'cat out err | cmp -s - /dev/null'
ok '  there was no run' [ "$(P log | wc -l)" = 1 ]
status 'by hand it runs' 0 P run -q "$name"
rm -r mail
P enable "$name"
status 'errors are printed' 66 cron
ok '  for cron to mail it' grep -q 'failed, status 66' err
status 'of one that is disabled' 0 P crontab off never
ok '  there is no line' empty out
ok '  with a message' grep -qx 'ms-profile: never: has no schedule' err
status 'of a profile that does not exist' 66 P crontab nobody

# ---- systemd ----

status 'units' 0 P timer
ok '  three' [ "$(grep -c '^# ms-profile-' out)" = 3 ]
mkdir units
status 'as files' 0 P timer -o units
ok '  three' [ "$(find units -name 'ms-profile-*.service' -o -name 'ms-profile-*.timer' | wc -l)" = 3 ]
ok '  that anybody can read' [ "$(stat -c %a units/ms-profile-follow.service)" = 644 ]
ok '  the service that follows a mailbox is restarted' grep -qx Restart=always units/ms-profile-follow.service
ok '  but not to try a bad password' grep -q '^RestartPreventExitStatus=.* 77' units/ms-profile-follow.service
ok '  a timer has the times' sh -c 'grep -qx "OnCalendar=\*-\*-\* \*:00,15,30,45:00" units/*.timer'
status 'a directory that does not exist' 66 P timer -o none
command -v systemd-analyze >/dev/null || skip systemd 'no systemd-analyze'
for unit in units/*; do
	status "systemd takes $unit" 0 systemd-analyze verify --man=no "$unit"
	ok '  nothing is printed' absent -F 'ms-profile' err
done
for s in hourly 'daily 03:30' 'weekly Fri 1:00' 'monthly 31 23:59' 'every 2 hours' \
	'5,35 8-17 * * 1-5' '0 0 13 * 5' '0 0 */10 * 5' '*/7 */5 1-7 jan-mar 0-6/2'; do
	P delete never && P add --kind files --user bob --file /x --schedule "$s" never 2>/dev/null
	P timer never | sed -n 's/^OnCalendar=//p' >when
	ok "systemd knows when that is: $s" sh -c 'xargs -d "\n" systemd-analyze calendar <when'
done
finish
