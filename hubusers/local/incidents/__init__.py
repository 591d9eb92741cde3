"""Incidents of public hubs, to rehearse on a local one. Each module here declares one, or several that share a script.

To add one: a module with `INCIDENT = Incident(...)`, or with a tuple `INCIDENTS`.
"""

import importlib
import pkgutil
from collections.abc import Iterator

from hubusers.local.incidents.incident import Incident

__all__ = ["INCIDENTS", "Incident", "incident_called"]


def incident_called(name: str) -> Incident:
    """Return the incident of this name.

    Raises:
        ValueError: There is none; the text lists those that there are.
    """
    if name not in INCIDENTS:
        raise ValueError(f"there is not an incident {name!r}; choose one of {', '.join(INCIDENTS)}")
    return INCIDENTS[name]


def _declared() -> Iterator[Incident]:
    for found in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{found.name}")
        if hasattr(module, "INCIDENT"):
            yield module.INCIDENT
        yield from getattr(module, "INCIDENTS", ())


INCIDENTS: dict[str, Incident] = {incident.name: incident for incident in _declared()}
