"""A hub whose servers have an application behind jupyter-server-proxy, and nbgitpuller."""

import json
import sys
from pathlib import Path

_APPLICATION = '''
"""An application with pages of all kinds, whose address is what it shows: the port comes as an argument."""
import os, signal, sys
from tornado import ioloop, web, websocket

BAD = {
    "login": (200, "<html><title>Sign in</title><input type='password'></html>"),
    "error": (200, "<html><title>502 Bad Gateway</title></html>"),
    "missing": (404, "no such page"),
    "unavailable": (503, "<html><h1>Busy</h1></html>"),
    "lame": (200, "<html><title>An app</title><script src='static/gone.js'></script></html>"),
    "saml": (200, "<html><body onload='document.forms[0].submit()'><form method=post action='https://idp.example.org/'>"
        "<input type=hidden name=SAMLRequest value=x></form></body></html>"),
    "frames": (200, "<html><title>An app</title><p>In frames</p><iframe src='framed'></iframe></html>"),
    "framed": (200, "<html><title>Inside</title><p>Here</p><script src='static/inside.js'></script></html>"),
    "lame-frame": (200, "<html><title>An app</title><p>In frames</p><iframe src='unavailable'></iframe></html>"),
    "refresh": (200, "<html><meta http-equiv=refresh content='0; url=frames'></html>"),
    "white": (200, "<html><title>An app</title><script src='static/page/a.js'></script></html>"),
}

class Page(web.RequestHandler):
    def get(self, name):
        status, text = BAD.get(name, (200, GOOD))
        self.clear_header("Server")
        self.set_status(status)
        self.write(text)

GOOD = """<html><head><title>An app</title><link rel="modulepreload" href="static/a.js">
    <link rel="icon" href="static/gone.ico"></head><body><script src="static/b.js"></script></body></html>"""

class Static(web.RequestHandler):
    def get(self, name):
        if name == "b.js":
            return self.redirect("b.123.js")
        if name.startswith("page/"):
            return self.write(GOOD)
        self.set_header("Content-Type", "text/javascript")
        self.set_status(404 if "gone" in name else 200)

class Websocket(websocket.WebSocketHandler):
    def on_message(self, message):
        pass

class End(web.RequestHandler):
    def get(self):
        os.kill(os.getpid(), signal.SIGKILL)

web.Application([("/static/(.*)", Static), ("/ws", Websocket), ("/end", End), ("/(.*)", Page)]).listen(
    int(sys.argv[1]), "127.0.0.1")
ioloop.IOLoop.current().start()
'''


def config_of_pages(folder: Path) -> str:
    """Return lines for the configuration of a hub with real servers, whose files are put into a folder.

    Behind jupyter-server-proxy are `/app/`, whose pages are `/app/login`, `/app/error` and others, and `/never/`, which
    does not start.
    """
    application = folder / "application.py"
    application.write_text(_APPLICATION)
    servers = {
        "app": {"command": [sys.executable, str(application), "{port}"], "timeout": 60},
        "never": {"command": ["sleep", "60"], "timeout": 1},
    }
    (folder / "jupyter_server_config.json").write_text(json.dumps({"ServerProxy": {"servers": servers}}))
    return f"c.Spawner.environment = {{'JUPYTER_CONFIG_DIR': {str(folder)!r}}}\n"
