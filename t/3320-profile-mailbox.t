#!/bin/sh
# 3320-profile-mailbox.t - a profile of the kind mailbox is checked, run and
# followed, and its delete rule is applied. The password is in no file but its
# own.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"

P() { ms-profile -a arc "$@"; }
# put DIR NUMBER DATE [FLAGS]: adds a message to a folder.
put() {
	printf 'Subject: <%s>\n\nmessage %s\n' "$2" "$2" | imap_put "$1" "$2.a:2,${4-S}"
	touch -d "$3" "$1/cur/$2.a:2,${4-S}" && imap_own
}
secret='pl4nted-s3cret'
imap_start || exit 1
imap_user alice "$secret"
box=$imap_dir
put "$box" 1 2020-01-01
put "$box" 2 2020-01-02 FS
put "$box" 3 now
imap_folder alice Lists
put "$imap_dir" 4 2020-01-01
ms-init arc
cat >box.ini <<END
kind = mailbox
url = $(imap_url alice)
user = alice
create-user = yes
label = Alice's mail
password = secret:alice@work
ca-file = $imap_ca
exclude = Lists
delete-archived = yes
delete-older-than = 90d
schedule = continuous
END
status 'a profile of the kind mailbox is added' 0 P add -f box.ini box

# ---- the secret ----

status 'check without the secret' 66 P check box
ok '  the message names the command that sets it' grep -qx \
	"ms-profile: box: secret 'alice@work' is not set; run ms-profile secret alice@work" err
status 'run without the secret' 66 P run box
status '  the failure is in the log' 1 P log --failed-only --json
ok '    the log has the reason' sh -c 'jq -es ".[1] | .type == \"mailbox\" and .status == 66 and (.reason | test(\"is not set\"))" out'
echo wrong >wrong
status 'a secret from a file' 0 P secret --password-file wrong alice@work
status 'the login is refused' 77 P check box
ok '  the output is right' grep -q '^box	alice	77	.*login refused' out
status 'a secret from a descriptor' 0 P secret alice@work --password-fd 7 7<alice.pw
ok '  the file can be read only by the caller' [ "$(stat -c %a arc/secret/profile/admin.alice@work)" = 600 ]
ok '  the directory can be read only by the caller' [ "$(stat -c %a arc/secret/profile)" = 700 ]
status 'there is no terminal to ask for a secret' 64 setsid ms-profile -a arc secret alice@work
status 'the login is accepted' 0 P check box
printf 'box\talice\tok\n' >want
same '  the output is right' want out
for name in ../x a/b .x '' 'a b'; do
	status "no name for a secret: '$name'" 64 P secret --password-file wrong "$name"
done
typed() { "$top/t/type.py" : "$1" : "$2" -- ms-profile -a arc secret typed; }
if terminal; then
	status 'a secret typed on a terminal' 0 typed planted planted
	ok '  the secret is not shown' absent -q planted out
	ok '  the secret is stored' grep -qx planted arc/secret/profile/admin.typed
	status 'two different secrets are typed' 64 typed planted other
	status 'a secret is removed' 0 P secret --remove typed
	ok '  the file is deleted' test ! -e arc/secret/profile/admin.typed
fi
status '  a secret that does not exist cannot be removed' 66 P secret --remove typed

# ---- the run ----

status 'a run succeeds' 0 P run box --report report
cat >want <<-END
	ms-profile: box: alice: 3 seen: 3 new, 0 known, 0 left out, 0 failed, 1 deleted
	ms-profile: box: succeeded: 1 of 1 mailboxes; 3 seen: 3 new, 0 known, 0 left out, 0 failed, 1 deleted
END
same '  three messages are new, and one is deleted' want err
ok '  standard output is empty' empty out
ok '  the server has the other two messages' sh -c 'ls "$1/cur" | sort | tr "\n" " " | grep -qx "2.a:2,FS 3.a:2,S "' sh "$box"
ok '  the archive has all three' [ "$(ms-list -a arc -u alice | wc -l)" = 3 ]
ok '  they have the label' sh -c 'ms-list -a arc --json -u alice | jq -e "select(.label == \"Alice'"'"'s mail\")"'
ok '  the report has the same numbers' sh -c 'jq -es ".[0] | .type == \"mailbox\" and .new == 3 and .deleted == 1 and .result == \"succeeded\"" report'
ok '  the report can be read only by the caller' [ "$(stat -c %a report)" = 600 ]
status 'the same run again' 0 P run -v box
ok '  no message is new' grep -q 'alice: 2 seen: 0 new, 2 known' err
status 'a run with -q' 0 P run -q box
ok '  standard error is empty' empty err
status 'status is printed' 0 P status box
ok '  it has the state and the result of the last run' grep -q '^box	idle	succeeded	20' out
status 'the log is printed' 0 P log box
ok '  it has three runs, and one that did not begin' [ "$(cut -f 5 out | tr '\n' ,)" = succeeded,succeeded,succeeded,failed, ]
status 'the log since a date in the future' 0 P log --since 2100
ok '  the output is empty' empty out
status 'the report cannot be written' 66 P run --report no/such/dir box

# ---- followed ----

MS_REMOVE_EVERY=2 ms-profile -a arc run -v --follow box 2>follow.err &
pid=$!
has() { [ "$(ms-list -a arc -u alice | wc -l)" -ge "$1" ]; }
put "$box" 5 now
ok 'a message that arrives is archived' await has 4
status 'status is printed during the run' 0 P status --json box
ok '  the state has the process' sh -c 'jq -e ".running and .pid == $1" out' sh $pid
for p in $(ps -o pid= --ppid $pid) $pid; do
	tr '\0' '\n' <"/proc/$p/cmdline" && tr '\0' '\n' <"/proc/$p/environ"
	for q in $(ps -o pid= --ppid "$p"); do
		tr '\0' '\n' <"/proc/$q/cmdline" && tr '\0' '\n' <"/proc/$q/environ"
	done
done >processes 2>/dev/null
ok '  the processes of the run were found' grep -qx -e --follow processes
put "$box" 6 2020-01-03
ok 'an old archived message is deleted from time to time' \
	await sh -c '! [ -e "$1/cur/6.a:2,S" ]' sh "$box"
ok '  a flagged message is not deleted' test -e "$box/cur/2.a:2,FS"
status 'a second run is refused' 75 P run box
ok '  the message names the process' grep -qx "ms-profile: box: is running already (process $pid)" err
status 'the run is stopped' 0 P stop box
wait $pid
ok '  it has succeeded' [ $? = 0 ]
ok '  the log has the result' sh -c 'ms-profile -a arc log | head -n 1 | grep -q "succeeded	0	"'
status '  stop without a run' 0 P stop box
ok '    the message says that it is not running' grep -qx 'ms-profile: box: is not running' err
status 'a profile of another kind cannot be followed' 64 sh -c '
	ms-profile -a arc add files --kind files --user alice --file box.ini 2>/dev/null &&
	ms-profile -a arc run --follow files'

# ---- the password is in no other file ----

P log --json --mailboxes >log 2>&1
P list --json >list && P crontab >cronlines && P timer >timer && P show box >shown
for f in processes log list cronlines timer shown report err out follow.err box.ini; do
	ok "the password is not in $f" absent -aqF "$secret" "$f"
done
mkdir packs && python3 - arc/pack/* >packs/frames <<-'END' # decompressed
	import re, subprocess, sys
	for path in sys.argv[1:]:
	    data = open(path, "rb").read()
	    for m in re.finditer(re.escape(b"\x28\xb5\x2f\xfd"), data):
	        sys.stdout.buffer.write(subprocess.run(["zstd", "-dcq"],
	            input=data[m.start():], capture_output=True).stdout)
END
ok 'the text of the packs can be searched' grep -aqF "password = secret:alice@work" packs/frames
ok 'the password is in no file of the archive but its own' sh -c \
	'[ "$(grep -arlF "$1" arc packs | tr "\n" " ")" = "arc/secret/profile/admin.alice@work " ]' sh "$secret"
finish
