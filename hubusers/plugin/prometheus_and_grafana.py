"""Shows runs to Prometheus and in Grafana, where the options ask for that."""

from __future__ import annotations

from locust.web import WebUI

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from hubusers.log import get_logger
from hubusers.plugin import listening
from hubusers.plugin.locust_internals import url_prefix_of
from hubusers.plugin.run_control import RunControl
from hubusers.settings.access import SettingsError
from hubusers.settings.options import OPTIONS
from hubusers.settings.readers import LOOPBACK, Listening
from hubusers.telemetry import grafana, grafana_annotations, prometheus, prometheus_server

if TYPE_CHECKING:
    from hubusers.telemetry.exporter import Exporter
    from hubusers.telemetry.readings import RunSoFar

LOG = get_logger(__name__)


def prometheus_and_grafana(control: RunControl, web_ui: WebUI | None) -> list[Callable[[RunSoFar], Exporter]]:
    """Return what makes the exporters of each run; begin to answer Prometheus, also before the first one.

    Workers do neither: the master knows of all users.

    Args:
        control: Conducts the runs of this process.
        web_ui: Before it starts; None without one.

    Raises:
        SettingsError: An option cannot be used; the text says why.

    Logs:
        INFO where Prometheus finds the figures.
    """
    options = control.options
    if not control.role.conducts or options.dry_run:
        return []
    exporters: list[Callable[[RunSoFar], Exporter]] = []
    given = grafana.grafana_from(options.grafana_url, options.grafana_token_file, options.ca_bundle)
    if given:
        exporters.append(partial(grafana_annotations.GrafanaAnnotations, given))
    where: Listening | None = OPTIONS["metrics"].value(options)
    if where:
        metrics = prometheus.Metrics(lambda: control.phase)
        _serve(metrics, where, web_ui)
        exporters.append(metrics.follow)
    return exporters


def _serve(metrics: prometheus.Metrics, where: Listening, web_ui: WebUI | None) -> None:
    if web_ui and web_ui.port == where.port:
        _serve_in_web_ui(metrics, where, web_ui)
        return
    listening.check_port_is_free(
        prometheus_server.metrics_server(metrics, where),
        "The page for Prometheus",
        host_option="--metrics",
        port_option="--metrics",
    )
    prometheus_server.metrics_server(metrics, where).start()
    LOG.info("Prometheus finds the figures at http://%s%s", where, prometheus_server.PATH)


def _serve_in_web_ui(metrics: prometheus.Metrics, where: Listening, web_ui: WebUI) -> None:
    if where.host not in {LOOPBACK, web_ui.host}:
        raise SettingsError(
            f"--metrics: the web UI has the port {where.port}, and listens on {web_ui.host}. Give {where.host} with "
            "--web-host as well, or another port with --metrics."
        )
    assert web_ui.app
    prefix = url_prefix_of(web_ui)
    web_ui.app.register_blueprint(prometheus_server.metrics_page(metrics, web_ui.auth_required_if_enabled, prefix))
    LOG.info("Prometheus finds the figures in the web UI, at %s%s", prefix, prometheus_server.PATH)
