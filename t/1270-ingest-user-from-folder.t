#!/bin/sh
# 1270-ingest-user-from-folder.t - ms-ingest --user-from-folder: the first level
# of each folder names the user. ms-ingest(1), Users by folder.
. "${0%/*}/lib.sh"

mail() { printf 'From: x@example.org\nSubject: %s\n\nbody\n' "$1"; }
# rows ARCHIVE: user, folder and subject of each message.
rows() { ms-list -a "$1" --json | jq -r '[.user, .folder, .subject] | join(" ")' | sort; }

# ---- each kind of tree ----
mkdir -p tree/anna/Inbox/2024 tree/bob@example.org tree/nobody/Work tree/carl/cur tree/carl/new tree/carl/tmp \
	tree/carl/.Sent/cur tree/carl/.Sent/new tree/carl/.Sent/tmp
mail a1 >tree/anna/a1.eml
mail a2 >tree/anna/Inbox/2024/a2.eml
mail b1 >tree/bob@example.org/b1.eml
mail n1 >tree/nobody/Work/n1.eml
mail c1 >tree/carl/cur/1:2,S
mail c2 >tree/carl/.Sent/cur/2:2,S
{ echo 'From a@b Mon Jan  1 10:00:00 2024' && mail d1; } >tree/dora.mbox
mail t1 >tree/t1.eml
ms-init arc
for u in anna bob carl dora; do ms-users -a arc add $u; done
ms-users -a arc set --address bob@example.org bob
status 'a directory with folders, a Maildir and an mbox' 0 ms-ingest -a arc --user-from-folder tree
rows arc >got
cat >want <<'END'
@catchall INBOX t1
@catchall nobody/Work n1
anna INBOX a1
anna Inbox/2024 a2
bob INBOX b1
carl INBOX c1
carl Sent c2
dora INBOX d1
END
same '  each message is in the archive of its user' want got
cat >want <<'END'
ms-ingest: folder INBOX: no user has this name or address; its mail goes to @catchall
ms-ingest: folder nobody: no user has this name or address; its mail goes to @catchall
END
grep 'no user has' err | sort >got
same '  what names no user is named' want got
status 'a second time' 0 ms-ingest -a arc --user-from-folder tree
ok '  nothing is new' grep -q ' 0 new, 8 known' err
tar -cf tree.tar -C tree .
ms-init again
for u in anna bob carl dora; do ms-users -a again add $u; done
ms-users -a again set --address bob@example.org bob
status 'a container' 0 ms-ingest -q -a again --user-from-folder tree.tar
rows arc >want
rows again >got
same '  gives the same' want got
status 'below a folder of its own' 0 ms-ingest -q -a again --user-from-folder -d Import/2026 tree
rows again | grep Import >got
sed 's/ INBOX / /; s/ \(.*\) \(.*\)/ Import\/2026\/\1 \2/; s/^\([^ ]*\) \([a-z][0-9]\)$/\1 Import\/2026 \2/' want | sort >want2
sed -i 's/^@catchall Import\/2026 t1/@catchall Import\/2026\/INBOX t1/' want2
same '  its folders are there' want2 got

# ---- unknown users ----
ms-init -u anna few
status 'unknown users are left out' 0 ms-ingest -a few --user-from-folder --unknown leave --report report tree
rows few >got
printf 'anna INBOX a1\nanna Inbox/2024 a2\n' >want
same '  the others are there' want got
ok '  they are named' grep -q "folder dora: no user has this name or address; its mail is left out" err
ok '  and counted' grep -q ' 8 seen: 2 new, 0 known, 6 left out, 0 failed' err
ok '  each is in the report' test "$(jq -r 'select(.type == "left_out") | .where' report | wc -l)" -eq 6
status 'they go to a user' 0 ms-ingest -q -a few --user-from-folder --unknown anna tree
ok '  in their whole folders' test "$(rows few | grep -c '^anna \(INBOX t1\|nobody/Work n1\|carl\(/Sent\)\? c\|dora d1\|bob@example.org b1\)')" -eq 6
status 'they are created' 0 ms-ingest -q -a few --user-from-folder --create-user tree
ok '  and have their folders' test "$(rows few | grep -c '^\(carl \(INBOX\|Sent\)\|dora INBOX\|bob@example.org INBOX\|nobody Work\)')" -eq 5
status 'a user who does not exist' 64 ms-ingest -a few --user-from-folder --unknown zoe tree
ok '  is named' grep -q "no user 'zoe'" err
ms-init -u anna none
status 'a dry run' 0 ms-ingest -n -a none --user-from-folder --report report tree
ok '  counts by user' test "$(jq -r 'select(.type == "folder") | "\(.user) \(.new)"' report | grep -c '^anna 1$')" -eq 2
ok '  and writes nothing' test -z "$(ms-list -a none)"

# ---- with other options, and a stream ----
for other in '-u anna' '--assign' '--to-stream' '--lmtp'; do
	# shellcheck disable=SC2086
	status "not with $other" 64 ms-ingest -a few --user-from-folder $other
done
status '--unknown alone' 64 ms-ingest -a few -u anna --unknown leave tree
ms-export -q -a arc user:carl >stream
ms-init -u anna other
ms-users -a other add carl
status 'a stream names its users' 0 ms-ingest -q -a other --user-from-folder --format stream stream
rows other >got
printf 'carl INBOX c1\ncarl Sent c2\n' >want
same '  who get its mail' want got

# ---- PST files ----
corpora dev
mkdir people
cp "$corpus/pst/apache-testPST.pst" people/anna.pst
cp "$corpus/pst/rjohnsondev-dist-list.pst" people/zoe.pst
ms-init -u anna pst
status 'a directory of PST files' 0 ms-ingest -a pst --user-from-folder people
ok '  the name of a file is a user' test "$(ms-list -a pst -u anna | wc -l)" -eq 7
ms-list -a pst -u @catchall --json | jq -r '.folder | split("/")[0]' | sort | uniq -c >got
echo '      4 zoe' >want
same '  or is unknown' want got
ms-ingest -q -a pst -u anna -d Whole people/anna.pst
first=$(ms-list -a pst -u anna --json | jq -r '.folder | split("/") | select(.[0] == "Whole") | .[1]' | sort -u)
ms-init -u "$first" one
status 'a PST file with a folder for each person' 0 ms-ingest -a one --user-from-folder people/anna.pst
ok '  the folder is the user' test "$(ms-list -a one -u "$first" | wc -l)" -eq 7
finish
