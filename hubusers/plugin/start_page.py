"""The page with the start form: shows it, with what is wrong in it, and the check of the hub while it goes on."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from hubusers.durations import in_words
from hubusers.log import shown
from hubusers.plugin.form_options import fields_by_section
from hubusers.plugin.start_form import Mistakes, StartForm
from hubusers.plugin.starter import Starter
from hubusers.run.phase import Phase
from hubusers.settings.access import SettingsError

View = Callable[..., ResponseReturnValue]

_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "style-src 'self' 'unsafe-inline'; form-action 'self'; base-uri 'none'"
)

_RUNS_ON = {Phase.PREPARING, Phase.RUNNING, Phase.STOPPING}

_TEMPLATES = Environment(
    loader=PackageLoader("hubusers.plugin"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

_LABELS = {
    "host": "Hub",
    "user_class": "User class",
    "num_users": "Number of users",
    "spawn_rate": "New users a second",
    "run_time": "Run time",
    "event": "Event",
    "time_scale": "Time scale",
}


def start_page(form: StartForm, protected: Callable[[View], View], url_prefix: str) -> Blueprint:
    """Return the page, for the web UI of the process that conducts the runs.

    Args:
        form: What the page shows, and what it reads.
        protected: Wraps a view, so that it asks for a login where the web UI does.
        url_prefix: What the paths of the web UI begin with.
    """
    page, starter = Blueprint("start_page", __name__, url_prefix=url_prefix), form.starter
    typed: dict[str, str] = {}  # by whoever pressed START last

    def hub_start() -> ResponseReturnValue:
        if request.method == "GET":
            return _page(form, typed if starter.failure else {}, Mistakes.of(starter.failure))
        posted = request.form.to_dict()
        try:
            order = form.order(posted)
            starter.begin(order)
        except Mistakes as mistakes:
            return _page(form, posted, mistakes, 422)
        except SettingsError as error:
            return _page(form, posted, Mistakes(general=str(error)), 409)
        typed.clear()
        typed.update(posted)
        return redirect("start", 303)  # beside this page, wherever a reverse proxy has it

    def hub_start_stop() -> ResponseReturnValue:
        starter.stop()
        return redirect("../start", 303)

    def hub_start_state() -> ResponseReturnValue:
        state = {
            "busy": starter.is_busy,
            "runs": _runs(starter),
            "doing": starter.doing,
            "seconds": round(starter.seconds) if starter.is_busy else 0,
            "event": form.standing_title,
        }
        return jsonify(state), 200, {"Cache-Control": "no-store"}

    def hub_start_event() -> ResponseReturnValue:
        if starter.is_busy or _runs(starter):
            return Response("A run goes on.\n", 409, mimetype="text/plain")
        asked = request.args.to_dict()
        return _rendered("event_preview.html", plan=form.preview(asked, form.events()))

    for rule, view, methods in (
        ("/hub/start", hub_start, ["GET", "POST"]),
        ("/hub/start/stop", hub_start_stop, ["POST"]),
        ("/hub/start/state", hub_start_state, ["GET"]),
        ("/hub/start/event", hub_start_event, ["GET"]),
    ):
        page.add_url_rule(rule, view.__name__, protected(view), methods=methods)
    return page


def _page(form: StartForm, typed: Mapping[str, str], mistakes: Mistakes, status: int = 200) -> Response:
    """Return the form, with what was typed if anything was, and with what is wrong in it; or what goes on."""
    starter = form.starter
    goes_on = {
        "hub": starter.control.environment.host or form.known_host,
        "state": starter.control.phase.value,
        "is_busy": starter.is_busy,
        "runs": _runs(starter),
        "doing": starter.doing,
        "seconds": round(starter.seconds) if starter.is_busy else 0,
    }
    if goes_on["is_busy"] or goes_on["runs"]:  # plans are not drawn then: the users need this process's time
        return _rendered("hub_start.html", status, **goes_on)
    return _rendered("hub_start.html", status, **goes_on, **_fields(form, typed, mistakes))


def _fields(form: StartForm, typed: Mapping[str, str], mistakes: Mistakes) -> dict[str, Any]:
    events, groups = form.events(), fields_by_section()
    fields = [field for group in groups.values() for field in group]
    errors, general = dict(mistakes.by_field), mistakes.general
    flags = {field.name: field.flag for field in fields}  # which the labels stand for
    values = form.untouched(events)
    if typed:  # without switches that are off: they are not posted
        values |= {field.name: "" for field in fields if field.is_switch} | dict(typed)
    if "event" in errors and values["event"] in events:  # its mistakes stand in place of its plan
        errors["event"] = "This event cannot be rehearsed yet; what to mend stands below."
    if form.known_host and "host" in errors:  # then the form has no such field
        general = errors.pop("host")
    return {
        "known_host": form.known_host,
        "values": values,
        "errors": {name: shown(text.removeprefix(f"{flags.get(name)}: ")) for name, text in errors.items()},
        "general": [shown(line) for line in general.splitlines()],
        "was_stopped": mistakes.was_stopped,
        "labels": _LABELS | {field.name: field.label for field in fields},
        "classes": form.classes,
        "own_shape": form.starter.who_comes.own_shape,
        "events": list(events.values()),
        "folder": str(form.folder.resolve()),
        "plan": form.preview(values, events),
        "groups": groups,
    }


def _runs(starter: Starter) -> bool:
    return starter.control.phase in _RUNS_ON and not starter.is_busy


def _rendered(template: str, status: int = 200, **content: Any) -> Response:
    html = _TEMPLATES.get_template(template).render(**content)
    headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"}
    return Response(html, status, headers, mimetype="text/html")


def _with_code(text: str) -> Markup:
    """Return text with what stands between backticks as code."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704  # it is escaped


_TEMPLATES.filters.update(with_code=_with_code, in_words=in_words)
