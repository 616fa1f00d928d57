#!/usr/bin/env python3
"""make-reports.py - makes journal reports of every kind, after Microsoft's
description [MS-XJRNL]; for t/1230-ingest-journal.t, which says what is to
become of each.

usage: make-reports.py DIR
           DIR/in/NAME.eml is a message; DIR/out/NAME is its original, if it is
           a whole report; DIR/out/NAME.2 is the second original
"""
import base64
import os
import quopri
import sys

EXCHANGE = 'MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@firm.example'
TOP = ('Return-Path: <%s>\r\n'
       'Received: from mail.firm.example by archive.firm.example; '
       'Mon, 2 Nov 2026 10:00:00 +0000\r\n')
HEAD = ('From: <%s>\r\nTo: <journal@firm.example>\r\n'
        'Message-ID: <report-%s@firm.example>\r\nMIME-Version: 1.0\r\n')
MARK = 'X-MS-Journal-Report:\r\n'


def read(r, name):
    with open(os.path.join(r.top, 'in', name + '.eml'), 'rb') as f:
        return f.read()


def original(name, fields='', body='the text of this message\r\n'):
    return ('From: Anna <anna@firm.example>\r\nTo: list@firm.example\r\n'
            'Message-ID: <%s@firm.example>\r\nSubject: %s\r\n'
            'Date: Mon, 2 Nov 2026 09:59:00 +0000\r\n%s\r\n%s'
            % (name, name, fields, body)).encode()


def envelope(*lines, sender='anna@firm.example', subject='x'):
    return '\r\n'.join(['Sender: ' + sender, 'Subject: ' + subject,
                        'Message-Id: <1@firm.example>', *lines, ''])


def encode(data, encoding):
    if encoding == 'base64':
        return base64.encodebytes(data).replace(b'\n', b'\r\n')
    if encoding == 'quoted-printable':
        return quopri.encodestring(data).replace(b'\n', b'\r\n')
    return data


def part(kind, data, encoding=None):
    head = 'Content-Type: %s\r\n' % kind
    if encoding:
        head += 'Content-Transfer-Encoding: %s\r\n' % encoding
    return (head + '\r\n').encode() + encode(data, encoding)


def multipart(kind, boundary, *parts):
    head = 'Content-Type: multipart/%s; boundary="%s"\r\n\r\n' % (kind, boundary)
    return head.encode() + b''.join(
        b'--' + boundary.encode() + b'\r\n' + p + b'\r\n' for p in parts
    ) + b'--' + boundary.encode() + b'--\r\n'


class Reports:
    def __init__(self, top):
        self.top = top
        for name in ('in', 'out'):
            os.makedirs(os.path.join(top, name))

    def write(self, name, data, *originals):
        with open(os.path.join(self.top, 'in', name + '.eml'), 'wb') as f:
            f.write(data)
        for i, o in enumerate(originals):
            end = '.%d' % (i + 1) if i else ''
            with open(os.path.join(self.top, 'out', name + end), 'wb') as f:
                f.write(o)

    def report(self, name, text, whole=True, mark=MARK, top=TOP % EXCHANGE,
               sender=EXCHANGE, charset='utf-8', encoding=None, inner=None,
               inner_encoding=None, more=(), signed=False, cut=None):
        inner = original(name) if inner is None else inner
        body = multipart(
            'mixed', '_000_' + name,
            part('text/plain; charset="%s"' % charset, text.encode(charset),
                 encoding),
            part('message/rfc822', inner, inner_encoding), *more)
        if signed:
            body = multipart(
                'signed; protocol="application/pkcs7-signature"', 'signed',
                body, part('application/pkcs7-signature', b'0123', 'base64'))
        data = (top + HEAD % (sender, name) + mark).encode() + body
        self.write(name, data[:cut], *([inner] if whole else []))


def of_each_server(r):
    r.report('to', envelope('To: ben@firm.example'))
    r.report('cc', envelope('Cc: Ben@FIRM.example'))
    r.report('bcc', envelope('To: x@other.example', 'Bcc: ben@firm.example'))
    r.report('expanded', envelope(
        'To: ben@firm.example, Expanded: dora@firm.example',
        'To: cleo@firm.example, Expanded: dora@firm.example'))
    r.report('forwarded', envelope(
        'To: ben@firm.example, Forwarded: cleo@firm.example'))
    r.report('on-behalf', envelope(
        'On-Behalf-Of: ben@firm.example', 'To: cleo@firm.example'))
    r.report('m365', envelope('Recipient: ben@firm.example'),
             encoding='base64', inner_encoding='8bit')
    r.report('google', envelope('To: ben@firm.example',
                                'Bcc: cleo@firm.example'),
             mark='X-GM-Journal-ID: 0a1b2c\r\n', encoding='quoted-printable')
    r.report('e2003', 'Sender: "Anna" <anna@firm.example>\r\n'
             'Message-ID: <1@firm.example>\r\nRecipients:\r\n'
             '\t"Ben, B." <ben@firm.example>\r\n\tcleo@firm.example\r\n',
             mark='Content-Identifer: ExJournalReport\r\n')
    for name, field in (('e2003-copy', 'Content-Identifer: ExJournalData\r\n'),
                        ('e2003-bcc', '')):
        copy = original(name, field + 'Bcc: cleo@firm.example\r\n')
        r.write(name, (TOP % 'anna@firm.example').encode() + copy)


def with_subjects(r):
    for name, subject, charset, encoding in (
            ('german', 'Grüße aus Köln', 'iso-8859-1', 'quoted-printable'),
            ('russian', 'Привет из Москвы', 'koi8-r', '8bit'),
            ('japanese', '表示テスト', 'iso-2022-jp', '7bit'),
            ('japanese-2', '表示テスト表', 'shift_jis', '8bit'),
            ('chinese', '你好，世界', 'gb18030', 'base64'),
            ('arabic', 'مرحبا بالعالم', 'windows-1256', '8bit'),
            ('utf16', 'Grüße', 'utf-16', 'base64'),
            ('utf7', 'Grüße', 'utf-7', '7bit'),
            ('line-ends', 'x\u2028To: dora@firm.example\u0085Cc: '
             'dora@firm.example', 'utf-8', '8bit')):
        r.report(name, envelope('Bcc: ben@firm.example', subject=subject),
                 charset=charset, encoding=encoding)


def with_odd_addresses(r):
    r.report('x500', envelope(
        'To: /o=Firm/ou=A, B/cn=Recipients/cn=ben <SMTP:ben@firm.example>',
        'Cc: "dora@firm.example, Forwarded: dora@firm.example" '
        '<cleo@firm.example>', sender='/o=Firm/cn=Recipients/cn=anna'))
    r.report('idn', envelope('To: ben@xn--mnchen-3ya.example'))
    r.report('no-sender', envelope('To: ben@firm.example', sender='<>'),
             inner=b'From: mailer@firm.example\r\nTo: x@firm.example\r\n\r\nx\r\n')
    r.report('unknown', envelope('To: x@other.example',
                                 sender='y@other.example'))
    r.report('own', envelope('To: journal@firm.example', sender='<>'),
             inner=b'From: anna@firm.example\r\nTo: cleo@firm.example\r\n\r\nx\r\n')


def with_odd_parts(r):
    r.report('signed', envelope('To: ben@firm.example'), signed=True)
    inside = original('signed-inside', 'DKIM-Signature: v=1; b=x\r\n')
    inside = inside[:-len('\r\nthe text of this message\r\n')] + multipart(
        'signed; protocol="application/pgp-signature"', 'inside',
        part('text/plain', b'To: dora@firm.example\r\n'),
        part('application/pgp-signature', b'x'))
    r.report('signed-inside', envelope('To: ben@firm.example'), inner=inside)
    r.report('base64', envelope('To: ben@firm.example'),
             inner_encoding='base64')
    plain = original('decrypted')
    protected = original('protected')
    r.report('decrypted', envelope('To: ben@firm.example'), inner=protected,
             more=(part('message/rfc822', plain),))
    r.write('decrypted', read(r, 'decrypted'), protected, plain)
    r.report('no-field', envelope('To: ben@firm.example'), mark='')
    lines = original('lines', body='--\r\n--_000_lines-\r\nFrom x\r\n.\r\n \r\n'
                     'no line end')
    r.report('lines', envelope('To: ben@firm.example'), inner=lines)


def of_reports(r):
    """A forged report is mailed to Ben; a report is mailed to the journal."""
    forged = multipart(
        'mixed', 'forged', part('text/plain', envelope(
            'To: dora@firm.example').encode()),
        part('message/rfc822', original('forged-inside')))
    head = (HEAD % (EXCHANGE, 'forged-inside') + MARK).encode()
    r.report('nested', envelope('To: ben@firm.example',
                                sender='x@other.example'),
             inner=head + forged)
    inner = original('nested-own')
    real = multipart(
        'mixed', 'real', part('text/plain', envelope(
            'To: cleo@firm.example').encode()),
        part('message/rfc822', inner))
    r.report('nested-own', envelope('To: journal@firm.example',
                                    sender=EXCHANGE),
             inner=head + real, whole=False)
    r.write('nested-own', read(r, 'nested-own'), inner)
    r.report('nested-forged', envelope('To: journal@firm.example',
                                       sender='x@other.example'),
             inner=MARK.encode() + head + forged, whole=False)
    r.write('nested-forged', read(r, 'nested-forged'),
            MARK.encode() + head + forged, original('forged-inside'))


def that_are_broken(r):
    ben = envelope('To: ben@firm.example', 'Bcc: cleo@firm.example')
    r.report('cut', ben, whole=False, cut=-20)
    r.report('cut-lines', ben, whole=False, cut=-len(
        'Bcc: cleo@firm.example\r\n'))
    data = read(r, 'cut-lines')
    r.write('cut-lines', data[:data.index(b'Bcc: cleo@firm') + 14])
    r.write('cut-early', data[:data.index(b'Sender: anna@f') + 14])
    r.report('empty', ben, whole=False, inner=b'')
    r.report('tnef', ben, whole=False,
             more=(part('application/ms-tnef', b'x', 'base64'),))
    r.report('nameless', 'Hello\r\n', whole=False)
    r.report('bad-base64', ben, whole=False)
    data = read(r, 'bad-base64')
    r.write('bad-base64', data.replace(
        b'message/rfc822\r\n',
        b'message/rfc822\r\nContent-Transfer-Encoding: base64\r\n'))


def that_are_forged(r):
    dora = envelope('To: dora@firm.example')
    r.report('forged', dora, whole=False, sender='x@other.example',
             top=TOP % 'x@other.example')
    r.report('forged-from', dora, whole=False, top=TOP % 'x@other.example')
    r.report('forged-below', dora, whole=False, sender='x@other.example',
             top=TOP % 'x@other.example' + 'Return-Path: <%s>\r\n' % EXCHANGE)
    r.report('forged-bare', dora, whole=False, top='')


def main():
    r = Reports(sys.argv[1])
    of_each_server(r)
    with_subjects(r)
    with_odd_addresses(r)
    with_odd_parts(r)
    of_reports(r)
    that_are_broken(r)
    that_are_forged(r)


main()
