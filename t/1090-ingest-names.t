#!/bin/sh
# 1090-ingest-names.t - names at their limits: they go into EVENT records, which
# must fit into blocks and be readable again whatever a server calls a folder.
. "$(dirname "$0")/lib.sh"

cat >long.py <<'EOF'
separator = 'From ms-stream@1 Thu Jan  1 00:00:00 1970'
name = r'\x01' * 3900  # six bytes each in JSON
for i in range(700):
    print(separator)
    print('MS-Envelope: source="x:%d"; folder="%s%d"' % (i, name, i))
    print('Subject: %d\n\nbody\n' % i)
print(separator)
print('MS-Envelope: end; messages=700; failed=0; status=0\n')
EOF
python3 long.py >long.stream

status 'an archive' 0 ms-init arc
status '700 folders with names of 4 KB in one batch' 0 \
	ms-ingest -a arc -q long.stream
status 'it can be read back' 0 ms-verify -a arc -q
rm -rf arc/index
status 'also without its index' 0 ms-list -a arc
ok 'with all of it' test "$(wc -l <out)" -eq 700

# The longest names that a message can have: a batch must not hold more than a
# reader accepts, or it would be cut off as a torn batch.
cat >much.py <<'EOF'
separator = 'From ms-stream@1 Thu Jan  1 00:00:00 1970'
for i in range(1150):
    print(separator)
    print('MS-Envelope: source="%s%d"; folder="%s%d"; label="%s%d"' %
          (r'\x01' * 2000, i, r'\x01' * 4080, i, r'\x01' * 4080, i))
    print('Subject: %d\n\nbody\n' % i)
print(separator)
print('MS-Envelope: end; messages=1150; failed=0; status=0\n')
EOF
python3 much.py >much.stream
status 'another archive' 0 ms-init much
status '1,150 messages, each in a place with long names' 0 \
	ms-ingest -a much -q much.stream
rm -rf much/index
status 'without its index' 0 ms-list -a much
ok 'all is there' test "$(wc -l <out)" -eq 1150
status 'and one more' 0 ms-ingest -a much -q "$top/t/data/eml/latin1.eml"
ok 'before which nothing was cut off' test -z "$(ls much/tmp)"
rm -rf much much.stream

printf 'Subject: one\n\n' >one.eml
octet=$(printf '\377')
status 'a label that is not UTF-8 is refused' 64 \
	ms-ingest -a arc --label "$octet" one.eml
status 'so is a folder' 64 ms-ingest -a arc -d "$octet" one.eml
status 'nothing of that is left behind' 0 ms-verify -a arc -q
finish
