"""What Locust is told while people come by themselves; the arrivals are tested on a real hub, in test_event_runs.py."""

from locust.runners import WorkerNode

from hubusers.plugin.arrivals import EventShape, NoDispatch
from hubusers.users import ServerLifecycleUser


def test_no_worker_is_told_to_start_or_stop_anybody_not_even_when_workers_come_and_go() -> None:
    dispatcher = NoDispatch([WorkerNode("a"), WorkerNode("b")], [ServerLifecycleUser])
    dispatcher.new_dispatch(0, 1)
    assert list(dispatcher) == [{"a": {}, "b": {}}]
    late = WorkerNode("c")
    dispatcher.add_worker(late)
    dispatcher.new_dispatch(0, 1)
    assert list(dispatcher) == [{"a": {}, "b": {}, "c": {}}]
    dispatcher.remove_worker(late)
    dispatcher.new_dispatch(0, 1)
    assert list(dispatcher) == [{"a": {}, "b": {}}]
    assert not dispatcher.dispatch_in_progress


def test_the_shape_lasts_until_the_event_is_over() -> None:
    answers = iter([False, True])
    shape = EventShape(lambda: next(answers))
    assert shape.tick() == (0, 1)
    assert shape.tick() is None
