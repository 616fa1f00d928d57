#!/usr/bin/env python3
"""usage: make-profile.py MBOX DIR BYTES - makes a profile of Thunderbird in DIR:
two accounts with eight folders of the messages of an mbox, each as Thunderbird
stores it and with a field of its own, until they have so many bytes."""
import os
import re
import sys

SEPARATOR = re.compile(rb'^From .*\n', re.M)
FROM = b'From - Mon Oct 16 23:18:56 2023\nX-Mozilla-Status: 0001\n' \
    b'X-Mozilla-Status2: 00000000\nX-Copy: %d\n'
ACCOUNTS = ['ImapMail/imap.example.org', 'Mail/Local Folders']
FOLDERS = ['Inbox', 'Sent', 'Archive.sbd/2022', 'Archive.sbd/2023']

data = open(sys.argv[1], 'rb').read()
found = list(SEPARATOR.finditer(data))
ends = [m.start() for m in found[1:]] + [len(data)]
places = [(m.end(), end) for m, end in zip(found, ends)]
os.makedirs(sys.argv[2])
os.chdir(sys.argv[2])
with open('prefs.js', 'w') as f:
    for i, account in enumerate(ACCOUNTS):
        f.write(f'user_pref("mail.server.server{i}.directory-rel", "[ProfD]{account}");\n'
                f'user_pref("mail.server.server{i}.name", "Account {i}");\n')
files = []
for account in ACCOUNTS:
    os.makedirs(account + '/Archive.sbd')
    open(account + '/Archive', 'w').close()
    for folder in FOLDERS:
        files.append(open(f'{account}/{folder}', 'wb'))
        open(f'{account}/{folder}.msf', 'w').close()
size = copy = 0
while size < int(sys.argv[3]):
    for n, (begin, end) in enumerate(places):
        size += files[n % len(files)].write(FROM % copy + data[begin:end])
        if size >= int(sys.argv[3]):
            break
    copy += 1
