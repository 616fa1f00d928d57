#!/bin/sh
# 1320-ingest-to-stream.t - ms-ingest --to-stream writes what it reads as a
# stream, which another ms-ingest adds; contrib/forced-command.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-client.sh"

p=.thunderbird/x.default && mkdir -p $p/ImapMail/imap.example.org
echo '[General]' >.thunderbird/profiles.ini
printf 'user_pref("mail.server.server1.directory-rel", "[ProfD]ImapMail/imap.example.org");\nuser_pref("mail.server.server1.name", "Alice");\n' >$p/prefs.js
for s in 0001 0008 0000; do
	printf 'From - Mon Oct 16 23:18:56 2023\nX-Mozilla-Status: %s\n' $s && mail "tb$s" && echo
done >$p/ImapMail/imap.example.org/INBOX
mail 'From a maildir' >one.eml && touch -d 2010-01-01 one.eml

status 'a store becomes a stream' 0 ms-ingest --to-stream --client thunderbird
cp out stream
ok 'the sums are said' grep -q '3 seen: 2 new, 0 known, 1 left out, 0 failed' err
tail -n 2 stream | head -n 1 >got
echo 'MS-Envelope: end; messages=2; failed=0; status=0' >want
same 'the trailer' want got
kept 'another ms-ingest adds it' 0 sh -c 'ms-ingest <stream' <<'END'
INBOX|Alice|\Seen|tb0001
INBOX|Alice||tb0000
END
kept 'also if it does not believe it' 0 sh -c 'ms-ingest -u u --untrusted <stream' <<'END'
INBOX|Alice|\Seen|tb0001
INBOX|Alice||tb0000
END
ms-list --json | jq -r .source | sort -u >got
echo 'local:thunderbird/ImapMail/imap.example.org' >want
same 'the account is that of the files' want got
status 'the same store, directly' 0 ms-ingest --client thunderbird
ok 'it has nothing new, and no new occurrence' grep -q '3 seen: 0 new, 2 known, 1 left out' err
ms-list | wc -l >got && echo 2 >want
same 'no message is there twice' want got

# A stream that lies about its source is not believed.
sed 's|local:thunderbird[^"]*|imap://bob@example.org/|' stream >lie
kept 'a source that is no file' 0 sh -c 'ms-ingest -u u --untrusted <lie' <<'END'
INBOX|Alice|\Seen|tb0001
INBOX|Alice||tb0000
END
ms-list --json | jq -r .source | sort -u >got && echo local: >want
same 'is dropped' want got

status 'with user, label and folder, from standard input' 0 \
	sh -c 'cat one.eml | ms-ingest --to-stream -u u --label L -d A/B -'
cp out stream
kept 'are attributes' 0 sh -c 'ms-ingest <stream' <<'END'
A/B|L||From a maildir
END
status 'the date of the file' 0 ms-ingest --to-stream one.eml
ok 'is in the stream' grep -q 'raw-date="file 2010-01-01T00:00:00Z"' out
status 'a part of the input fails' 1 ms-ingest --to-stream one.eml missing.eml
ok 'the trailer says so' grep -q 'end; messages=1; failed=1; status=1' out
status 'nothing to read' 66 ms-ingest --to-stream missing.eml
status 'a full disk' 75 sh -c 'exec ms-ingest --to-stream one.eml >/dev/full'
status 'no assignment' 64 ms-ingest --to-stream --assign one.eml
if terminal; then
	status 'no stream to a terminal' 64 python3 "$top/t/on-terminal.py" 80 ms-ingest --to-stream one.eml
fi
unset MS_ARCHIVE
status 'no archive is needed' 0 ms-ingest --to-stream one.eml

# ---- contrib/forced-command ----

MS_ARCHIVE="$scratch/arc" && export MS_ARCHIVE && ms-init -u alice "$MS_ARCHIVE" && ms-users add bob
ms-ingest --to-stream -q -u bob --client thunderbird >stream
status 'the forced command adds the stream' 0 \
	sh -c 'SSH_ORIGINAL_COMMAND="cat /etc/passwd" "'"$top"'"/contrib/forced-command alice <stream'
ms-list -u alice | wc -l >got && echo 2 >want
same 'to its user' want got
ms-list -u bob >got
ok 'and to no other' empty got
status 'it needs a stream' 1 sh -c 'echo x | "'"$top"'"/contrib/forced-command alice'

finish
