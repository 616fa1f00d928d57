#!/usr/bin/env python3
"""make-assigned.py TABLE TEAMS ROUNDS CROWD - makes the messages of a table such
as t/data/assignments for several teams: the people and domains of a team have
its number. Each team gets each message in each round. One more message is for
CROWD recipients. Into the working directory:

    in/NNNNN.eml  the messages
    want          subject, user and folder of each occurrence
    left          the subjects of messages that nobody gets
    users.csv     for ms-users import; `gone` is to be deleted
    own, aliases  the own addresses, and the setting alias-domains
"""
import os
import re
import sys

TABLE, TEAMS, ROUNDS, CROWD = sys.argv[1], *map(int, sys.argv[2:])
USERS = """anna anna@x.example;a.beck@y.example
bob bob@x.example
carl bob+list@x.example
dora info@münchen.example
eve eve@x.example
gone gone@x.example
off off@x.example"""


def of_team(text, team):
    "The text with the people and domains of a team."
    text = re.sub(r"(?<![a-z])([xy]|old)(?=(\.|=2E)example)", r"\g<1>%d" % team, text, flags=re.I)
    return re.sub(r"\binfo(?=@)", "info%d" % team, text)


def blocks():
    for block in re.split(r"^# ", open(TABLE).read(), flags=re.M)[1:]:
        name, rest = block.split("\n", 1)
        header = re.sub(r"^= .*\n", "", rest, flags=re.M)
        yield name, header, re.findall(r"^= (\S+) (.*)$", rest, flags=re.M)


os.mkdir("in")
want, left = open("want", "w"), open("left", "w")
count = 0


def message(subject, header, who):
    global count
    count += 1
    with open("in/%05d.eml" % count, "w", newline="") as f:
        f.write(header + "Subject: %s\n\nThe body %d.\n" % (subject, count))
    for user, folder in who:
        print(subject, user, folder, sep="\t", file=want)
    if not who:
        print(subject, file=left)


for n in range(ROUNDS):
    for team in range(1, TEAMS + 1):
        for name, header, who in blocks():
            message("%s %d %d" % (name, team, n), of_team(header, team),
                [(user + str(team), of_team(folder, team)) for user, folder in who
                 if user != "@catchall"])
crowd = ["r%d@crowd.example" % i for i in range(CROWD)]
message("crowd", "From: anna@x1.example\nTo: %s\n" % ",\n\t".join(crowd),
    [("anna1", "anna@x1.example/Sent Items")]
    + [(a.split("@")[0], a + "/Inbox") for a in crowd])

with open("users.csv", "w") as f:
    print("name,addresses,disabled", file=f)
    for team in range(1, TEAMS + 1):
        for user, addresses in (line.split() for line in USERS.split("\n")):
            print(user + str(team), of_team(addresses, team),
                "yes" if user == "off" else "no", sep=",", file=f)
    for a in crowd:
        print(a.split("@")[0], a, "no", sep=",", file=f)
teams = range(1, TEAMS + 1)
print(",".join("journal@x%d.example" % t for t in teams), file=open("own", "w"))
print(",".join("old%d.example=x%d.example" % (t, t) for t in teams), file=open("aliases", "w"))
