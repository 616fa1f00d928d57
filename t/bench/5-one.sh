#!/bin/sh
# 5: export of one message by id. The processor time must not depend on the size
# of the archive. It is measured for the first, a middle and the last message of
# a large archive, and in an archive of one message. The time for a message of
# 50 MB is shown without a limit.
. "$(dirname "$0")/lib.sh"
bulk

archive A
archive B
eval "$ingest_bulk" || die ingest
python3 - >big.eml <<'END'
import base64
import random
print('Subject: fifty megabytes\nMIME-Version: 1.0\nContent-Type: image/jpeg\n'
      'Content-Transfer-Encoding: base64\n')
print(base64.encodebytes(random.Random(5).randbytes(37000000)).decode(), end='')
END
printf 'From: a@example.org\nSubject: small\n\nHi\n' >small.eml
ms-ingest -a A -q big.eml && ms-ingest -a B -q small.eml || die ingest
big=$(ms-list -a A subject:fifty | cut -f 1)
small=$(ms-list -a B | cut -f 1)
ms-list -a A | cut -f 1 | grep -vx "$big" >ids
count=$(wc -l <ids)

one_round() {
	timed small "ms-export -a B --format eml -o - id:$small >/dev/null"
	timed first "ms-export -a A --format eml -o - id:$(head -n 1 ids) >/dev/null"
	timed middle "ms-export -a A --format eml -o - id:$(sed -n "$((count / 2))p" ids) >/dev/null"
	timed last "ms-export -a A --format eml -o - id:$(tail -n 1 ids) >/dev/null"
	timed big "ms-export -a A --format eml -o - id:$big >/dev/null"
}
rounds one_round

# cost WHAT NAME LIMIT: adds a row with the milliseconds of CPU time.
cost() {
	ms=$(compute "1000 * $(median cpu "$2")")
	row "one message by id, $1" "$(printf '%.1f ms cpu' "$ms")" - - \
		"${3:+< $3 ms}" "${3:+$(is "$ms < $3")}"
}
cost 'archive of one' small 10
cost "first of $count" first 10
cost "middle of $count" middle 10
cost "last of $count" last 10
cost 'of 50 MB' big ''
