"""What Locust is told while people come by themselves; the arrivals are tested on a real hub, in test_event_runs.py."""

from hubusers.plugin.arrivals import EventShape


def test_the_shape_advances_the_event_each_time_and_lasts_until_it_is_over() -> None:
    steps: list[str] = []
    shape = EventShape(lambda: steps.append("a step"), lambda: len(steps) == 2)
    assert shape.tick() == (0, 1)
    assert shape.tick() is None
