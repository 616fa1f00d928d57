#!/bin/sh
# 0030-layers.t - a file of lib/ includes only headers of its own folder and of
# lower layers. A tool includes only headers of its own folder, of lib/ and of
# cmd/runner. Only lib/index uses LMDB. No two files need each other.
. "${0%/*}/lib.sh"

# layers.py FOLDER: prints each file of a source tree that breaks these rules.
cat >layers.py <<'END'
import glob, os, re, sys
os.chdir(sys.argv[1])
with open("Makefile") as f:
    layers = re.search(r"^LAYERS = ((?:.*\\\n)*.*)", f.read(), re.M)[1]
lib = ["lib/" + l for l in layers.replace("\\", "").split()]
homes = {}
for path in glob.glob("lib/*/*.h") + glob.glob("cmd/*/*.h"):
    homes.setdefault(os.path.basename(path), set()).add(os.path.dirname(path))
for folder in sorted(glob.glob("lib/*/") + glob.glob("cmd/*/")):
    folder = folder.rstrip("/")
    if folder.startswith("cmd/"):
        allowed = {folder, "cmd/runner", *lib}
    elif folder in lib:
        allowed = set(lib[:lib.index(folder) + 1])
    else:
        print(folder + ": not a layer of the Makefile")
        continue
    for path in sorted(glob.glob(folder + "/*.[ch]")):
        with open(path) as f:
            text = f.read()
        for name in re.findall(r'^\s*#\s*include\s*["<]([^">]+)[">]', text, re.M):
            at = homes.get(name, set())
            if name.startswith(".") or re.match("(lib|cmd|t)/", name):
                print("%s: includes %s by its path" % (path, name))
            elif at and not at & allowed and '"%s"' % name in text:
                print("%s: includes %s of %s" % (path, name, min(at)))
        if folder != "lib/index" and re.search(r"\bMDB_|\bmdb_|lmdb\.h", text):
            print("%s: uses LMDB" % path)
END
layers() {
	python3 layers.py "$1" >broken
	cat broken >&2
	empty broken
}

ok 'no file breaks the rules' layers "$top"

mkdir tree && cp -R "$top/lib" "$top/cmd" "$top/Makefile" tree
# plant NAME COMPLAINT FILE LINE: creates a file that breaks a rule; the check
# must find it.
plant() {
	echo "$4" >"tree/$3"
	status "$1" 1 layers tree
	ok '  the output names the file' grep -qx "$3: $2" err
	rm "tree/$3"
}
status 'a copy of the tree breaks no rule' 0 layers tree
plant 'a header of a higher layer is included' 'includes archive.h of lib/archive' \
	lib/log/planted.c '#include "archive.h"'
plant 'a private header of another tool is included' 'includes fetch.h of cmd/fetch' \
	cmd/list/planted.c '#include "fetch.h"'
plant 'a header is included by a relative path' 'includes ../archive/archive.h by its path' \
	lib/log/planted.h '#include "../archive/archive.h"'
plant 'a header is included by a path from the top' 'includes lib/archive/archive.h by its path' \
	lib/log/planted.c '#include "lib/archive/archive.h"'
plant 'LMDB is used in another folder' 'uses LMDB' \
	lib/query/planted.c 'int planted = MDB_NOTFOUND;'
mkdir tree/lib/new
echo 'int n;' >tree/lib/new/new.c
status 'a folder is not among the layers of the Makefile' 1 layers tree

# cycles.py FOLDER: prints the groups of objects that need each other, directly
# or through others.
cat >cycles.py <<'END'
import collections, glob, os, subprocess, sys
os.chdir(sys.argv[1])
objects = glob.glob("lib/*/*.o") + glob.glob("cmd/*/*.o")
home, needs = {}, collections.defaultdict(set)
for line in subprocess.run(["nm", "-A", *objects], capture_output=True, text=True).stdout.splitlines():
    path, _, rest = line.partition(":")
    kind, name = rest.split()[-2:]
    if kind in "TDBRC":
        home.setdefault(name, path)
    elif kind == "U":
        needs[path].add(name)
needs = {o: {home[n] for n in needs[o] if n in home} - {o} for o in objects}

def reached(start):
    seen, todo = set(), [start]
    while todo:
        for o in needs[todo.pop()] - seen:
            seen.add(o)
            todo.append(o)
    return seen

far = {o: reached(o) for o in objects}
for group in sorted({tuple(sorted(p for p in far[o] if o in far[p])) for o in objects}):
    if group:
        print(*group)
END
cycles() {
	python3 cycles.py "$1" >broken
	cat broken >&2
	empty broken
}
command -v nm >/dev/null || skip nm 'no nm'
ok 'no files need each other' cycles "$build"
mkdir -p two/lib/base two/cmd
echo 'int b(void); int a(void) { return b(); }' >a.c
echo 'int a(void); int b(void) { return a(); }' >b.c
if command -v cc >/dev/null; then
	cc -c -o two/lib/base/a.o a.c && cc -c -o two/lib/base/b.o b.c
	status 'two files that need each other' 1 cycles two
	ok '  the output names them' grep -qx 'lib/base/a.o lib/base/b.o' err
	mv two/lib/base two/lib/imap
	status '  also in another folder' 1 cycles two
fi
finish
