"""Gives the figures of a run to a Prometheus that asks for /metrics: on a port of its own, or in the web UI."""

from collections.abc import Callable

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from gevent.pywsgi import WSGIServer
from prometheus_client import CollectorRegistry, make_wsgi_app

from hubusers.settings.readers import Listening
from hubusers.telemetry.prometheus import Metrics

PATH = "/metrics"


def metrics_server(metrics: Metrics, where: Listening) -> WSGIServer:
    """Return a server of the figures, which has not begun to listen."""
    return WSGIServer((where.host, where.port), make_wsgi_app(_registry(metrics)), log=None)


def metrics_page(
    metrics: Metrics,
    protected: Callable[[Callable[[], ResponseReturnValue]], Callable[[], ResponseReturnValue]],
    url_prefix: str,
) -> Blueprint:
    """Return a page of the figures, for the web UI.

    Args:
        metrics: The figures.
        protected: Wraps a view, so that it asks for a login where the web UI does.
        url_prefix: What the paths of the web UI begin with.
    """
    page = Blueprint("metrics", __name__, url_prefix=url_prefix)
    application = make_wsgi_app(_registry(metrics))

    def show_metrics() -> ResponseReturnValue:
        return Response.from_app(application, request.environ)

    page.add_url_rule(PATH, "show_metrics", protected(show_metrics))
    return page


def _registry(metrics: Metrics) -> CollectorRegistry:
    registry = CollectorRegistry()  # not the one of prometheus_client, which adds figures of this process
    registry.register(metrics)
    return registry
