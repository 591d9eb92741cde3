"""The report in a real browser: on narrow screens, and on paper."""

from pathlib import Path

from hubusers.report.findings import findings_of
from hubusers.report.report import write_report
from hubusers.report.verdict import verdict_of
from hubusers.results.folder import read_run
from tests.chromium.browse import browse
from tests.report.made_up_run import make_up_run

CLASS = Path("events/class-at-nine.toml")

WIDER_THAN_THE_SCREEN = "document.documentElement.scrollWidth > window.innerWidth"
HIDDEN_STATES = """[...document.querySelectorAll('.verdict .state')].filter(
    (cell) => cell.getBoundingClientRect().right > cell.closest('.table').getBoundingClientRect().right + 1
).map((cell) => cell.textContent)"""
BROKEN_WORDS = """[...document.querySelectorAll('td')].filter((cell) => {
    const words = document.createRange();
    return [...cell.childNodes].some((node) => node.nodeType === 3 && [...node.data.matchAll(/[a-z]{2,12}/gi)].some(
        (word) => {
            words.setStart(node, word.index);
            words.setEnd(node, word.index + word[0].length);
            return words.getClientRects().length > 1;
        }));
}).map((cell) => cell.textContent)"""
CHARTS = """[...document.querySelectorAll('.plot svg')].filter(
    (chart) => chart.getBoundingClientRect().height > 50 && chart.getAttribute('role') === 'img').length"""


def pages(pdf: Path) -> int:
    return pdf.read_bytes().count(b"/Type /Page\n")


def test_a_class_with_findings_on_narrow_screens_and_on_four_pages(tmp_path: Path) -> None:
    text = CLASS.read_text(encoding="utf-8").replace("\n[[cohorts]]", "seed = 4\n\n[[cohorts]]", 1)
    make_up_run(tmp_path / "run", event_text=text, slower=9.0, failures=0.03, spawn_limit=40)
    run = read_run(tmp_path / "run")
    findings = findings_of(run)
    assert len(findings) > 2
    write_report(run, verdict_of(run), findings)
    report = tmp_path / "run" / "report.html"
    papers = {size: tmp_path / f"{size}.pdf" for size in ("A4", "Letter")}
    visit = browse(
        report.as_uri(),
        ("width", 390),
        ("see", WIDER_THAN_THE_SCREEN),
        ("see", HIDDEN_STATES),
        ("see", BROKEN_WORDS),
        ("see", CHARTS),
        *(("print", str(path), size) for size, path in papers.items()),
    )
    assert visit.seen == [False, [], [], 12]
    assert (visit.errors, visit.requests) == ([], [report.as_uri()])
    assert {size: pages(path) for size, path in papers.items()} == {"A4": 4, "Letter": 4}
    assert report.stat().st_size < 500_000
