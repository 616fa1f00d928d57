#!/bin/sh
# 1090-ingest-names.t - names of the greatest length. They are stored in EVENT
# records, which must fit into blocks and must be readable for any name that a
# server gives a folder.
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

status 'an archive is created' 0 ms-init arc
status '700 folders with names of 4 KB in one batch' 0 \
	ms-ingest -a arc -q <long.stream
status 'ms-verify finds no error' 0 ms-verify -a arc -q
rm -rf arc/index
status 'the mail is listed without the index' 0 ms-list -a arc
ok 'all messages are listed' test "$(wc -l <out)" -eq 700

# The longest names that a message can have. A batch must not be larger than a
# reader accepts, because a reader would regard it as a torn batch.
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
status 'another archive is created' 0 ms-init much
status '1,150 messages, each in a place with long names' 0 \
	ms-ingest -a much -q <much.stream
rm -rf much/index
status 'the mail is listed without the index, too' 0 ms-list -a much
ok 'all these messages are listed' test "$(wc -l <out)" -eq 1150
status 'another message is added' 0 ms-ingest -a much -q "$top/t/data/eml/latin1.eml"
ok 'no part of the pack was cut off' test -z "$(ls much/tmp)"
rm -rf much much.stream

printf 'Subject: one\n\n' >one.eml
octet=$(printf '\377')
status 'a label that is not UTF-8 is refused' 64 \
	ms-ingest -a arc --label "$octet" one.eml
status 'a folder that is not UTF-8 is refused' 64 ms-ingest -a arc -d "$octet" one.eml
status 'ms-verify finds no error afterwards' 0 ms-verify -a arc -q
finish
