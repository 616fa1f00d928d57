#!/bin/sh
# 2240-fetch-delete.t - deleting at the source. Whatever fails at any moment,
# a message is only deleted from the server if the archive has it whole.
# Messages that were not archived, are flagged, are excluded by a filter, or
# differ from the archive are not deleted.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"
. "$top/t/lib-proxy.sh"
seed
# A fifth of the places at which the connection is cut, other ones in each run;
# with MS_SOAK=1 all.
step=5
[ "${MS_SOAK-}" != 1 ] || step=1

imap_start || exit 1

# put SUBJECT FILE DATE [BODY]: into the folder $dir.
put() {
	printf 'Subject: %s\nMessage-ID: <%s@example.org>\n\nbody %s\n' "$1" "$1" "${4-$1}" >"$dir/$2"
	touch -d "$3" "$dir/$2"
}
# mailbox USER: six old messages (one flagged), one of today.
mkdir mail && dir=mail
for i in 1 2 3 4 5; do put $i "100$i.a:2,S" 2021-03-04T05:06:07; done
put flagged 1006.a:2,FS 2021-03-04T05:06:07
put today 1007.a:2,S now
mailbox() {
	imap_user "$1" secret
	cp -p mail/* "$imap_dir/cur" && imap_own
}
inbox() { echo "$imap_root/home/$1/Maildir"; }
# The digests of what USER's folders have at the server.
at_server() {
	python3 - "$(inbox "$1")" <<-'END'
		import glob, hashlib, re, sys
		for path in glob.glob(sys.argv[1] + "/**/[cn][ue][rw]/*", recursive=True):
		    with open(path, "rb") as f:
		        data = re.sub(rb"(?<!\r)\n", b"\r\n", f.read())
		    print(hashlib.sha256(data).hexdigest())
	END
}
# The same for the messages that USER's archive exports.
in_archive() {
	rm -rf given && ms-export -a "$1.arc" --format eml --eol crlf -o given >/dev/null
	find given -type f -exec sha256sum {} + | cut -d ' ' -f 1
}
# left USER: how many messages are at the server.
left() { find "$(inbox "$1")" -path '*/cur/*' -o -path '*/new/?*' | wc -l; }

port=$imap_port
fetch() {
	who=$1 && shift
	ms-fetch --timeout 5 -a "$who.arc" -u "$who" --ca-file "$imap_ca" --password-file "$who.pw" \
		--connect "127.0.0.1:$port" --report report "$@" "$scheme://$who@127.0.0.1/"
}
scheme=imaps
archive() {
	ms-init "$1.arc" && fetch "$1" -q >stream && ms-ingest -q --create-user -a "$1.arc" stream &&
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
archive alice || fail 'it is archived'
dir=$(inbox alice)/cur
put new 1008.a:2,S 2021-03-04T05:06:07
imap_own
du -b alice.arc/pack/* >before
status '-n' 0 delete alice -n --older-than 90d
ok '  lists five messages' [ "$(wc -l <out)" -eq 5 ]
ok '  by place' grep -q 'INBOX, UID 1$' out
du -b alice.arc/pack/* >after
same '  and the archive is as before' before after
ok '  and so is the mailbox' [ "$(left alice)" -eq 8 ]

status 'nothing was archived 30 days ago' 0 delete alice --older-than 90d --archived-before 30d
ok '  and all are there' [ "$(left alice)" -eq 8 ]
status 'a filter that none meets' 0 delete alice --unseen
ok '  and all are there' [ "$(left alice)" -eq 8 ]
status 'another folder' 1 delete alice --folder Elsewhere
ok '  and all are there' [ "$(left alice)" -eq 8 ]

status 'old archived messages are deleted' 0 delete alice --older-than 90d
ok '  a message that is not archived is left out' grep -q '"left_out".*INBOX, UID 8".*not archived' report
ok '  five were deleted' [ "$(deleted)" -eq 5 ]
ok '  three are left' [ "$(left alice)" -eq 3 ]
for what in flagged today new; do
	ok "  the one that is $what" grep -rqx "Subject: $what" "$dir"
done
ok '  nothing is lost' safe alice
fetch alice -q >stream && ms-ingest -q -a alice.arc stream
status 'without a filter' 0 delete alice
ok '  only the flagged one stays' [ "$(left alice)" -eq 1 ]
ok '  nothing is lost' safe alice
status 'the same run again' 0 delete alice
ok '  nothing is left to do' [ "$(deleted)" -eq 0 ]

# Flagged since it was archived.
mailbox bob && archive bob
mv "$(inbox bob)/cur/1001.a:2,S" "$(inbox bob)/cur/1001.a:2,FS"
status 'flagged since' 0 delete bob
ok '  the message is not deleted' [ "$(left bob)" -eq 2 ]

# Known by its header only: the body decides.
imap_user carol secret
dir=$(inbox carol)/cur
put same 1.a:2,S 2021-03-04T05:06:07 body1
put other 2.a:2,S 2021-03-04T05:06:07 body2
imap_own
mkdir local && cat "$dir/1.a:2,S" >local/1.eml
sed 's/body2/bodyX/' "$dir/2.a:2,S" >local/2.eml
ms-init carol.arc && ms-ingest -q --create-user -u carol -a carol.arc local/1.eml local/2.eml
fetch carol -q >stream
ok 'mail that is recognised by its header' [ "$(grep -ac 'ref=' stream)" -eq 2 ]
ms-ingest -q -a carol.arc stream
at_server carol | sort >carol.all
status '  is deleted if the body is the same' 1 delete carol
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
ok 'a damaged archive deletes nothing that it cannot give back' \
	[ "$(left dora)" -ge 1 ]
at_server dora | sort >here
rm -rf given && ms-export -a dora.arc --format eml --eol crlf -o given >/dev/null 2>&1
find given -type f -exec sha256sum {} + 2>/dev/null | cut -d ' ' -f 1 | sort >there
ok '  nothing is lost' sh -c '[ -z "$(comm -23 dora.all here | comm -23 - there)" ]'

# ---- the connection is cut before and after every command ----
# cuts PORT SCHEME
cuts() {
	proxy_stop && proxy_start "$1" tls || exit 1
	scheme=$2 port=$proxy_port
	mailbox "$2-0" && archive "$2-0"
	proxy
	status "$2: a deletion by one connection" 0 delete "$2-0" --connections 1
	proxy
	commands=$proxy_commands
	note "$commands lines of the client"
	ok '  only the flagged one stays' [ "$(left "$2-0")" -le 1 ]
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
	ok "$2: cut before and after commands, and then completed" [ $bad -eq 0 ]
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
	ok "killed before the calls that write to the archive, until number $n" [ $bad -eq 0 ]
	ok '  some calls were tried' [ $n -gt 6 ]
fi

# ---- servers with unusual answers ----
echo secret >pw
rogue_start good plus marked store-no swap || exit 1
rogue() {
	mode=$1 && shift
	ms-fetch --timeout 5 -a "$mode.arc" -u alice --ca-file "$imap_ca" --password-file pw \
		--report report "$@" "$(rogue_url "$mode")"
}
for mode in good plus marked store-no swap; do
	ms-init $mode.arc
	rogue $mode -q >stream || fail "$mode is fetched"
	ms-ingest -q --create-user -a $mode.arc stream
done
: >rogue.ports.swap
status 'a server without UIDPLUS' 0 rogue good --delete-archived
ok '  six messages' [ "$(deleted)" -eq 6 ]
ok '  by EXPUNGE' grep -q '^good EXPUNGE' rogue.ports.log
status 'one with it' 0 rogue plus --delete-archived
ok '  six messages' [ "$(deleted)" -eq 6 ]
ok '  by UID EXPUNGE' sh -c 'grep -q "^plus UID EXPUNGE" rogue.ports.log && ! grep -q "^plus EXPUNGE" rogue.ports.log'
status 'no UIDPLUS, and another client has marked a message' 1 rogue marked --delete-archived
ok '  INBOX stays as it is' [ "$(deleted)" -eq 1 ]
ok '  the message gives the reason' grep -q 'INBOX, UID 11: not deleted: other messages in the folder are marked' err
ok '  it is not expunged' [ "$(grep -c '^marked EXPUNGE' rogue.ports.log)" -eq 1 ]
status 'the server refuses the mark' 1 rogue store-no --delete-archived
ok '  nothing is deleted' [ "$(deleted)" -eq 0 ]
status 'other messages under the same UIDs' 1 rogue swap --delete-archived
ok '  the messages are not deleted' [ "$(deleted)" -eq 4 ]
for uid in 12 14; do
	ok "  UID $uid" grep -q "INBOX, UID $uid: not deleted: the server has another message" err
	ok '  the message was not marked' sh -c '! grep "^swap" rogue.ports.log | grep -q '$uid
done
ok 'the servers reported no error' empty rogue.err
finish
