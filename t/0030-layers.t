#!/bin/sh
# 0030-layers.t - a file of lib/ includes headers of its own folder and of lower
# layers only, a tool those of lib/ and cmd/runner; LMDB is used in lib/index.
. "${0%/*}/lib.sh"

# layers.py FOLDER: prints what breaks these rules in a source tree.
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

ok 'the layers hold' layers "$top"

mkdir tree && cp -R "$top/lib" "$top/cmd" "$top/Makefile" tree
# plant NAME COMPLAINT FILE LINE: a file that breaks a rule is found.
plant() {
	echo "$4" >"tree/$3"
	status "$1" 1 layers tree
	ok '  and named' grep -qx "$3: $2" err
	rm "tree/$3"
}
status 'a copy is good' 0 layers tree
plant 'a header of a higher layer' 'includes archive.h of lib/archive' \
	lib/log/planted.c '#include "archive.h"'
plant 'a private header of a tool' 'includes fetch.h of cmd/fetch' \
	cmd/list/planted.c '#include "fetch.h"'
plant 'a relative path' 'includes ../archive/archive.h by its path' \
	lib/log/planted.h '#include "../archive/archive.h"'
plant 'a path from the top' 'includes lib/archive/archive.h by its path' \
	lib/log/planted.c '#include "lib/archive/archive.h"'
plant 'LMDB in another folder' 'uses LMDB' \
	lib/query/planted.c 'int planted = MDB_NOTFOUND;'
mkdir tree/lib/new
echo 'int n;' >tree/lib/new/new.c
status 'a folder that is no layer' 1 layers tree
finish
