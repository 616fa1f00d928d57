#!/bin/sh
# 1250-ingest-lmtp.t - ms-ingest --lmtp: sessions on standard input and on sockets
# that are handed over. A message is answered when it is durable. ms-ingest(1),
# LMTP; RFC 2033.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-lmtp.sh"

ms-init -u alice arc && export MS_ARCHIVE=arc || exit 1
ms-users set alice --address alice@example.org >out || exit 1
ms-users add bob --address bob@example.org >out || exit 1
# talk RECIPIENT ...: a session with one message, read from message.
talk() {
	printf 'LHLO test\r\nMAIL FROM:<s@example.com>\r\n'
	for to; do printf 'RCPT TO:<%s>\r\n' "$to"; done
	printf 'DATA\r\n'
	sed 's/^\./../; s/$/\r/' message
	printf '.\r\nQUIT\r\n'
}
codes() { cut -c 1-4 out | grep ' ' | tr -d '\r\n'; }
where() { ms-list | cut -f 3,4 | sort; }

# ---- standard input and output ----

printf 'From: s@example.com\nTo: other@example.com\nSubject: 1\n\n.dot\nx\n' >message
talk alice@example.org bob@example.org >in
status 'a session on standard input' 0 ms-ingest --lmtp <in
ok '  a reply for each recipient' test "$(codes)" = '220 250 250 250 250 354 250 250 221 '
printf 'alice\talice@example.org/Inbox\nbob\tbob@example.org/Inbox\n' >want
where >got
same '  both have it' want got
sed 's/$/\r/' message >want
ms-export --format eml -u bob subject:1 >got
same '  with its bytes' want got
ok '  the sums are printed' grep -qx 'ms-ingest: 1 seen: 1 new, 0 known, 0 left out, 0 failed' err
status 'the same message again' 0 ms-ingest --lmtp <in
ok '  it is known' grep -q '1 seen: 0 new, 1 known' err
ok '  and is there once' test "$(ms-list | wc -l)" -eq 2

# ---- unknown recipients ----

printf 'From: s@example.com\nTo: alice@example.org\nSubject: 2\n\nx\n' >message
talk carol@example.org >in
status 'an unknown recipient is accepted' 0 ms-ingest --lmtp <in
ok '  the catchall has it, not who is in the header' \
	test "$(ms-list subject:2 | cut -f 3,4)" = "@catchall	Unknown E-mail Addresses"
printf 'From: s@example.com\nTo: alice@example.org\nSubject: 3\n\nx\n' >message
talk carol@example.org bob@example.org >in
status 'with --unknown leave' 0 ms-ingest --lmtp --unknown leave <in
ok '  an unknown recipient is refused' test "$(codes)" = '220 250 250 550 250 354 250 221 '
ok '  the known one gets it' test "$(ms-list subject:3 | cut -f 3)" = bob
talk carol@example.org >in
status 'if all are unknown' 0 ms-ingest --lmtp --unknown leave <in
ok '  there is no message' test "$(codes | cut -c 1-20)" = '220 250 250 550 503 '
printf 'From: s@example.com\nBcc: x@example.org\nTo: alice@example.org\nSubject: 4\n\nx\n' >message
talk journal@example.org >in
status 'an own address' 0 ms-ingest --lmtp --unknown leave --own-address journal@example.org <in
ok '  the header decides' test "$(ms-list subject:4 | cut -f 3)" = alice

talk "$(printf %0400d 1)@example.org" 'a	b@example.org' >in
status 'an address that nobody can have' 0 ms-ingest --lmtp <in
ok '  it is refused, and the header does not decide' \
	test "$(codes | cut -c 1-24)" = '220 250 250 501 501 503 '

# ---- journal reports ----

cat >message <<'END'
From: journal@example.org
To: journal@example.org
Subject: report
MIME-Version: 1.0
X-MS-Journal-Report:
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

Sender: s@example.com
Subject: inner
Message-Id: <inner@x>
To: other@example.com
Bcc: bob@example.org
--b
Content-Type: message/rfc822

From: s@example.com
To: other@example.com
Subject: inner

x
--b--
END
talk journal@example.org >in
status 'a journal report' 0 ms-ingest --lmtp --journal <in
ok '  the original is given to whom the report names' \
	test "$(ms-list subject:inner | cut -f 3,4)" = "bob	bob@example.org/Inbox"
ok '  a reply for its one recipient' test "$(codes)" = '220 250 250 250 354 250 221 '
sed 's/inner/second/; s/^From: journal/Received: x\nFrom: journal/' message >report
cp report message
talk journal@example.org >in
status 'a report, and the session names its sender' 0 \
	ms-ingest --lmtp --journal-sender s@example.com <in
ok '  the report counts' test "$(ms-list subject:second | cut -f 3)" = bob
printf 'From: s@example.com\nTo: alice@example.org\nSubject: 5\n\nx\n' >message
talk bob@example.org >in
status 'ordinary mail of the sender of reports' 0 \
	ms-ingest --lmtp --journal-sender s@example.com <in
ok '  is for whom the session names' test "$(ms-list subject:5 | cut -f 3)" = bob

# ---- limits ----

status 'a message that is too large' 0 ms-ingest --lmtp --max-size 20 <in
ok '  it is refused for good' test "$(codes)" = '220 250 250 250 354 552 221 '
printf 'LHLO x\r\nMAIL FROM:<a@x> SIZE=21\r\nQUIT\r\n' >in
status 'one that says so' 0 ms-ingest --lmtp --max-size 20 <in
ok '  it is refused before it is sent' test "$(codes)" = '220 250 552 221 '
printf 'LHLO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<alice@example.org>\r\nDATA\r\nSubject: cut\r\n' >in
status 'a session that ends in a message' 0 ms-ingest --lmtp <in
ok '  nothing is stored of it' test -z "$(ms-list subject:cut)"
{ printf 'LHLO x\r\n' && sleep 3; } | ms-ingest --lmtp --timeout 1 >out 2>err
ok 'an idle session ends' test "$(codes)" = '220 250 421 '
# slow FIRST PIECE: after the first bytes, one piece after another.
slow() {
	printf 'LHLO x\r\n%b' "$1"
	_left=100
	while [ $((_left -= 1)) -gt 0 ] && printf '%b' "$2"; do sleep 0.1; done
}
while IFS='|' read -r name first piece; do
	slow "$first" "$piece" 2>/dev/null | ms-ingest --lmtp --timeout 1 >out 2>err
	ok "$name: the session ends" test "$(codes | tail -c 5)" = ' 421 '
done <<'END'
a command of single bytes||x
nothing but commands||NOOP\r\n
the text of a message|MAIL FROM:<a@x>\r\nRCPT TO:<alice@example.org>\r\nDATA\r\n|x
END
cat >client.py <<'END'
import subprocess, sys
p = subprocess.Popen(["ms-ingest", "--lmtp", "-q", "--timeout", "1"],
                     stdin=subprocess.PIPE, stdout=subprocess.PIPE)
p.stdin.write(b"LHLO x\r\n" * 5000)
p.stdin.flush()
try:
    p.wait(20)
except subprocess.TimeoutExpired:
    p.kill()
    sys.exit("it still waits")
END
status 'a client that reads nothing does not keep the process' 0 python3 client.py
status '--lmtp with a file' 64 ms-ingest --lmtp message
status '--lmtp with --dry-run' 64 ms-ingest --lmtp -n
status '--connections without --lmtp' 64 ms-ingest --connections 3 message

# ---- sockets ----

lmtp_start tcp -q
status 'many messages over ten connections' 0 python3 "$top/t/lmtp-client.py" "$lmtp_port" 200 10 alice bob
ok '  all are there' test "$(ms-list -u bob | wc -l)" -eq 205
lmtp_stop
ok 'a signal ends the listener in good order' test "$lmtp_status" -eq 0
ok '  without a word' test ! -s lmtp.err
lmtp_start "$scratch/socket" -q
status 'a local socket' 0 python3 "$top/t/lmtp-client.py" "$scratch/socket" 1 1
ok '  the message is stored' test "$(ms-list -u alice subject:0 | wc -l)" -ge 1
lmtp_stop
rm socket
sockets=$scratch/socket,tcp
! python3 -c 'import socket; socket.create_server(("::1", 0), family=socket.AF_INET6)' 2>err ||
	sockets=tcp6,$sockets
lmtp_start "$sockets" -q
n=0
for where in $lmtp_port; do
	n=$((n + 1))
	status "one of several sockets, $n" 0 python3 "$top/t/lmtp-client.py" "$where" 1 1
done
ok '  each was served' test $n -eq "$(echo "$sockets" | tr , '\n' | wc -l)"
lmtp_stop
ok '  by one process, which ends in good order' test "$lmtp_status" -eq 0
lmtp_start stdin -q
status 'a socket as standard input' 0 python3 "$top/t/lmtp-client.py" "$lmtp_port" 3 1
lmtp_stop
ok 'it is ended, too' test "$lmtp_status" -eq 0

# A client that does not finish does not keep the others from theirs.
lmtp_start tcp -q --connections 3
cat >client.py <<'END'
import socket, subprocess, sys
port = int(sys.argv[1])
idle = [socket.create_connection(("127.0.0.1", port)) for i in range(2)]
idle[0].sendall(b"LHLO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<alice@example.org>\r\nDATA\r\nhalf")
sys.exit(subprocess.run(["python3"] + sys.argv[2:] + [sys.argv[1], "1", "1"]).returncode)
END
status 'beside two idle clients' 0 python3 client.py "$lmtp_port" "$top/t/lmtp-client.py"
lmtp_stop

# Nor does one that sends many messages at once.
lmtp_start tcp -q
cat >client.py <<'END'
import socket, sys
def connect():
    return socket.create_connection(("127.0.0.1", int(sys.argv[1])))
def message(n):
    return (b"MAIL FROM:<a@x>\r\nRCPT TO:<alice@example.org>\r\nDATA\r\n"
            b"Subject: many\r\n\r\n%d\r\n.\r\n" % n)
def stored(s, n):
    got = b""
    while got.count(b"In the archive") < n and (part := s.recv(1 << 16)):
        got += part
    return got.count(b"In the archive")
many, one = connect(), connect()
many.sendall(b"LHLO x\r\n" + b"".join(message(i) for i in range(400)))
early = stored(many, 1)
one.sendall(b"LHLO x\r\n" + message(1000))
stored(one, 1)
many.setblocking(False)
try:
    stored(many, 400 - early)
except BlockingIOError:
    sys.exit()
sys.exit("the other client had to wait for all messages")
END
status 'beside a client with many messages' 0 python3 client.py "$lmtp_port"
lmtp_stop

# ---- the disk is full ----

printf 'Subject: full\n\n%0500000d\n' 1 >message
talk alice@example.org >in
{ (ulimit -f 100 && exec ms-ingest --lmtp <in) 2>err && echo 0 || echo $?; } | tee out >full
ok 'a full disk: the message is refused for now' grep -q '^452 4.3.1' out
ok '  nothing of it is stored' test -z "$(ms-list subject:full)"
status '  later it is accepted' 0 ms-ingest -q --lmtp <in
ok '  and stored' test "$(ms-list subject:full | wc -l)" -eq 1

# The first message of a report is durable, the second fills the disk.
if [ -n "${MS_SOAK-}" ]; then
	random() { head -c "$1" /dev/urandom | base64; }
	{ printf 'Subject: fill\n\n' && random 50000000; } | ms-ingest -q -u alice
	{ sed '/^--b--/d; s/second/two/' report && printf '%s\n' --b 'Content-Type: message/rfc822' '' \
		'Subject: two' '' && random 40000000 && echo --b--; } >message
	talk journal@example.org | sed '$d' >in
	printf 'Subject: small\n\nx\n' >message
	talk alice@example.org | tail -n +2 >>in
	{ (ulimit -f 117187 && MS_BATCH=1 exec ms-ingest --lmtp --journal <in) 2>err; } | cat >out
	ok 'a report that is stored in part is refused' grep -q '^452 4.3.1' out
	ok '  the first part is there' test "$(ms-list subject:two | wc -l)" -eq 1
	ok '  the next message is stored' grep -q '^250 2.0.0 In the archive' out
fi
status 'the archive is whole' 0 ms-verify -q
finish
