#!/bin/sh
# 3030-users-import.t - ms-users export and import: round trips, changes, and
# bad rows named by line.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip python3 'no python3'
export MS_ARCHIVE=arc
ms-init -u root arc
# Names with characters that are special in CSV and lists.
odd='a;b,c|d "e" \f'"'g"
ms-users add --full-name 'Béck, Anna; "A"' --address anna@x.org --address a@x.org \
	--pop3-name 'p;op\3' --pop3-name 'p, "2"' anna
ms-users add --authentication none --privileges none "$odd"
ms-users add --authentication directory --dn 'uid=x,dc=y' --disabled --privileges admin "'quoted'"
ms-users add gone && ms-users grant --on gone anna read && ms-users delete gone
ms-users grant --on-all anna read write
ms-users grant --on "$odd" anna delete read

# state ARCHIVE: its users, without the times.
state() { ms-users -a "$1" list --json | jq -S -c 'del(.made) | .rights |= sort'; }
state arc >want
for format in csv json; do
	status "$format: export" 0 ms-users export --format $format
	cp out file.$format
	rm -rf new && ms-init -u root new
	ms-users -a new add gone && ms-users -a new delete gone
	before=$(ms-users -a new log | wc -l)
	status "$format: a dry run" 0 ms-users -a new import -n file.$format
	ok 'writes nothing' test "$(ms-users -a new log | wc -l)" -eq "$before"
	ok 'and says so' grep -q '3 added, 0 changed, 1 as they were, 0 failed; nothing was written$' err
	cp out said
	status "$format: import" 0 ms-users -a new import file.$format
	same 'of what it says now' said out
	ok 'one line a user' test "$(wc -l <out)" -eq 3
	state new >got
	same "$format: a round trip" want got
	before=$(ms-users -a new log | wc -l)
	status "$format: again" 0 ms-users -a new import <file.$format
	ok 'changes nothing' grep -q ' 0 added, 0 changed, 4 as they were, 0 failed$' err
	ok 'and says nothing' empty out
	ok 'nor does the log' test "$(ms-users -a new log | wc -l)" -eq "$before"
	status "$format: a new index is equal" 0 ms-verify -q --data -a new
done
python3 - <<'END' >got
import csv
for row in csv.reader(open('file.csv', newline='')):
    print(len(row), row[0])
END
printf '9 name\n9 root\n9 anna\n9 %s\n9 %s\n' "$odd" "'quoted'" >want
same 'another reader of CSV sees the same' want got
python3 -c 'import json
for line in open("file.json"): json.loads(line)' || fail 'another reader of JSON does not'

# ---- what changed ----
cat >some.csv <<'END'
Name;full_name;Disabled
anna;Anna;yes
nora;Nora;no
root;;no
END
status 'import: some columns' 0 ms-users import some.csv
printf 'anna\tchanged\tfull_name,disabled\nnora\tadded\n' >want
same 'what changed' want out
ms-users show anna | grep -e address -e state -e full >got
printf 'full-name\tAnna\naddress\tanna@x.org\naddress\ta@x.org\nstate\tdisabled\n' >want
same 'the others stay' want got

# ---- bad rows ----
cat >bad.csv <<'END'
name,addresses,privileges,rights,disabled
fine,f@x.org,login,read:anna,no
,n@x.org,,,
taken,ANNA@x.org,,,
a/b,,,,
word,,fly,,
right,,,fly:anna,
archive,,,read:nobody,
perhaps,,,,perhaps
few,f2@x.org
better,b@x.org;B@x.org,none,read+write,0
address,no address,,,
END
status 'import: bad rows' 1 ms-users import bad.csv
cut -f 1,2 out >got
printf 'fine\tadded\nbetter\tadded\n' >want
same 'the others go in' want got
sed -n 's/^ms-users: bad.csv:\([0-9]*\): .*/\1/p' err | tr '\n' ' ' >got
printf '3 4 5 6 7 8 9 10 12 ' >want
same 'each is named by its line' want got
ok 'counted' grep -q '2 added, 0 changed, 0 as they were, 9 failed' err
ok 'the message gives the reason' grep -q "bad.csv:4: the e-mail address 'ANNA@x.org' belongs to 'anna'" err
cat >bad.json <<'END'
{"name":"jane","addresses":["j@x.org"],"unknown":[1]}

{"name":"x","addresses":"j@x.org"}
{"name":"x","addresses":[1]}
{"name":7}
{"addresses":[]}
not json
[]
{"name":"x","name":"y"}
{"name":"x","rights":[{"archive":"","rights":["read"]}]}
{"name":"x","deleted":true}
{"name":"x\u0000y"}
{"name":"joe","disabled":true
{"name":"joe","disabled":true}
END
status 'import: bad lines of JSON' 1 ms-users import bad.json
cut -f 1,2 out >got
printf 'jane\tadded\njoe\tadded\n' >want
same 'the others go in' want got
sed -n 's/^ms-users: bad.json:\([0-9]*\): .*/\1/p' err | tr '\n' ' ' >got
printf '3 4 5 6 7 8 9 10 11 12 13 ' >want
same 'each is named by its line' want got

# ---- an address that moves to another user ----
cat >move.csv <<'END'
name,addresses
nora,anna@x.org
anna,a@x.org
END
status 'an address moves from one user to another' 0 ms-users import move.csv
ok 'it did' test "$(ms-users addresses nora)" = anna@x.org
cat >rights.csv <<'END'
name,rights
early,read:late
late,read+delete:early;write
END
status 'rights on a user of a later row' 0 ms-users import rights.csv
ms-users show late | grep right >got
printf 'right\twrite\nright\tread,delete\tearly\n' >want
same 'both ways' want got
ms-users delete late
printf 'name,full_name\nlate,L\n' >late.csv
status 'a deleted one is made again' 0 ms-users import late.csv
ok 'the new user has no old settings' sh -c '! ms-users show late | grep -q right'

# ---- files that are refused ----
: >empty
printf 'name,shoe_size\nx,1\n' >column.csv
printf 'full_name,dn\nx,1\n' >nameless.csv
printf 'name,name\nx,1\n' >twice.csv
status 'an empty file' 66 ms-users import empty
status 'none' 66 ms-users import nowhere.csv
status 'a folder' 74 ms-users import arc
status 'a column that no user has' 65 ms-users import column.csv
status 'no name' 65 ms-users import nameless.csv
status 'a column twice' 65 ms-users import twice.csv
status 'no such format' 64 ms-users import --format xml late.csv
ok 'no user was added' sh -c '! ms-users show x 2>/dev/null'

# ---- huge ----
python3 - >huge.json <<'END'
import json
print(json.dumps({"name": "huge", "addresses": ["address%d@example.com" % i for i in range(10000)]}))
print(json.dumps({"name": "huger", "addresses": ["address%d@example.net" % i for i in range(10001)]}))
print(json.dumps({"name": "x" * 1000000}))
print(json.dumps({"name": "long", "full_name": "x" * 1000000}))
print(json.dumps({"name": "longer", "addresses": ["%0300d@x" % i for i in range(9999)]}))
END
status '10,000 addresses, and more' 1 ms-users import huge.json
sed -n 's/^ms-users: huge.json:\([0-9]*\): .*/\1/p' err | tr '\n' ' ' >got
printf '2 3 4 5 ' >want
same 'more is too much' want got
ok 'all are there' test "$(ms-users addresses huge | wc -l)" -eq 10000
ms-users export --format json >all.json
status 'and go in again' 0 ms-users import all.json
ok 'unchanged' grep -q ' 0 added, 0 changed' err
if [ -w /dev/full ]; then
	ms-users import bad.csv >/dev/full 2>err
	ms-users delete fine better
	ms-users import bad.csv >/dev/full 2>err
	ok 'a full disk at standard output is told' test $? -eq 75
	ok 'the users are there all the same' ms-users show fine better
fi
status 'whole, and a new index is equal' 0 ms-verify -q --data
finish
