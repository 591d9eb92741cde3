"""The arguments of a local hub that an incident can set, too: their defaults, whose value wins, and what is allowed."""

import math
from collections.abc import Mapping
from typing import Any

DEFAULTS: dict[str, Any] = {
    "servers": "stub",
    "spawn_seconds": (0.0, 0.0),
    "stop_seconds": (0.0, 0.0),
    "spawn_failure_share": 0.0,
    "concurrent_spawn_limit": 0,
    "slow_spawn_timeout": 0.0,
}
"""What holds for an argument of `LocalHub` that is not given, unless its incident says something else."""


def chosen_arguments(given: Mapping[str, Any], of_incident: Mapping[str, Any]) -> dict[str, Any]:
    """Return a value for each argument: the given one, unless that is None; else the incident's; else the default.

    Raises:
        ValueError: A value is out of range.
    """
    chosen = {**DEFAULTS, **of_incident, **{name: value for name, value in given.items() if value is not None}}
    if chosen["servers"] not in {"stub", "lab"}:
        raise ValueError(f"servers must be 'stub' or 'lab', not {chosen['servers']!r}")
    for name in ("spawn_seconds", "stop_seconds"):
        low, high = chosen[name]
        if not 0 <= low <= high < math.inf:
            raise ValueError(f"{name} must be a range of seconds such as (2, 5), not {(low, high)}")
    if not 0 <= chosen["spawn_failure_share"] <= 1:
        raise ValueError(f"spawn_failure_share must be from 0 to 1, not {chosen['spawn_failure_share']}")
    if chosen["concurrent_spawn_limit"] < 0:
        raise ValueError(f"concurrent_spawn_limit must be 0 (none) or more, not {chosen['concurrent_spawn_limit']}")
    if not 0 <= chosen["slow_spawn_timeout"] < math.inf:
        raise ValueError(f"slow_spawn_timeout must be 0 seconds or more, not {chosen['slow_spawn_timeout']}")
    return chosen
