"""Which events somebody can choose from, and what they are in words."""

import os
from pathlib import Path

import pytest

from hubusers.event.file import parse_event, ready_made
from hubusers.event.offered import key_of, offered
from hubusers.event.words import people_in_words

EVENT = """
title = "Statistics 101"
[[cohorts]]
name = "students"
people = 1200
arrivals = { pattern = "at once" }
stay = "90m"
"""


def test_files_of_the_folder_and_ready_made_events_are_offered(tmp_path: Path) -> None:
    (tmp_path / "class.toml").write_text(EVENT, encoding="utf-8")
    (tmp_path / "broken.toml").write_text(EVENT.replace("90m", "long"), encoding="utf-8")
    (tmp_path / "no-toml.toml").write_text("[[cohorts]", encoding="utf-8")
    (tmp_path / "empty.toml").write_text("", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'", encoding="utf-8")
    (tmp_path / "notes.txt").write_text(EVENT, encoding="utf-8")
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "class.toml").write_text(EVENT, encoding="utf-8")
    os.mkfifo(tmp_path / "pipe.toml")  # would keep whoever reads it waiting
    offers = offered(tmp_path)
    own = ["file broken.toml", "file class.toml", "file empty.toml", "file no-toml.toml"]
    assert list(offers) == [*own, *(f"ready-made {name}" for name in ready_made())]
    assert offers["file class.toml"].title == "Statistics 101"
    assert not offers["file class.toml"].mistakes
    assert "'long' is not a duration" in offers["file broken.toml"].mistakes
    assert "this is not TOML" in offers["file no-toml.toml"].mistakes
    assert "is empty" in offers["file empty.toml"].mistakes
    assert [offer.is_ready_made for offer in offers.values()] == [False] * 4 + [True] * len(ready_made())


def test_names_that_are_not_utf_8_and_files_that_are_no_event_by_their_size(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.toml")).write_text(EVENT, encoding="utf-8")
    (tmp_path / "large.toml").write_text(EVENT + "# \n" * 70_000, encoding="utf-8")
    own = {key: offer for key, offer in offered(tmp_path).items() if not offer.is_ready_made}
    assert list(own) == ["file caf\\udce9.toml"]
    (given,) = set(offered(Path(), str(tmp_path / os.fsdecode(b"caf\xe9.toml")))) - set(offered(Path()))
    assert given.isprintable()


def test_the_given_event_is_offered_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "class.toml").write_text(EVENT, encoding="utf-8")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "mine.toml").write_text(EVENT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    others = len(offered(Path()))
    for given, key, more in (
        ("", "", 0),
        ("exam", "ready-made exam", 0),
        ("class.toml", "file class.toml", 0),
        (str(tmp_path / "class.toml"), "file class.toml", 0),
        ("elsewhere/mine.toml", "given elsewhere/mine.toml", 1),
        ("elsewhere/gone.toml", "given elsewhere/gone.toml", 1),  # deleted since Locust was started
    ):
        offers = offered(Path(), given)
        assert key_of(given, offers) == key
        assert len(offers) == others + more
    assert "cannot be read" in offers["given elsewhere/gone.toml"].mistakes


def words(arrivals: str, more: str = 'stay = "90m"') -> str:
    people = "" if "steps" in arrivals else "people = 1200"
    text = f'title = "x"\n[[cohorts]]\nname = "students"\n{people}\narrivals = {{ {arrivals} }}\n{more}'
    return " ".join(people_in_words(parse_event(text, "x.toml")))


@pytest.mark.parametrize(
    ("arrivals", "more", "said"),
    [
        ('pattern = "at once"', 'stay = "90m"', "students (1,200) arrive all at once and stay for 1h 30m."),
        ('pattern = "at once", at = "5m"', 'stay = "90m"', "arrive all at once 5m after the start and stay"),
        ('pattern = "evenly", over = "10m"', 'stay = "90m"', "arrive evenly over 10m and stay"),
        ('pattern = "poisson", per_minute = 2', 'stay = "1m"', "arrive at random, 2 in a minute on average, and stay"),
        (
            'pattern = "bell", around = "5m", spread = "2m"',
            'stay = "1m"',
            "arrive around 5m after the start, two in three within 2m of that, and stay",
        ),
        (
            'pattern = "steps", first_per_minute = 10, more_per_minute = 10, up_to_per_minute = 30, each_lasts = "2m"',
            'stay = { distribution = "uniform", from = "1m", to = "2m" }',
            "students (120) arrive faster every 2m, from 10 to 30 in a minute, and stay for 1m to 2m.",
        ),
        (
            'pattern = "at once"',
            'stay = { distribution = "lognormal", median = "30m", p95 = "60m" }\nuntil = "2h"',
            "stay for 30m as a rule, 95 % of them less than 1h, until 2h after the start at the latest.",
        ),
        (
            'pattern = "at once"',
            'stay = { distribution = "exponential", mean = "30m" }\npause = "1m"\nlifecycles = 3',
            "stay for 30m on average, 3 times each with pauses for 1m.",
        ),
        (
            'pattern = "at once"',
            'stay = "1m"\nlifecycles = 0\nuntil = "1h"',
            "stay for 1m, again and again, until 1h after",
        ),
    ],
)
def test_people_in_words(arrivals: str, more: str, said: str) -> None:
    assert said in words(arrivals, more)
