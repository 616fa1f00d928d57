#!/bin/sh
# 0040-words.t - the private words of the first version are not used again. None
# of them is a part of an identifier, and some of them are in no text at all.
# The table below names the standard words.
. "${0%/*}/lib.sh"

# words.py FILE...: prints each use of such a word.
cat >words.py <<'END'
import re, sys
# Parts of identifiers, and the words that replace them. If folders follow, the
# word is private in these folders only: a parser may `take`, and a connection
# may be `late`.
names = """box:mailbox sight:msg_info patience:backoff doom:expunge
    crew:worker-pool hand:worker hands:workers strikes:failures
    alive:seen_on_server errand:running_job wiring:spawn lane:cursor
    making:builder parcel:work_unit press:compress fresh:new settled:resolved
    astray:missing stretch:extent lacks:missing adopt:switch renew:refresh sofar:partial judge:match
    live:progress whoever: nobody:
    held:message_folders:lib/index:lib/ingest
    lost:missing:lib/index:lib/ingest:lib/verify
    late:pending:cmd/fetch:lib/sync take:handle:cmd/fetch:lib/sync
    again:retry:cmd/csvbatch words:argv:cmd/runner:cmd/profile:cmd/csvbatch
    note:remark:lib/index:lib/archive:lib/ingest:cmd/profile:cmd/fetch""".split()
# Words that must not be used in comments, messages and manuals either.
jargon = """sight patience doom doomed crew strikes errand errands wiring lane
    lanes parcel parcels astray sofar adopt adopts adopted renew renews
    whoever nobody hands run-mark""".split()
# Uses that are allowed, with the reason.
allowed = [
    r"\bhand(s|ed|ing)?[ _](over|on|out|back)\b",   # the verb
    r"\bby hand\b",
    r"session_lost|connection lost",                # a connection is lost
    r"ms_queue_take",                               # takes from a queue
    r"ms_report_note",                              # a remark in a report
    r"[\w ]*(user|uid|as) .?nobody",                 # the Unix user
]
names = {n.split(":")[0]: n.split(":")[2:] for n in names}
split = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
text = re.compile(r"\b(%s)\b" % "|".join(jargon), re.I)

def private(part, path):
    return part in names and (not names[part] or any(
        f + "/" in path for f in names[part]))


# Comments and strings are text, the rest of C is code.
skip = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|^#include.*?$', re.S | re.M)
for path in sys.argv[1:]:
    with open(path, encoding="utf-8", errors="replace") as f:
        whole = f.read()
    for a in allowed:
        whole = re.sub(a, "", whole)
    code = ""
    if path.endswith((".c", ".h")):
        code = skip.sub(lambda m: "\n" * m[0].count("\n"), whole)
    code = code.split("\n")
    for number, line in enumerate(whole.split("\n"), 1):
        found = set(text.findall(line))
        if number <= len(code):
            for word in re.findall(r"[A-Za-z_]\w*", code[number - 1]):
                found |= {word for part in split.findall(word)
                          if private(part.lower(), path)}
        for word in sorted(found):
            print("%s:%d: %s" % (path, number, word))
END
words() {
	python3 words.py "$@" >found
	cat found >&2
	empty found
}

# shellcheck disable=SC2046 # no name of a file has a blank
status 'no file has a private word' 0 words \
	$(ls "$top"/lib/*/*.[ch] "$top"/cmd/*/*.[ch] "$top"/man/*.[1-9] \
		"$top"/t/unit/*.[ch] "$top"/t/fuzz/*.c)
cat >planted.c <<'END'
/* The crew waits, whoever comes. */
static int take_box;
static const char *s = "out of patience";
static int mailbox, handle, intake; /* these are good */
END
status 'the check fails if there are private words' 1 words planted.c
cat >want <<'END'
planted.c:1: crew
planted.c:1: whoever
planted.c:2: take_box
planted.c:3: patience
END
same '  the output names each of them' want err
finish
