#!/bin/sh
# 4015-query-text.t - a query finds text and names in all their forms: composed
# and decomposed letters, invisible characters, no-break spaces, addresses with
# comments and blanks, internationalized domain names.
. "$(dirname "$0")/lib.sh"
export MS_ARCHIVE=arc MS_USER=anna
ms-init arc || exit 1

# mail FILE FIELD: writes a message with this field. printf expands the field.
mail() { printf 'Message-ID: <%s>\n%b\n\nx\n' "$1" "$2" >"$1.eml"; }
# found COUNT QUERY...: the query finds this many occurrences.
found() {
	_want=$1 && shift
	ms-list "$@" >found.out 2>found.err
	_got=$(wc -l <found.out)
	[ "$_got" -eq "$_want" ] || { echo "$_got found, not $_want" && cat found.err && false; }
}
# finds COUNT QUERY: tests that a query finds COUNT occurrences. printf expands
# the query.
finds() { ok "$2: $1" found "$1" "$(printf '%b' "$2")"; }

# Composed, decomposed, with invisible characters, with no-break spaces.
mail nfc 'Subject: Die Übung'
mail nfd 'Subject: Die U\0314\0210bung'
mail soft 'Subject: Die Ü\0302\0255bung'
mail zero 'Subject: Die Ü\0342\0200\0213bu\0357\0273\0277ng'
mail nobreak 'Subject: Die\0302\0240Übung'
mail narrow 'Subject: Die\0342\0200\0257U\0314\0210bung'
mail encoded 'Subject: =?utf-8?Q?Die=C2=A0U=CC=88bu=E2=80=8Bng?='
mail hangul 'Subject: \0341\0204\0222\0341\0205\0241\0341\0206\0253\0341\0204\0200\0341\0205\0263\0341\0206\0257'
mail wide 'Subject: Straße ＡＢＣ ﬁn'
status 'messages with letters in all forms are ingested' 0 ms-ingest -q --create-user ./*.eml
finds 7 'subject:übung'
finds 7 'subject:U\0314\0210BUNG'
finds 7 'subject:"die übung"'
finds 7 'subject:"die\0302\0240ü\0302\0255bung"'
finds 1 'subject:한글'
finds 1 'subject:strasse'
finds 1 'subject:STRAẞE'
finds 1 'subject:"abc fin"'
status 'a query of invisible characters only is refused' 64 ms-list "subject:$(printf '\302\255')"

# Names of folders.
rm ./*.eml
mail one 'Subject: one'
ms-ingest -q -d "$(printf 'Entwu\314\210rfe/a\302\240b')" one.eml
finds 1 'folder:"Entwürfe/a b"'
finds 1 'folder:Entwu\0314\0210rfe/*'
finds 0 'folder:entwürfe/*'
ms-list folder:Ent* | cut -f4 >folder
printf 'Entwu\314\210rfe/a\302\240b\n' >want
same 'the name of the folder is not changed' want folder

# Names of users.
nfc=$(printf 'j\303\274rgen') nfd=$(printf 'ju\314\210rgen')
status 'a user is created' 0 ms-ingest -q -u "$nfd" --create-user one.eml
status 'the same user by another form of the name' 0 ms-ingest -q -u "$nfc" one.eml
ok '-u finds the user by the other form' found 1 -u "$nfc"
ok 'user: finds the user by the other form' found 1 "user:$nfc"
status 'a user with the other form of the name cannot be added' 73 ms-users add "$nfc"
status 'the user gets the other form' 0 ms-users rename "$nfd" "$nfc"
ok 'the user is found by the first form' found 1 -u "$nfd"
status 'the user gets another name' 0 ms-users rename "$nfc" jane
status 'no user has the old name in either form' 64 ms-list -u "$nfd"
status 'one run has messages for both forms of a name' 0 ms-ingest -q --format stream --create-user - <<END
From ms-stream@1 Thu Jan  1 00:00:00 1970
MS-Envelope: user="$nfc"; folder="a"
Subject: 1

From ms-stream@1 Thu Jan  1 00:00:00 1970
MS-Envelope: user="$nfd"; folder="a"
Subject: 2

From ms-stream@1 Thu Jan  1 00:00:00 1970
MS-Envelope: end; messages=2; failed=0; status=0

END
ok 'both forms are one user' found 2 -u "$nfd"
status 'ms-verify finds no error' 0 ms-verify --data

# Addresses.
rm ./*.eml
mail plain 'To: Joe <joe@example.org>'
mail blanks 'To: joe @ example . org'
mail comments 'Cc: joe(the boss)@(of)example.org (Joe)'
mail folded 'Bcc: joe\n @example.org'
mail quoted 'From: "joe"@example.org'
mail ace 'From: x@xn--bcher-kva.example'
mail unicode 'From: x@bücher.example'
mail upper 'From: x@XN--BCHER-KVA.example'
mail route 'To: <@relay.example:ann@xn--bcher-kva.example>'
status 'messages with addresses in all forms are ingested' 0 ms-ingest -q -d Addresses ./*.eml
finds 4 'to:joe@example.org'
finds 4 'to:"joe @ example.org"'
finds 1 'from:joe@example.org'
finds 1 'to:"the boss"'
finds 1 'to:"(Joe)"'
finds 3 'from:@bücher.example'
finds 3 'from:BÜCHER'
finds 3 'from:x@xn--bcher-kva.example'
finds 1 'to:ann@bücher.example'
finds 0 'subject:joe@example.org'
finish
