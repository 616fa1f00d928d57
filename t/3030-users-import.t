#!/bin/sh
# 3030-users-import.t - ms-users export and import: round trips, changes, and
# bad rows, which are named by line.
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

# state ARCHIVE: prints the users without the times.
state() { ms-users -a "$1" list --json | jq -S -c 'del(.made) | .rights |= sort'; }
state arc >want
for format in csv json; do
	status "$format: export succeeds" 0 ms-users export --format $format
	cp out file.$format
	rm -rf new && ms-init -u root new
	ms-users -a new add gone && ms-users -a new delete gone
	before=$(ms-users -a new log | wc -l)
	status "$format: import -n succeeds" 0 ms-users -a new import -n file.$format
	ok 'the dry run writes nothing' test "$(ms-users -a new log | wc -l)" -eq "$before"
	ok 'the summary says that nothing was written' grep -q '3 added, 0 changed, 1 as they were, 0 failed; nothing was written$' err
	cp out said
	status "$format: import succeeds" 0 ms-users -a new import file.$format
	same 'import prints the lines of the dry run' said out
	ok 'there is one line for each user' test "$(wc -l <out)" -eq 3
	state new >got
	same "$format: the users are the same after a round trip" want got
	before=$(ms-users -a new log | wc -l)
	status "$format: the same file is imported again" 0 ms-users -a new import <file.$format
	ok 'no user changes' grep -q ' 0 added, 0 changed, 4 as they were, 0 failed$' err
	ok 'import prints nothing' empty out
	ok 'nothing is written to the log' test "$(ms-users -a new log | wc -l)" -eq "$before"
	status "$format: ms-verify finds no error" 0 ms-verify -q --data -a new
done
python3 - <<'END' >got
import csv
for row in csv.reader(open('file.csv', newline='')):
    print(len(row), row[0])
END
printf '9 name\n9 root\n9 anna\n9 %s\n9 %s\n' "$odd" "'quoted'" >want
same 'the CSV module of Python reads the same names' want got
python3 -c 'import json
for line in open("file.json"): json.loads(line)' || fail 'the JSON module of Python reads each line'

# ---- changes of existing users ----
cat >some.csv <<'END'
Name;full_name;Disabled
anna;Anna;yes
nora;Nora;no
root;;no
END
status 'import: a file with some columns' 0 ms-users import some.csv
printf 'anna\tchanged\tfull_name,disabled\nnora\tadded\n' >want
same 'import prints what changed' want out
ms-users show anna | grep -e address -e state -e full >got
printf 'full-name\tAnna\naddress\tanna@x.org\naddress\ta@x.org\nstate\tdisabled\n' >want
same 'the other settings do not change' want got

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
status 'import: a file with bad rows' 1 ms-users import bad.csv
cut -f 1,2 out >got
printf 'fine\tadded\nbetter\tadded\n' >want
same 'the good rows are imported' want got
sed -n 's/^ms-users: bad.csv:\([0-9]*\): .*/\1/p' err | tr '\n' ' ' >got
printf '3 4 5 6 7 8 9 10 12 ' >want
same 'each bad row is named by its line' want got
ok 'the summary counts them' grep -q '2 added, 0 changed, 0 as they were, 9 failed' err
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
status 'import: a file with bad lines of JSON' 1 ms-users import bad.json
cut -f 1,2 out >got
printf 'jane\tadded\njoe\tadded\n' >want
same 'the good rows are imported' want got
sed -n 's/^ms-users: bad.json:\([0-9]*\): .*/\1/p' err | tr '\n' ' ' >got
printf '3 4 5 6 7 8 9 10 11 12 13 ' >want
same 'each bad row is named by its line' want got

# ---- an address that moves to another user ----
cat >move.csv <<'END'
name,addresses
nora,anna@x.org
anna,a@x.org
END
status 'an address moves from one user to another' 0 ms-users import move.csv
ok 'the other user has the address' test "$(ms-users addresses nora)" = anna@x.org
cat >rights.csv <<'END'
name,rights
early,read:late
late,read+delete:early;write
END
status 'rights on a user of a later row are imported' 0 ms-users import rights.csv
ms-users show late | grep right >got
printf 'right\twrite\nright\tread,delete\tearly\n' >want
same 'the later user has rights on the earlier one' want got
ms-users delete late
printf 'name,full_name\nlate,L\n' >late.csv
status 'a deleted user is imported again' 0 ms-users import late.csv
ok 'the new user has no old settings' sh -c '! ms-users show late | grep -q right'

# ---- files that are refused ----
: >empty
printf 'name,shoe_size\nx,1\n' >column.csv
printf 'full_name,dn\nx,1\n' >nameless.csv
printf 'name,name\nx,1\n' >twice.csv
status 'an empty file is refused' 66 ms-users import empty
status 'a file that does not exist is refused' 66 ms-users import nowhere.csv
status 'a folder is refused' 74 ms-users import arc
status 'an unknown column is refused' 65 ms-users import column.csv
status 'a file without the column name is refused' 65 ms-users import nameless.csv
status 'a column that is there twice is refused' 65 ms-users import twice.csv
status 'an unknown format is refused' 64 ms-users import --format xml late.csv
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
status 'a user with 10,000 addresses, and larger ones' 1 ms-users import huge.json
sed -n 's/^ms-users: huge.json:\([0-9]*\): .*/\1/p' err | tr '\n' ' ' >got
printf '2 3 4 5 ' >want
same 'the larger ones are refused' want got
ok 'the user has all addresses' test "$(ms-users addresses huge | wc -l)" -eq 10000
ms-users export --format json >all.json
status 'the exported users are imported again' 0 ms-users import all.json
ok 'no user changes with 10,000 addresses' grep -q ' 0 added, 0 changed' err
if [ -w /dev/full ]; then
	ms-users import bad.csv >/dev/full 2>err
	ms-users delete fine better
	ms-users import bad.csv >/dev/full 2>err
	ok 'a full disk at standard output is reported' test $? -eq 75
	ok 'the users have been imported' ms-users show fine better
fi
status 'ms-verify finds no error' 0 ms-verify -q --data

# ---- code pages, and empty columns at the end ----
printf 'name,full_name,,\nsukru,Şükrü,,\nada,Ada\n' >users.csv
iconv -f UTF-8 -t WINDOWS-1254 users.csv >users.tr
rm -rf new && ms-init -u root new
status 'a code page is given' 0 ms-users -a new import --encoding cp1254 users.tr
ms-users -a new list --json | jq -r .full_name | sort >got
printf '\nAda\nŞükrü\n' | sort >want
same 'the names are read in it' want got
status 'the code page is assumed' 0 ms-users -a new import -n users.tr
ok 'a remark says so' grep -qx 'ms-users: users.tr: not UTF-8: read as windows-1252; --encoding names another code page' err
status 'UTF-8' 0 ms-users -a new import users.csv
ok 'needs no remark' absent -q 'read as' err
ok 'and changes nothing' grep -q '0 added, 0 changed, 2 as they were, 0 failed' err
printf 'name,full_name,,\nsukru,S,x,\n' >users.csv
status 'a column that is not empty' 1 ms-users -a new import users.csv
ok 'is named' grep -q 'users.csv:2: 3 columns; expected 2' err
status 'an unknown encoding' 64 ms-users -a new import --encoding cp99 users.csv
echo '{"name":"x"}' >users.json
status 'JSON has no encoding' 64 ms-users -a new import --encoding cp1254 users.json
finish
