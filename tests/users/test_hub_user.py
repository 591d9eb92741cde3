"""What all users have in common, for cases that a real hub does not have on command."""

from locust import FastHttpUser, task
from locust.contrib import fasthttp
from locust.exception import RescheduleTask

from typing import Any

import pytest

from hubusers.accounts.account import Account
from hubusers.users import HubUser, NotebookUser, ServerLifecycleUser, own_requests
from tests.scripted_hub import Scripted, ScriptedHub
from tests.users.people import people_on

READY = Scripted(200, {"name": "ann", "servers": {"": {"ready": True}}})


def test_an_error_while_the_server_is_used_is_not_hidden_by_that_of_its_stop(scripted_hub: ScriptedHub) -> None:
    people = people_on(scripted_hub.endpoint, poll_interval=0.05)
    person = people.comes(ServerLifecycleUser, Account("ann"))
    scripted_hub.script(Scripted(201), READY, Scripted(403, {"message": "no"}))
    with pytest.raises(ZeroDivisionError), person.server():
        raise ZeroDivisionError
    steps = [(name, failure) for kind, name, failure in people.rows if kind == "SERVER"]
    assert steps == [("start to ready", ""), ("stop to stopped", "hub error: HTTP 403")]
    assert person.has_server  # for all that is known, so the clean-up stops it


def test_a_stop_that_fails_after_all_went_well_ends_the_task(scripted_hub: ScriptedHub) -> None:
    people = people_on(scripted_hub.endpoint, poll_interval=0.05)
    person = people.comes(ServerLifecycleUser, Account("ann"))
    scripted_hub.script(Scripted(201), READY, Scripted(403, {"message": "no"}))
    with pytest.raises(RescheduleTask), person.server():
        pass


def test_each_kind_of_failed_step_has_an_example_with_the_hub_s_words(scripted_hub: ScriptedHub) -> None:
    people = people_on(scripted_hub.endpoint)
    person = people.comes(ServerLifecycleUser, Account("ann"))
    scripted_hub.script(Scripted(500, {"message": "no node has room"}))
    with pytest.raises(RescheduleTask):
        person.start_server()
    example = people.run.results.examples.of("start to ready", "spawn failed", "no node has room")
    assert "the server of ann" in example
    assert "no node has room" in example


def test_only_if_asked_is_not_inherited() -> None:
    class Own(NotebookUser):
        abstract = True

    assert (NotebookUser.only_if_asked, Own.only_if_asked, HubUser.only_if_asked) == (True, False, False)


def test_a_task_that_a_subclass_overrides_is_replaced() -> None:
    """As in docs/how-to/people.md. Locust itself would run both."""

    class Impatient(NotebookUser):
        @task
        def visit(self) -> None:
            pass

    assert Impatient.tasks == [Impatient.visit]


def test_a_task_that_a_subclass_adds_is_run_as_well() -> None:
    class Curious(NotebookUser):
        @task
        def look_around(self) -> None:
            pass

    assert Curious.tasks == [NotebookUser.visit, Curious.look_around]


def test_a_task_that_is_a_function_is_run_also_where_a_method_has_its_name() -> None:
    def stay(user: HubUser) -> None:
        pass

    class Resting(HubUser):
        tasks = [stay]  # noqa: RUF012  # as Locust has it

    assert Resting.tasks == [stay]


def test_a_visit_in_which_no_request_of_the_class_succeeded_was_in_vain(scripted_hub: ScriptedHub) -> None:
    people = people_on(scripted_hub.endpoint, poll_interval=0.05)
    person = people.comes(HubUser, Account("ann"))
    no, gone = Scripted(403, {"message": "no"}), Scripted(204)
    for answers in ([no, no], [no, Scripted(200, {})], [no]):
        scripted_hub.script(Scripted(201), READY)
        person.start_server()
        for answer in answers:
            scripted_hub.script(answer)
            person.client.get("/user/ann/api/status", name="/user/{name}/api/status")
        scripted_hub.script(READY, gone)
        person.stop_server()
    person.leave_run()
    failed = people.run.results.records.failed()
    assert [(one.step, one.failure, one.lifecycle) for one in failed] == [
        ("own requests", "all failed: HTTP 403", 1),
        ("own requests", "all failed: HTTP 403", 3),
    ]
    assert people.run.counts.failed == 2
    reached = people.run.results.people.reached()
    assert (reached.visits, reached.visits_in_vain, reached.could_work, reached.lost) == (3, 2, 1, {})
    assert [row.name for row in people.rows].count("/user/{name}/api/status") == 5  # Locust counts them as well


def test_the_client_of_a_user_is_made_when_it_is_used_and_as_locust_makes_it(
    scripted_hub: ScriptedHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[dict[str, Any]] = []

    def make(**arguments: Any) -> object:
        made.append(arguments)
        return object()

    for module in (fasthttp, own_requests):
        monkeypatch.setattr(module, "FastHttpSession", make)
    person = people_on(scripted_hub.endpoint).comes(ServerLifecycleUser, Account("ann"))
    assert made == []
    assert person.client is person.client
    FastHttpUser.__init__(person, person.environment)
    ours, locusts = made
    assert {name: value for name, value in ours.items() if locusts[name] != value} == {
        "request_event": person._own_requests
    }
    assert ours.keys() == locusts.keys()
