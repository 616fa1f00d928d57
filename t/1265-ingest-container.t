#!/bin/sh
# 1265-ingest-container.t - containers: tar, zip and 7z files, and what gzip,
# bzip2, xz and zstd compress. Their files are read like those of a directory;
# what cannot be read is named, and the rest is kept.
. "$(dirname "$0")/lib.sh"

ms-init -u u arc || exit 1
ingest() { ms-ingest -a arc -u u "$@"; }
folders() { ms-list -a arc --json | jq -r '.folder + "\t" + .subject + "\t" + .flags' | sort; }
summary() { ok "  $1" grep -qx "ms-ingest: $1" err; }

# ---- a home directory ----
mkdir -p Mail/Work.sbd Mail/Pack.mbox/Messages Maildir/cur Maildir/new Maildir/.Sent/cur .git
mbox() {
	for subject; do
		printf 'From a@example.org Mon Jan  1 00:00:00 2024\nFrom: a@example.org\nSubject: %s\n\nx\n\n' "$subject"
	done
}
message() { printf 'From: a@example.org\nSubject: %s\n\nx\n' "$1"; }
mbox one two >Mail/Inbox
mbox three >Mail/Work.sbd/Old.mbox
mbox four >Mail/Pack.mbox/mbox
message five >Mail/single.eml
message six >Maildir/cur/1234567890.1:2,SF
message seven >Maildir/new/1234567890.2
message eight >Maildir/.Sent/cur/1234567890.3:2,S
mbox nine >.git/config
cat >want <<'END'
Mail	five	
Mail/Inbox	one	
Mail/Inbox	two	
Mail/Pack	four	
Mail/Work/Old	three	
Maildir	seven	
Maildir	six	\Seen \Flagged
Maildir/Sent	eight	\Seen
END
tar cf home.tar Mail Maildir .git
gzip -k home.tar && bzip2 -k home.tar && xz -k home.tar && zstd -q home.tar
python3 - <<'END'
import shutil, tarfile, zipfile
with tarfile.open("home.tar") as tar, zipfile.ZipFile("home.zip", "w", zipfile.ZIP_DEFLATED) as zip:
    for member in tar.getmembers():
        if member.isfile():
            zip.writestr(member.name.replace("/", "\\"), tar.extractfile(member).read())
END
for input in home.tar home.tar.gz home.tar.bz2 home.tar.xz home.tar.zst home.zip; do
	rm -rf arc && ms-init -u u arc
	status "$input is read" 0 ingest "$input"
	ok '  the hidden directory is named' grep -q "$input: .git/config: in a hidden directory, not read" err
	folders >got
	same '  folders and flags are those of the paths' want got
	status '  again' 0 ingest "$input"
	summary '8 seen: 0 new, 8 known, 0 left out, 0 failed'
done
status 'a container from a pipe' 0 sh -c 'ms-ingest -a arc -u u - <home.tar.gz'
# Standard input has no directory, and is read like one.
summary '8 seen: 0 new, 8 known, 0 left out, 0 failed'
# Another process has read a part of the file.
{ printf 'junk' && cat home.tar.gz; } >part
status 'standard input is a file that is read on' 0 \
	sh -c '{ dd bs=4 count=1 of=/dev/null status=none; ms-ingest -a arc -u u -; } <part'
summary '8 seen: 0 new, 8 known, 0 left out, 0 failed'
status 'without an archive, to a stream' 0 sh -c 'ms-ingest --to-stream home.tar.gz >stream'
summary '8 seen: 8 new, 0 known, 0 left out, 0 failed'
status '  which has the same messages' 0 ingest stream --format stream
summary '8 seen: 0 new, 8 known, 0 left out, 0 failed'

# ---- one file that is compressed ----
rm -rf arc && ms-init -u u arc
gzip <Mail/Inbox >Saved.mbox.gz
status 'a compressed mbox is read' 0 ingest Saved.mbox.gz
folders | cut -f 1 | uniq >got
echo Saved >want
same '  its folder is its name' want got
gzip <Mail/Inbox | ms-ingest -q -a arc -u u - && mkdir dir && zstd -q Mail/Inbox -o dir/Log.zst
status 'one in a directory' 0 ingest dir
folders | cut -f 1 | uniq >got
printf 'INBOX\nLog\nSaved\n' >want
same '  likewise' want got

# ---- containers in containers ----
rm -rf arc && ms-init -u u arc
tar cf outer.tar home.zip Saved.mbox.gz
status 'containers in a container' 0 ingest outer.tar
folders | cut -f 1 | uniq >got
cat >want <<'END'
Saved
home/Mail
home/Mail/Inbox
home/Mail/Pack
home/Mail/Work/Old
home/Maildir
home/Maildir/Sent
END
same '  are levels of the folder' want got

# ---- what is no mail, and what wants to be elsewhere ----
rm -rf arc && ms-init -u u arc
ln -s /etc/passwd link && ln Mail/single.eml hard.eml && mkfifo fifo
printf '%%PDF-1.4' >x.pdf
tar cf odd.tar --transform 's,^Mail/Inbox,../../escape,' -P "$PWD/Mail/single.eml" Mail/single.eml hard.eml link fifo Mail/Inbox x.pdf
status 'a container with odd members' 1 ingest -d odd odd.tar
ok '  a symbolic link is named' grep -q 'odd.tar: link: a symbolic link, not followed' err
ok '  a hard link is named' grep -q 'odd.tar: Mail/single.eml: a link to another file, not followed\|odd.tar: hard.eml: a link to another file, not followed' err
ok '  a FIFO is named' grep -q 'odd.tar: fifo: not a regular file' err
ok '  a file that is no mail is named' grep -q 'odd.tar: x.pdf: not a mail message: this is PDF' err
folders | cut -f 1,2 >got
printf 'odd%s/Mail\tfive\nodd/escape\tone\nodd/escape\ttwo\n' "$PWD" | sort >want
same '  an absolute path and one with .. are folders' want got
ok '  nothing is written outside' test ! -e ../../escape
tar cf none.tar -T /dev/null
status 'an empty tar' 66 ingest none.tar
tar cf pdf.tar x.pdf
status 'a tar with no mail' 66 ingest pdf.tar
summary '1 seen: 0 new, 0 known, 0 left out, 1 failed'

# ---- the store of a mail client ----
rm -rf arc && ms-init -u u arc
mkdir -p p.default/Mail && echo 'user_pref("a", 1);' >p.default/prefs.js && echo x >p.default/Mail/Inbox.msf
printf 'From - Mon Jan  1 00:00:00 2024\nX-Mozilla-Status: 000%s\nStatus: RO\nSubject: %s\n\nx\n\n' 9 one 1 two >p.default/Mail/Inbox
tar cf profile.tar p.default
for client in thunderbird seamonkey apple-mail imap-backup evolution kmail mh mbsync offlineimap; do
	status "a container of $client" 1 ingest --client $client profile.tar
	ok '  is refused, with the remedy' grep -q "profile.tar: a container; $client keeps .* unpack it" err
done
for client in mutt generic; do
	status "a container of $client" 0 ingest -d $client --client $client profile.tar
	summary '2 seen: [02] new, [02] known, 0 left out, 0 failed'
done
folders | grep ^mutt >got
printf 'mutt/p.default/Mail/Inbox\tone\t\\Seen\nmutt/p.default/Mail/Inbox\ttwo\t\\Seen\n' >want
same '  their fields are read' want got

# ---- damage ----
rm -rf arc && ms-init -u u arc
python3 - <<'END'
data = open("home.zip", "rb").read()
open("nodir.zip", "wb").write(data[:data.rindex(b"PK\1\2")])  # in the middle of the list
open("cut.zip", "wb").write(data[:len(data) // 2])
END
status 'a zip without its list of files' 0 ingest nodir.zip
summary '8 seen: 8 new, 0 known, 0 left out, 0 failed'
status 'a zip that is cut off' 1 ingest cut.zip
ok '  is named' grep -q 'ms-ingest: cut.zip' err

# ---- encrypted members ----
if zip -v >/dev/null 2>&1; then
	zip -q -P secret enc.zip Mail/Inbox && zip -q enc.zip Mail/single.eml
	status 'a zip with an encrypted member' 1 ingest enc.zip
	ok '  it is named' grep -q 'enc.zip: Mail/Inbox: encrypted; unpack it with its password first' err
	ok '  the other one is read' grep -q ' 0 new, 1 known, 0 left out, 1 failed' err
fi

# ---- a bomb, and many members ----
{ cat Mail/single.eml && head -c 300000000 /dev/zero | tr '\0' x; } | zstd -q >bomb.zst
status 'a bomb is refused' 1 ingest bomb.zst
ok '  and named' grep -q 'bomb.zst: more than 1000 times the size of the container comes out of it' err
many=2000
[ -z "$MS_SOAK" ] || many=100000
python3 - $many <<'END'
import io, sys, tarfile
with tarfile.open("many.tar", "w") as tar:
    for i in range(int(sys.argv[1])):
        data = b"From: a@example.org\nSubject: %d\n\nx\n" % i
        member = tarfile.TarInfo("d%d/%d.eml" % (i % 10, i))
        member.size = len(data)
        tar.addfile(member, io.BytesIO(data))
END
status "$many members" 0 ingest -q many.tar
ok '  all are stored' test "$(ms-list -a arc --json | jq -r .folder | grep -c '^d[0-9]$')" -eq $many
# The pipe has room for 64 KiB, so the reader of containers has begun when the
# bytes are written; then it waits.
mkfifo slow
for out in '-a arc -u u' --to-stream; do
	# shellcheck disable=SC2086 # several options
	ms-ingest $out - <slow >stream 2>err &
	pid=$!
	exec 3>slow
	head -c 200000 many.tar >&3
	kill $pid
	{ wait $pid; } 2>/dev/null
	code=$?
	exec 3>&-
	ok "a signal ends the wait for a pipe ($out)" test $code -eq 143
	ok '  and nothing has failed' grep -Eq 'seen: .* 0 failed' err
done
gzip many.tar && head -c $(($(wc -c <many.tar.gz) / 2)) many.tar.gz >cut.tar.gz
rm -rf arc && ms-init -u u arc
status 'a compressed tar that is cut off' 1 ingest cut.tar.gz
ok '  is named' grep -q 'ms-ingest: cut.tar.gz' err
ok '  and what comes before is read' grep -Eq 'seen: [1-9][0-9]+ new' err
if [ -n "$MS_SOAK" ]; then
	truncate -s 5G sparse && printf 'From a@example.org Mon Jan  1 00:00:00 2024\nSubject: x\n\n' | dd of=sparse conv=notrunc status=none
	tar -S -cf sparse.tar sparse
	status 'a member of 5 GB is too large for a message' 1 ingest sparse.tar
	ok '  and named' grep -q 'sparse.tar: sparse' err
fi
finish
