#!/bin/sh
# 4060-export-corpora.t - real mail is exported in all formats with the bytes
# that were ingested (SHA-256).
. "$(dirname "$0")/lib.sh"
corpora dev

sums() { find "$1" -type f -exec sha256sum {} + | cut -c 1-64 | sort; }

# Each file that is not empty is a message. If a folder gets a message with CRLF
# and with LF, it has only one of these occurrences, so each kind of line end
# has a folder.
kinds='lf crlf mixed from'
find "$corpus/eml" "$corpus/maildir" -type f -size +0 \
	\( -path '*/eml/*' -o -path '*/cur/*' -o -path '*/new/*' \) -print0 |
	perl -0ne 'chomp; open F, "<:raw", $_ or die; local $/; my $m = <F>;
		my $k = $m =~ /^From /a ? "from" : $m !~ /\r\n/ ? "lf" :
			$m =~ /(?<!\r)\n/ ? "mixed" : "crlf";
		open K, ">>", "files.$k"; print K "$_\0"'
status 'an archive is created' 0 ms-init arc
export MS_ARCHIVE=arc
for k in $kinds; do
	status "each file is ingested ($k)" 0 sh -c "xargs -0 ms-ingest -q --create-user -u alice -d $k --format eml -- <files.$k"
done
status 'all messages are exported as files' 0 ms-export --format eml -o out.d
cat files.* | xargs -0 sha256sum | cut -c 1-64 | sort -u >want
sums out.d | sort -u >got
same 'each file equals an ingested one' want got
status 'the same run again' 0 ms-export --format eml -o out.d

# The SHA-256 of the wire form is the id, and equal messages have one file.
status 'all messages are exported in wire form' 0 ms-export --format eml --eol crlf -o wire.d
sums wire.d | sort -u >got
ms-list | cut -f 1 | sort -u >want
same 'the SHA-256 of each file is its id' want got

status 'the stream is ingested into a second archive' 0 sh -c 'ms-init two && ms-export | ms-ingest -q -a two --create-user'
ms-list --json | sed 's/,"number":[0-9]*//; s/,"archived":"[^"]*"//' | sort >want
ms-list -a two --json | sed 's/,"number":[0-9]*//; s/,"archived":"[^"]*"//' | sort >got
same 'the second archive has the same list' want got
ms-export -q | sha256sum >want
ms-export -q -a two | sha256sum >got
same 'the second archive exports the same stream' want got
ms-list | ms-export -q - >byline
ms-list | wc -l >want
grep -ac '^MS-Envelope: user=' byline >got
same 'an export of all lines is complete' want got

# Another program finds as many messages in the mbox.
ms-export -q --format mboxrd -o box
python3 -c 'import mailbox; print(len(mailbox.mbox("box")))' >got
same 'Python finds the same number of messages in the mbox' want got
finish
