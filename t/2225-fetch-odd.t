#!/bin/sh
# 2225-fetch-odd.t - what ms-fetch does with answers that are unusual or cannot be
# read. Each server has one oddity (odd-imap.py) and is fetched three times: what
# cannot be read costs only the item, the message or the folder that it belongs
# to, and the second and third run find nothing new.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"

echo secret >pw
# NAME, status, archived messages, folders that fail, rules.
cat >table <<'END'
plain	0	6	0	*: none => none
namespace-extension	0	6	0	CAPABILITY: IMAP4rev1 => IMAP4rev1 NAMESPACE ;; NAMESPACE: "/")) => "/" "X-PARAM" ("A" "B")))
namespace-cut	0	6	0	CAPABILITY: IMAP4rev1 => IMAP4rev1 NAMESPACE ;; NAMESPACE: (("" "/")) NIL NIL => ((""
namespace-words	0	6	0	CAPABILITY: IMAP4rev1 => IMAP4rev1 NAMESPACE ;; NAMESPACE: (("" "/")) => personal
namespace-nil	0	6	0	CAPABILITY: IMAP4rev1 => IMAP4rev1 NAMESPACE ;; NAMESPACE: (("" "/")) => ((NIL NIL))
namespace-no-delimiter	0	6	0	CAPABILITY: IMAP4rev1 => IMAP4rev1 NAMESPACE ;; NAMESPACE: (("" "/")) => (("" ""))
namespace-absent	0	6	0	CAPABILITY: IMAP4rev1 => IMAP4rev1 NAMESPACE ;; NAMESPACE! TAG OK nothing\r\n
namespace-bad	0	6	0	CAPABILITY: IMAP4rev1 => IMAP4rev1 NAMESPACE ;; NAMESPACE! TAG BAD what\r\n
list-extended	0	6	0	LIST: "Other" => "Other" ("CHILDINFO" ("SUBSCRIBED"))
list-oldname	0	6	0	LIST: "Other" => Other (OLDNAME (x))
list-bare-attribute	0	6	0	LIST: () => (HasNoChildren)
list-star-attribute	0	6	0	LIST: () => (\* \HasNoChildren)
list-empty-attribute	0	6	0	LIST: () => (\HasNoChildren \)
list-string-attribute	0	6	0	LIST: () => ("\\HasNoChildren" {3}\r\nabc)
list-nested-attribute	0	6	0	LIST: () => (\X (\Y (z)))
list-nil-attributes	0	6	0	LIST: () => NIL
list-blanks	0	6	0	LIST: () "/" => ()   "/"	
list-literal	0	6	0	LIST: "Other" => {5}\r\nOther
list-literal8	0	6	0	LIST: "Other" => ~{5}\r\nOther
list-bare-delimiter	0	6	0	LIST: "/" => /
list-long-delimiter	0	6	0	LIST: "/" => "//"
list-bare-blank	0	7	0	LIST: "Other"\r\n => "Other"\r\n* LIST () "/" My Folder\r\n
list-torn-name	0	7	0	LIST: "Other"\r\n => "Other"\r\n* LIST () "/" "My Folder\r\n
list-inner-quotes	1	6	1	LIST: "Other"\r\n => "Other"\r\n* LIST () "/" "My "own" Folder"\r\n
list-no-name	1	6	1	LIST: "Other"\r\n => "Other"\r\n* LIST (\X "/" Folder\r\n
list-latin-1	0	7	0	LIST: "Other"\r\n => "Other"\r\n* LIST () "/" "caf\xe9"\r\n
list-empty-name	0	6	0	LIST: "Other"\r\n => "Other"\r\n* LIST () "/" ""\r\n
list-no-inbox	0	6	0	LIST: * LIST () "/" INBOX\r\n => 
list-lower-inbox	0	6	0	LIST: INBOX => inbox
list-xlist	0	6	0	LIST: "Other"\r\n => "Other"\r\n* XLIST (\Inbox) "/" "Inbox"\r\n* LSUB () "/" x\r\n
rev2-only	0	6	0	CAPABILITY: IMAP4rev1 => IMAP4rev2 ;; SEARCH: * SEARCH 11 12 13 14 => * ESEARCH (TAG "x") UID ALL 11:14 ;; SEARCH: * SEARCH 21 22 => * ESEARCH (TAG "x") UID ALL 21,22
utf8-only	0	6	0	CAPABILITY: IMAP4rev1 => IMAP4rev2 UTF8=ONLY
esearch	0	6	0	SEARCH: * SEARCH 11 12 13 14 => * ESEARCH (TAG "x") UID COUNT 4 ALL 14:11
esearch-no-tag	0	6	0	SEARCH: * SEARCH 11 12 13 14 => * ESEARCH UID ALL 11:14
search-modseq	0	6	0	SEARCH: 14\r => 14 (MODSEQ 917162500)\r
search-odd-numbers	0	6	0	SEARCH: SEARCH => SEARCH 0 x 4294967307 99999999999999999999
search-two-lines	0	6	0	SEARCH: 12 13 => 12\r\n* SEARCH 13
search-lower	0	6	0	SEARCH: SEARCH => search
untagged-unknown	0	6	0	*:  => * X-NEW (1 (2 "(" {2}\r\n)) NIL)\r\n* THREAD (2)(3 6)\r\n
untagged-blank-lines	0	6	0	*: \r\nTAG => \r\n\r\nTAG
untagged-status	0	6	0	*: * OK => * OK [X-A {3} "b] ;; *: TAG OK => * OK [ALERT] "un {5}\r\nTAG OK
untagged-flags	0	6	0	FETCH:  => * 2 FETCH (FLAGS (\Flagged))\r\n
untagged-exists	0	6	0	FETCH: TAG => * 4 EXISTS\r\n* 1 RECENT\r\nTAG
fetch-emailid	0	6	0	FETCH: (UID => (EMAILID (M6d99ac3275bb4e) THREADID NIL UID
fetch-savedate	0	6	0	FETCH: (UID => (SAVEDATE "01-Jan-2025 12:00:00 +0000" MODSEQ (7) UID
fetch-preview	0	6	0	FETCH: (UID => (PREVIEW {7}\r\na) b(\r\n PREVIEW (FUZZY "x") UID
fetch-nested	0	6	0	FETCH: (UID => (X-A (1 (2 (3 {2}\r\n)) "(") NIL) {0}\r\n) X-B NIL UID
fetch-no-value	0	6	0	FETCH: (UID => (X-FLAG UID
fetch-structure	0	6	0	FETCH: (UID => (BODYSTRUCTURE ("TEXT" "PLAIN" ("CHARSET" "x") NIL NIL "7BIT" 3 1) UID
fetch-numbers	0	6	0	FETCH: (UID => (X-GM-MSGID 1278455344230334865 X 99999999999999999999 UID
fetch-peek	0	6	0	FETCH: BODY[ => BODY.PEEK[
fetch-origin	0	6	0	FETCH: BODY[] => BODY[]<0>
fetch-lower	0	6	0	FETCH: BODY[ => body[
fetch-rfc822	0	6	0	FETCH: BODY[] => RFC822
fetch-no-blank	0	6	0	FETCH: BODY[] { => BODY[]{
fetch-line-end	0	6	0	FETCH: \r\n)\r\n => \r\n\r\n)\r\n ;; FETCH: \r\n\r\n\r\n)\r\n => \r\n\r\n)\r\n
fetch-blanks	0	6	0	FETCH: text\r\n)\r\n => text\r\n  )\r\n
fetch-literal8	0	6	0	FETCH: BODY[] { => BODY[] ~{
fetch-bare-lf	0	6	0	FETCH: )\r\n => )\n
fetch-trailing-blank	0	6	0	FETCH: )\r\n => ) \r\n
fetch-double-blanks	0	6	0	FETCH: (UID => ( UID 
fetch-unquoted-date	0	6	0	FETCH: "01-Feb-2021 03:04:05 +0130" => yesterday
fetch-nil-date	0	6	0	FETCH: "01-Feb-2021 03:04:05 +0130" => NIL
fetch-nil-size	0	6	0	FETCH: RFC822.SIZE => RFC822.SIZE NIL X
fetch-negative-size	0	6	0	FETCH: RFC822.SIZE => RFC822.SIZE -5 X
fetch-bad-number	0	6	0	FETCH: * 2 FETCH => * 99999999999 FETCH
flags-latin-1	0	6	0	FETCH: (\Seen) => (\Seen caf\xe9)
flags-nil	0	6	0	FETCH: (\Seen) => NIL
flags-percent	0	6	0	FETCH: (\Seen) => (100% *x \* [a]/b)
flags-control	0	6	0	FETCH: (\Seen) => (a\x01b \x7f)
flags-nul	0	6	0	FETCH: (\Seen) => (a\x00b)
flags-string	0	6	0	FETCH: (\Seen) => ("two words" {3}\r\na b)
flags-empty	0	6	0	FETCH: (\Seen) => (\ \\)
flags-nested	0	6	0	FETCH: (\Seen) => (a (b c) d)
flags-atom	0	6	0	FETCH: (\Seen) => \Seen
flags-brace	0	6	0	FETCH: (\Seen) => ({3} {x} a}b)
flags-quote	0	6	0	FETCH: (\Seen) => (a"b)
needs-id	0	6	0	needs-id ;; CAPABILITY: IMAP4rev1 => IMAP4rev1 ID
id-refused	0	6	0	CAPABILITY: IMAP4rev1 => IMAP4rev1 ID ;; ID! TAG NO who\r\n
capability-bad	0	6	0	CAPABILITY! TAG BAD what\r\n
capability-no	0	6	0	CAPABILITY! TAG NO never\r\n
capability-odd	0	6	0	CAPABILITY: IMAP4rev1 => IMAP4rev1 (x) "y" {3}\r\nabc AUTH= = X=(
capability-empty	0	6	0	CAPABILITY: * CAPABILITY IMAP4rev1 => * CAPABILITY
capability-code	0	6	0	greeting: OK => OK [CAPABILITY IMAP4rev1 LITERAL+]
examine-bad	0	6	0	EXAMINE! TAG BAD what\r\n
examine-no	0	6	0	EXAMINE! TAG NO not so\r\n
uidnext-odd	0	6	0	EXAMINE: 99 => 99999999999
uidnext-word	0	6	0	EXAMINE: UIDNEXT 99 => UIDNEXT many
uidvalidity-large	0	6	0	EXAMINE: UIDVALIDITY 7 => UIDVALIDITY 4294967303
uidvalidity-word	0	6	0	EXAMINE: UIDVALIDITY 7 => UIDVALIDITY none
uidvalidity-absent	0	6	0	EXAMINE: * OK [UIDVALIDITY 7] v\r\n => 
exists-after	0	6	0	EXAMINE: * 4 EXISTS\r\n =>  ;; EXAMINE: done\r\n => done\r\n* 4 EXISTS\r\n ;; EXAMINE: * 4 EXISTS\r\n* 4 => * 4
limit-1000	0	6	0	limit 1000
limit-short	0	6	0	limit 88
code-unclosed	0	6	0	EXAMINE: TAG OK => TAG OK [READ-ONLY
greeting-code	0	6	0	greeting: OK odd => OK [X {5} "
END
setpriv --pdeathsig TERM python3 "$top/t/odd-imap.py" table ports 2>odd.err &
rogue_pid=$!
started $rogue_pid odd.err test -s ports || exit 1

cat >fetch <<'END'
port=$(sed -n "s/^$1 //p" ports)
for run in 1 2 3; do
	ms-fetch --insecure-plaintext --retries 0 --timeout 4 -a "arc.$1" -u alice \
		--password-file pw "imap://alice@127.0.0.1:$port/" >"$1.stream" 2>"$1.err.$run"
	echo $? >"$1.status.$run"
	ms-ingest -q --create-user -a "arc.$1" <"$1.stream" 2>>"$1.err.$run"
done
END
cut -f 1 table >names
while read -r name; do ms-init "arc.$name"; done <names
xargs -P 4 -I NAME sh fetch NAME <names

tab=$(printf '\t')
sums() { sed -n 's/^ms-fetch: [0-9]* seen: //p' "$1"; }
while IFS=$tab read -r name want messages folders _; do
	failed='0 failed'
	[ "$folders" -eq 0 ] || failed="0 failed; $folders folder failed"
	for run in 1 2 3; do
		[ "$(cat "$name.status.$run")" = "$want" ] || note "$(cat "$name.err.$run")"
		ok "$name, run $run: the status is $want" [ "$(cat "$name.status.$run")" = "$want" ]
	done
	ok "  $messages messages are archived" \
		[ "$(ms-list -a "arc.$name" | wc -l)" -eq "$messages" ]
	ok "  the sums end with $failed" \
		[ "$(sums "$name.err.1")" = "$messages new, 0 known, 0 left out, $failed" ]
	ok '  later runs find nothing new' \
		[ "$(sums "$name.err.2") $(sums "$name.err.3")" = \
		"0 new, $messages known, 0 left out, $failed 0 new, $messages known, 0 left out, $failed" ]
done <table

# fetch NAME OPTION...: one more run, without an archive.
fetch() {
	port=$(sed -n "s/^$1 //p" ports) && shift
	ms-fetch --insecure-plaintext --retries 0 --timeout 4 --no-archive -u alice \
		--password-file pw --report report "$@" "imap://alice@127.0.0.1:$port/"
}
for name in examine-bad examine-no; do
	status "$name: with -q" 0 fetch $name -q
	ok '  the report says once that SELECT is used' [ "$(grep -c '"note".*SELECT' report)" -eq 1 ]
	status '  with --read-only, no folder is opened' 1 fetch $name --read-only
	ok '  both are named' [ "$(grep -c '^ms-fetch: \(INBOX\|Other\): EXAMINE ' err)" -eq 2 ]
done
status 'a server that requires ID, with --no-id' 1 fetch needs-id --no-id
ok '  refuses both folders' [ "$(grep -c 'EXAMINE refused: Unsafe Login' err)" -eq 2 ]
# Flags are bytes: those that a stream cannot contain are escaped.
while IFS=$tab read -r name want; do
	fetch "$name" >out 2>err
	ok "$name: the flags are $want" grep -aqF "flags=$want; date" out
	n=$(case $want in *\\\\x*) echo 2 ;; *) echo 0 ;; esac)
	ok "  $n folders have a remark" [ "$(grep -c 'bytes of flags that are not' err)" -eq "$n" ]
done <<'END'
flags-latin-1	"\\Seen caf\\xE9"
flags-nil	""
flags-percent	"100% *x \\* [a]/b"
flags-control	"a\\x01b \\x7F"
flags-nul	"a\\x00b"
END
ok 'no server reported an error' empty odd.err
finish
