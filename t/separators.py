#!/usr/bin/env python3
"""separators.py - forms of lines that may separate the messages of an mbox.
usage: separators.py DIRECTORY   writes an mbox for each form, and prints its
                                 name and what is expected (see ROWS)
"""
import mailbox, os, sys

# Why the four differ. Python and mblaze split at every line that begins with
# "From ".
REASONS = {
    "=": "all four agree",
    "git": "git wants a time with seconds and then a year in the line",
    "head": "no header follows: text to us",
    "plain": "no empty line before it, and no date that we know: text to us",
    "field": "'From' with a colon is a header field to us",
    "mark": "a byte order mark or NULs do not hide the line from us",
    "patch": "a patch in a mail is text to us",
    "long": "a line of more than 2,048 bytes is text to us",
    "prose": "no field of mail: not an mbox to us",
}

MAIL = "From: b@example.org\nSubject: two\n\nbody two\n"
ONE = "From a@b.c Mon Oct 16 16:18:56 2023\nFrom: a@example.org\nSubject: one\n\nbody\n"
DATED = "From a@b.c Mon Oct 16 16:18:56 2023\n"
GIT = "From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001\n"
GIT2 = GIT.replace("0123 ", "01ab ").replace("89 Mon", "8f Mon")
SHA256 = "From " + 16 * "0123" + " Mon Sep 17 00:00:00 2001\n"

def dates(*lines):
    """Lines with an empty line before them and a message behind them."""
    return ["\n" + line + "\n" + MAIL for line in lines]

FORMS = dates(
    "From a@b.c Mon Oct 16 16:18:56 2023",
    "From a@b.c  Mon Oct  9 16:18:56 2023",
    "From a@b.c Mon Oct 09 16:18:56 2023",
    "From a@b.c Mon Oct 16 16:18 2023",
    "From a@b.c Mon Oct 16 16:18:56 +0200 2023",
    "From a@b.c Mon Oct 16 16:18:56 2023 -0700",
    "From a@b.c Mon Oct 16 16:18:56 PDT 2023",
    "From a@b.c Mon Oct 16 16:18:56 MET DST 2023",
    "From a@b.c Mon, 16 Oct 2023 16:18:56 +0000",
    "From a@b.c Mon Oct 16 2023 16:18:56 GMT-0700",
    "From - a@b.c  Mon Oct 16 2023 16:18:56 GMT-0700 (Pacific Daylight Time)",
    "From a@b.c  Mon Oct 16 2023 23:18:56-0700",
    "From a@b.c 2023-10-16T16:18:56Z",
    "From a@b.c 2023-10-16 16:18:56 +0200",
    "From a@b.c Mon Oct 16 16:18:56 2023 remote from host",
    "From joe at example.org  Mon Oct 16 16:18:56 2023",
    "From \"joe user\"@b.c Mon Oct 16 16:18:56 2023",
    "From  Mon Oct 16 16:18:56 2023",
    "From - Mon Oct 16 16:18:56 2023",
    "From a@b.c\tMon\tOct\t16\t16:18:56\t2023",
    "From a@b.c mon OCT 16 16:18:56 2023",
    "From 1844347792267117879@xxx Mon Oct 16 16:18:56 +0000 2023",
    "From mboxrd@z Thu Jan  1 00:00:00 1970",
    "From a@b.c Mon Oct 16, 2023 4:18:56 PM",
    "From a@b.c Mon Oct 16 16:18:56 2023\r",
    "From a@b.c Mon Oct 16 25:18:56 2023",
    "From a@b.c Mon Oct 16 16:18:56 23",
    "From a@b.c Oct 16 16:18:56 2023",
    "From a@b.c Mo Okt 16 16:18:56 2023",
    "From a@b.c 16.10.2023 16:18:56",
    "From a@b.c 1697473136",
    "From a@b.c 16:18:56",
    "From a@b.c Mon Oct 16 1816 2023",
    # no date
    "From ",
    "From - ",
    "From -",
    "From a@b.c",
    "From ???@???",
    "From <a@b.c>",
    "From MAILER-DAEMON",
    "From nobody at all",
    "From " + 2000 * "x",
    "From " + 2100 * "x",
) + [line[1:] for line in dates( # without an empty line before
    "From a@b.c Mon Oct 16 16:18:56 2023",
    "From a@b.c Mon Oct 16 16:18 2023",
    "From a@b.c Mon Oct 16 16:18:56 2023 -0700",
    "From a@b.c Mon, 16 Oct 2023 16:18:56 +0000",
    "From a@b.c Mon Oct 16 2023 16:18:56 GMT-0700",
    "From a@b.c 2023-10-16T16:18:56Z",
    "From joe at example.org  Mon Oct 16 16:18:56 2023",
    "From the log 2023-10-16 16:18:56 of today",
    "From a@b.c Mon Oct 16 25:18:56 2023",
    "From a@b.c Oct 16 16:18:56 2023",
    "From a@b.c",
    "From ",
    "From here to there",
)] + [
    # what follows
    "\n" + DATED + "Subject: two\n\nbody\n",
    "\n" + DATED + "Subject : two\n\nbody\n",
    "\n" + DATED + ">From c@d Mon Oct 16 16:18:56 2023\n" + MAIL,
    "\n" + DATED + "\n" + MAIL,
    "\n" + DATED + "junk\n" + MAIL,
    "\n" + DATED + "\nSubject: two\n\nbody\n",
    "\n" + DATED + "text\n",
    "\n" + DATED + "\ntext\n",
    "\n" + DATED,
    DATED + "text\n",
    DATED + "\n" + MAIL,
    DATED + ">From c@d Mon Oct 16 16:18:56 2023\n" + MAIL,
    "\nFrom x\nSubject: two\n\nbody\n",
    "\nFrom x\nNote: it rains\nmuch\n",
    "\nFrom x\ntext\n",
    "\nFrom x\n",
    "\nFrom x\n\n" + MAIL,
    "\nFrom x\njunk\n" + MAIL,
    "\nFrom x\n>From y\n" + MAIL,
    "\nFrom x\njunk\njunk\n" + MAIL,
    "\nFrom x\n\n\n" + MAIL,
    "\nFrom x\nReceived: from a\n\tby b\n  for c\nSubject: two\n\nbody\n",
    "\nFrom x\nSubject: two\n more\n\nTo: text\n",
    "\nFrom x\nFrom : b@example.org\nSubject\t: two\n\nbody\n",
    "\nFrom x\nX-Mozilla-Status: 0001\nX-Mozilla-Status2: 00000000\n" + MAIL,
    "\nFrom our pages\nhttp://a.example/\nhttps://b.example/\n",
    "\nFrom the agenda\n10:00 tea\n11: cake\n12: more cake\n",
    "\nFrom x\r\nFrom: b@example.org\r\nSubject: two\r\n\r\nbody\r\n",
    # what precedes
    " \t\nFrom x\n" + MAIL,
    "\r\nFrom x\n" + MAIL,
    "\0\0\0\0\nFrom x\n" + MAIL,
    "\n\0\0\0\0From x\n" + MAIL,
    "\0\0\0\0" + DATED + MAIL,
    "\n\xef\xbb\xbf" + DATED + MAIL,
    "\xef\xbb\xbf" + DATED + MAIL,
    "\xef\xbb\xbf\nFrom x\n" + MAIL,
    "\n\n\nFrom x\n" + MAIL,
    "\n " + DATED + MAIL,
    "\n>" + DATED + MAIL,
    "\nFROM" + DATED[4:] + MAIL,
    "\nFrom: x\n" + MAIL,
    "\nFrom : x\n" + MAIL,
    "\nFrom\tx\n" + MAIL,
    "\nFromage\n" + MAIL,
    # git
    "\n" + GIT + MAIL,
    GIT + MAIL,
    "\n" + SHA256 + MAIL,
    "\n" + GIT.replace("0123456789", "", 3) + MAIL,
    "^" + GIT + MAIL + "\n" + GIT2 + MAIL,
    "^" + GIT + MAIL + GIT2 + MAIL,
    "^" + GIT + MAIL + "\n" + DATED + MAIL,
    # the first line
    "^From \n" + MAIL + "\nFrom \n" + MAIL,
    "^From -\n" + MAIL + "From -\n" + MAIL,
    "^From x\nSubject: one\n\nbody\n",
    "^\xef\xbb\xbf" + DATED + MAIL,
    "^\0\0\n" + DATED + MAIL,
    "^\n \r\n" + DATED + MAIL,
    "^" + DATED + "text\n",
    "^" + DATED + "\n" + MAIL,
    "^From here on it is prose.\nNote: no mail\n",
    "^From : b@example.org\nSubject: one\n\nbody\n",
]

# For each form: our number of messages and of remarks, those of mblaze 1.1
# (mdeliver -M) and of git 2.39 (mailsplit), and the reason why they differ.
ROWS = """
2 0 2 2 =, 2 0 2 2 =, 2 0 2 2 =, 2 0 2 2 =, 2 0 2 2 =,
2 0 2 2 =, 2 0 2 1 git, 2 0 2 1 git, 2 0 2 1 git, 2 0 2 1 git,
2 0 2 1 git, 2 0 2 1 git, 2 0 2 1 git, 2 0 2 2 =, 2 0 2 2 =,
2 0 2 2 =, 2 0 2 2 =, 2 0 2 2 =, 2 0 2 2 =, 2 0 2 2 =,
2 0 2 2 =, 2 0 2 1 git, 2 0 2 2 =, 2 0 2 1 git, 2 0 2 2 =,
2 0 2 2 =, 2 0 2 1 git, 2 0 2 2 =, 2 0 2 2 =, 2 0 2 1 git,
2 0 2 1 git, 2 0 2 1 git, 2 0 2 1 git, 2 0 2 1 git, 2 0 2 1 git,
2 0 2 1 git, 2 0 2 1 git, 2 0 2 1 git, 2 0 2 1 git, 2 0 2 1 git,
2 0 2 1 git, 2 0 2 1 git, 1 0 2 1 long, 2 0 2 2 =, 2 0 2 2 =,
2 0 2 2 =, 2 0 2 1 git, 2 0 2 1 git, 2 0 2 1 git, 2 0 2 2 =,
1 1 2 1 plain, 1 1 2 2 plain, 1 1 2 2 plain, 1 1 2 1 plain, 1 1 2 1 plain,
1 1 2 1 plain, 2 0 2 2 =, 2 0 2 2 =, 2 0 2 2 =, 2 0 2 2 =,
2 0 2 2 =, 1 1 2 2 head, 1 1 2 2 head, 1 1 2 2 head, 1 1 2 2 head,
1 0 2 2 head, 1 1 2 2 head, 2 0 2 2 =, 1 1 2 1 head, 1 1 2 1 head,
1 0 2 1 head, 1 0 2 1 head, 2 0 2 1 git, 2 0 2 1 git, 2 0 2 1 git,
1 0 2 1 head, 1 0 2 1 head, 2 0 2 1 git, 1 1 2 1 head, 2 0 3 1 field,
2 0 2 1 git, 1 0 2 1 head, 1 0 2 1 head, 2 0 2 1 git, 2 0 2 1 git,
2 0 2 1 git, 2 0 2 1 git, 2 0 1 1 mark, 2 0 1 1 mark, 2 0 1 1 mark,
2 0 1 1 mark, 2 0 2 1 git, 2 0 2 1 git, 1 0 1 1 =, 1 0 1 1 =,
1 0 1 1 =, 1 0 1 1 =, 1 0 2 1 field, 1 0 1 1 =, 1 0 1 1 =,
1 0 2 2 patch, 1 0 2 2 patch, 1 0 2 2 patch, 2 0 2 2 =, 2 0 2 2 =,
2 0 2 2 =, 2 0 2 2 =, 2 0 2 1 git, 2 0 2 1 git, 1 1 1 1 =,
1 0 0 1 mark, 1 0 1 1 =, 1 0 1 1 =, 1 1 1 1 =, 1 0 1 1 =,
0 0 1 1 prose, 1 0 1 1 =
"""

def main():
    os.makedirs(sys.argv[1])
    for number, (form, row) in enumerate(zip(FORMS, ROWS.split(","), strict=True)):
        path = os.path.join(sys.argv[1], "%03d.mbox" % number)
        text = form[1:] if form[0] == "^" else ONE + form
        with open(path, "wb") as f:
            f.write(text.encode("latin-1"))
        ours, remarks, mblaze, git, reason = row.split()
        python = len(mailbox.mbox(path))
        print("%03d\t%s\t%s\t%s" % (number, ours, remarks, REASONS[reason]))
        same = {ours, mblaze, git, str(python)} == {ours}
        assert same == (reason == "="), "%s: %s, Python finds %d" % (path, row, python)

if __name__ == "__main__":
    main()
