"""What can make one person's start or step differ from another's: who it was, when in the run, by which process."""

from collections.abc import Callable
from dataclasses import dataclass

from hubusers.results.records import NEW, Record

_MOST_NAMED = 5
"""How many values a sentence names."""

_FIRST_VISIT = "first visit"
_LATER_VISIT = "later visit"
_THROTTLED = "told to come back later"
_NOT_THROTTLED = "let in at once"


@dataclass(frozen=True)
class Attribute:
    """Something that each record has a value of.

    Attributes:
        name: What it is called in tables.
        of: Returns its value for a record; "" for none, and None where it is not known.
        they: Says of people what they have in common, by its values, as in "were of the cohort staff".
        others: Says the opposite of the others in few words, as in "were not".
    """

    name: str
    of: Callable[[Record], str | None]
    they: Callable[[list[str]], str]
    others: Callable[[list[str]], str]


def _named(named: str, without: str) -> Callable[[list[str]], str]:
    """Return the words for an attribute whose values are names: before a name, and where there is none."""

    def words(values: list[str]) -> str:
        names = [value for value in values if value]
        more = [f"{len(names) - _MOST_NAMED} more"] if len(names) > _MOST_NAMED else []
        listed = " or ".join([*names[:_MOST_NAMED], *more])
        said = [f"{named if len(names) == 1 else _several(named)} {listed}"] if names else []
        return " or ".join(said if len(names) == len(values) else [*said, without])

    return words


def _several(named: str) -> str:
    return f"{named}{'es' if named.endswith('s') else 's'}"


def _said(of_first: str, of_second: str, first: str) -> Callable[[list[str]], str]:
    """Return the words for an attribute that has two values: for its first, and for its second."""
    return lambda values: of_first if values == [first] else of_second


NEVER_BEFORE = "had never had a server before"
"""What people have in common who are new at a hub."""

PERSON = Attribute(
    "person",
    lambda record: record.person or None,
    _said(NEVER_BEFORE, "had had a server before", NEW),
    _said("had", "had not", NEW),
)
PROFILE = Attribute(
    "profile",
    lambda record: record.profile,
    _named("asked for the profile", "asked for no profile"),
    lambda _: "did not",
)
COHORT = Attribute(
    "cohort",
    lambda record: record.cohort,
    _named("belonged to the cohort", "belonged to no cohort"),
    lambda _: "did not",
)
USER_CLASS = Attribute(
    "user class",
    lambda record: record.user_class or None,
    _named("were users of the class", "were users of no class"),
    lambda _: "were not",
)
VISIT = Attribute(
    "visit",
    lambda record: _FIRST_VISIT if record.lifecycle <= 1 else _LATER_VISIT,
    _said("were on their first visit", "had come before in this run", _FIRST_VISIT),
    _said("had come before in this run", "had not", _FIRST_VISIT),
)
LIMIT = Attribute(
    "limit",
    lambda record: _THROTTLED if record.throttled else _NOT_THROTTLED,
    _said("had been told to come back later (429)", "had been let in at once", _THROTTLED),
    _said("had not", "had been told to come back later (429)", _THROTTLED),
)
WORKER = Attribute(
    "worker", lambda record: str(record.worker), _named("came from worker", "came from no worker"), lambda _: "did not"
)

ATTRIBUTES = (PERSON, PROFILE, COHORT, USER_CLASS, VISIT, LIMIT, WORKER)
"""Those that say most about a cause come first."""
