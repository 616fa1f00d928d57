#!/usr/bin/env python3
# usage: show-text.py SHOWN WIRE - compares the texts of `ms-show --json` (in the
# file SHOWN) with those that Python's email finds in the messages in wire form
# below WIRE, of which the SHA-256 is the id. White space does not count. Where
# the two may differ, a rule below says why; a difference without a rule is
# printed. The last line has the numbers: equal, different by rule, different.
import collections
import email
import hashlib
import html.parser
import json
import os
import re
import sys

SILENT = {"text/css", "text/javascript", "text/ecmascript", "text/rtf"}
CARDS = {"text/calendar", "text/vcard", "text/x-vcard", "text/x-vcalendar", "text/directory"}
WINDOWS = {"iso-8859-1": "cp1252", "iso-8859-2": "cp1250", "iso-8859-5": "cp1251",
           "iso-8859-7": "cp1253", "iso-8859-9": "cp1254", "iso-8859-15": "cp1252"}


def squeeze(text):
    # Two readings of characters of ISO-2022-JP.
    text = text.replace("\u301c", "\uff5e").replace("\u2212", "\uff0d")
    return "".join(re.sub(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ufeff]", "", text).split())


class Words(html.parser.HTMLParser):
    """The words of HTML, without what is no text."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.silent, self.text = 0, []

    def handle_starttag(self, tag, attrs):
        self.silent += tag in ("script", "style", "title")
        self.text.append(" ")

    def handle_endtag(self, tag):
        self.silent -= tag in ("script", "style", "title") and self.silent > 0
        self.text.append(" ")

    def handle_data(self, data):
        if not self.silent:
            self.text.append(data)


def decoded(part):
    """The text of a part; None if Python cannot decode it as labelled."""
    data = part.get_payload(decode=True)
    if data is None:
        return None
    charset = part.get_content_charset() or "ascii"
    # C1 bytes are those of the Windows set of the same letters: ms-quirks(7).
    if re.search(rb"[\x80-\x9f]", data):
        charset = WINDOWS.get(charset, charset)
    try:
        return data.decode(charset)
    except (LookupError, UnicodeError, ValueError):
        return None


def is_shown(part):
    kind = part.get_content_type()
    return (kind.startswith("text/") and kind not in SILENT
            and part.get_content_disposition() != "attachment")


def rank(part):
    """As lib/text/body-parts.c: plain text before HTML before other text."""
    if part.get_content_type() == "message/rfc822":
        return 1
    if part.is_multipart():
        return max([rank(p) for p in part.get_payload()] or [0])
    kind = part.get_content_type()
    if not is_shown(part):
        return 0
    if kind == "text/plain":
        return 3 if (part.get_payload(decode=True) or b"").strip(b" \t\r\n\f\v\xc2\xa0\0") else 0
    return 2 if kind == "text/html" else 1


def shown_parts(part):
    """The parts whose text is shown, and embedded messages."""
    if part.get_content_type() == "message/rfc822" and part.is_multipart():
        yield part
        for p in part.get_payload():
            yield from shown_parts(p)
    elif part.is_multipart():
        best = rank(part)
        for p in part.get_payload():
            if (part.get_content_type() != "multipart/alternative" or rank(p) == best
                    or p.get_content_type() == "text/calendar"):
                yield from shown_parts(p)
    elif is_shown(part):
        yield part


def rule_for(message):
    """Why the texts of a whole message may differ, or None."""
    for part in message.walk():
        # Malformed structure: both are guesses (ms-quirks(7), Parts).
        if part.defects:
            return "malformed: " + type(part.defects[0]).__name__
        kind = part.get_content_type()
        if part.is_multipart() and not kind.startswith(("multipart/", "message/")):
            return "malformed: parts in " + kind
        if kind.startswith("message/") and kind != "message/rfc822":
            return "reports and " + kind
        if str(part.get("content-transfer-encoding", "")).strip().lower() not in (
                "", "7bit", "8bit", "binary", "base64", "quoted-printable"):
            return "an unknown or old encoding"
        encoding = str(part.get("content-transfer-encoding", ""))
        if encoding != encoding.rstrip():
            return "an encoding with blanks after it, which Python does not know"
        if ";;" in str(part.get("content-type", "")).replace(" ", ""):
            return "malformed: empty parameters"
        if part is not message and part.get_content_type() == "text/plain" and not part.get_payload():
            return "an empty part"
        raw = [v for k, v in part.raw_items() if k.lower() == "content-type"]
        if len(raw) > 1:
            return "malformed: several Content-Type fields"
    return None


def compare(message, text):
    """"equal", or a rule, or None."""
    rule = rule_for(message)
    want = list(shown_parts(message))
    rest = squeeze(text)
    for part in want:
        kind = part.get_content_type()
        if kind == "message/rfc822" or kind in CARDS:
            rule = rule or "the header of an embedded message, or a card"
            continue
        body = decoded(part)
        if body is None:
            rule = rule or "a character set that Python does not know, or wrong bytes"
            continue
        if kind == "text/html":
            words = Words()
            words.feed(body)
            words = "".join(words.text).split()
            have = sum(squeeze(w) in rest for w in words)
            if have >= 0.95 * len(words):
                rule = rule or ("equal" if len(want) == 1 else "HTML among others")
            continue
        body = squeeze(body)
        if part.get_param("format", "").lower() == "flowed":
            body, rest = body.replace(">", ""), rest.replace(">", "")
        if body in rest:
            rest = rest.replace(body, "", 1)
        else:
            return rule if rule != "equal" else None
    return rule or ("equal" if rest == "" else None)


def main():
    shown = {}
    for line in open(sys.argv[1], encoding="utf-8"):
        o = json.loads(line)
        shown[o["id"]] = o["text"]
    counts = collections.Counter()
    sys.setrecursionlimit(100000)
    for folder, _, files in os.walk(sys.argv[2]):
        for name in files:
            path = os.path.join(folder, name)
            data = open(path, "rb").read()
            key = hashlib.sha256(data).hexdigest()
            if key not in shown:
                print("not shown:", path)
                counts["different"] += 1
                continue
            try:
                message = email.message_from_bytes(data)
                verdict = compare(message, shown[key])
            except (RecursionError, AttributeError, TypeError, KeyError, IndexError) as e:
                verdict = "an exception of Python: " + type(e).__name__
            if verdict is None:
                print("different:", path, key)
                counts["different"] += 1
            else:
                counts[verdict] += 1
    for rule, n in sorted(counts.items(), key=lambda x: -x[1]):
        if rule not in ("equal", "different"):
            print("%6d %s" % (n, rule))
    total = sum(counts.values())
    print(counts["equal"], total - counts["equal"] - counts["different"], counts["different"])


main()
