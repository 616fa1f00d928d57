#!/bin/sh
# 1013-ingest-separators.t - more than 100 forms of lines that may separate the
# messages of an mbox, beside what Python, mblaze and git make of them.
. "$(dirname "$0")/lib.sh"

# separators.py compares its rows with Python's mailbox, and stops if one of
# them does not say what Python finds.
status 'Python finds what the table says' 0 python3 "$top/t/separators.py" forms
cp out table
ok 'there are more than 100 forms' test "$(wc -l <table)" -gt 100

ms-init -u u arc
status 'only the file that is no mbox fails' 1 ms-ingest -a arc -u u -q --report report.json forms
# The report names each file once for each message or remark in it.
python3 - report.json table <<'END' >got
import collections, json, os, sys
messages, remarks = collections.Counter(), collections.Counter()
for line in open(sys.argv[1]):
    o = json.loads(line)
    if o["type"] == "folder":
        messages[o["folder"]] += o["new"] + o["known"]
    elif o["type"] == "note":
        remarks[os.path.basename(o["where"]).split(".")[0]] += 1
for line in open(sys.argv[2]):
    name = line.split("\t")[0]
    # A file that is a single message is not a folder of its own.
    n = messages[name] or (messages["INBOX"] if name == "116" else 0)
    print(name, n, remarks[name], sep="\t")
END
cut -f 1-3 table >want
same 'ms-ingest finds the messages of each form, and names the lines in doubt' want got

# The differences, with their reasons.
cut -f 4 table | sort | uniq -c | sed 's/^/# /'
finish
