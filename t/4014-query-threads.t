#!/bin/sh
# 4014-query-threads.t - thread: and msgid: find messages by the ids in their
# headers. ms-query(7), Threads.
. "$(dirname "$0")/lib.sh"
export MS_ARCHIVE=arc
ms-init arc || exit 1

# msg USER NAME FIELD...: a message with this name as its subject. Printf expands
# the fields.
msg() {
	printf 'From ms-stream@1 Thu Jan  1 00:00:00 1970\nMS-Envelope: user="%s"; folder="F"; date="2024-01-01T00:00:00Z"\n' "$1"
	printf 'Subject: %s\n' "$2"
	shift 2
	[ $# -eq 0 ] || printf '%b\n' "$@"
	printf '\nx\n\n'
}
{
	# A thread with replies of two users.
	msg anna a1 'Message-ID: <a1@x>'
	msg bob a2 'Message-ID: <a2@x>' 'References: <a1@x>'
	msg anna a3 'Message-ID: <a3@x>' 'References:\n <a1@x>\n <a2@x>'
	msg anna a4 'Message-ID: <a4@x>' 'In-Reply-To: <a3@x>'
	# The parent is missing; only the third id of the References is shared.
	msg anna b1 'Message-ID: <b1@x>' 'References: <lost@x>'
	msg bob b2 'Message-ID: <b2@x>' 'In-Reply-To: <lost@x>'
	msg anna b3 'Message-ID: <b3@x>' 'References: <y1@x> <y2@x> <lost@x> <y3@x> <y4@x>'
	# The same subject, but no thread.
	msg anna a1 'Message-ID: <c1@x>'
	# Words in In-Reply-To: only the first id counts.
	msg anna d1 'Message-ID: <d1@x>'
	msg anna d2 'Message-ID: <d2@x>' 'In-Reply-To: Your message of Friday <d1@x> by <c1@x>'
	# Ids with blanks and folds, without brackets, and none.
	msg anna e1 'Message-ID: < e1\n @x >'
	msg anna e2 'Message-ID: e2@x' 'References: <e1@x>'
	msg anna f1
	# A circle, and a message that names itself.
	msg anna g1 'Message-ID: <g1@x>' 'References: <g2@x>'
	msg anna g2 'Message-ID: <g2@x>' 'References: <g1@x>'
	msg anna h1 'Message-ID: <h1@x>' 'References: <h1@x> <h1@x>'
	# Two messages with one Message-ID.
	msg anna i1 'Message-ID: <i@x>'
	msg anna i2 'Message-ID: <i@x>'
	printf 'From ms-stream@1 Thu Jan  1 00:00:00 1970\nMS-Envelope: end; messages=18; failed=0; status=0\n\n'
} >mail
status 'messages with threads are ingested' 0 ms-ingest -q --create-user <mail

# finds SUBJECTS QUERY [OPTION...]
finds() {
	_want=$1 _query=$2 && shift 2
	_got=$(ms-list "$@" -- "$_query" 2>err | cut -f 7 | sort | tr '\n' ' ')
	if [ "$_got" = "$_want" ] && [ ! -s err ]; then
		pass "$_query: $_want"
	else
		fail "$_query: $_want" && note "found $_got" && note "$(cat err)"
	fi
}
check_all() {
	finds 'a1 a2 a3 a4 ' thread:a1@x
	finds 'a1 a2 a3 a4 ' 'thread:<a4@x>'
	finds 'b1 b2 b3 ' thread:b2@x
	finds 'b1 b2 b3 ' thread:lost@x
	finds 'a1 ' thread:c1@x
	finds 'd1 d2 ' thread:d1@x
	finds 'e1 e2 ' thread:e2@x
	finds '' thread:f1@x
	finds 'g1 g2 ' thread:g1@x
	finds 'h1 ' thread:h1@x
	finds 'i1 i2 ' thread:i@x
	finds 'a1 ' msgid:a1@x
	finds '' msgid:A1@x
	finds '' msgid:a1
	finds '' msgid:lost@x
	finds 'e1 ' msgid:e1@x
	finds 'e2 ' 'msgid:<e2@x>'
	finds 'i1 i2 ' msgid:i@x
}
check_all
finds 'a2 ' 'thread:a1@x user:bob'
finds 'a1 a3 a4 ' thread:a1@x -u anna
finds 'b1 b3 ' thread:lost@x -u anna
finds 'a1 a2 a3 a4 b1 b2 b3 ' 'thread:a1@x or thread:b1@x'
finds 'a3 a4 ' 'thread:a2@x not (user:bob or msgid:a1@x)'
finds 'a1 a2 a3 d1 ' '(thread:a1@x or msgid:d1@x) -subject:a4'
finds '' 'thread:a1@x thread:b1@x'
finds 'f1 ' 'not (thread:a1@x or thread:b1@x or thread:c1@x or thread:d1@x or thread:e1@x or thread:g1@x or thread:h1@x or msgid:i@x)'
id=$(ms-list msgid:a4@x | cut -f 1)
finds 'a1 a2 a3 a4 ' "thread:$id"
finds 'a1 a2 a3 a4 ' "thread:$(echo "$id" | cut -c 1-12)"
id=$(ms-list subject:f1 | cut -f 1)
finds 'f1 ' "thread:$id"
finds '' thread:0123456789abcdef

# The users of --as see their own mail, of a thread that the mail of others
# bridges.
ms-list --as bob thread:a4@x 2>err | cut -f 7 >out
ok '--as finds what the user may read' test "$(tr '\n' ' ' <out)" = 'a2 '

# The table is derived: filled again by a rebuild.
status 'the index is rebuilt' 0 ms-verify --rebuild-index
check_all
finish
