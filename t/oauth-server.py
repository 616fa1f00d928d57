"""usage: oauth-server.py PORT-FILE LOG - says which OAuth tokens are good, for
Dovecot's oauth2 passdb: GET /?t=TOKEN. `good-NAME` is NAME's; `once-NAME` is good
for one question; anything else is not."""
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
