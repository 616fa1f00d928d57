#!/bin/sh
# 2130-fetch-folders.t - patterns, special uses and owners decide which folders
# are fetched. The list of folders gives the reason for each.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"

# folder NAME: makes a folder with one message. NAME is the name that Dovecot
# uses on disk.
folder() {
	imap_folder alice "$1"
	printf 'Subject: in %s\n\nx\n' "$1" | imap_put "$imap_dir" '1.a:2,S'
}

imap_start 'mail_location = maildir:~/Maildir
	namespace inbox {
	  inbox = yes
	  separator = .
	  mailbox Away {
	    special_use = \Trash
	  }
	}
	namespace {
	  type = public
	  prefix = Public.
	  separator = .
	  location = maildir:'"$imap_root"'/public:INDEX=~/public
	  subscriptions = no
	}' || exit 1
imap_user alice secret
for name in INBOX .Private .Private.Deep '.Private Stuff' '.R&-D' '.q"uote' \
	'.back\slash' '.trail ' '.Entw&APw-rfe' '.Entw&APw-rfe.Old' .Away .Deleted \
	.Spam .Gesendet; do
	folder "$name"
done
${imap_as} mkdir -p "$imap_root/public/.News/cur" "$imap_root/public/.News/new" \
	"$imap_root/public/.News/tmp" "$imap_root/home/alice/public"
printf 'Subject: news\n\nx\n' | imap_put "$imap_root/public/.News" '1.a:2,S'
imap_own

fetch() {
	ms-fetch -u alice --ca-file "$imap_ca" --password-file alice.pw "$@" \
		"$(imap_url alice)"
}
# gives WHAT FOLDERS OPTION ...: exactly these folders are fetched.
gives() {
	what=$1
	printf '%s\n' "$2" | sed '/^$/d' | sort >want
	shift 2
	status "$what" 0 fetch "$@"
	grep -a '^MS-Envelope: user' out | sed 's/.*; folder="\(.*\)"; uid=.*/\1/' | sort >got
	same "  exactly these folders are fetched" want got
}

cat >want <<'END'
-	Away	Trash by SPECIAL-USE
+	Deleted	
-	Entwürfe	Drafts by its name
-	Entwürfe/Old	below 'Entwürfe'
+	Gesendet	Sent by its name
+	INBOX	
+	Private	
+	Private Stuff	
+	Private/Deep	
-	Public	not selectable
-	Public/News	shared
+	R&D	
-	Spam	Junk by its name
+	back\\\\slash	
+	q"uote	
+	trail 	
END
status 'the folders are listed, with the reasons' 0 fetch --list-folders
same '  the list is complete' want out
gives 'the default: all but Trash, Junk, Drafts and shared folders' 'Deleted
Gesendet
INBOX
Private
Private Stuff
Private/Deep
R&D
back\\\\slash
q\"uote
trail '
ok '  the summary names what a default leaves out' grep -qF '; 4 folders with 4 messages left out: Away, Entwürfe, Entwürfe/Old, Spam (--all-folders); 1 folder with 1 message left out: Public/News (--shared)' err
status 'a report' 0 fetch --report report --exclude Private
ok '  names the folders that the user leaves out' \
	grep -qF '{"type":"left_out","where":"Private/Deep","reason":"excluded by '"'Private'"'"}' report
ok '  and those that a default leaves out, with their messages' \
	grep -qF '{"type":"left_out","where":"Spam","reason":"Junk by its name","messages":1,"option":"--all-folders"}' report
ok '  the sums are in the last line' grep -q '"type":"end".*"unopened_folders":7,"unopened_messages":5}' report
status 'the default selection' 0 fetch
ok '  only the folder of sent mail has the attribute special' sh -c '[ "$(grep -ac "special=" out)" -eq 1 ] &&
	grep -a "folder=.Gesendet" out | grep -aqF "special=\"\\\\Sent\""'
gives 'a pattern also matches the folders below' 'Private
Private/Deep' --folder Private
gives 'a pattern that does not match the folders below' 'Private' --folder Private/.
gives 'a regular expression' 'Private
Private Stuff' --folder '|i|^private' --exclude '||/'
gives '--exclude has priority' 'INBOX
Private' --folder Private --folder inbox --exclude Private/Deep
gives '--all-folders selects every folder' 'Away
Deleted
Entwürfe
Entwürfe/Old
Gesendet
INBOX
Private
Private Stuff
Private/Deep
R&D
Spam
back\\\\slash
q\"uote
trail ' --all-folders
gives 'a folder that is named is not left out' 'Entwürfe
Entwürfe/Old' --folder Entwürfe
gives '--shared selects shared folders' 'INBOX
Public/News' --shared --folder INBOX --folder '||^Public'
gives 'a shared folder that is named' 'Public/News' --folder Public
gives 'another folder of sent mail' 'Gesendet
R&D' --sent-folder 'R&D' --folder 'R&D' --folder Gesendet
ok '  only this folder has the attribute special' sh -c 'grep -a "folder=.R&D" out | grep -aqF "special=\"\\\\Sent\"" &&
	! grep -a "folder=.Gesendet" out | grep -aq special='

status 'a folder that does not exist fails' 1 fetch --folder INBOX --folder Inbix
ok '  the error names it' grep -q '^ms-fetch: Inbix: no such folder' err
ok '  the other folder is fetched' grep -aqx 'MS-Envelope: end; messages=1; failed=0; status=1' out
ok '  a folder is no message' \
	grep -qx 'ms-fetch: 1 seen: 1 new, 0 known, 0 left out, 0 failed; 1 folder failed' err
status 'a folder whose level above is missing' 1 fetch --folder deep
ok '  the error names folders with a similar name' \
	grep -qx "ms-fetch: deep: no such folder; there is 'Private/Deep'" err
status 'a folder of sent mail that does not exist fails' 1 fetch --sent-folder Sent --folder INBOX
ok '  the error names it' grep -q '^ms-fetch: Sent: no such folder' err
status 'an invalid regular expression is refused' 64 fetch --folder '||('
ok '  the error quotes the expression' grep -qF "'||('" err

i=0
while [ $i -lt 300 ]; do
	i=$((i + 1))
	folder ".Many.f$i"
done
imap_own
status 'three hundred folders are fetched' 0 fetch --folder Many
ok '  there is a message of each' grep -aqx 'MS-Envelope: end; messages=300; failed=0; status=0' out
finish
