"""Grafana's HTTP API, as far as a run needs it: is there JupyterHub's dashboard, and how is a run marked on it?"""

import threading
from collections.abc import Sequence
from typing import Any

from hubusers.http.messages import CERTIFICATE_NOT_TRUSTED, TIMED_OUT, TOO_LARGE, Answer, Request
from hubusers.http.requests_transport import RequestsTransport
from hubusers.http.session import get_session
from hubusers.log import without_secrets
from hubusers.settings.access import GRAFANA_TOKEN_VARIABLE, SettingsError, read_grafana_token
from hubusers.settings.readers import grafana_address

HUB_DASHBOARD = "hub-dashboard"
"""The uid of the dashboard *JupyterHub Dashboard* of github.com/jupyterhub/grafana-dashboards.

It has no annotation query of its own. So Grafana gives it the usual one, which shows the annotations of this dashboard
and no others."""

TAG = "hubusers"
"""The tag of all annotations. A dashboard with an annotation query for it shows those of other dashboards as well."""

_TIMEOUT = 5.0
"""Seconds that one request may take, to the end of its answer."""

_LARGEST = 4_000_000
"""Bytes of the largest answer that is read: a dashboard has some hundred thousand. What has more is something else,
such as a file, and all users would stand still while a process of Locust takes it in."""

_LONGEST_MESSAGE = 200
"""Characters of what is quoted of an answer."""

_ADDRESS = (
    "Give the address at which Grafana opens with --grafana-url, with its path if it has one, and without a login "
    "before it"
)
_GIVE_ROLE = "Give its service account the role Editor; then it may read the dashboard, and mark runs on it."


class GrafanaError(Exception):
    """Grafana cannot be used. The text is one or two sentences: why, and what to do."""


class Grafana:
    """One Grafana, asked with one token.

    Args:
        url: Where it opens in a browser, with the path below which it is served, if there is one.
        token: Of a service account.
        verify: How to verify its certificate, as for `get_session`.

    Attributes:
        dashboard: The uid of the dashboard that annotations belong to; None for annotations of the whole organisation.
    """

    def __init__(self, url: str, token: str, verify: bool | str = True) -> None:
        self.url = url.rstrip("/")
        self.dashboard: str | None = HUB_DASHBOARD
        session = get_session(token, verify=verify)
        session.headers["Authorization"] = f"Bearer {token}"  # in place of what JupyterHub wants
        self._transport = RequestsTransport(session, self.url)

    def look(self) -> str:
        """See whether Grafana has JupyterHub's dashboard, and whether the token may mark something on it.

        Returns:
            Where a run will be shown, in a sentence.

        Raises:
            GrafanaError: It cannot be used.
        """
        answer = self._ask("GET", f"/api/dashboards/uid/{HUB_DASHBOARD}", good=(200, 404))
        if answer.status == 404:
            self._ask("GET", f"/api/annotations?tags={TAG}&limit=1", model=list)  # others say 404 in JSON, too
            self.dashboard = None
            return (
                f"Grafana at {self.url} has no dashboard with the uid {HUB_DASHBOARD}, which is JupyterHub's own. Runs "
                f"are marked all the same, if the token has the role Editor; dashboards with an annotation query for "
                f"the tag {TAG} show them."
            )
        self.dashboard = HUB_DASHBOARD
        may = _of(answer.model, "meta", "annotationsPermissions", "dashboard", "canAdd")
        if may is False:
            raise GrafanaError(f"The token for Grafana may only read the dashboard {HUB_DASHBOARD}. {_GIVE_ROLE}")
        return f"Runs are marked on {self.url}/d/{HUB_DASHBOARD}"

    def add(self, began: float, text: str, tags: Sequence[str], ended: float | None = None) -> int:
        """Add an annotation: of a moment or, with an end, of a stretch of time.

        Args:
            began: Seconds since the epoch.
            text: HTML, as Grafana shows it.
            tags: Besides `TAG`.
            ended: Seconds since the epoch; None for a moment.

        Returns:
            Its number.

        Raises:
            GrafanaError: It could not be added.
        """
        body = _body(began, text, tags, ended) | ({"dashboardUID": self.dashboard} if self.dashboard else {})
        number = _of(self._ask("POST", "/api/annotations", body).model, "id")
        if not isinstance(number, int):
            raise GrafanaError(
                f"Grafana at {self.url} did not say which annotation it made. Give the address at which Grafana opens "
                "with --grafana-url."
            )
        return number

    def change(self, number: int, began: float, text: str, tags: Sequence[str], ended: float) -> None:
        """Change an annotation; the arguments are those of `add`.

        Raises:
            GrafanaError: It could not be changed.
        """
        self._ask("PATCH", f"/api/annotations/{number}", _body(began, text, tags, ended))

    def _ask(
        self, method: str, path: str, body: Any = None, *, good: Sequence[int] = (200,), model: type = dict
    ) -> Answer:
        headers = {"Accept": "application/json"}
        answer = self._send(Request(method, self.url + path, path, body, headers, _TIMEOUT, _is_good, largest=_LARGEST))
        # All that Grafana's API says is JSON. A page comes from somewhere else, such as a proxy that asks to log in.
        if answer.status not in good or not isinstance(answer.model, model):
            raise GrafanaError(self._why_not(answer))
        return answer

    def _send(self, request: Request) -> Answer:
        """Send a request, and give it up when its time is over: by itself, it waits for each piece of the headers."""
        answers: list[Answer] = []
        sending = threading.Thread(target=lambda: answers.append(self._transport.send(request)), daemon=True)
        sending.start()
        sending.join(request.timeout)
        return answers[0] if answers else Answer(0, error=TIMED_OUT)

    def _why_not(self, answer: Answer) -> str:
        where = f"Grafana at {self.url}"
        message = without_secrets(answer.message)[:_LONGEST_MESSAGE]
        said = f" ({message})" if message else ""
        if answer.error == TOO_LARGE:
            most = f"{_LARGEST / 1e6:.0f} MB"
            return f"{where} does not answer as Grafana's API does, but with more than {most}. {_ADDRESS}."
        if not answer.status:
            remedy = (
                "Give the authority that signed it with --ca-bundle"
                if answer.error == CERTIFICATE_NOT_TRUSTED
                else ("See whether it runs, and whether --grafana-url is its address")
            )
            return f"{where} does not answer: {answer.error}. {remedy}."
        if answer.status == 401:
            return (
                f"{where} does not accept the token{said}. Make one for a service account with the role Editor, and "
                f"put it into {GRAFANA_TOKEN_VARIABLE}, or its file's name into --grafana-token-file."
            )
        if answer.status == 403 and not answer.is_web_page:
            return f"{where} does not allow this to the token{said}. {_GIVE_ROLE}"
        if 300 <= answer.status < 400:
            place = answer.headers.get("Location", "").partition("?")[0]
            return (
                f"{where} redirects to {place or 'another address'}. Give the address that Grafana itself answers at "
                "with --grafana-url; if it is a login, one at which a token is enough."
            )
        if answer.status >= 500:
            return f"{where}, or what stands before it, is in trouble: {answer.cause}{said}. See its log."
        if answer.is_web_page or answer.status in {200, 404}:
            return f"{where} does not answer as Grafana's API does, but with {answer.cause}. {_ADDRESS}."
        return f"{where} refuses what is asked: {answer.cause}{said}. See its log."


def grafana_from(url: str, token_file: str, ca_bundle: str) -> Grafana | None:
    """Return the Grafana that somebody gave; None where nobody gave one.

    Args:
        url: Of `--grafana-url`; "" for none.
        token_file: Of `--grafana-token-file`; "" for none.
        ca_bundle: Of `--ca-bundle`; "" for none. With `--insecure`, Grafana's certificate is verified all the same.

    Raises:
        SettingsError: There is a token without a URL, or a URL without a token, or something cannot be used.
    """
    try:
        url = grafana_address(url)
    except ValueError as error:
        raise SettingsError(f"--grafana-url: {error}.") from None
    token = read_grafana_token(token_file, is_needed=bool(url))
    if not token:
        return None
    if not url:
        raise SettingsError(
            "Which Grafana? There is a token for one: give its URL with --grafana-url, or leave out the token."
        )
    try:
        return Grafana(url, token, ca_bundle or True)
    except ValueError as error:
        raise SettingsError(f"{error}. Give another one with --ca-bundle.") from None


def _body(began: float, text: str, tags: Sequence[str], ended: float | None) -> dict[str, Any]:
    times = {"time": _milliseconds(began)} | ({"timeEnd": _milliseconds(ended)} if ended is not None else {})
    return {**times, "tags": [TAG, *tags], "text": text}


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


def _of(model: Any, *names: str) -> Any:
    """Return what a JSON object holds under these names, one inside the other; None where it does not."""
    for name in names:
        model = model.get(name) if isinstance(model, dict) else None
    return model


def _is_good(_: Answer) -> bool:
    return True  # for Locust's statistics, in which these requests are not
