"""Access to the hub: the token, the TLS certificates, and the password of the accounts that a run creates."""

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import requests

from hubusers.http.session import checked_token, get_session
from hubusers.hub.endpoint import endpoint_from_url
from hubusers.private_files import warn_if_others_can_read

TOKEN_VARIABLE = "JUPYTERHUB_API_TOKEN"  # noqa: S105  # a name, not a token
PASSWORD_VARIABLE = "HUBUSERS_PASSWORD"  # noqa: S105
PASSWORD_FILE_VARIABLE = "HUBUSERS_PASSWORD_FILE"  # noqa: S105
TOKEN_FILE_VARIABLE = "JUPYTERHUB_API_TOKEN_FILE"  # noqa: S105
GRAFANA_TOKEN_VARIABLE = "HUBUSERS_GRAFANA_TOKEN"  # noqa: S105
GRAFANA_TOKEN_FILE_VARIABLE = "HUBUSERS_GRAFANA_TOKEN_FILE"  # noqa: S105
ENDPOINT_VARIABLE = "JUPYTERHUB_ENDPOINT"
HUB_ENDS_VARIABLE = "JUPYTERHUB_ENDS_WITH_TEST"
"""Set, to anything, by a command that starts a hub for one test and ends it after that, such as `hubusers demo`."""


class SettingsError(ValueError):
    """An option, a variable or a file cannot be used; the text says which one, and what to do.

    Args:
        text: One or two sentences.
        field: Name of the field of a form that the text is about; "" where it is about none, or about several.
    """

    def __init__(self, text: str, field: str = "") -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True)
class Access:
    """Access of one process to the hub. Each process has its own: a worker may run on another machine than its master.

    Args:
        token: The hub's API token.
        verify: How to verify the hub's TLS certificate, as for `get_session`.
        token_file: The file that the token came from, if it did.
        password: What accounts that the run creates log in with; "" for none.
        hub_ends: Whether the hub ends with this test, and all that is on it.
    """

    token: str = field(repr=False)
    verify: bool | str = True
    token_file: str | None = None
    password: str = field(default="", repr=False)
    hub_ends: bool = False

    def arguments_for(self, endpoint: str) -> list[str]:
        """Options that give another command the same access. It finds a token in the environment by itself.

        Args:
            endpoint: The hub's; without TLS, there is no certificate to verify.
        """
        arguments = ["--hub-token-file", self.token_file] if self.token_file else []
        if not endpoint.startswith("https:"):
            return arguments
        if isinstance(self.verify, str):
            return [*arguments, "--ca-bundle", self.verify]
        return arguments if self.verify else [*arguments, "--insecure"]

    @cached_property
    def session(self) -> requests.Session:
        """The session for everything that is not done as a user."""
        # As the simulated people do, whose connections know no proxies.
        return get_session(self.token, verify=self.verify, direct=True)


def access_from(
    token_file: str | None, ca_bundle: str | None, insecure: bool, password_file: str | None = None
) -> Access:
    """Read the token and the password, and check that the certificates can be used.

    Raises:
        SettingsError: One of them cannot be read or used.
    """
    verify = not insecure if insecure or not ca_bundle else ca_bundle
    hub_ends = bool(os.environ.get(HUB_ENDS_VARIABLE))
    access = Access(read_token(token_file), verify, token_file, read_password(password_file), hub_ends)
    try:
        _ = access.session
    except ValueError as error:
        raise SettingsError(f"{error}. Give another one with --ca-bundle.") from None
    return access


def endpoint_of(host: str | None) -> str:
    """Return the API endpoint of the hub at this URL.

    Raises:
        SettingsError: There is no URL, or it cannot be used.
    """
    if not host:
        raise SettingsError(f"Which hub? Give its URL with --host (-H) or in {ENDPOINT_VARIABLE}.")
    try:
        return endpoint_from_url(host)
    except ValueError as error:
        raise SettingsError(f"The hub's URL (--host or {ENDPOINT_VARIABLE}) cannot be used: {error}.") from None


def read_token(file: str | None = None) -> str:
    """Return the hub's API token from a file or, without a file, from the environment.

    Raises:
        SettingsError: There is no token, or it cannot be read or used.
    """
    if file:
        text = _read(file, "token")
        try:
            return checked_token(text)
        except ValueError as error:
            raise SettingsError(f"The token file {file} cannot be used: {error}.") from None
    text = os.environ.get(TOKEN_VARIABLE, "").strip()
    if not text:
        raise SettingsError(
            f"There is no API token. Put one into {TOKEN_VARIABLE}, or its file's name into --hub-token-file."
        )
    try:
        return checked_token(text)
    except ValueError as error:
        raise SettingsError(f"The API token in {TOKEN_VARIABLE} cannot be used: {error}.") from None


def read_password(file: str | None = None) -> str:
    """Return the password of accounts that a run creates, from a file or, without a file, from the environment; or "".

    Raises:
        SettingsError: The file cannot be read, or is empty.
    """
    if not file:
        return os.environ.get(PASSWORD_VARIABLE, "")
    password = _read(file, "password").rstrip("\r\n")
    if not password:
        raise SettingsError(f"The password file {file} is empty.")
    return password


def read_grafana_token(file: str | None, *, is_needed: bool) -> str:
    """Return a token of Grafana from a file or, without a file, from the environment; "" where there is none.

    Args:
        file: Its name.
        is_needed: Whether there must be one.

    Raises:
        SettingsError: There is none although there must be, or it cannot be read or used.
    """
    text = _read(file, "Grafana token") if file else os.environ.get(GRAFANA_TOKEN_VARIABLE, "")
    if not text.strip() and not file:
        if is_needed:
            raise SettingsError(
                f"There is no token for Grafana. Make one for a service account with the role Editor, and put it into "
                f"{GRAFANA_TOKEN_VARIABLE}, or its file's name into --grafana-token-file."
            )
        return ""
    try:
        return checked_token(text)
    except ValueError as error:
        where = f"file {file}" if file else f"in {GRAFANA_TOKEN_VARIABLE}"
        raise SettingsError(f"The Grafana token {where} cannot be used: {error}.") from None


def _read(file: str, what: str) -> str:
    warn_if_others_can_read(file)
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not a text file"
        raise SettingsError(f"The {what} file {file} cannot be read: {reason}.") from None
