"""Stands in for Grafana, of which there is no package for tests: its documented HTTP API, as far as a run uses it.

It checks what it is sent as the documentation says (grafana.com/docs/grafana/latest/developers/http_api/annotations).
"""

import json
from typing import Any

from tests.scripted_hub import Asked, Scripted, ScriptedHub

GRAFANA_TOKEN = "glsa_of-the-test-0123456789"

_KNOWN = {"dashboardUID", "panelId", "time", "timeEnd", "tags", "text"}


class MadeUpGrafana(ScriptedHub):
    """Keeps annotations, and asks for a token.

    Attributes:
        annotations: By their numbers, with what was sent of each.
        dashboards: The uids of those that there are.
        may_add: Whether the token may add annotations to them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.answers = []
        self.annotations: dict[int, dict[str, Any]] = {}
        self.dashboards = {"hub-dashboard"}
        self.may_add = True
        self.trouble: Scripted | None = None  # answers everything, as a Grafana in trouble does

    def answer(self, asked: Asked) -> Scripted:
        if self.trouble:
            return self.trouble
        if asked.headers.get("Authorization") != f"Bearer {GRAFANA_TOKEN}":
            return Scripted(401, {"message": "Invalid API key"})
        match asked.method, asked.path.split("/")[1:]:
            case "GET", ["api", "dashboards", "uid", uid]:
                if uid not in self.dashboards:
                    return Scripted(404, {"message": "Dashboard not found", "status": "not-found"})
                may = {"canAdd": self.may_add, "canEdit": self.may_add, "canDelete": self.may_add}
                return Scripted(
                    200, {"dashboard": {"uid": uid}, "meta": {"annotationsPermissions": {"dashboard": may}}}
                )
            case "GET", ["api", "annotations?tags=hubusers&limit=1"]:
                return Scripted(200, list(self.annotations.values())[:1])
            case "POST", ["api", "annotations"]:
                return self._add(json.loads(asked.body))
            case "PATCH", ["api", "annotations", number]:
                if int(number) not in self.annotations:
                    return Scripted(404, {"message": "Annotation not found"})
                self.annotations[int(number)] |= _checked(json.loads(asked.body))
                return Scripted(200, {"message": "Annotation patched"})
        return Scripted(404, {"message": "Not found"})

    def _add(self, body: dict[str, Any]) -> Scripted:
        if not self.may_add:
            return Scripted(403, {"message": "You'll need additional permissions to perform this action."})
        if not body.get("text"):
            return Scripted(400, {"message": "Failed to save annotation"})
        number = len(self.annotations) + 1
        self.annotations[number] = _checked(body)
        return Scripted(200, {"message": "Annotation added", "id": number})


def _checked(body: dict[str, Any]) -> dict[str, Any]:
    assert body.keys() <= _KNOWN
    assert all(isinstance(body[name], int) and body[name] > 1e12 for name in ("time", "timeEnd") if name in body)
    assert all(isinstance(tag, str) for tag in body["tags"])
    return body
