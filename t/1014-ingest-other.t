#!/bin/sh
# 1014-ingest-other.t - files and directories that are no mail, or that a copy
# has left incomplete: each is named or read, and nothing is made up.
. "$(dirname "$0")/lib.sh"
export MS_ARCHIVE=arc MS_USER=u
fresh() { rm -rf arc && ms-init -u u arc; }
# stored NAME LINE...: "date folder subject" of all mail in the archive.
stored() {
	what=$1 && shift
	[ $# -eq 0 ] || printf '%s\n' "$@" | sort >want
	[ $# -gt 0 ] || : >want
	ms-list | cut -f 2,4,7 | tr '\t' ' ' | sort >got
	same "$what" want got
}

# ---- what is no mail ----

printf 'BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ann\r\nEMAIL:ann@x.example\r\nEND:VCARD\r\n' >contacts.vcf
printf 'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nSUMMARY:x\r\nEND:VCALENDAR\r\n' >cal.ics
printf '<html><head><style>\nbody:hover{}\n</style>\n' >a.html
printf 'dn: cn=Ann,mail=ann@x.example\nobjectclass: top\nmail: ann@x.example\n\n' >abook.ldif
printf 'name: backup\nversion: 1\nkeep:\n  - a\n' >config.yaml
printf '#include <stdio.h>\nint main(void)\n{\ndefault:\n}\n' >main.c
printf 'INFO: started\nERROR: no disk\n' >app.log
printf 'User-agent: *\nDisallow: /\n' >robots.txt
printf 'BABYL OPTIONS: -*- rmail -*-\nVersion: 5\n\037\f\n0, answered,,\nFrom: a@b\n' >rmail
printf '\001\001\001\001\nFrom: a@b\n\nx\n\001\001\001\001\n' >mmdf
fresh
status 'files that are not mail' 66 ms-ingest contacts.vcf cal.ics a.html \
	abook.ldif config.yaml main.c app.log robots.txt
cp err all
status 'files that perhaps contain mail' 1 ms-ingest rmail mmdf
cat all err | grep -v seen >got
cat >want <<'END'
ms-ingest: contacts.vcf: not a mail message: this is a vCard
ms-ingest: cal.ics: not a mail message: this is a calendar
ms-ingest: a.html: not a mail message: this is HTML or XML
ms-ingest: abook.ldif: not a mail message: this is LDIF, an address book
ms-ingest: config.yaml: not a mail message: this is YAML
ms-ingest: main.c: not a mail message: this is source code
ms-ingest: app.log: not a mail message: this is a log
ms-ingest: robots.txt: not a mail message: this is text without header fields of mail, such as YAML or a log
ms-ingest: rmail: not a mail message: this is a BABYL mailbox of Emacs, which is not supported; convert it to an mbox
ms-ingest: mmdf: not a mail message: this is an MMDF mailbox, which is not supported; convert it to an mbox
END
same 'each is named, with what it is' want got
printf 'hello\n' >text && printf '\000\001\377\n' >bytes
printf 'name: x\nto: a@b.example\nfrom: c\n' >keys.yaml
for f in text bytes keys.yaml; do
	status "$f alone is no input" 66 ms-ingest $f
done
ok 'YAML with keys of mail is named' grep -q 'keys.yaml: not a mail message: this is YAML' err
stored 'nothing is stored'
status 'standard input that is not mail' 66 sh -c 'ms-ingest <contacts.vcf'
mkdir takeout && mv contacts.vcf cal.ics takeout
status 'a directory of such files' 66 ms-ingest takeout
printf 'Date: Mon, 16 Oct 2023 16:18:56 +0000\nSubject: mail\n\nx\n' >takeout/m
status 'with one message' 1 ms-ingest takeout
stored 'which is stored' '2023-10-16T16:18:56Z INBOX mail'

# ---- Apple Mail ----

# apple SUBJECT: prints a message; plist: the properties behind it.
apple() { printf 'From: a@example.org\nDate: Mon, 16 Oct 2023 16:18:56 +0000\nSubject: %s\n\nhello\n' "$1"; }
plist() { printf '<?xml version="1.0" encoding="UTF-8"?>\n<plist version="1.0"><dict/></plist>\n'; }
fresh
mkdir -p emlx apple/Reisen.mbox
printf '%-11d\n' "$(apple one | wc -c)" | cat - >emlx/1.emlx
{ apple one && plist; } >>emlx/1.emlx
cp emlx/1.emlx emlx/2.partial.emlx
sed '1s/./9/' emlx/1.emlx >emlx/3.emlx
apple one | sed 's/$/\r/' | sha256sum | sed 's/ .*/\tnew/' >want
status 'files of Apple Mail' 1 ms-ingest --print-ids emlx
same 'the id is that of the message alone' want out
cat >want <<'END'
ms-ingest: emlx/2.partial.emlx: an Apple .emlx file without its attachments, which are in other files
ms-ingest: emlx/3.emlx: an Apple .emlx file whose number of bytes is wrong
END
grep -v seen err >got
same 'incomplete and damaged files are named' want got
{ echo 'From a@b.c Mon Oct 16 16:18:56 2023' && apple two; } >apple/Reisen.mbox/mbox
printf '\0\0\0\001toc\0' >apple/Reisen.mbox/table_of_contents
status 'a package of Apple Mail in a directory' 0 ms-ingest apple
stored 'its folder has its name' '2023-10-16T16:18:56Z INBOX one' \
	'2023-10-16T16:18:56Z Reisen two'
fresh
status 'a package that is named' 0 ms-ingest apple/Reisen.mbox
stored 'its folder has its name, too' '2023-10-16T16:18:56Z Reisen two'
status 'with a folder' 0 ms-ingest -d Trips apple/Reisen.mbox/
stored 'it goes there' '2023-10-16T16:18:56Z Reisen two' '2023-10-16T16:18:56Z Trips two'

# ---- "From :" is a field ----

fresh
printf 'From : joe@x.example\nTo: b@example.org\nSubject: blank\n\nbody\n' >from.eml
sed 's/$/\r/' from.eml | sha256sum | cut -c 1-64 >want
mkdir dir && cp from.eml dir/from
for how in 'ms-ingest --print-ids from.eml' 'ms-ingest --print-ids - <from.eml' \
	'ms-ingest --print-ids dir' 'ms-ingest --print-ids dir/from'; do
	status "a message that begins with 'From :': $how" 0 sh -c "$how"
	cut -f 1 out >got
	same 'its id is that of all its bytes' want got
done

# ---- Maildirs after a copy ----

fresh
mkdir -p new/.Lists/new tmp/.Lists/new tmp/.Lists/tmp root/new
for d in new/.Lists/new tmp/.Lists/new root/new; do
	printf 'From: x@example.org\nSubject: %s\n\nx\n' "$d" >"$d/1.host"
	touch -d 2023-10-17 "$d/1.host"
done
for d in new tmp root; do
	status "only new is left: $d" 0 ms-ingest "$d"
done
stored 'the message is in its folder, with the date of its file' \
	'2023-10-17T00:00:00Z Lists new/.Lists/new' \
	'2023-10-17T00:00:00Z Lists tmp/.Lists/new' '2023-10-17T00:00:00Z INBOX root/new'
mkdir -p hidden/.Lists && cp from.eml hidden/.Lists
status 'a hidden directory that is no Maildir' 66 ms-ingest hidden
ok 'is named' grep -qx 'ms-ingest: hidden/.Lists: hidden directory, not read' err
finish
