"""Asks a cluster that may be away for a while, and says each thing once."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from hubusers.kube.interrupts import Interrupts
from hubusers.kube.kubectl import ClusterAway, KubectlError, NotAllowed
from hubusers.log import Progress, get_logger

LOG = get_logger(__name__)

T = TypeVar("T")

LOOK_EVERY = 2.0
"""Seconds between two looks at something in the cluster."""

_PATIENCE = 30 * 60.0
"""Seconds for which the cluster may be away: a control plane is upgraded, or a laptop is carried to another room."""

REFUSED_FOR = 15.0
"""Seconds after which a refusal is believed that is repeated: a token of a cloud is renewed, or a role applied anew."""


class EndAtOnce(Exception):
    """Somebody wants the end at once."""


class Patience:
    """Asks the cluster for one run.

    Args:
        interrupts: Tells when somebody wants the end.
    """

    def __init__(self, interrupts: Interrupts) -> None:
        self.interrupts = interrupts
        self.progress = Progress(LOG)
        self._told: set[str] = set()
        self._is_away = False

    def ask(self, question: Callable[[], T]) -> T:
        """Return the answer of a question, which is asked again and again while the cluster is away, and for some
        seconds after it refused.

        Raises:
            KubectlError: The cluster refuses, or was away for too long.
            EndAtOnce: Somebody wants that, also while the cluster is away.
        """
        since = refused_since = time.monotonic()
        while True:
            try:
                answer = question()
            except NotAllowed as error:
                if time.monotonic() - refused_since >= REFUSED_FOR:
                    raise
                self._wait_after(error, f"It is tried again for {REFUSED_FOR:.0f} s.")
            except ClusterAway as error:
                refused_since = time.monotonic()
                seconds = refused_since - since
                if seconds >= _PATIENCE:
                    raise
                self._wait_after(error, "The run goes on in the cluster meanwhile, and is looked for again.")
                self.progress.say(f"The cluster has not answered for {seconds:.0f} s; the run goes on there")
            else:
                if self._is_away:
                    LOG.info("The cluster answers again")
                self._is_away = False
                return answer

    def _wait_after(self, error: KubectlError, then: str) -> None:
        if self.interrupts.count > 1:
            raise EndAtOnce from None
        if not self._is_away:
            LOG.warning("%s %s", error, then)
        self._is_away = True
        self.interrupts.wait(LOOK_EVERY)

    def pause(self) -> None:
        """Wait before the next look.

        Raises:
            EndAtOnce: Somebody wants that.
        """
        self.interrupts.wait(LOOK_EVERY)
        if self.interrupts.count > 1:
            raise EndAtOnce

    def tell(self, sentence: str, level: int = logging.INFO) -> None:
        """Say something, once."""
        if sentence not in self._told:
            self._told.add(sentence)
            LOG.log(level, "%s", sentence)
