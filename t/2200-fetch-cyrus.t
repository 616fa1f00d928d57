#!/bin/sh
# 2200-fetch-cyrus.t - ms-fetch reads a mailbox of Cyrus, with either hierarchy
# separator. Each message is equal to the file of Cyrus, and no message is sent
# twice.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"
. "$top/t/lib-cyrus.sh"

fetch() {
	ms-fetch -u alice --ca-file "$imap_ca" --password-file alice.pw "$@"
}

# mailbox_is FOLDER=MAILBOX ...: `stream` has the messages that Cyrus has.
mailbox_is() {
	ok 'the output is a stream' sh -c 'python3 "$1/t/unstream.py" <stream >got' sh "$top"
	cyrus_expected alice "$@" | sort >want
	sed '$d' got | sort >sorted
	same 'every message is equal to the file in the spool of Cyrus' want sorted
}

# compare COUNT FOLDER=MAILBOX ...: fetches and archives a mailbox of COUNT
# messages, and compares it with the files of Cyrus.
compare() {
	many=$1 && shift
	status "a mailbox of $many messages is fetched" 0 fetch "$(cyrus_url alice)"
	cp out stream
	ok 'each message has its EMAILID' [ "$(grep -ac 'email-id=' stream)" -eq "$many" ]
	ok 'all messages are there' grep -qx "ms-fetch: $many seen: $many new, 0 known, 0 left out, 0 failed" err
	mailbox_is "$@"
	rm -rf arc && ms-init arc
	status 'the stream is archived' 0 ms-ingest -q --create-user -a arc <stream
	status 'the same run again' 0 fetch -a arc "$(cyrus_url alice)"
	ok 'no message is new' grep -qx "ms-fetch: $many seen: 0 new, $many known, 0 left out, 0 failed" err
}

cat >fill.py <<'END'
date = '"01-Feb-2021 03:04:05 +0130"'
def put(box, flags, data):
    do("append", mailbox(box), flags, date, b"Subject: " + data)
put(inbox, r"(\Seen \Flagged $Work)", b"one\r\n\r\nplain\r\n")
put(inbox, r"(\Answered \Draft \Deleted NonJunk $Work)", b"two\r\n\r\nFrom here\r\n>From\r\n.\r\n")
put(inbox, "()", b"three\r\n\r\nno newline at the end")
put(inbox, r"(\Seen)", b"four\r\n\r\nbare\rCR, 8-bit \xe4\xf6\r\n\r\n\r\n")
put(inbox, "()", b"five\r\n\r\n" + b"x" * 70000 + b"\r\n")
put(inbox, "()", b"six\r\n\r\n" + b"".join(b"%d\r\n" % i for i in range(700000)))
for i in range(250):
    put(inbox, "()", b"many %d\r\n\r\nbody %d\r\n" % (i, i))
for name in names:
    do("create", mailbox(inbox + separator + name))
    put(inbox + separator + name, r"(\Seen)", b"in %s\r\n\r\nx\r\n" % name.encode())
END

# The separator is '/', and names contain dots.
cyrus_start 'unixhierarchysep: on' 'altnamespace: off' || exit 1
cyrus_user alice 'secret "quoted\" password'
{ cat <<'END' && cat fill.py; } | cyrus_talk alice || fail 'mail is added'
inbox, separator = "INBOX", "/"
names = ["a&-b", "Gr&APw-n", "&ZeVnLIqe- &2D3eAA-", "trail ", " lead", "~tilde",
         "dot.ted", "star*", "one/two/three"]
END
# shellcheck disable=SC2088 # not a home
set -- INBOX=user/alice 'INBOX/a&b=user/alice/a&-b' 'INBOX/Grün=user/alice/Gr&APw-n' \
	'INBOX/日本語 😀=user/alice/&ZeVnLIqe- &2D3eAA-' 'INBOX/trail =user/alice/trail ' \
	'INBOX/ lead=user/alice/ lead' 'INBOX/~tilde=user/alice/~tilde' \
	'INBOX/dot.ted=user/alice/dot.ted' 'INBOX/star*=user/alice/star*' \
	'INBOX/one/two/three=user/alice/one/two/three'
compare 265 "$@"
cyrus_stop
rm -rf "$cyrus_root"

# The separator is '.', and folders are at the level of INBOX.
cyrus_start 'unixhierarchysep: off' 'altnamespace: on' || exit 1
cyrus_user alice 'secret "quoted\" password'
{ echo 'do("create", "Work")' &&
	printf '%s\n' 'inbox, separator, names = "INBOX", ".", []' && cat fill.py &&
	printf '%s\n' 'inbox, names = "Work", ["a&-b", "Gr&APw-n", "one.two.three"]' &&
	sed -n '/^for name/,$p' fill.py; } | cyrus_talk alice || fail 'mail is added'
compare 259 INBOX=user.alice Work=user.alice.Work 'Work/a&b=user.alice.Work.a&-b' \
	'Work/Grün=user.alice.Work.Gr&APw-n' Work/one/two/three=user.alice.Work.one.two.three
finish
