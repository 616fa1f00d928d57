"""query-oracle.py - compares random queries with a slow, obvious evaluator.

query-oracle.py mail SEED            writes a message stream with random messages
query-oracle.py check SEED COUNT STREAM
    makes COUNT random queries, runs ms-list (MS_ARCHIVE) for each, and evaluates
    the same queries over the stream that ms-export wrote. ms-query(7).
"""
import email
import email.policy
import hashlib
import random
import re
import subprocess
import sys
import time
import unicodedata

PEOPLE = ['Bob <bob@example.org>', 'Änne Müller <anne@example.org>', 'CAROL <carol@example.com>',
          'Dan Groß <dan@example.net>', 'erin@EXAMPLE.org']
WORDS = ['invoice', 'Straße', 'élan', 'Report', 'meeting', 'fox', 'quick', 'Œuvre', 'naïve', 'øre']
USERS, FOLDERS = ['anna', 'bob'], ['INBOX', 'INBOX/Work', 'Sent', 'a b']
FLAGS = ['\\Seen', '\\Flagged', '\\Answered', '$Forwarded']
FIELDS = {'from': ['from'], 'to': ['to', 'cc', 'bcc'], 'cc': ['cc'], 'bcc': ['bcc'], 'subject': ['subject'],
          'list': ['list-id', 'mailing-list'],
          'recipient': ['to', 'cc', 'bcc', 'resent-to', 'delivered-to', 'x-original-to', 'envelope-to']}


def fold(s):
    s = unicodedata.normalize('NFKC', unicodedata.normalize('NFKC', s).casefold())
    s = ''.join(c for c in unicodedata.normalize('NFD', s) if unicodedata.category(c) != 'Mn')
    return re.sub(r'\s+', ' ', unicodedata.normalize('NFC', s))


def words_of(s):
    return re.findall(r'\w+', fold(s))


# ---- messages ----

def iso(t):
    return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(t))


def message(r, i):
    t = r.randrange(1577836800, 1735689600)
    pick = lambda: r.choice(PEOPLE)
    lines = ['From: ' + pick(), 'Date: ' + time.strftime('%a, %d %b %Y %H:%M:%S +0000', time.gmtime(t)),
             'Subject: %s %s n%d' % (r.choice(WORDS), r.choice(WORDS), i), 'Message-ID: <m%d@x>' % i]
    for name, often in (('To', .8), ('Cc', .3), ('Bcc', .1), ('Resent-To', .1), ('Delivered-To', .2),
                        ('Envelope-To', .1)):
        if r.random() < often:
            lines.append('%s: %s' % (name, ', '.join(pick() for _ in range(r.choice([1, 1, 3])))))
    if r.random() < .2:
        lines.append('List-Id: %s <%s.example.org>' % (r.choice(WORDS), r.choice(WORDS).lower()))
    if r.random() < .5:
        name = r.choice(['References', 'In-Reply-To'])
        lines.append('%s: <m%d@x>' % (name, r.randrange(80)))
    text = ' '.join(r.choice(WORDS) for _ in range(r.randrange(1, 12))) + '\n' + 'x' * r.choice([0, 0, 900])
    if r.random() < .3:
        lines += ['MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=b', '', '--b',
                  'Content-Type: text/plain; charset=utf-8', '', text, '--b',
                  'Content-Type: %s' % r.choice(['application/pdf', 'image/png', 'text/csv']),
                  'Content-Disposition: attachment; filename="%s.%s"' % (r.choice(['a b', 'Invoice', 'x']),
                                                                          r.choice(['pdf', 'PNG'])),
                  '', ' '.join(r.choice(WORDS) for _ in range(3)), '--b--', '']
    else:
        lines += ['MIME-Version: 1.0', 'Content-Type: text/plain; charset=utf-8', '', text, '']
    envelope = 'user="%s"; folder="%s"; flags="%s"; date="%s"' % (
        r.choice(USERS), r.choice(FOLDERS), ' '.join(f.replace('\\', '\\\\') for f in FLAGS if r.random() < .3), iso(t))
    return 'From ms-stream@1 Thu Jan  1 00:00:00 1970\nMS-Envelope: %s\n%s\n' % (envelope, '\n'.join(lines))


def write_mail(seed):
    r = random.Random(seed)
    for i in range(60):
        sys.stdout.buffer.write(message(r, i).encode())
    print('From ms-stream@1 Thu Jan  1 00:00:00 1970\nMS-Envelope: end; messages=60; failed=0; status=0\n')


class Message:
    def __init__(self, raw):
        envelope, body = re.match(rb'MS-Envelope: (.*?)\n(?![ \t])(.*)', raw, re.S).groups()
        envelope = re.sub(r'\n\s*', ' ', envelope.decode())
        self.at = {k: re.sub(r'\\(.)', r'\1', v) for k, v in re.findall(r'([\w-]+)="((?:[^"\\]|\\.)*)"', envelope)}
        self.at.setdefault('flags', '')
        wire = body.replace(b'\n', b'\r\n')
        self.id, self.size = hashlib.sha256(wire).hexdigest(), len(wire)
        m = email.message_from_bytes(body, policy=email.policy.compat32)
        head = body.split(b'\n\n')[0].decode()
        self.fields = [(k.lower(), v.strip()) for k, v in re.findall(r'^([\w-]+):(.*)$', head, re.M)]
        self.sent = email.utils.parsedate_to_datetime(m['Date']).timestamp()
        self.ids = set(re.findall(r'<([^>]*)>', ' '.join(
            v for k, v in self.fields if k in ('message-id', 'references', 'in-reply-to'))))
        self.parts = list(m.walk())
        self.names = [p.get_filename() for p in self.parts if p.get_filename()]
        text = lambda p: words_of(p.get_payload(decode=True).decode())
        self.body = [text(p) for p in self.parts if p.get_content_type() == 'text/plain' and not p.get_filename()]
        attached = [text(p) for p in self.parts if p.get_content_type() == 'text/csv']
        # What a term searches; the words of a phrase are in one of these lists.
        self.searched = {'body:': self.body, 'text:': self.body + attached,
                         '': self.body + attached + [words_of(n) for n in self.names] + [
                             words_of(self.field(names)) for names in (['from'], ['to', 'cc', 'bcc'], ['subject'])]}
        self.name = '\t'.join((self.id, self.at['user'], self.at['folder']))

    def field(self, names):
        return fold(', '.join(v for k, v in self.fields if k in names))


def thread_of(mails, id):
    ids, size = {id}, 0
    while len(ids) > size:
        size = len(ids)
        for m in mails:
            if m.ids & ids:
                ids |= m.ids
    return ids


# ---- queries: trees of (text, function of a message) ----

def quoted(value):
    if re.search(r'[\s"()]', value) or value == '':
        return '"%s"' % value.replace('\\', '\\\\').replace('"', '\\"')
    return value


def part_of(r, s):
    a = r.randrange(len(s))
    return s[a:a + r.randrange(1, 9)].strip() or s


def spell(r, s):
    return r.choice([s, s.upper(), s.lower(), unicodedata.normalize('NFD', s)])


def date(r):
    t = r.randrange(1577836800, 1735689600)
    g, n = time.gmtime(t), r.choice([4, 7, 10, 16, 20])
    text = iso(t)[:n]
    full = text if n == 20 else text + '0000-01-01T00:00:00Z'[n:]
    since = time.strptime(full, '%Y-%m-%dT%H:%M:%SZ')
    if n == 4:
        end = (g.tm_year + 1, 1, 1, 0, 0, 0)
    elif n == 7:
        end = (g.tm_year + g.tm_mon // 12, g.tm_mon % 12 + 1, 1, 0, 0, 0)
    else:
        end = None
    calendar = __import__('calendar')
    first = calendar.timegm(since)
    return text, first, calendar.timegm(end) if end else first + {10: 86400, 16: 60, 20: 1}[n]


def pattern(r, value):
    return value if r.random() < .5 else part_of(r, value) + '*' if r.random() < .5 else '*' + part_of(r, value)


def like(p, s):
    return re.fullmatch('.*'.join(re.escape(x) for x in p.split('*')), s, re.S) is not None


def term(r, mails):
    kind = r.choice(['text'] * 5 + ['user', 'folder', 'date', 'on', 'size', 'flag', 'is', 'id', 'msgid', 'thread']
                    + ['words', 'words', 'name', 'type'] * (r.random() < .2))
    if kind == 'text':
        name = r.choice(list(FIELDS))
        value = spell(r, part_of(r, r.choice(PEOPLE + WORDS))).strip('"<> ') or 'x'
        return '%s:%s' % (name, quoted(value)), lambda m: fold(value) in m.field(FIELDS[name])
    if kind == 'user':
        p = pattern(r, r.choice(USERS))
        return 'user:' + quoted(p), lambda m: like(p, m.at['user'])
    if kind == 'folder':
        p = pattern(r, r.choice(FOLDERS)).replace('INBOX', 'I*X')
        return 'folder:' + quoted(p), lambda m: like(p, m.at['folder'])
    if kind in ('date', 'on'):
        text, first, end = date(r)
        name = 'on' if kind == 'on' else r.choice(['since', 'after', 'before', 'arrived-since', 'arrived-before'])
        if name == 'on':
            return 'on:' + text, lambda m: first <= m.sent < end
        return '%s:%s' % (name, text), lambda m: (m.sent < first) == name.endswith('before')
    if kind == 'size':
        n, larger = r.choice(mails).size + r.randrange(-1, 2), r.random() < .5
        return ('larger:%d' if larger else 'smaller:%d') % n, lambda m: m.size > n if larger else m.size < n
    if kind == 'flag':
        f = r.choice(FLAGS)
        return 'flag:' + spell(r, f.lstrip('\\') if r.random() < .5 else f), lambda m: f in m.at['flags'].split()
    if kind == 'is':
        w, f = r.choice([('seen', FLAGS[0]), ('unseen', FLAGS[0]), ('flagged', FLAGS[1]), ('answered', FLAGS[2])])
        return 'is:' + w, lambda m: (f in m.at['flags'].split()) != (w == 'unseen')
    if kind in ('id', 'msgid', 'thread'):
        m = r.choice(mails)
        own = [v for k, v in m.fields if k == 'message-id'][0].strip('<>')
        if kind == 'id':
            n = r.choice([12, 20, 64])
            return r.choice(['', 'id:' ]) + m.id[:n], lambda x: x.id == m.id
        if kind == 'msgid':
            return 'msgid:' + own, lambda x: ('message-id', '<%s>' % own) in x.fields
        ids = thread_of(mails, own)
        return 'thread:' + r.choice([own, m.id]), lambda x: bool(x.ids & ids)
    if kind == 'words':
        name, more = r.choice([('body:', []), ('text:', []), ('', ['Müller', 'anne', 'example.org', 'PNG', 'bob'])])
        words = [r.choice(WORDS + more) for _ in range(r.choice([1, 1, 2]))]
        has = lambda m, f: any(f(words) for words in m.searched[name])
        want, prefix = words_of(' '.join(words)), len(words) == 1 and r.random() < .3
        if prefix:
            want[0] = want[0][:3]
            return '%s%s*' % (name, want[0]), lambda m: has(m, lambda ws: any(w.startswith(want[0]) for w in ws))
        return name + quoted(' '.join(words)), lambda m: has(
            m, lambda ws: any(ws[i:i + len(want)] == want for i in range(len(ws))))
    if kind == 'name':
        value = part_of(r, r.choice(['a b.pdf', 'invoice.PNG', 'x.pdf', 'png']))
        return 'attachment:' + quoted(value), lambda m: any(fold(value) in fold(n) for n in m.names)
    if r.random() < .3:
        return 'has:attachment', lambda m: bool(m.names)
    value = r.choice(['application/pdf', 'image/*', 'csv', 'text', 'multipart/*'])
    return 'type:' + value, lambda m: any(
        like(value, t) or ('/' not in value and value in t.split('/')) for t in (p.get_content_type() for p in m.parts))


def query(r, mails, depth, level=0):
    """level: 0 an or-list may stand here without parentheses, 1 an and-list, 2 one operand."""
    kind = r.choice(['term', 'not', 'and', 'or']) if depth > 0 else 'term'
    if kind == 'term':
        return term(r, mails)
    if kind == 'not':
        text, f = query(r, mails, depth - 1, 2)
        sign = '-' if not text.startswith(('-', 'not', 'NOT')) else ''
        return r.choice([sign or 'not ', 'not ', 'NOT ']) + text, lambda m: not f(m)
    need = 1 if kind == 'or' else 2
    parts = [query(r, mails, depth - 1, need) for _ in range(r.choice([2, 2, 3]))]
    # Several ids of one list match any of them: they are put in parentheses.
    if kind == 'and':
        parts = [('(%s)' % t if re.match(r'(id:)?[0-9a-f]{12,64}$', t) else t, f) for t, f in parts]
    join = ' or ' if kind == 'or' else r.choice([' ', ' and '])
    text = join.join(t for t, _ in parts)
    if (0 if kind == 'or' else 1) < level or r.random() < .1:
        text = '(%s)' % text
    every = any if kind == 'or' else all
    return text, lambda m: every(f(m) for _, f in parts)


def check(seed, count, stream):
    r = random.Random(seed)
    raw = re.split(rb'^From ms-stream@1[^\n]*\n', open(stream, 'rb').read(), flags=re.M)[1:-1]
    mails = [Message(m[:-1]) for m in raw]
    wrong = some = 0
    for _ in range(count):
        text, f = query(r, mails, r.randrange(4))
        want = sorted(m.name for m in mails if f(m))
        run = subprocess.run(['ms-list', '--', text], capture_output=True)
        got = sorted('\t'.join(line.split('\t')[i] for i in (0, 2, 3)) for line in run.stdout.decode().splitlines())
        some += 0 < len(want) < len(mails)
        if got != want or run.returncode != 0:
            wrong += 1
            print('%s: %d found, not %d; status %d %s' % (text, len(got), len(want), run.returncode, run.stderr.decode()))
        if wrong == 5:
            break
    print('%d queries over %d messages: %d find some, %d are wrong' % (count, len(mails), some, wrong))
    wrong += some < count / 4
    return wrong > 0


if __name__ == '__main__':
    if sys.argv[1] == 'mail':
        write_mail(int(sys.argv[2]))
    else:
        sys.exit(check(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]))
