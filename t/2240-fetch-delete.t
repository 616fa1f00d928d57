#!/bin/sh
# 2240-fetch-delete.t - deleting at the source. A message is deleted from the
# server only if the archive has it whole, also if a call or the connection
# fails at any moment. Messages that were not archived, are flagged, are
# excluded by a filter, or differ from the archive are not deleted.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"
. "$top/t/lib-proxy.sh"
seed
# The connection is cut at a fifth of the places, which differ from run to run;
# with MS_SOAK=1 at all of them.
step=5
[ "${MS_SOAK-}" != 1 ] || step=1

imap_start || exit 1

# put SUBJECT FILE DATE [BODY]: adds a message to the folder $dir.
put() {
	printf 'Subject: %s\nMessage-ID: <%s@example.org>\n\nbody %s\n' "$1" "$1" "${4-$1}" >"$dir/$2"
	touch -d "$3" "$dir/$2"
}
# mailbox USER: makes a mailbox of six old messages, one of them flagged, and
# one message of today.
mkdir mail && dir=mail
for i in 1 2 3 4 5; do put $i "100$i.a:2,S" 2021-03-04T05:06:07; done
put flagged 1006.a:2,FS 2021-03-04T05:06:07
put today 1007.a:2,S now
mailbox() {
	imap_user "$1" secret
	cp -p mail/* "$imap_dir/cur" && imap_own
}
inbox() { echo "$imap_root/home/$1/Maildir"; }
# at_server USER: prints the digests of the messages at the server.
at_server() {
	python3 - "$(inbox "$1")" <<-'END'
		import glob, hashlib, re, sys
		for path in glob.glob(sys.argv[1] + "/**/[cn][ue][rw]/*", recursive=True):
		    with open(path, "rb") as f:
		        data = re.sub(rb"(?<!\r)\n", b"\r\n", f.read())
		    print(hashlib.sha256(data).hexdigest())
	END
}
# in_archive USER: prints the digests of the messages that the archive exports.
in_archive() {
	rm -rf given && ms-export -q -a "$1.arc" --format eml --eol crlf -o given >/dev/null
	find given -type f -exec sha256sum {} + | cut -d ' ' -f 1
}
# left USER: prints the number of messages at the server.
left() { find "$(inbox "$1")" -path '*/cur/*' -o -path '*/new/?*' | wc -l; }

port=$imap_port
fetch() {
	who=$1 && shift
	ms-fetch --timeout 5 -a "$who.arc" -u "$who" --ca-file "$imap_ca" --password-file "$who.pw" \
		--connect "127.0.0.1:$port" --report report "$@" "$scheme://$who@127.0.0.1/"
}
scheme=imaps
archive() {
	ms-init "$1.arc" && fetch "$1" -q >stream && ms-ingest -q --create-user -a "$1.arc" <stream &&
		at_server "$1" | sort >"$1.all"
}
delete() { fetch "$@" --delete-archived; }
deleted() { jq -r 'select(.type=="end") | .deleted // 0' report; }

# safe USER: the archive exports every message that the server does not have.
safe() {
	at_server "$1" | sort >here
	in_archive "$1" | sort -u >there
	comm -23 "$1.all" here | comm -23 - there >lost
	[ ! -s lost ] && ms-verify -q -a "$1.arc"
}

# ---- which messages are deleted ----
mailbox alice
archive alice || fail 'the mailbox is archived'
dir=$(inbox alice)/cur
put new 1008.a:2,S 2021-03-04T05:06:07
imap_own
du -b alice.arc/pack/* >before
status '-n deletes nothing' 0 delete alice -n --older-than 90d
ok '  it lists five messages' [ "$(wc -l <out)" -eq 5 ]
ok '  each line has a place' grep -q 'INBOX, UID 1$' out
ok '  the sums say that nothing is deleted' grep -q ' 5 deleted, .*; a dry run deletes nothing$' err
ok '  and so does the report' jq -se '.[-1] | .deleted == 5 and .dry_run' report
du -b alice.arc/pack/* >after
same '  the archive is not changed' before after
ok '  the mailbox is not changed' [ "$(left alice)" -eq 8 ]

status '--archived-before, and no message was archived 30 days ago' 0 delete alice --older-than 90d --archived-before 30d
ok '  all messages are at the server' [ "$(left alice)" -eq 8 ]
status 'a filter that matches no message' 0 delete alice --unseen
ok '  all messages are at the server' [ "$(left alice)" -eq 8 ]
status 'a folder that does not exist' 1 delete alice --folder Elsewhere
ok '  all messages are at the server' [ "$(left alice)" -eq 8 ]

status 'old archived messages are deleted' 0 delete alice --older-than 90d
ok '  a message that is not archived is left out' grep -q '"left_out".*INBOX, UID 8".*not archived' report
ok '  five messages were deleted' [ "$(deleted)" -eq 5 ]
ok '  three messages are left' [ "$(left alice)" -eq 3 ]
for what in flagged today new; do
	ok "  the message that is $what is left" grep -rqx "Subject: $what" "$dir"
done
ok '  nothing is lost' safe alice
fetch alice -q >stream && ms-ingest -q -a alice.arc <stream
status 'a deletion without a filter' 0 delete alice
ok '  only the flagged message is left' [ "$(left alice)" -eq 1 ]
ok '  nothing is lost' safe alice
status 'the same run again' 0 delete alice
ok '  no message is deleted' [ "$(deleted)" -eq 0 ]

# A message that was removed by hand is not archived for a run that deletes, and
# not known for a fetch.
mailbox eve && archive eve
subject() { printf '%s' "$(basename "$(grep -lrx "Subject: $1" "$(inbox eve)"/cur)")"; }
status 'a message is removed by hand' 0 ms-remove -q -a eve.arc --force subject:3
removed=$(cut -f 1 out)
status '  a fetch sends nothing' 0 fetch eve
ok '  and counts it as left out' jq -se '.[-1] | .seen == 7 and .known == 6 and .left_out == 1 and .new == 0' report
ok '  the report says why' grep -q '"left_out".*removed by hand: ms-remove --undo '"$removed"'"' report
status '  a deletion with -n does not list it' 0 delete eve -n
ok '  but five others' [ "$(wc -l <out)" -eq 5 ]
status '  a deletion' 0 delete eve
ok '  names it' grep -q "\"left_out\".*INBOX, UID [0-9]*\".*removed by hand: ms-remove --undo $removed\"" report
ok '  deletes five others' [ "$(deleted)" -eq 5 ]
ok '  it stays at the server' test -n "$(subject 3)"
status '  with a filter that matches it, too' 0 delete eve --older-than 90d
ok '  nothing more is deleted' [ "$(deleted)" -eq 0 ]
ms-verify -q -a eve.arc --rebuild-index
status '  and with a new index' 0 delete eve
ok '  it stays at the server' test -n "$(subject 3)"
status 'the removal is undone' 0 ms-remove -q -a eve.arc --undo "$removed"
status '  a fetch counts it as known' 0 fetch eve -q
ok '  ' jq -se '.[-1] | .known == 2 and .left_out == 0' report
status '  the next deletion deletes it' 0 delete eve
ok '  ' [ "$(deleted)" -eq 1 ]
ok '  nothing is lost' safe eve
# A message that was moved by hand is archived.
mailbox fay && archive fay
status 'a message is moved by hand' 0 ms-move -q -a fay.arc --force --to Elsewhere subject:3
status '  it is deleted' 0 delete fay
ok '  with the others' [ "$(deleted)" -eq 6 ]
ok '  nothing is lost' safe fay

# A message was flagged after it was archived.
mailbox bob && archive bob
mv "$(inbox bob)/cur/1001.a:2,S" "$(inbox bob)/cur/1001.a:2,FS"
status 'a message was flagged after it was archived' 0 delete bob
ok '  the message is not deleted' [ "$(left bob)" -eq 2 ]

# A message is known by its header only, so its body is compared.
imap_user carol secret
dir=$(inbox carol)/cur
put same 1.a:2,S 2021-03-04T05:06:07 body1
put other 2.a:2,S 2021-03-04T05:06:07 body2
imap_own
mkdir local && cat "$dir/1.a:2,S" >local/1.eml
sed 's/body2/bodyX/' "$dir/2.a:2,S" >local/2.eml
ms-init carol.arc && ms-ingest -q --create-user -u carol -a carol.arc local/1.eml local/2.eml
fetch carol -q >stream
ok 'messages are recognized by their headers' [ "$(grep -ac 'ref=' stream)" -eq 2 ]
ms-ingest -q -a carol.arc <stream
at_server carol | sort >carol.all
status '  the deletion reports that a message is left' 1 delete carol
ok '  a different body is not deleted' grep -q 'INBOX, UID 2: not deleted: ' err
ok '  one message is left' [ "$(left carol)" -eq 1 ]
ok '  it is the message with another body' grep -rq body2 "$dir"
ok '  nothing is lost' safe carol

# A message that the archive cannot export is not deleted.
mailbox dora && archive dora
python3 - dora.arc/pack/*.pack <<'END'
import sys
with open(sys.argv[1], "r+b") as f:
    data = f.read()
    f.seek(len(data) // 2)
    f.write(bytes(b ^ 255 for b in data[len(data) // 2:len(data) // 2 + 1]))
END
delete dora >out 2>err
ok 'a message that a damaged archive cannot export is not deleted' \
	[ "$(left dora)" -ge 1 ]
at_server dora | sort >here
rm -rf given && ms-export -a dora.arc --format eml --eol crlf -o given >/dev/null 2>&1
find given -type f -exec sha256sum {} + 2>/dev/null | cut -d ' ' -f 1 | sort >there
ok '  nothing is lost' sh -c '[ -z "$(comm -23 dora.all here | comm -23 - there)" ]'

# ---- the connection is cut before and after every command ----
# cuts PORT SCHEME: cuts the connection to this server before and after each
# command of a deletion.
cuts() {
	proxy_stop && proxy_start "$1" tls || exit 1
	scheme=$2 port=$proxy_port
	mailbox "$2-0" && archive "$2-0"
	proxy
	status "$2: a deletion without a cut" 0 delete "$2-0" --connections 1
	proxy
	commands=$proxy_commands
	note "the client sends $commands lines"
	ok '  only the flagged message is left' [ "$(left "$2-0")" -le 1 ]
	n=$((seed % step)) bad=0
	while [ $n -lt "$commands" ]; do
		n=$((n + step))
		for where in before after; do
			user=$2-$where-$n
			mailbox "$user" && archive "$user"
			proxy $where=$n then=refuse
			delete "$user" --connections 1 --retries 0 >out 2>err
			said=$?
			safe "$user" || { bad=$((bad + 1)) && note "$where $n: lost" "$(cat err)"; }
			gone=$((7 - $(left "$user")))
			# Every message that is reported as deleted is deleted.
			[ "$(deleted)" -le $gone ] ||
				{ bad=$((bad + 1)) && note "$where $n: $(deleted) said, $gone gone"; }
			case $said in 0 | 75) ;; *) bad=$((bad + 1)) && note "$where $n: $said" "$(cat err)" ;; esac
			proxy
			delete "$user" -q >out 2>err || { bad=$((bad + 1)) && note "$where $n, then: $?" "$(cat err)"; }
			[ "$(left "$user")" -eq "$(left "$2-0")" ] && safe "$user" ||
				{ bad=$((bad + 1)) && note "$where $n, then: $(left "$user") left"; }
			rm -rf "$user".*
		done
	done
	ok "$2: cut before and after commands, no message is lost, and the next run completes the deletion" [ $bad -eq 0 ]
}
cuts "$imap_port" imaps
cuts "$pop3s_port" pop3s
scheme=imaps port=$imap_port

# ---- killed before each call that changes the archive ----
if [ "${SAN-}" != 1 ] && [ -e "$top/build/t/crash.so" ]; then
	n=$((seed % step)) bad=0
	while [ $n -lt 100 ]; do
		n=$((n + step)) user=kill-$n
		mailbox "$user" && archive "$user"
		LD_PRELOAD=$top/build/t/crash.so MS_SHIM_DIR=$(pwd -P)/$user.arc MS_SHIM_EXE=ms-fetch \
			MS_SHIM_AT=$n MS_SHIM_DO=kill delete "$user" >out 2>err
		said=$?
		safe "$user" || { bad=$((bad + 1)) && note "$n: lost" "$(cat err)"; }
		delete "$user" -q >out 2>err || { bad=$((bad + 1)) && note "$n, then: $?" "$(cat err)"; }
		[ "$(left "$user")" -eq 1 ] && safe "$user" || { bad=$((bad + 1)) && note "$n, then: lost"; }
		rm -rf "$user".*
		[ $said -ne 0 ] || break
	done
	ok "killed before calls that write to the archive, up to call $n, no message is lost" [ $bad -eq 0 ]
	ok '  there were several calls' [ $n -gt 6 ]
fi

# ---- servers with unusual answers ----
echo secret >pw
rogue_start good plus store-no swap estimate || exit 1
rogue() {
	mode=$1 && shift
	ms-fetch --timeout 5 -a "$mode.arc" -u alice --ca-file "$imap_ca" --password-file pw \
		--report report "$@" "$(rogue_url "$mode")"
}
for mode in good plus store-no swap estimate; do
	ms-init $mode.arc
	rogue $mode -q >stream || fail "$mode is fetched"
	ms-ingest -q --create-user -a $mode.arc <stream
done
: >rogue.ports.swap
status 'a server without UIDPLUS could delete what another client marks' 1 \
	rogue good --delete-archived
ok '  no message is deleted' [ "$(deleted)" -eq 0 ]
ok '  the messages are named' grep -q 'INBOX, UIDs 11:15: not deleted: .*(no UIDPLUS)' err
status '  nor with -n' 1 rogue good -n --delete-archived
ok '  the folder is not changed' [ ! -e rogue.ports.log ]
# Bodies that are read to be compared count for --max-bytes.
status '--max-bytes limits a deletion' 0 rogue plus --connections 1 --delete-archived -n --max-bytes 30K
ok '  the other messages are named' grep -q '"left_out".*INBOX, UIDs* .*--max-bytes is reached' report
ok '  the report says how much was read' jq -se '.[-1] | .bytes_compared > 30720 and .bytes_compared < 90000' report
status 'a server with UIDPLUS' 0 rogue plus --delete-archived
ok '  six messages are deleted' [ "$(deleted)" -eq 6 ]
ok '  the command is UID EXPUNGE' sh -c 'grep -q "^plus UID EXPUNGE" rogue.ports.log && ! grep -q "^plus EXPUNGE" rogue.ports.log'
status 'a server that estimates sizes, as Exchange does' 0 rogue estimate --delete-archived
ok '  the bodies decide: six messages are deleted' [ "$(deleted)" -eq 6 ]
status 'a server that refuses STORE' 1 rogue store-no --delete-archived
ok '  nothing is deleted' [ "$(deleted)" -eq 0 ]
status 'a server that has other messages under the same UIDs' 1 rogue swap --delete-archived
ok '  the messages are not deleted' [ "$(deleted)" -eq 4 ]
for uid in 12 14; do
	ok "  the error names UID $uid" grep -q "INBOX, UID $uid: not deleted: the server has another message" err
	ok '  the message was not marked' sh -c '! grep "^swap" rogue.ports.log | grep -q '$uid
done
ok 'the servers reported no error' empty rogue.err
finish
