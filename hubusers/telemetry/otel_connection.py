"""The OpenTelemetry libraries in a process of Locust: what they may block, what they say, and how long they may take.

Their exporters send in threads, which are greenlets here.
"""

import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol

import gevent
from opentelemetry.sdk.resources import SERVICE_INSTANCE_ID, SERVICE_NAME, SERVICE_VERSION, Resource

from hubusers.log import get_logger
from hubusers.results.run_info import RunInfo
from hubusers.telemetry import measures
from hubusers.telemetry.otel_environment import keep_headers_secret, uses_grpc, where_to

LOG = get_logger(__name__)

_LIBRARY = "opentelemetry"

_IS_TRIED_AGAIN = "Transient error"
"""What the exporters say of an attempt that another one follows."""


class Provider(Protocol):
    """A provider of tracers, meters or loggers, which sends what it has when it is shut down."""

    def shutdown(self) -> None: ...


class Trouble(logging.Handler):
    """Has the first trouble of the libraries said in one line, and leaves out all that follows from it.

    They tell of each attempt, some with a traceback, for traces, metrics and logs alike.

    Attributes:
        is_said: Whether there was any, since `forget`.
        level_of_first: At which it is said.
    """

    def __init__(self) -> None:
        super().__init__()
        self.is_said = False
        self.level_of_first = logging.WARNING

    def forget(self) -> None:
        """Say the next trouble again: another run begins."""
        self.is_said = False

    def say(self, text: str) -> None:
        """Say what could not be sent, or why, if nothing was said yet.

        Logs:
            WARNING, or in a worker INFO, the text and what it means; DEBUG the text alone, if it is not the first one.
        """
        if self.is_said:
            LOG.debug("OpenTelemetry: %s", text)
            return
        self.is_said = True
        LOG.log(
            self.level_of_first,
            "OpenTelemetry, at %s: %s. What is not taken there is lost. The run goes on, and its own results are "
            "complete.",
            where_to(os.environ),
            text.rstrip(".\n"),
        )

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            text = f"{text.rstrip('.')}: {record.exc_info[1]!r}"
        if record.levelno < logging.WARNING or text.startswith(_IS_TRIED_AGAIN):
            LOG.debug("OpenTelemetry: %s", text)
        else:
            self.say(text)


TROUBLE = Trouble()
"""The trouble of this process."""


def prepare(*, is_worker: bool) -> None:
    """Fit the libraries to this process; call it before anything is set up, and after the process was forked.

    Args:
        is_worker: Whether the process is a worker. Those of `--processes` write into the terminal of their master,
            which has the same trouble, and shows their warnings.
    """
    if is_worker:
        TROUBLE.level_of_first = logging.INFO
    keep_headers_secret(os.environ)
    logger = logging.getLogger(_LIBRARY)
    logger.propagate = False
    logger.handlers = [TROUBLE]
    if uses_grpc(os.environ):
        # gRPC waits in code of its own, which would keep all users waiting for the collector.
        from grpc.experimental import gevent as grpc_gevent

        grpc_gevent.init_gevent()


@contextmanager
def not_beginning_anew_in_children() -> Iterator[None]:
    """Keep providers that are made in a with-block from beginning anew in processes that this one forks.

    They would begin a thread in every child, also in one that is about to become another program. A thread is a
    greenlet here, and beginning one lets the others go on: the child would be a second load generator.
    """
    register = os.register_at_fork
    os.register_at_fork = lambda **_: None
    try:
        yield
    finally:
        os.register_at_fork = register


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


def close(providers: Iterable[Provider], within: float) -> None:
    """Have providers send what they still have, all at the same time. Afterwards they can send nothing.

    Args:
        providers: Of one run, or of the process.
        within: Seconds; what is not sent by then is given up. After trouble it is a fifth of that.
    """
    closing = [gevent.spawn(_shut_down, provider) for provider in providers]
    gevent.joinall(closing, timeout=within / 5 if TROUBLE.is_said else within)
    if not all(one.dead for one in closing):
        TROUBLE.say("The last figures were not taken in time")
    gevent.killall(closing, block=False)


def _shut_down(provider: Provider) -> None:
    try:
        provider.shutdown()
    except Exception as error:
        TROUBLE.say(repr(error))
