#!/bin/sh
# 1200-ingest-assign.t - ms-ingest --assign: who gets which message, by a table
# that is written by hand; unknown addresses, counts, and the options.
. "$(dirname "$0")/lib.sh"

export MS_ARCHIVE="$scratch/arc"
user() {
	name=$1 && shift
	for address; do set -- "$@" --address "$address" && shift; done
	ms-users add "$@" "$name"
}
archive() {
	rm -rf arc && ms-init arc >/dev/null
	user anna anna@x.example a.beck@y.example
	user bob bob@x.example
	user carl bob+list@x.example
	user dora 'info@münchen.example'
	user eve eve@x.example
	user gone gone@x.example && ms-users delete gone
	user off off@x.example && ms-users set --disabled off
	ms-users settings alias-domains=old.example=x.example
}
# assign ARGUMENT...: ms-ingest with the options of the table.
assign() {
	ms-ingest --assign --envelope-header Delivered-To,X-Envelope-To \
		--envelope-header return-path --own-address journal@x.example "$@"
}
# has SUBJECT: who has the messages, as "user folder", one a line.
has() {
	ms-list | awk -F '\t' -v s="$1" '$7 == s { print $3, $4 }' | LC_ALL=C sort
}
archive

# ---- the table ----
# t/data/assignments says what its blocks are.
awk '/^#:/ { next }
	/^# / { name = substr($0, 3); print name >"names"; next }
	/^= / { print substr($0, 3) >("want." name); next }
	{ print >(name ".eml") }' "$top/t/data/assignments"
while read -r name; do printf 'Subject: %s\n\nThe body.\n' "$name" >>"$name.eml"; done <names
messages=$(grep -c '' names)
mkdir in && mv ./*.eml in

status 'messages are assigned' 0 assign --report report in
while read -r name; do
	has "$name" >got
	same "$name" "want.$name" got
done <names

# ---- counts ----
occurrences=$(grep -c '^= ' "$top/t/data/assignments")
ok 'a message counts once, and its occurrences' \
	grep -q "\"seen\":$messages,\"new\":$messages,\"known\":0,\"left_out\":0,\"failed\":0,\"occurrences\":$occurrences}" report
ok 'it counts in the row of the mailbox' \
	grep -q "\"user\":\"@multidrop\",\"source\":\"local:\",\"folder\":\"INBOX\",\"seen\":$messages," report
ok 'the users of the mailbox get nothing' test -z "$(ms-list user:@multidrop 2>&1)"
before=$(wc -c <arc/pack/00000001.pack)
status 'a second run' 0 assign --report report in
ok 'it finds nothing new' \
	grep -q "\"seen\":$messages,\"new\":0,\"known\":$messages,\"left_out\":0,\"failed\":0,\"occurrences\":0}" report
ok 'it writes nothing' test "$(wc -c <arc/pack/00000001.pack)" -eq "$before"
status 'with --print-ids' 0 assign --print-ids in
ok 'an id is printed once a message' test "$(cut -f 1 out | sort -u | wc -l) $(grep -c known out)" = "$messages $messages"

# ---- dry run ----
archive
status 'a dry run' 0 assign -n in/both.eml in/nothing.eml in/envelope-unknown.eml
cat >want <<'END'
in/both.eml	bob	bob@x.example/Inbox	received	bob@x.example	To
in/both.eml	anna	anna@x.example/Inbox	received	a.beck@y.example	To
in/both.eml	anna	anna@x.example/Sent Items	sent	anna@x.example	From
in/nothing.eml	@catchall	Unknown E-mail Addresses	unknown		
in/envelope-unknown.eml	@catchall	Unknown E-mail Addresses	unknown	stranger@z.example, someone@z.example	
END
same 'it prints who would get which message, and why' want out
ok 'nothing was written' test -z "$(ms-list 2>&1)"
status 'as JSON' 0 assign -n --json --report report in/from-to.eml in/envelope-unknown.eml
cat >want <<'END'
{"where":"in/from-to.eml","user":"bob","folder":"bob@x.example/Inbox","result":"received","address":"bob@x.example","field":"To"}
{"where":"in/from-to.eml","user":"anna","folder":"anna@x.example/Sent Items","result":"sent","address":"anna@x.example","field":"From"}
{"where":"in/envelope-unknown.eml","user":"@catchall","folder":"Unknown E-mail Addresses","result":"unknown","addresses":["stranger@z.example","someone@z.example"]}
END
same 'each line is an object' want out
status 'as JSON, with --unknown leave' 0 assign -n --json --unknown leave in/nothing.eml
printf '{"where":"in/nothing.eml","result":"left","addresses":[]}\n' >want
same 'nobody would get the message' want out
status 'with --unknown leave' 0 assign -n --unknown leave in/deleted.eml
printf 'in/deleted.eml\t\t\tleft\tgone@x.example, someone@z.example\t\n' >want
same 'the message would be left' want out

# ---- patterns ----
status 'other folders' 0 assign --sent-folder 'Out/{address}' --received-folder In in/both.eml
has both >got
printf '%s\n' 'anna In' 'anna Out/anna@x.example' 'bob In' >want
same 'the messages are there' want got
status 'one folder for both' 0 assign --sent-folder Mail --received-folder Mail --print-ids in/from-to.eml
has from-to >got
printf '%s\n' 'anna Mail' 'bob Mail' >want
same 'the messages are in it' want got

status 'a folder that unknown mail has, too' 0 assign --received-folder 'Unknown E-mail Addresses' \
	--create-user -u anna in/from-to.eml in/nothing.eml
status 'the folder of the mailbox itself' 0 assign --received-folder INBOX --create-user -u bob in/groups.eml
has groups >got
printf '%s\n' 'bob INBOX' 'eve INBOX' >want
same 'has the message' want got

# ---- hops ----
archive
printf 'Received: by c\nDelivered-To: eve@x.example\nReceived: by b\nTo: bob@x.example\nSubject: hop\n\n' >hop.eml
status 'above the second hop' 0 assign --trusted-hop 2 hop.eml
has hop >got
echo 'eve eve@x.example/Inbox' >want
same 'the field counts' want got
status 'without --envelope-header' 0 ms-ingest --assign --trusted-hop 2 hop.eml
has hop >got
printf '%s\n' 'bob bob@x.example/Inbox' 'eve eve@x.example/Inbox' >want
same 'it does not' want got

# ---- unknown addresses ----
archive
status '--unknown leave' 0 assign --unknown leave --report report in
ok 'the messages are named with all addresses' \
	grep -q '^ms-ingest: in/envelope-unknown.eml: left out: unknown addresses: stranger@z.example, someone@z.example$' err
ok 'one has no address' grep -q 'in/nothing.eml: left out: unknown addresses: none' err
ok 'the report has them' grep -q '{"type":"left_out","where":"in/deleted.eml","reason":"unknown addresses: gone@x.example, someone@z.example"}' report
ok 'they are left out' grep -q "\"left_out\":4,\"failed\":0,\"occurrences\"" report
has deleted >got
: >want
same 'the message is not in the archive' want got
user neo stranger@z.example
status 'again, when a user has the address' 0 assign --unknown leave in
has envelope-unknown >got
echo 'neo stranger@z.example/Inbox' >want
same 'the user has the message' want got
status '--unknown @catchall' 0 assign -n --unknown @catchall in/deleted.eml
status '--unknown USER' 0 assign --unknown eve in/deleted.eml
has deleted >got
echo 'eve Unknown E-mail Addresses' >want
same 'the user gets the message' want got

# ---- many recipients ----
archive
python3 - <<'END'
import csv
users = csv.writer(open("users.csv", "w"), lineterminator="\n")
users.writerow(["name", "addresses"])
for i in range(3000):
    users.writerow([f"u{i}", f"u{i}@many.example"])
to = ",\n ".join(f'"User {i}" <u{i}@many.example>' for i in range(3000))
for name, body in ("small", "x\n"), ("large", "0123456789abcde\n" * 200000):
    with open(name + ".eml", "w") as f:
        f.write(f"From: anna@x.example\nTo: {to}\nSubject: {name}\n\n{body}")
END
ms-users import users.csv >users 2>&1
status 'a message for 3000 users' 0 assign --report report small.eml
ok 'is new once' grep -q '"seen":1,"new":1,"known":0,"left_out":0,"failed":0,"occurrences":3001}' report
ok 'all have it' test "$(ms-list subject:small | wc -l)" -eq 3001
status 'a large message for 3000 users' 0 assign --report report large.eml
ok 'is new once' grep -q '"seen":1,"new":1,"known":0,"left_out":0,"failed":0,"occurrences":3001}' report
status 'both again' 0 assign --report report small.eml large.eml
ok 'are known' grep -q '"seen":2,"new":0,"known":2,"left_out":0,"failed":0,"occurrences":0}' report
ok 'the archive is whole' ms-verify --data -q
id=$(ms-list user:u2999 subject:large | cut -f 1)
ms-export --format eml -o - "id:$id" >got 2>/dev/null || ms-export "id:$id" >got
ok 'the large message is whole' grep -q '^0123456789abcde' got

# ---- streams ----
archive
cat >stream <<'END'
From ms-stream@1 Thu Jan  1 00:00:00 1970
MS-Envelope: user="@multidrop"; source="imap://all@h/"; folder="INBOX"; uid="7/1"; flags="\\Seen"
To: bob@x.example
Subject: stream

From ms-stream@1 Thu Jan  1 00:00:00 1970
MS-Envelope: ref=0000000000000000000000000000000000000000000000000000000000000000

From ms-stream@1 Thu Jan  1 00:00:00 1970
MS-Envelope: end; messages=2; failed=0; status=0

END
assign --report report <stream >out 2>err
ok 'the source is that of the mailbox' test "$(ms-list subject:stream | cut -f 3,4,8)" = "bob	bob@x.example/Inbox	imap://all@h/"
ok 'the mailbox is that of the stream' grep -q '"user":"@multidrop","source":"imap://all@h/","folder":"INBOX","seen":1,"new":1,' report

# ---- usage ----
for bad in --envelope-header=x --trusted-hop=2 --own-address=a@b --sent-folder=x \
	--received-folder=x --unknown=leave --json; do
	status "$bad without --assign" 64 ms-ingest "$bad" in
	ok '  is named' grep -qe "${bad%=*} needs --assign" err
done
status '--json without --dry-run' 64 ms-ingest --assign --json in
for bad in --envelope-header=a:b '--envelope-header=a b' --own-address=x --sent-folder= \
	'--sent-folder={user}' --trusted-hop=0 --trusted-hop=x --unknown=stranger; do
	status "$bad" 64 ms-ingest --assign "$bad" in
done
finish
