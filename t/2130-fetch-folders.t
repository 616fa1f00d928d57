#!/bin/sh
# 2130-fetch-folders.t - which folders are fetched: patterns, special uses,
# owners; and the reason that is printed.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"

# folder NAME: with one message in it; NAME as Dovecot has it on disk.
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
# gives WHAT FOLDERS OPTION ...: these folders come, and no other.
gives() {
	what=$1
	printf '%s\n' "$2" | sed '/^$/d' | sort >want
	shift 2
	status "$what" 0 fetch "$@"
	grep -a '^MS-Envelope: user' out | sed 's/.*; folder="\(.*\)"; uid=.*/\1/' | sort >got
	same "  these folders" want got
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
status 'the folders are listed, and why' 0 fetch --list-folders
same '  nothing else' want out
gives 'by default all but what is thrown away, unfinished or shared' 'Deleted
Gesendet
INBOX
Private
Private Stuff
Private/Deep
R&D
back\\\\slash
q\"uote
trail '
ok '  what was sent says so' sh -c '[ "$(grep -ac "special=" out)" -eq 1 ] &&
	grep -a "folder=.Gesendet" out | grep -aqF "special=\"\\\\Sent\""'
gives 'a pattern means what is below it' 'Private
Private/Deep' --folder Private
gives 'or not' 'Private' --folder Private/.
gives 'a regex' 'Private
Private Stuff' --folder '|i|^private' --exclude '||/'
gives 'exclude wins' 'INBOX
Private' --folder Private --folder inbox --exclude Private/Deep
gives 'every folder' 'Away
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
gives 'one that would be left out, by name' 'Entwürfe
Entwürfe/Old' --folder Entwürfe
gives 'shared ones' 'INBOX
Public/News' --shared --folder INBOX --folder '||^Public'
gives 'shared ones by name' 'Public/News' --folder Public
gives 'another sent folder' 'Gesendet
R&D' --sent-folder 'R&D' --folder 'R&D' --folder Gesendet
ok '  the message says so' sh -c 'grep -a "folder=.R&D" out | grep -aqF "special=\"\\\\Sent\"" &&
	! grep -a "folder=.Gesendet" out | grep -aq special='

status 'a folder that is not there has failed' 1 fetch --folder INBOX --folder Inbix
ok '  the error names it' grep -q '^ms-fetch: Inbix: no such folder' err
ok '  the other is fetched' grep -aqx 'MS-Envelope: end; messages=1; failed=1; status=1' out
status 'a sent folder that is not there too' 1 fetch --sent-folder Sent --folder INBOX
ok '  the error names it' grep -q '^ms-fetch: Sent: no such folder' err
status 'a regex that is none' 64 fetch --folder '||('
ok '  is quoted' grep -qF "'||('" err

i=0
while [ $i -lt 300 ]; do
	i=$((i + 1))
	folder ".Many.f$i"
done
imap_own
status 'three hundred folders' 0 fetch --folder Many
ok '  a message of each' grep -aqx 'MS-Envelope: end; messages=300; failed=0; status=0' out
finish
