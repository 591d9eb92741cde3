"""What operators see of a run where they look already: in OpenTelemetry, Prometheus and Grafana.

`measures.py` has the names of all figures and `readings.py` takes them from a run; both exporters use these two.
Nothing here is imported unless a run is asked for it.
"""

from typing import TYPE_CHECKING

from hubusers.late_files import file_of

if not TYPE_CHECKING:
    __getattr__ = file_of(__name__)
