#!/bin/sh
# 0065-tutorial.t - ms-tutorial(7): each command runs, in this order, and prints
# what the page shows. [...] in the page stands for any text; of two tools in a
# pipe, either one may print first.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"
. "$top/t/lib-manual.sh"

imap_start || exit 1
imap_user anna correct
for n in 1 2; do
	printf 'From: x%s@example.org\nSubject: %s\n\n' $n $n | imap_put "$imap_dir" 1704103200.M${n}P1.h:2,
done
imap_folder anna Trash
printf 'From: x@example.org\nSubject: not wanted\n\n' | imap_put "$imap_dir" 1704103200.M9P1.h:2,
imap_own
export SSL_CERT_FILE="$imap_ca" MS_USER=anna
cp -R "$top/t/data/Maildir" "$top/t/data/hut.mbox" .
mkdir bin && PATH=$PWD/bin:$PATH
echo 'echo correct' >bin/pass
echo 'cat >crontab.new' >bin/crontab
chmod +x bin/*

# shown WANT GOT: the text is what the page shows.
shown() {
	python3 - "$1" "$2" <<-'END'
		import re, sys
		want, got = (open(f).read() for f in sys.argv[1:])
		got = re.sub("(ms-ingest: .*\n)(ms-fetch: .*\n)", r"\2\1", got)
		pattern = re.escape(want).replace(re.escape("[...]"), ".*")
		if not re.fullmatch(pattern, got, re.DOTALL):
		    sys.exit("the page shows:\n" + want + "the tools print:\n" + got)
	END
}

blocks ms-tutorial.7 ''
ok 'the page has commands' test "$block_count" -gt 8
n=0
while [ $((n += 1)) -le "$block_count" ]; do
	sed -i "s,imap\.example\.org/,127.0.0.1:$imap_port/,; s,imap\.example\.org,127.0.0.1," ms-tutorial.7/$n
	replay ms-tutorial.7/$n >"got.$n"
	ok "block $n: $(sed -n 's/^\$ //p' ms-tutorial.7/$n | head -n 1 | tr -d '\\')" shown ms-tutorial.7/$n "got.$n"
done
ok 'the crontab has both profiles' test "$(grep -c -e --scheduled crontab.new)" -eq 2

finish
