#!/usr/bin/env python3
"""usage: make-maildir.py DIR COUNT SHARE - makes a Maildir of COUNT messages,
always the same ones. A SHARE of them (0 to 1) has one or two attachments of 10
to 500 KB in base64. A third of the attachments was sent before, some of them
with lines of another length."""
import base64
import os
import random
import sys
from email.utils import formatdate

rnd = random.Random(1854)
SYLLABLES = ('ba be bi bo da de di do fa fe ga ge ka ki ko la le li lo ma me mi '
             'mo na ne ni no pa pe po ra re ri ro sa se si so ta te ti to un ver '
             'ent ing ion al er').split()
START = 1600000000


def zipf(n, s):
    """Cumulative weights 1, 1/2^s, 1/3^s ..."""
    total, out = 0, []
    for i in range(1, n + 1):
        total += i ** -s
        out.append(total)
    return out


WORDS = list(dict.fromkeys(
    ''.join(rnd.choices(SYLLABLES, k=rnd.choice((1, 2, 2, 3, 3, 4)))) for _ in range(12000)))
WORDS.sort(key=lambda w: rnd.random() * len(w))
WORD_WEIGHTS = zipf(len(WORDS), 0.95)
PEOPLE = [(a.capitalize() + ' ' + b.capitalize(), f'{a}.{b}@{c}.example.org')
          for a, b, c in (rnd.sample(WORDS[200:4000], 3) for _ in range(300))]
PEOPLE_WEIGHTS = zipf(len(PEOPLE), 0.8)


def words(n):
    return rnd.choices(WORDS, cum_weights=WORD_WEIGHTS, k=n)


def person():
    return rnd.choices(PEOPLE, cum_weights=PEOPLE_WEIGHTS)[0]


def rare():
    """Text that few messages have: numbers, links, names, spelling mistakes."""
    return rnd.choice((str(rnd.randint(2, 99999)), '-'.join(words(2)), words(1)[0].title(),
                       f'https://{words(1)[0]}.example.org/{random_name(8)}',
                       words(1)[0] + random_name(1, 'aeiou')))


def sentence():
    line = words(rnd.randint(4, 20))
    if rnd.random() < 0.5:
        line.insert(rnd.randint(1, len(line)), rare())
    line[0] = line[0].capitalize()
    return ' '.join(line) + rnd.choice('...?!')


def fill(text, prefix='', width=72):
    """Paragraphs as lines of at most `width` characters."""
    out, line = [], prefix
    for word in text.split():
        if len(line) + len(word) > width:
            out.append(line.rstrip())
            line = prefix
        line += word + ' '
    out.append(line.rstrip())
    return '\n'.join(out)


def letter():
    n = 1 + int(rnd.expovariate(0.25))
    return '\n\n'.join(fill(' '.join(sentence() for _ in range(rnd.randint(1, 8))))
                       for _ in range(min(n, 25)))


def random_name(n, alphabet='0123456789ABCDEFGHJKLMNPQRSTUVWXYZ'):
    return ''.join(rnd.choices(alphabet, k=n))


# ---- attachments ----

def table(size):
    """Rows of numbers and words, which compress well."""
    out, got, i = [], 0, rnd.randint(1, 99999)
    while got < size:
        i += 1
        out.append(f'{i};{formatdate(START + i * 977)[5:16]};{";".join(words(3))};'
                   f'{rnd.randint(0, 99999) / 100:.2f};{rnd.randint(1, 500)}\r\n')
        got += len(out[-1])
    return ''.join(out).encode()


def letter_of_old(size):
    """A file of an old word processor: text, random bytes and many zeros."""
    text = ' '.join(words(size // 16)).encode('utf-16-le')
    return (b'\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1' + bytes(1528) + text
            + rnd.randbytes(size // 8) + bytes(size))[:size]


def picture(size):
    """Bytes that are compressed already."""
    return b'\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\x48\0\x48\0\0' + rnd.randbytes(size)


def document(size):
    """Compressed streams between objects of text."""
    out, got, i = [b'%PDF-1.5\n'], 0, 0
    while got < size:
        i += 1
        n = min(size, rnd.randint(500, 20000))
        out.append(f'{i} 0 obj\n<< /Length {n} /Filter /FlateDecode /Parent '
                   f'{i % 7 + 1} 0 R /Resources {i % 5 + 1} 0 R >>\nstream\n'.encode())
        out.append(rnd.randbytes(n))
        out.append(b'\nendstream\nendobj\n')
        out.append(f'<< /Type /Page /MediaBox [0 0 595 842] /Kids {i} >>\n'.encode()
                   * rnd.randint(0, 30))
        got += sum(map(len, out[-3:]))
    return b''.join(out)


KINDS = ((picture, 'image/jpeg', 'jpg'), (picture, 'image/jpeg', 'jpg'),
         (document, 'application/pdf', 'pdf'), (document, 'application/pdf', 'pdf'),
         (picture, 'application/zip', 'zip'), (picture, 'application/zip', 'zip'),
         (table, 'text/csv', 'csv'), (letter_of_old, 'application/msword', 'doc'))
sent = []  # seed, size, kind, name: a repeated attachment is made from these


def attachment():
    if sent and rnd.random() < 1 / 3:
        seed, size, (make, kind, _), name = sent[-1 - int(len(sent) * rnd.random() ** 2)]
    else:
        seed, size = rnd.getrandbits(64), int(10000 * 50 ** (rnd.random() ** 2))
        make, kind, suffix = rnd.choice(KINDS)
        name = f'{"-".join(words(2))}.{suffix}'
        sent.append((seed, size, (make, kind, suffix), name))
    state = rnd.getstate()
    rnd.seed(seed)
    data = make(size)
    rnd.setstate(state)
    return kind, name, data


def base64_lines(data):
    width = rnd.choice((76, 76, 76, 76, 76, 72, 72, 60))
    text = base64.b64encode(data).decode()
    return '\n'.join(text[i:i + width] for i in range(0, len(text), width))


def attachment_part():
    kind, name, data = attachment()
    return (f'Content-Type: {kind}; name="{name}"\n'
            f'Content-Transfer-Encoding: base64\n'
            f'Content-Disposition: attachment; filename="{name}"\n\n'
            + base64_lines(data))


# ---- messages ----

recent = []  # author, subject, id, text: for answers


def body_of_answer(author, text):
    quoted = '\n'.join('> ' + line for line in text.split('\n')[:80])
    return f'{author} wrote:\n{quoted}\n\n{letter()}'


def html(text):
    paragraphs = ''.join(
        f'<p class="MsoNormal" style="margin:0 0 10px 0;font-family:Arial,sans-serif">'
        f'{p}</p>\n' for p in text.replace('&', '&amp;').split('\n\n'))
    return ('<html xmlns:o="urn:schemas-microsoft-com:office:office"><head>\n'
            '<meta http-equiv="Content-Type" content="text/html; charset=utf-8">\n'
            '<style>p.MsoNormal{margin:0;font-size:11.0pt} a:link{color:#0563C1}'
            '</style></head>\n<body lang="EN-GB" link="#0563C1">\n'
            + paragraphs + '</body></html>')


def multipart(kind, parts):
    boundary = '----=_Part_' + random_name(24)
    inner = ''.join(f'--{boundary}\n{p}\n' for p in parts)
    return (f'Content-Type: multipart/{kind}; boundary="{boundary}"\n\n'
            f'This is a multi-part message in MIME format.\n{inner}--{boundary}--\n')


def entity(text, with_attachment):
    plain = f'Content-Type: text/plain; charset=utf-8\n\n{text}\n'
    if rnd.random() < 0.4:
        rich = ('Content-Type: text/html; charset=utf-8\n'
                f'Content-Transfer-Encoding: 7bit\n\n{html(text)}\n')
        plain = multipart('alternative', (plain, rich))
    if not with_attachment:
        return plain
    count = 2 if rnd.random() < 0.1 else 1
    return multipart('mixed', [plain] + [attachment_part() for _ in range(count)])


def received(when, host):
    return (f'Received: from {host} ({host} [192.0.2.{rnd.randint(1, 254)}])\n'
            f'\tby mx{rnd.randint(1, 3)}.example.net (Postfix) with ESMTPS id '
            f'{random_name(11)}\n\tfor <anna@example.net>; {formatdate(when)}\n')


def message(when, with_attachment):
    name, address = person()
    host = 'mail.' + address.split('@')[1]
    number = f'<{random_name(8)}.{random_name(12)}@{host}>'
    answer = recent and rnd.random() < 0.4
    if answer:
        author, subject, before, text = rnd.choice(recent)
        thread = f'In-Reply-To: {before}\nReferences: {before}\n'
        text = body_of_answer(author, text)
        subject = subject if subject.startswith('Re: ') else 'Re: ' + subject
    else:
        subject, text, thread = ' '.join(words(rnd.randint(2, 8))), letter(), ''
    signature = '\n\t '.join(base64.b64encode(rnd.randbytes(256)).decode()[i:i + 68]
                             for i in range(0, 344, 68))
    recent.append((name, subject, number, text))
    del recent[:-400]
    return (f'Return-Path: <{address}>\nDelivered-To: anna@example.net\n'
            + received(when + 2, f'mx{rnd.randint(1, 9)}.example.org')
            + received(when + 1, host)
            + f'DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org;\n'
            f'\ts=s2020; h=from:to:subject:date:message-id;\n\tb={signature}\n'
            f'Date: {formatdate(when)}\nFrom: {name} <{address}>\n'
            f'To: Anna <anna@example.net>\nMessage-ID: {number}\n{thread}'
            f'Subject: {subject}\nUser-Agent: Mutt/2.0.{len(name) % 7}\n'
            'MIME-Version: 1.0\n'
            + entity(text + f'\n\n-- \n{name}\n{address}', with_attachment))


def main(top, count, share):
    for name in ('cur', 'new', 'tmp'):
        os.makedirs(os.path.join(top, name))
    for i in range(count):
        when = START + i * 600 + rnd.randint(0, 599)
        name = f'{when}.M{rnd.randrange(1000000)}P{i % 30000 + 300}.bench'
        path = os.path.join(top, 'cur', f'{name}:2,{rnd.choice(("", "S", "S", "RS"))}')
        with open(path, 'w', encoding='ascii') as f:
            f.write(message(when, rnd.random() < share))
        os.utime(path, (when, when))


main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
