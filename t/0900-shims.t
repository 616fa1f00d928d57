#!/bin/sh
# 0900-shims.t - the preload libraries of the crash tests do what their
# comments say.
. "$(dirname "$0")/lib.sh"

[ "${SAN-}" != 1 ] || skip shims 'a library cannot be preloaded into a build with sanitizers'
python=$(python3 -c 'import os, sys; print(os.path.realpath(sys.executable))') ||
	skip python3 'no python3'
mkdir d
dir=$(pwd -P)/d
journal=$(pwd -P)/journal

# shim LIBRARIES NAME=VALUE ... -- SCRIPT: python runs SCRIPT in d.
shim() {
	libs=
	for l in $1; do libs="$libs $build/t/$l.so"; done
	shift
	env LD_PRELOAD="$libs" MS_SHIM_DIR="$dir" MS_SHIM_EXE="${python##*/}" \
		MS_SHIM_JOURNAL="$journal" "$@"
}
run() { # LIBRARIES AT DO SCRIPT
	shim "$1" MS_SHIM_AT="$2" MS_SHIM_DO="$3" MS_SHIM_LOG="$PWD/log" \
		"$python" -S -c "import os; os.chdir('d')
$4"
}
fresh() { rm -rf d journal log && mkdir d journal; }
undo() { "$build/t/undo" "$journal" "$dir" "$1" >undone 2>&1 || note "$(cat undone)"; }

# ---- crash.so ----

script='
f = os.open("a", os.O_RDWR | os.O_CREAT)
os.write(f, b"1234")
os.pwrite(f, b"5678", 4)
os.pwritev(f, [b"90", b"ab"], 8)
os.writev(f, [b"XX", b"YYYY"])
os.fsync(f); os.fdatasync(f); os.ftruncate(f, 9)
os.link("a", "b"); os.rename("b", "c"); os.unlink("c")
o = os.open("/dev/null", os.O_WRONLY); os.write(o, b"no")
'
fresh
status 'a run whose calls are only counted succeeds' 0 run crash 0 kill "$script"
cut -d ' ' -f 3 log | paste -sd ' ' - >got
echo 'write pwrite pwritev2 writev fsync fdatasync ftruncate link rename unlink' >want
same 'each call in the folder is counted, and no other' want got
printf '1234XXYYY' >want
same 'the calls have their effect' want d/a

mkdir e
for n in 1 2 3 4 5 6 7 8 9 10; do
	fresh
	run crash $n kill "$script" 2>/dev/null
	echo "$? $(cd d && echo *) $(wc -c <d/a)" >>got.kill
done
cat >want <<'X'
137 a 0
137 a 4
137 a 8
137 a 12
137 a 12
137 a 12
137 a 12
137 a 9
137 a b 9
137 a c 9
X
same 'kill: the process dies before the Nth call, for each kind of call' want got.kill

for n in 1 2 3 4; do
	fresh
	run crash $n torn "$script" 2>/dev/null
	echo "$? $(cat d/a)" >>got.torn
done
printf '137 %s\n' 12 123456 1234567890 1234XXY890ab >want
same 'torn: half of the bytes are written, and the process dies' want got.torn

script='
import errno
f = os.open("a", os.O_RDWR | os.O_CREAT)
def do(call, *args):
	try: print(call(*args))
	except OSError as e: print(errno.errorcode[e.errno])
do(os.write, f, b"1234"); do(os.write, f, b"5678"); do(os.write, f, b"90ab")
do(os.fsync, f); do(os.unlink, "a")
'
for what in short EINTR EIO ENOSPC; do
	for n in 2 4 5; do
		fresh
		echo "$what $n $(run crash $n $what "$script" | paste -sd ' ' -)" >>got.fail
	done
done
cat >want <<'X'
short 2 4 2 4 None None
short 4 4 4 4 None None
short 5 4 4 4 None None
EINTR 2 4 4 4 None None
EINTR 4 4 4 4 None None
EINTR 5 4 4 4 None None
EIO 2 4 EIO 4 None None
EIO 4 4 4 4 EIO None
EIO 5 4 4 4 None EIO
ENOSPC 2 4 ENOSPC 4 None None
ENOSPC 4 4 4 4 ENOSPC None
ENOSPC 5 4 4 4 None None
X
same 'the Nth call fails with the given error' want got.fail
fresh
run crash 2 EINTR "$script" >/dev/null
ok 'Python repeats the call after EINTR' test "$(wc -l <log)" -eq 6
fresh
MS_SHIM_FOR=0 run crash 2 ENOSPC "$script" | paste -sd ' ' - >got
echo '4 ENOSPC ENOSPC ENOSPC None' >want
same 'with MS_SHIM_FOR=0 the disk stays full' want got
fresh
status 'another program is not affected' 0 env LD_PRELOAD="$build/t/crash.so" \
	MS_SHIM_DIR="$dir" MS_SHIM_EXE=other MS_SHIM_AT=1 MS_SHIM_DO=kill \
	"$python" -S -c 'import os; os.mkdir("d/x")'

# ---- unsynced.so and undo ----

both='crash unsynced'
script='
f = os.open("a", os.O_RDWR | os.O_CREAT)
os.write(f, b"old " * 3000); os.fsync(f)
d = os.open(".", os.O_RDONLY); os.fsync(d)
os.pwrite(f, b"NEW", 0); os.pwrite(f, b"NEWER", 4096); os.ftruncate(f, 11000)
os.pwrite(f, b"MORE" * 2000, 11000)
os.rename("a", "b"); os.close(os.open("c", os.O_RDWR | os.O_CREAT))
os.unlink("b")
os.unlink("nothing")
'
fresh
run "$both" 0 kill "$script" 2>/dev/null
undo none
echo c >want && ls d >got
same 'with "none", the last state remains' want got
fresh
run "$both" 0 kill "$script" 2>/dev/null
undo all
echo a >want && ls d >got
same 'with "all", the names are those of the last fsync' want got
"$python" -S -c 'print("old " * 3000, end="")' >want
same 'the bytes and the length are those of the last fsync' want d/a

script='
f = os.open("a", os.O_RDWR | os.O_CREAT)
d = os.open(".", os.O_RDONLY); os.fsync(d)
for i in range(8): os.write(f, bytes([65 + i]) * 4096)
os.fdatasync(f)
for i in range(8): os.pwrite(f, bytes([97 + i]) * 4096, i * 4096)
'
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	fresh
	run "$both" 0 kill "$script"
	undo $i
	tr -s 'a-zA-Z' <d/a >>got.seeds && echo >>got.seeds
done
ok 'with a seed, some pages are lost' test "$(sort -u got.seeds | wc -l)" -gt 8
ok 'each page is either old or new' \
	test "$(grep -cx '[aA][bB][cC][dD][eE][fF][gG][hH]' got.seeds)" -eq 20
fresh
run "$both" 0 kill "$script"
undo 7
tr -s 'a-zA-Z' <d/a >again
sed -n 7p got.seeds | tr -d '\n' >want
same 'the same seed gives the same result' want again

script='
os.mkdir("x"); f = os.open("x/1", os.O_RDWR | os.O_CREAT); os.write(f, b"one")
os.fsync(f)
os.mkdir("y"); g = os.open("y/1", os.O_RDWR | os.O_CREAT); os.write(g, b"two")
for p in (".", "x", "y"): os.fsync(os.open(p, os.O_RDONLY))
import ctypes
ctypes.CDLL(None).renameat2(-100, b"x", -100, b"y", 2)
os.unlink("x/1")
'
fresh
run "$both" 0 kill "$script"
undo all
echo one '' >want && echo "$(cat d/x/1) $(cat d/y/1)" >got
same 'exchanged folders are exchanged back, and a file without fsync is empty' want got

finish
