"""Readers of options: each turns the text that somebody gave into a value, or raises ValueError with what to write.

Durations have their own, in `hubusers.durations`.
"""

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import urlsplit

from hubusers.event.leaving import WAYS_TO_LEAVE, Leaving
from hubusers.event.shares import share
from hubusers.http.host_names import is_this_machine, origin_of

LOOPBACK = "127.0.0.1"


def one_of(*choices: str) -> Callable[[str], Any]:
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"{text!r} must be one of {', '.join(choices)}")
        return text

    return read


def json_object(text: str) -> dict[str, Any] | None:
    """Return a JSON object; None for no text."""
    try:
        model = json.loads(text, parse_constant=_refuse_constant) if text.strip() else None
    except (ValueError, RecursionError):
        model = "not JSON"
    if model is not None and not isinstance(model, dict):
        raise ValueError(f'{text!r} must be a JSON object such as {{"image": "scipy:latest"}}')
    return model


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON, although Python reads it")


def factor(text: str) -> float:
    """Return a number above 0; 1 for no text."""
    try:
        number = float(text or 1)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise ValueError(f"{text!r} must be a number above 0, such as 12 for twelve times as fast")
    return number


def folder_on_server(text: str) -> str:
    """Return a folder below a server's root, without slashes at its ends; it may have `{username}` in it."""
    folder = text.strip().strip("/")
    if {".", ".."} & set(folder.split("/")):
        raise ValueError(f"{text!r} must be a folder below the server's root, without dots in place of names")
    if re.search(r"[{}]", folder.replace("{username}", "")):
        raise ValueError(f"{text!r} can have {{username}} in it, such as home/{{username}}, and no other braces")
    return folder


def whole_number(text: str) -> int:
    if not text.strip().isdecimal():
        raise ValueError(f"{text!r} must be a whole number, 0 or more")
    return int(text)


def leaving_shares(text: str) -> dict[Leaving, float]:
    """Return the share of each way to leave, from text such as `close-tab` or `log-out=70%,walk-away=30%`."""
    shares: dict[Leaving, float] = {}
    for part in text.split(","):
        name, separator, amount = (word.strip() for word in part.partition("="))
        if name not in WAYS_TO_LEAVE or name in shares:
            raise ValueError(
                f"{text!r} must be one of {', '.join(WAYS_TO_LEAVE)}, or the share of each, such as "
                "log-out=70%,walk-away=30%"
            )
        shares[name] = share(amount) if separator else 1.0
    if abs(sum(shares.values()) - 1) > 1e-6:
        raise ValueError(f"the shares in {text!r} must add up to 100 %")
    return shares


def grafana_address(text: str) -> str:
    """Return the URL of a Grafana without a slash at its end; "" for no text."""
    parts = urlsplit(web_address(text))
    if parts.username or parts.query or parts.fragment:
        raise ValueError(
            "Grafana's URL must be one such as https://grafana.example.org, with its path if it has one, and without "
            "a name, a password or parameters"
        )
    return text.rstrip("/")


def identity_providers(text: str) -> tuple[str, ...]:
    """Return the scheme and host of each of some URLs, between which are commas or spaces; () for no text."""
    origins = []
    for url in re.split(r"[,\s]+", text.strip()) if text.strip() else []:
        parts = urlsplit(web_address(url if "://" in url else f"https://{url}"))
        if parts.username or "*" in parts.netloc:
            raise ValueError(f"{url!r} must be the URL of one host, such as https://sso.example.org")
        if parts.scheme != "https" and not is_this_machine(parts.hostname or ""):
            raise ValueError(f"{url!r} must begin with https://, because passwords go there")
        origins.append(origin_of(parts))
    return tuple(dict.fromkeys(origins))


@dataclass(frozen=True)
class Listening:
    """Where something listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def listening(text: str) -> Listening | None:
    """Return a port to listen on, of an address or else of loopback; None for no text."""
    if not text.strip():
        return None
    parts = re.fullmatch(r"(?:([^\s:/@\[\]]+|\[[\da-fA-F:.]+\]):)?(\d{1,5})", text.strip())
    if not parts or not 0 < int(parts[2]) < 65536:
        raise ValueError(f"{text!r} must be a port, or an address and a port, such as 9646 or 0.0.0.0:9646")
    return Listening((parts[1] or LOOPBACK).strip("[]"), int(parts[2]))


def web_address(text: str) -> str:
    """Return an http or https URL as it is; "" for no text."""
    try:
        parts = urlsplit(text)
        is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is not a number, or half an IPv6 address
        is_usable = False
    if text and not is_usable:
        raise ValueError(f"{text!r} must be a URL such as https://host.example.org")
    return text
