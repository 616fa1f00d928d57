#!/bin/sh
# 4060-export-corpora.t - real mail: what was ingested comes out in all
# formats (SHA-256).
. "$(dirname "$0")/lib.sh"
corpora dev

sums() { find "$1" -type f -exec sha256sum {} + | cut -c 1-64 | sort; }

# Each file is a message; an empty one is none. A message that lies in one
# folder with CRLF and with LF is kept there once, so each kind has its own.
kinds='lf crlf mixed from'
find "$corpus/eml" "$corpus/maildir" -type f -size +0 \
	\( -path '*/eml/*' -o -path '*/cur/*' -o -path '*/new/*' \) -print0 |
	perl -0ne 'chomp; open F, "<:raw", $_ or die; local $/; my $m = <F>;
		my $k = $m =~ /^From /a ? "from" : $m !~ /\r\n/ ? "lf" :
			$m =~ /(?<!\r)\n/ ? "mixed" : "crlf";
		open K, ">>", "files.$k"; print K "$_\0"'
status 'an archive' 0 ms-init arc
export MS_ARCHIVE=arc
for k in $kinds; do
	status "each file ($k)" 0 sh -c "xargs -0 ms-ingest -q --create-user -u alice -d $k --format eml -- <files.$k"
done
status 'as files' 0 ms-export --format eml -o out.d
cat files.* | xargs -0 sha256sum | cut -c 1-64 | sort -u >want
sums out.d | sort -u >got
same 'each is what went in' want got
status 'the same run again' 0 ms-export --format eml -o out.d

# In wire form a message is called what sha256sum says; equal ones are one.
status 'in wire form' 0 ms-export --format eml --eol crlf -o wire.d
sums wire.d | sort -u >got
ms-list | cut -f 1 | sort -u >want
same 'sha256sum says the ids' want got

status 'into a second archive' 0 sh -c 'ms-init two && ms-export | ms-ingest -q -a two --create-user'
ms-list --json | sed 's/,"number":[0-9]*//' | sort >want
ms-list -a two --json | sed 's/,"number":[0-9]*//' | sort >got
same 'which lists the same, flags and all' want got
ms-export | sha256sum >want
ms-export -a two | sha256sum >got
same 'and exports the same stream' want got
ms-list | ms-export - >byline
ms-list | wc -l >want
grep -ac '^MS-Envelope: user=' byline >got
same 'all of it by lines too' want got

# A reader of another house finds as many messages in the mbox.
ms-export --format mboxrd -o box
python3 -c 'import mailbox; print(len(mailbox.mbox("box")))' >got
same 'python counts them in the mbox' want got
finish
