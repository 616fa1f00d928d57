#!/bin/sh
# 0195-scenes.t - what a terminal of 80 and of 200 columns shows in the end,
# compared with the texts in data/scenes. SCENES=1 writes the texts again; read
# the difference then. t/9030-pipe-progress.t tests what is shown meanwhile.
# shellcheck disable=SC2154 # set by lib-*.sh
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"
terminal || finish
scenes=$top/t/data/scenes
export MS_USER=anna MS_ARCHIVE=arc TERM=xterm PAGER=cat

message() { printf 'From: %s\nDate: %s\nSubject: %s\n\n%s\n' "$@"; }
mails() {
	mkdir in && printf 'not mail' >in/notes.txt
	message 'Ben Example <ben@example.org>' 'Mon, 2 Mar 2026 10:00:00 +0000' \
		'Minutes of the meeting' x >in/1.eml
	message '"A sender with a very long name" <sender@example.org>' 'Tue, 3 Mar 2026 11:30:00 +0000' \
		'A subject that is longer than the line of a terminal that is small, and than its list, which is one of 200 columns at most, or so, not more' y >in/2.eml
	message '=?utf-8?B?5ryi5a2X?= <k@example.jp>' 'Wed, 4 Mar 2026 09:00:00 +0000' '=?utf-8?Q?Gr=C3=BC=C3=9Fe?=' z >in/3.eml
}

# What differs from run to run, in the same number of columns where that matters.
mask() {
	sed -E "s/20[0-9]{2}(-[0-9]{2}){2} [0-9]{2}:[0-9]{2}/YYYY-MM-DD hh:mm/
		s/(127\.0\.0\.1:)[0-9]{5}/\1#####/
		s/  [0-9]:[0-9]{2}\$/  m:ss/
		s/[0-9a-f]{12,}/<hex>/g
		s/, offset [0-9]{3}:/, offset ###:/
		s/(CHANGE.*)WHO  +/\1WHO  /
		s/^20[0-9]{2}-[0-9]{2}  /YYYY-MM  /
		s/^( *[0-9]+  YYYY-MM-DD hh:mm)  [^ ]+ +/\1  ###  /"
}

# scene NAME COMMAND...: the command lines, in a folder with three messages and
# an empty archive.
scene() {
	name=$1 && shift
	for columns in 80 200; do
		rm -rf play && mkdir play && (cd play && mails && ms-init arc)
		python3 "$top/t/on-terminal.py" $columns sh -c 'cd play || exit
			for line; do
				echo "\$ $line"
				sh -c "$line" || echo "[status $?]"
			done' sh "$@" >raw
		python3 "$top/t/screen.py" $columns <raw | mask >got
		[ "${SCENES-}" != 1 ] || cp got "$scenes/$name-$columns"
		same "$name, $columns columns" "$scenes/$name-$columns" got
	done
}

scene ingest 'ms-ingest -n in' 'ms-ingest in' 'ms-ingest -d Work in/1.eml nothing.eml'
scene list 'ms-ingest -q in/*.eml' 'ms-ingest -q -d "A folder/with a long name" in/1.eml' \
	ms-list 'ms-list --sort from --limit 2' 'ms-list --addresses' 'ms-list --format "{size} {subject}" from:ben' \
	'ms-list --count' 'ms-list --format "{sender}"' 'ms-list -u ben'  'ms-list --summary' 'ms-list subject:nothing'
scene stat 'ms-ingest -q in/*.eml' 'ms-ingest -q -d Work in/1.eml' \
	'ms-stat | cut -f 1' 'ms-stat from:sender' 'ms-stat --by correspondent' 'ms-stat --by folder' 'ms-stat --largest 2' 'ms-stat subject:nothing'
scene export 'ms-ingest -q in/*.eml' 'ms-export --format mboxrd -o box' \
	'ms-export --format mboxrd -o box' 'ms-export --format mboxrd -o none subject:nothing'
scene help 'ms-list --help' 'ms-profile log --help'
printf 'kind = files\nuser = anna\nfile = /none\nschedule = daily 4:00\n' >nightly.ini
scene table 'ms-users list' \
	'ms-profile add -f - nightly <../nightly.ini' \
	'ms-profile list' 'ms-profile status' 'ms-profile run -q nightly' 'ms-profile log'
scene errors 'ms-csvbatch -x' 'ms-export --formt eml' 'ms-fetch imaps://h/ --verbos' 'ms-ingest -a no in' \
	'ms-init --defalt' 'ms-list fom:ben' 'ms-move folder:x' 'ms-profile lst' 'ms-remove' \
	'ms-users list --jsn' 'ms-verify -a no'

scene view 'ms-ingest -q in/*.eml' 'ms-remove --yes subject:minutes' 'ms-list subject:minutes' \
	'ms-remove --yes --undo 15' 'ms-move -n --to Work subject:minutes' 'ms-move --yes --to Work subject:minutes' \
	'ms-move --yes --rename-folder Work Play' 'ms-list subject:minutes' 'ms-move --log' 'ms-remove --log' \
	'ms-remove from:'
scene verify 'ms-ingest -q in/*.eml' ms-verify 'ms-verify -v --quick' 'ms-verify --rebuild-index' \
	'dd if=/dev/zero of=arc/pack/00000001.pack bs=1 seek=900 count=9 conv=notrunc status=none' ms-verify
cat >mixed.eml <<'END'
From: =?utf-8?q?Gr=C3=BCn?= <gruen@example.org>
To: anna@example.org
Date: Thu, 5 Mar 2026 09:00:00 +0100
Subject: Plans
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/html; charset=utf-8

<h1>Plans</h1><p>This paragraph is longer than the line of a terminal of 80 columns: <a href="http://example.org/map">here</a> is the map.
<ul><li>ropes<li>hütte, 漢字</ul><blockquote>When?</blockquote>
--b
Content-Type: application/pdf; name="map.pdf"
Content-Transfer-Encoding: base64

JVBERi0xLjQK
--b--
END
scene show 'ms-ingest -q in/1.eml ../mixed.eml' 'ms-show subject:plans' 'ms-show --part 2 subject:plans' \
	'ms-show --header from:ben' 'ms-show subject:nothing'
scene init 'ms-init new' 'ms-init -u ben new' 'ms-init -u ben new' 'ms-init --default new' 'ms-list -a new'

# ---- with a server ----
imap_start || exit 1
imap_user anna secret
(mails && for i in 1 2 3; do cp "in/$i.eml" "$imap_dir/cur/$i.a:2,S" || exit; done)
imap_own
echo secret >pw && chmod 600 pw && cp "$imap_ca" ca.pem
printf 'u;p\nanna;secret\nben;wrong\n' >boxes.csv && chmod 600 boxes.csv
export SSL_CERT_FILE="$scratch/ca.pem"
server=127.0.0.1:$imap_port
scene fetch "ms-fetch -q --password-file ../pw imaps://anna@$server/ | ms-ingest" \
	"ms-fetch -a arc --password-file ../pw imaps://anna@$server/ >stream" \
	"ms-fetch --password-file ../pw imaps://anna@$server/"
scene batch "ms-csvbatch -j 1 imaps://$server/ ../boxes.csv" 'ms-profile log'
finish
