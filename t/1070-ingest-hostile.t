#!/bin/sh
# 1070-ingest-hostile.t - hostile input. ms-ingest stores it correctly or
# reports an error. It never crashes, hangs, or ends without a message.
. "$(dirname "$0")/lib.sh"

export MS_USER=u MS_ARCHIVE=arc
gen="$top/t/mailgen.py"
big=10000000
[ -z "${MS_SOAK-}" ] || big=200000000
ms-init -u u arc
run() { timeout -k 5 300 ms-ingest "$@"; }

# ---- large and deep ----

# whole NAME COMMAND: the message that the command prints is stored, and its
# bytes are exported.
whole() {
	what=$1 && shift
	status "$what" 0 sh -c "$1 | timeout -k 5 300 ms-ingest --print-ids --format eml"
	cut -f 1 out >got
	sh -c "$1" | "$top/t/wire.py" >want
	same "$what: its id is right" want got
	status "$what: the message is exported" 0 sh -c "timeout 300 ms-export --format eml --eol original id:$(cat got) | sha256sum"
	sh -c "$1" | sha256sum >want
	same "$what: the exported bytes are the same" want out
}
cat >lines.py <<'END'
import sys
n, what = int(sys.argv[1]), sys.argv[2]
out = sys.stdout.buffer
if what == "one":
    out.write(b"Subject: one line\n\n" + b"x" * n)
elif what == "none":
    out.write(b"y" * n)
elif what == "cr":
    out.write(b"Subject: CR\n\n" + b"\r" * n)
elif what == "nul":
    out.write(b"Subject: NUL\n\n" + b"\0" * n)
elif what == "empty":
    out.write(b"Subject: empty lines\n\n" + b"\n" * n)
elif what == "mixed":
    out.write(b"Subject: mixed\n\n" + b"a\r\nb\n" * (n // 5))
elif what == "fields":
    out.write(b"a:\n" * (n // 3) + b"\n\n")
elif what == "fold":
    out.write(b"Subject: long\n" + b" x\n" * (n // 3) + b"\n\n")
elif what == "word":
    out.write(b"Subject: " + b"=?utf-8?q?a?= " * (n // 14) + b"\n\nx\n")
elif what == "address":
    out.write(b"From: " + b"(" * (n // 2) + b"<" * (n // 2) + b"\n\nx\n")
elif what == "base64":
    out.write(b"Subject: b\n\n" + (b"A" * 76 + b"\n" + b"A" * 60 + b"\n") * (n // 138))
elif what == "runs":  # many sequences of equal lines
    for i in range(n // 400):
        line = b"%060d\n" % i
        out.write(b"-\n" + line.replace(b"\n", b"") + b"\n" + line * 5)
END
whole "a header of $big bytes" "$gen header $big"
whole '100,000 nested parts' "$gen nested 100000"
for what in one none cr nul empty mixed fields fold word address base64 runs; do
	whole "$((big / 4)) bytes: $what" "python3 lines.py $((big / 4)) $what"
done

# ---- small and strange ----

printf F >one-byte
: >empty
printf '\n' >newline
printf '\0' >nul
printf 'From ' >from
printf 'From ms-stream@1 Thu Jan  1 00:00:00 1970\n' >separator
printf 'From x Sat Jan  1 00:00:00 2005\n' >only-from
printf '\377\376F\0r\0o\0m\0' >utf16
printf '\037\213\010\0\0' >gzip
head -c 100000 /dev/zero >zeros
mkdir -p dir
ln -s loop loop
# bad NAME STATUS [OPTION]: the input is refused with a message.
bad() {
	status "$1" "$2" run ${3+"$3"} "$1"
	ok "$1: the error names it" grep -q "^ms-ingest: $1\( @ 0\|, message 1\)\?: " err
	ok "$1: stdout is empty" empty out
}
for f in one-byte newline nul zeros; do bad $f 66; done
for f in utf16 gzip; do bad $f 1; done # there can be mail in it
bad empty 66
bad nowhere 66
bad loop 66
for f in one-byte newline nul from zeros utf16 dir; do
	bad $f 1 --format=stream
done
printf '\n\r\n\n' >blank
for f in one-byte newline blank nul from zeros utf16; do
	bad $f 1 --format=mbox
done
bad dir 66 --format=maildir
bad separator 1
bad separator 76 --format=stream
bad from 66
status 'a directory on standard input' 1 sh -c 'timeout 60 ms-ingest <dir'
ok 'the error names it' grep -q '^ms-ingest: stdin: ' err
status 'a closed standard input' 66 sh -c 'timeout 60 ms-ingest <&-'
ok 'the error names it' grep -q '^ms-ingest: stdin: ' err
status 'a From_ line with nothing after it' 0 run only-from
ok 'it is a message without bytes' grep -q '^ms-ingest: 1 seen: 1 new' err
ms-list folder:only-from | cut -f 5 >got
echo 0 >want
same 'the empty message is stored' want got

# A FIFO is read only if it is an operand.
mkfifo fifo
{ sleep 0.2 && printf 'Subject: fifo\n\nx\n'; } >fifo &
status 'a FIFO as an operand' 0 run fifo
mkdir with && mkfifo with/fifo && ln -s ../with with/up && ln -s loop with/loop
ln -s . with/self && ln with/fifo with/again
status 'FIFOs and links in a directory' 1 run with
sort err >got
cat >want <<'END'
ms-ingest: 5 seen: 0 new, 0 known, 0 left out, 5 failed
ms-ingest: with/again: not a regular file
ms-ingest: with/fifo: not a regular file
ms-ingest: with/loop: symbolic link, not followed
ms-ingest: with/self: symbolic link, not followed
ms-ingest: with/up: symbolic link, not followed
END
same 'each of them is named and not opened' want got

# ---- names ----

mkdir names
for name in "$(printf 'new\nline')" "$(printf 'tab\tesc\033[2J')" "$(printf '\377\376')" \
	-rf '..x' "$(printf '%0255d' 1)" 'a b' '*' 'x:2,S'; do
	mkdir "names/dir $name" 2>/dev/null || mkdir "names/$name.d" 2>/dev/null
	printf 'Subject: %s\n\nx\n' "$name" >"names/$name"
	cp "names/$name" "names/dir $name/" 2>/dev/null
done
n=$(find names -type f ! -name '.*' -printf x | wc -c)
status 'files with unusual names' 0 run -d names names
ok "$n files are read" grep -q "^ms-ingest: $n seen: .* 0 failed" err
ms-list | cut -f 4 | sort -u >folders
ok 'folders have no control bytes' absent -q '[^[:print:]]' folders
ok 'a newline is shown as \x0A' grep -qxF 'names/dir new\\x0Aline' folders
for name in "$(printf 'no\nmail\033[2J')" -no; do echo text >"./$name"; done
status 'files with unusual names that are no mail' 66 run -- "$(printf 'no\nmail\033[2J')" -no
ok 'the errors have no control bytes' absent -q '[[:cntrl:]]' err
status 'a path that is too long is refused' 66 run "$(printf '%05000d' 1)"

python3 -c 'import os
for i in range(150):
    os.mkdir("d"); os.chdir("d")
open("x.eml", "w").write("Subject: deep\n\nx\n")'
status 'directories that are nested too deeply' 1 run d
ok 'the errors name them' grep -q '^ms-ingest: d/d/d.*: .*100' err

if [ "$(id -u)" -eq 0 ]; then
	as='setpriv --reuid 65534 --regid 65534 --clear-groups'
	chmod 711 "$scratch" && mkdir mode 2>/dev/null
	chown 65534 mode
else
	as='' && mkdir -p mode
fi
printf 'Subject: mode\n\nx\n' >mode/yes.eml
cp mode/yes.eml mode/no.eml && chmod 0 mode/no.eml
mkdir mode/closed && chmod 0 mode/closed
if $as ms-ingest -V >/dev/null 2>&1; then
	status 'an archive of another user is created' 0 $as ms-init -u u "$scratch/mode/arc"
	mkdir mode/in && mv mode/*.eml mode/closed mode/in 2>/dev/null
	status 'a directory with files that cannot be read' 1 $as ms-ingest -a mode/arc mode/in
	sort err >got
	cat >want <<'END'
ms-ingest: 3 seen: 1 new, 0 known, 0 left out, 2 failed
ms-ingest: mode/in/closed: cannot be opened: Permission denied
ms-ingest: mode/in/no.eml: cannot be opened: Permission denied
END
	same 'these files are named, and the others are stored' want got
	status 'a single file that cannot be read' 66 $as ms-ingest -a mode/arc mode/in/no.eml
	status 'an archive that cannot be written' 74 $as ms-ingest one-byte
else
	pass 'unreadable files # SKIP cannot become another user'
fi

# ---- streams with wrong trailers ----

sep='From ms-stream@1 Thu Jan  1 00:00:00 1970'
for end in 'end' 'end;' 'end; messages=1' 'end; messages=x; failed=0; status=0' \
	'end; messages=-1; failed=0; status=0' 'end; messages=1; failed=0; status=-1' \
	'end; messages=1; failed=0; status=256' 'end; messages=1; failed=0; status=1000000' \
	'end; messages=99999999999999999999; failed=0; status=0' 'ende; messages=1; failed=0; status=0' \
	'End; messages=1; failed=0; status=0' "end; messages=1; failed=0; status=$(printf '%070000d' 0)"; do
	printf '%s\nMS-Envelope: \nSubject: x\n\nx\n\n%s\nMS-Envelope: %s\n\n' "$sep" "$sep" "$end" >lie
	run lie >out 2>err
	code=$?
	ok "trailer '$(printf %.40s "$end")': status $code, not 0" test $code -ne 0 -a $code -lt 128 -a $code -ne 124
	ok 'there is an error message' test "$(grep -vc ' seen: ' err)" -gt 0
done
printf '%s\nMS-Envelope: \nSubject: x\n\nx\n\n%s\nMS-Envelope: end; messages=1; failed=0; status=0; later=1\n\n' \
	"$sep" "$sep" >lie
status 'a trailer with an unknown attribute is accepted' 0 run --format=stream lie

# ---- random input ----

seed
cat >noise.py <<'END'
import random, sys
r = random.Random(int(sys.argv[1]) * 1000 + int(sys.argv[2]))
parts = [b"From ms-stream@1 Thu Jan  1 00:00:00 1970\n", b"MS-Envelope: ", b"end; ",
    b"void; ", b"folder=\"x\"; ", b"ref=", b"\n", b"\n\n", b"From x Sat Jan  1 00:00:00 2005\n",
    b"Subject: x\n", b">From ", b"\r\n", b"\0", b"A" * 60 + b"\n", b"\xff", b"=", b"--b\n"]
out = bytearray(r.choice(parts[:1] + parts[8:10]))
for _ in range(r.randint(1, 400)):
    out += r.choice(parts) if r.random() < 0.9 else r.randbytes(r.randint(1, 300))
sys.stdout.buffer.write(out)
END
i=0 times=8
[ -z "${MS_SOAK-}" ] || times=1000
while [ $((i += 1)) -le $times ]; do
	python3 noise.py "$seed" $i >noise
	for format in auto stream mbox eml; do
		timeout 60 ms-ingest --format $format noise >out 2>err
		case $? in
		0 | 1 | 66 | 76) ;;
		*) echo "noise $i as $format: status $?" ;;
		esac
		[ -s err ] || echo "noise $i as $format: silence"
	done
done >wrong
ok 'random input is stored or reported' empty wrong
head -n 5 wrong | sed 's/^/# /'

if [ -n "${MS_SOAK-}" ]; then
	status 'a message above 2 GiB fails' 1 sh -c "{ $gen 0 1 && echo 'From x Sat Jan  1 00:00:00 2005' &&
		$gen big 2200000000 && echo && $gen 1 1; } | timeout 600 ms-ingest"
	ok 'the error names it' grep -q '^ms-ingest: stdin @ [0-9]*: larger than 2147483648 bytes' err
	ok 'the messages before and after it are stored' grep -q '^ms-ingest: 3 seen: 2 new, 0 known, 0 left out, 1 failed' err
	status 'input that never ends is refused' 1 timeout 600 ms-ingest --format eml /dev/zero
fi
status 'ms-verify finds no error in the end' 0 timeout 300 ms-verify -q
finish
