"""Makes the order of a run in a cluster of the options of `hubusers kube run`, and shows it as manifests."""

import argparse
import math
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import yaml
from click.core import ParameterSource

from hubusers.accounts.names import random_word
from hubusers.cli.kube_options import NOT_PASSED_ON
from hubusers.cli.run import WITH_BROWSER, check_user_classes
from hubusers.kube.files import files_for_pod
from hubusers.kube.order import Order
from hubusers.kube.values import Hub, Values, read_values
from hubusers.settings.access import Access, SettingsError
from hubusers.settings.options import OPTIONS
from hubusers.settings.readers import LOOPBACK, listening
from hubusers.settings.settings import Settings, check_runs_folder, event_text_from, settings_from
from hubusers.version import version

_HIDDEN = "<hidden>"

_DECIDED_HERE = {
    "event": "--event",
    "args": "the options of this command",
    "web": "--web",
    "people": "--event or --users, which say how many come",
}
"""Values of the chart that are for options here, unless they are the usual ones, as in a copy of the chart's file."""

_LOOPBACK = {LOOPBACK, "localhost", "::1"}

_ABOUT_FILES = (
    *("accounts", "password_file", "notebooks", "ca_bundle", "hub_token_file", "locustfile"),
    *("grafana_url", "grafana_token_file", "lti"),
)


def order_from(ctx: click.Context, user_classes: tuple[str, ...]) -> Order:
    """Return what is to be run, checked as far as it can be without a cluster.

    Args:
        ctx: The command, with the values of its options.
        user_classes: Those that come, and what stands behind two dashes.

    Raises:
        SettingsError: An option or a file cannot be used.
        click.UsageError: There is no such user class.
    """
    given = dict(_given(ctx))
    values = values_from(given.get("values"))
    if "locustfile" not in given:
        check_user_classes(user_classes)
    event_text = event_text_from(_options(given))
    if event_text:
        _check_event(given)
    settings = _settings(given, event_text)
    metrics = listening(str(given.get("metrics", "")))
    if metrics and metrics.host in _LOOPBACK:
        click.echo(
            f"--metrics {metrics.port} is on the loopback of the run's pod, where only its own containers reach it. "
            f"For a Prometheus elsewhere in the cluster: --metrics 0.0.0.0:{metrics.port}",
            err=True,
        )
    names = {name.replace("_", "-"): str(given[name]) for name in _ABOUT_FILES if name in given}
    files = files_for_pod(names, event_text, _open_telemetry(values) if "otel" in given else {})
    runs_folder = settings.runs_folder
    if runs_folder and "dry_run" not in given:
        check_runs_folder(runs_folder)
    classes = {cohort.user_class for cohort in settings.event.cohorts} if settings.event else set(user_classes)
    has_browser = "locustfile" in given or bool(classes & WITH_BROWSER)
    changes: dict[str, Any] = {
        "args": [*_passed_on(ctx, given), *([] if runs_folder else ["--runs-folder="]), *user_classes],
        "people": max(1, len(settings.people) or int(given.get("users", 1))),
        "workers": given.get("workers", values.workers),
        "web": "web" in given,
        **({"server_timeout": math.ceil(settings.server_timeout)} if "server_timeout" in given else {}),
        **({"hub": Hub(url=given["host"], token_secret=values.hub.token_secret)} if "host" in given else {}),
    }
    order = Order(
        name=f"hubusers-{random_word()}",
        values=values.model_copy(update=changes),
        files=files,
        has_browser=has_browser,
        has_address="host" in given or "url" in values.hub.model_fields_set,
        home=Path(runs_folder).resolve() if runs_folder else None,
        where=tuple(f"--{name}={given[name]}" for name in ("values", "host") if name in given),
        web_port=int(given.get("web_port", 0)),
    )
    _ = order.final  # which says what cannot be
    return order


def as_yaml(order: Order) -> str:
    """Return the manifests of an order, without what only its owner should know: the content of Secrets, and the
    variables of the values file.
    """
    variables = [{**one, "value": _HIDDEN} if "value" in one else one for one in order.values.env]
    order = replace(order, values=order.values.model_copy(update={"env": variables}))
    shown = [
        {**manifest, "data": dict.fromkeys(manifest["data"], _HIDDEN)} if manifest["kind"] == "Secret" else manifest
        for manifest in order.manifests()
    ]
    text: str = yaml.dump_all(shown, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    return (
        "# What `hubusers kube run` makes. The content of Secrets, and of the variables in --values, is hidden.\n"
        "# Where the hub has a hub.baseUrl, its URL has that too, once the cluster is asked.\n"
        f"# The image must hold the same version as this command, {version()}: build it from the same files.\n{text}"
    )


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as they are, and every object anew."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def _given(ctx: click.Context) -> Iterator[tuple[str, Any]]:
    """Yield the options that somebody gave, on the command line or by their variables, with their values."""
    for name, value in ctx.params.items():
        source = ctx.get_parameter_source(name)
        is_given = source is ParameterSource.COMMANDLINE or (source is ParameterSource.ENVIRONMENT and value)
        if is_given and value is not False:
            yield name, value


def _passed_on(ctx: click.Context, given: Mapping[str, Any]) -> Iterator[str]:
    for option in ctx.command.params:
        if isinstance(option, click.Option) and option.name in given and option.name not in NOT_PASSED_ON:
            flag = max(option.opts, key=len)
            yield flag if option.is_flag else f"{flag}={given[option.name]}"


def _options(given: Mapping[str, Any]) -> argparse.Namespace:
    """Return the options as Locust would have parsed them."""
    options = {option.name: given.get(option.name, option.default) for option in OPTIONS.values()}
    options["dry_run"] = ""  # that of a run needs an event
    locusts = {
        "num_users": given.get("users"),
        "spawn_rate": given.get("spawn_rate"),
        "run_time": given.get("run_time"),
    }
    return argparse.Namespace(**options, **locusts, class_picker=None)


def _settings(given: Mapping[str, Any], event_text: str) -> Settings:
    # The token and the hub's URL are those of the cluster.
    return settings_from(_options(given), "http://hub:8081", random_word(), Access(""), event_text=event_text)


def _open_telemetry(values: Values) -> dict[str, str]:
    """Return OpenTelemetry's variables of this machine, but for those that the values say for the cluster."""
    said = {one.get("name") for one in values.env}
    return {
        name: value
        for name, value in os.environ.items()
        if name.startswith("OTEL_") and name not in said and value.strip()
    }


def _check_event(given: Mapping[str, Any]) -> None:
    """Let a run draw the plan of the event, because it knows the user classes of the locustfile.

    Raises:
        SettingsError: It cannot; the text is what the run says.
    """
    command = [sys.executable, "-P", "-m", "hubusers", "run", f"--event={given['event']}", "--dry-run"]
    command += [f"--locustfile={given['locustfile']}"] if "locustfile" in given else []
    plan = subprocess.run(command, capture_output=True, text=True, check=False)
    if plan.returncode:
        raise SettingsError(plan.stderr.strip().removeprefix("Error: "))


def values_from(file: str | None) -> Values:
    if not file:
        return Values()
    try:
        values = read_values(Path(file).read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"The values file {file} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise SettingsError(f"The values file {file} cannot be used: {error}.") from None
    usual = Values()
    for name, option in _DECIDED_HERE.items():
        if getattr(values, name) != getattr(usual, name):
            raise SettingsError(f"The values file {file} has {name}, which is for the chart: give {option} instead.")
    return values
