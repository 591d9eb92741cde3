"""The OpenTelemetry libraries in a process of Locust: what they may block, what they say, and how long they may take.

Their exporters send in threads, which are greenlets here.
"""

import logging
import os
from collections.abc import Iterable
from typing import Protocol

import gevent
from opentelemetry.sdk.resources import SERVICE_INSTANCE_ID, SERVICE_NAME, SERVICE_VERSION, Resource

from hubusers.log import get_logger
from hubusers.results.run_info import RunInfo
from hubusers.telemetry import measures
from hubusers.telemetry.otel_environment import keep_headers_secret, uses_grpc

LOG = get_logger(__name__)

_LIBRARY = "opentelemetry"

_IS_TRIED_AGAIN = "Transient error"
"""What the exporters say of an attempt that another one follows."""


class Provider(Protocol):
    """A provider of tracers, meters or loggers, which sends what it has when it is shut down."""

    def shutdown(self) -> None: ...


def prepare() -> None:
    """Fit the libraries to this process; call it before anything is set up, and after the process was forked."""
    keep_headers_secret(os.environ)
    logger = logging.getLogger(_LIBRARY)
    logger.propagate = False
    logger.handlers = [_SaidOnce()]
    if uses_grpc(os.environ):
        # gRPC waits in code of its own, which would keep all users waiting for the collector.
        from grpc.experimental import gevent as grpc_gevent

        grpc_gevent.init_gevent()


class _SaidOnce(logging.Handler):
    """Has the first trouble of the libraries said in one line, and leaves out all that follows from it.

    They tell of each attempt, some with a traceback, for traces, metrics and logs alike.
    """

    def __init__(self) -> None:
        super().__init__()
        self._is_said = False

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            text = f"{text}: {record.exc_info[1]!r}"
        if self._is_said or record.levelno < logging.WARNING or text.startswith(_IS_TRIED_AGAIN):
            LOG.debug("OpenTelemetry: %s", text)
            return
        self._is_said = True
        LOG.warning(
            "OpenTelemetry: %s. What the collector does not take is lost there, and the run goes on; its own results "
            "are complete.",
            text.rstrip("."),
        )


def resource_of(info: RunInfo) -> Resource:
    """Return what is sent along with all figures and spans of a run.

    `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` add to it.
    """
    own = {
        SERVICE_VERSION: info.versions.get("hubusers", ""),
        SERVICE_INSTANCE_ID: info.run_id,
        measures.RUN_ID: info.run_id,
        "hubusers.hub": info.hub,
        "hubusers.event": info.title,
    }
    resource = Resource.create({name: value for name, value in own.items() if value})
    if str(resource.attributes[SERVICE_NAME]).startswith("unknown_service"):
        return resource.merge(Resource({SERVICE_NAME: measures.SERVICE_NAME}))
    return resource


def close(providers: Iterable[Provider], within: float) -> bool:
    """Have providers send what they still have, all at the same time.

    Args:
        providers: They can send nothing afterwards.
        within: Seconds; what is not sent by then is given up.

    Returns:
        Whether all of them were done in time.
    """
    closing = [gevent.spawn(_shut_down, provider) for provider in providers]
    gevent.joinall(closing, timeout=within)
    done = all(one.dead for one in closing)
    gevent.killall(closing, block=False)
    return done


def _shut_down(provider: Provider) -> None:
    try:
        provider.shutdown()
    except Exception as error:
        logging.getLogger(_LIBRARY).warning("%r", error)
