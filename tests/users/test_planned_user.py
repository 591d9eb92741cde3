"""Users whose lives are planned: what their subclasses do."""

from locust import task

from hubusers.users import NotebookUser


def test_a_task_that_a_subclass_overrides_is_replaced() -> None:
    """As in docs/people.md. Locust itself would run both."""

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
