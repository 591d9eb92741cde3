"""The manifests in deploy/manifests, for people who have neither helm nor this package where they have kubectl.

They are what `manifests` makes of these values: `python -m hubusers.kube.plain_manifests deploy/manifests`.
"""

import sys
from pathlib import Path

from hubusers.documentation import documented
from hubusers.kube.manifests import as_yaml, manifests
from hubusers.kube.values import Values

_EVENT = """\
title = "Class at nine"
ends_after = "15m"

[[cohorts]]
name = "students"
people = 300
arrivals = { pattern = "bell", around = "5m", spread = "2m" }
stay = "90m"

[[targets]]
measure = "start to ready"
percentile = 95
at_most = "1m"

[[targets]]
measure = "failed starts"
at_most = "1 %"
"""

_FIRST_TRY = f"""\
# A first try: ten people come within ten seconds, and the run ends after two minutes. In the hub's namespace:
#
#     kubectl -n jhub apply -f first-try.yaml
#     kubectl -n jhub logs -f job/hubusers -c hubusers
#
# How to fetch the folder with its report, and what to change:
# {documented("how-to/kubernetes", "with-plain-manifests")}
"""

_CLASS_AT_NINE = f"""\
# An event, with two workers that share its people. Its file is in the ConfigMap. In the hub's namespace:
#
#     kubectl -n jhub apply -f class-at-nine.yaml
#     kubectl -n jhub logs -f job/hubusers -c hubusers
#
# terminationGracePeriodSeconds gives each of the 300 people a second to be removed in, if somebody deletes the run.
# How to fetch the folder with its report, and what to change:
# {documented("how-to/kubernetes", "with-plain-manifests")}
"""


def plain_manifests() -> dict[str, str]:
    """Return the content of each file in deploy/manifests, by its name."""
    class_at_nine = Values(event=_EVENT, people=300, workers=2)
    return {
        "first-try.yaml": _FIRST_TRY + as_yaml(manifests(Values(), "hubusers")),
        "class-at-nine.yaml": _CLASS_AT_NINE + as_yaml(manifests(class_at_nine, "hubusers")),
    }


if __name__ == "__main__":
    for name, text in plain_manifests().items():
        (Path(sys.argv[1]) / name).write_text(text, encoding="utf-8")
