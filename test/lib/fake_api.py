#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""fake_api.py WHAT PORTFILE: an API server that misbehaves, on a loopback port that is written to PORTFILE.

  stall      accepts connections and says nothing
  429, 500   that status to everything, as a Status object
  malformed  200 and half of a JSON document
  html       200 and a page of a proxy
"""
import http.server
import json
import os
import socketserver
import sys
import time

what, portfile = sys.argv[1:3]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        code, kind, body = 200, "application/json", b""
        if what == "stall":
            time.sleep(3600)
        elif what == "malformed":
            body = b'{"kind": "APIGroupDiscoveryList", "items": ['
        elif what == "html":
            kind, body = "text/html", b"<html><body>Please sign in</body></html>"
        else:
            code = int(what)
            reason = {429: "TooManyRequests", 500: "InternalError"}[code]
            text = {429: "too many requests, please try again later", 500: "etcdserver: request timed out"}[code]
            body = json.dumps({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code,
                               "reason": reason, "message": text}).encode()
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def log_message(self, *args):
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
with open(portfile + ".new", "w") as f:
    f.write(str(server.server_port))
os.rename(portfile + ".new", portfile)
server.serve_forever()
