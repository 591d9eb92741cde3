"""How the report and the summary show findings."""

from dataclasses import replace
from pathlib import Path

from hubusers import start_parts
from hubusers.report.causes.catalogue import KINDS, found
from hubusers.report.findings import findings_of, in_sentences
from hubusers.report.page import environment, plain
from hubusers.report.report import write_report
from hubusers.report.verdict import verdict_of
from hubusers.results.folder import FinishedRun
from hubusers.results.late_processes import LateProcess
from hubusers.results.start_messages import StartMessage
from tests.report.causes.rush import Rush, event
from tests.report.made_up_run import BEGAN
from tests.report.test_report import Page, report_of

HOSTILE = "Pulling <img src='https://evil.example'> | `x` {{ 7 * 7 }}"
SAID = StartMessage("Pulling {id}", start_parts.IMAGE, 10, 150.0, 20.0, BEGAN, BEGAN + 9, HOSTILE)
PULLING = Rush(
    seconds=60,
    throttled=20,
    parts=((start_parts.PLACE_AT_HUB, 20.0), (start_parts.IMAGE, 40.0)),
    messages=(SAID,),
    event_text=event("45s"),
)


def written(folder: Path, rush: Rush) -> str:
    """Write the files of a rush's run, and return its report."""
    run = FinishedRun(folder, rush.info, rush.run.event, rush.results)
    write_report(run, verdict_of(run), findings_of(run))
    return report_of(folder)


def test_a_finding_has_a_card_with_all_that_is_known_of_it(tmp_path: Path) -> None:
    shown = Page(written(tmp_path, PULLING)).shown
    image, limit = KINDS["image-pull"], KINDS["spawn-limit"]
    order = [
        "What limited it, and what to change",
        image.title,
        "All 10 slow starts waited for their image: 40 s of 60 s, on average.",
        "This explains 67 % of the time that people waited too long. "
        "From 08:00:20 UTC to 08:01:00 UTC, 20 s to 60 s after the run began.",
        "The hub said 10 times",
        "Pull it before people come: prePuller.hook.enabled",
        image.mechanism[:40],
        "Look at the events: kubectl -n jhub get events",
        limit.title,
        f"Because of another finding: {image.title}.",
    ]
    positions = [shown.index(part) for part in order]
    assert positions == sorted(positions)


def test_the_hubs_words_are_shown_literally(tmp_path: Path) -> None:
    page = Page(written(tmp_path, PULLING))
    assert not [tag for tag, _ in page.tags if tag == "img"]
    assert HOSTILE in page.shown  # also its backquotes, which make code of what they enclose in our own texts


def test_the_summary_lists_them(tmp_path: Path) -> None:
    written(tmp_path, PULLING)
    summary = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "- **Servers waited for their image:** All 10 slow starts waited for their image" in summary
    pulling = summary.split("\n- **")[1]
    shown = len(PULLING.findings[0].evidence[:2]) + len(PULLING.findings[0].remedies)
    assert pulling.count("\n  - ") == shown
    assert "\n  - Pull it before people come: `prePuller.hook.enabled`" in summary


def test_code_in_findings_is_code_in_the_summary(tmp_path: Path) -> None:
    evidence = "Told by `c.Spawner.start`."
    sentence = "`http_timeout` was over: “it_said `so` *here*”."
    one = replace(findings_of(PULLING.run)[0], sentence=sentence, evidence=(evidence,))
    run = replace(PULLING.run, folder=tmp_path)
    write_report(run, verdict_of(run), [one])
    summary = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert f"\n  - {evidence}\n" in summary
    assert r"`http_timeout` was over: “it\_said \`so\` \*here\*”." in summary


def test_texts_of_ours_have_marks_for_code_and_emphasis() -> None:
    ours = "After *exceeded quota*: `a_b*c` <b> and 2 * 3 * 4. It said: “*no* `x`”."
    templates = environment()
    html = templates.from_string("{{ text|marked }}").render(text=ours)
    assert html == "After <em>exceeded quota</em>: <code>a_b*c</code> &lt;b&gt; and 2 * 3 * 4. It said: “*no* `x`”."
    markdown = templates.from_string("{% autoescape false %}{{ text|md_marked }}{% endautoescape %}").render(text=ours)
    assert markdown == r"After *exceeded quota*: `a_b*c` \<b\> and 2 \* 3 \* 4. It said: “\*no\* \`x\`”."
    assert plain(ours) == "After “exceeded quota”: `a_b*c` <b> and 2 * 3 * 4. It said: “*no* `x`”."


def test_the_last_lines_of_a_run_name_the_first_two() -> None:
    first, second = in_sentences(PULLING.run, PULLING.findings)
    assert first.startswith("Servers waited for their image: All 10 slow starts")
    assert second.startswith("The hub let too few servers start at the same time: 10 of 10 starts were told")


def test_notes_are_not_among_the_last_lines() -> None:
    note = found("other-load", "Others used it.", explains="note")
    assert in_sentences(Rush().run, [note]) == in_sentences(Rush().run, [])
    assert len(in_sentences(PULLING.run, [PULLING.findings[0], note])) == 1


def test_a_note_does_not_stand_under_what_limited_the_run(tmp_path: Path) -> None:
    late = LateProcess(0, 5.0, 60.0, 0.3, 0.02)
    shown = Page(written(tmp_path, Rush(known={"generator": "It was late.", "late_processes": [late]}))).shown
    assert (
        "nobody had to wait too long, but the load generator was late, so perhaps less came to the hub than was asked "
        "for. Worth knowing all the same: The load generator itself was late"
    ) in shown
    assert "Nothing limited it" not in shown
    [summary] = tmp_path.rglob("summary.md")
    text = summary.read_text(encoding="utf-8")
    assert "**Worth knowing:**\n\n- **The load generator itself was late:**" in text
    assert text.count("What limited it") == 1


def test_without_findings_the_report_says_so(tmp_path: Path) -> None:
    shown = Page(written(tmp_path, Rush())).shown
    assert "What limited it, and what to change Nothing limited it: no step failed" in shown
    assert in_sentences(Rush().run, []) == ["Nothing limited it: no step failed, and nobody had to wait too long."]
