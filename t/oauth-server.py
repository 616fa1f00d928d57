"""oauth-server.py - says for the oauth2 passdb of Dovecot which tokens are
valid.

usage: oauth-server.py PORT-FILE LOG
Dovecot asks with GET /?t=TOKEN. The token `good-NAME` is valid for the user
NAME, `once-NAME` is valid for one question, and all other tokens are invalid.
"""
import http.server
import json
import os
import sys
import urllib.parse

seen = set()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        query = urllib.parse.urlparse(self.path).query
        token = urllib.parse.parse_qs(query).get("t", [""])[0]
        kind, _, name = token.partition("-")
        good = kind == "good" or (kind == "once" and token not in seen)
        seen.add(token)
        with open(sys.argv[2], "a", encoding="utf-8") as log:
            log.write("%s %s\n" % (token, good))
        body = {"active": good}
        if good:
            body["username"] = name
        text = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(sys.argv[1] + ".new", "w", encoding="ascii") as f:
    f.write("%d\n" % server.server_address[1])
os.rename(sys.argv[1] + ".new", sys.argv[1])
server.serve_forever()
