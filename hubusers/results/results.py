"""All that a run measured: targets, report and live page read from here."""

from hubusers.results.examples import Examples
from hubusers.results.hub_samples import HubSample, Probe
from hubusers.results.records import Records
from hubusers.results.request_log import RequestLog


class Results:
    """The measurements of one process or, in the master, of the whole run."""

    def __init__(self) -> None:
        self.records = Records()
        self.requests = RequestLog()
        self.examples = Examples()
        self.probes: list[Probe] = []
        self.hub_samples: list[HubSample] = []
