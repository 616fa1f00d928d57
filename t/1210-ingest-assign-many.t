#!/bin/sh
# 1210-ingest-assign-many.t - 2,000 messages for 50 users in one mbox. Each is
# made from a random choice of users, written in a random form; the choice is
# the table with which the assignment is compared. MS_SEED=N repeats a run.
. "$(dirname "$0")/lib.sh"

seed=${MS_SEED:-$(date +%N | sed 's/^0*//')}
echo "# MS_SEED=$seed"
cat >make.py <<'END'
import base64, random, sys

random.seed(int(sys.argv[1]))
USERS = [f"user{i}" for i in range(50)]
MAIN = {u: f"{u}@x.example" for u in USERS}
MORE = {u: f"{u}.more@münchen.example" for u in USERS}
STRANGERS = ["who@z.example", "user99@x.example", "x@user1.x.example", "user1@z.example"]


def any_case(s):
    return "".join(random.choice((c, c.upper())) if c.isascii() else c for c in s)


def address(u):
    "One of the forms of an address of a user."
    local, domain = random.choice((MAIN, MORE))[u].split("@")
    if random.random() < 0.2:
        local += "+tag" + random.choice(("", "+x", ".y"))
    if domain == "x.example" and random.random() < 0.2:
        domain = "old.example"
    if domain[0] == "m" and random.random() < 0.5:
        domain = "xn--mnchen-3ya.example"
    if random.random() < 0.1:
        return f'"{local}"@{domain}'
    return any_case(f"{local}@{domain}")


def mailbox(a):
    "One of the forms of a mailbox."
    decoy = MAIN[random.choice(USERS)]
    word = base64.b64encode(f"Décor, <{decoy}>".encode()).decode()
    return random.choice((a, f"<{a}>", f"Name <{a}>", f'"{decoy}, x" <{a}>',
        f"{decoy} <{a}>", f"=?utf-8?b?{word}?= <{a}>", f"({decoy}) {a}",
        f"{a} (x (y) {decoy})", f"<@relay.example,@b.example:{a}>", f"N\n\t<{a}>",
        "=?utf-8?q?" + f"N <{a}>".replace("=", "=3D").replace("_", "=5F")
        .replace(" ", "_").replace("ü", "=C3=BC").replace("?", "=3F") + "?="))


def field(names, addresses):
    "Fields with these addresses, divided among the names."
    parts = {}
    for a in addresses:
        parts.setdefault(random.choice(names), []).append(mailbox(a))
    for name, list_ in parts.items():
        random.shuffle(list_)
        body = random.choice((", ", ",\n  ", " , ,\n\t", "; ")).join(list_)
        if random.random() < 0.2:
            body = f"Team: {body};"
        if random.random() < 0.2:
            body += ", undisclosed-recipients:;"
        yield f"{any_case(name) if name.isascii() else name}: {body}"


def users(most):
    return random.sample(USERS, random.randint(0, most))


with open("in.mbox", "w") as mbox, open("want", "w") as want:
    for n in range(2000):
        to, sender, decoys = users(4), users(1), users(3)
        addresses = [address(u) for u in to] + random.sample(STRANGERS, random.randint(0, 2))
        top, rest = [], []
        kind = random.choice(("fields", "fields", "envelope", "own"))
        if kind == "envelope" and addresses:
            # The decoys are only in To: they do not get the message.
            random.shuffle(addresses)
            for a in addresses:
                top.append(random.choice(("Delivered-To", "X-Original-To")) + ": " + a)
            rest += field(["To", "Cc"], [address(u) for u in decoys])
        else:
            if kind == "own":
                top.append("Delivered-To: Journal@X.example")
            rest += field(["To", "Cc", "Bcc", "Resent-To", "Resent-Cc", "Resent-Bcc"],
                addresses + ["journal@x.example"] * random.randint(0, 1))
        if random.random() < 0.3:  # forged
            rest += [f"Delivered-To: {address(u)}" for u in decoys]
            rest.append(f"Return-Path: <{address(random.choice(USERS))}>")
        if random.random() < 0.3:
            top.append(f"Return-Path: <{address(sender[0]) if sender else STRANGERS[0]}>")
            rest.append("From: " + mailbox(address(random.choice(USERS))))
        else:
            rest += field(["From", "Sender"], [address(u) for u in sender] or STRANGERS[:1])
        rest.append("Reply-To: " + address(random.choice(USERS)))
        random.shuffle(top)
        random.shuffle(rest)
        header = "\n".join(top + ["Received: from a by b; x"] + rest)
        mbox.write(f"From x@y Thu Jan  1 00:00:00 2026\n{header}\nSubject: m{n}\n\nbody {n}\n\n")
        rows = [f"{u} {MAIN[u]}/Inbox" for u in to] + [f"{u} {MAIN[u]}/Sent Items" for u in sender]
        for row in rows or ["@catchall Unknown E-mail Addresses"]:
            want.write(f"m{n} {row}\n")
with open("users.csv", "w") as f:
    f.write("name,addresses\n")
    for u in USERS:
        f.write(f'{u},"{MAIN[u]};{MORE[u]}"\n')
END
python3 make.py "$seed"
export MS_ARCHIVE="$scratch/arc"
ms-init arc
ok 'there are users' sh -c "ms-users import users.csv >users"
ms-users settings alias-domains=old.example=x.example
assign() {
	ms-ingest --assign --own-address journal@x.example \
		--envelope-header Delivered-To,X-Original-To,Return-Path --report report "$@"
}
status 'the messages are assigned' 0 assign in.mbox
ms-list | awk -F '\t' '{ print $7, $3, $4 }' | LC_ALL=C sort >got
LC_ALL=C sort -o want want
same 'as in the table' want got
ok 'each counts once' grep -q "\"seen\":2000,\"new\":2000,\"known\":0,\"left_out\":0,\"failed\":0,\"occurrences\":$(grep -c '' want)}" report
status 'a second run' 0 assign in.mbox
ok 'it finds nothing new' grep -q '"seen":2000,"new":0,"known":2000,"left_out":0,"failed":0,"occurrences":0}' report
finish
