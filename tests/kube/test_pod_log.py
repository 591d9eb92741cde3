"""The log of a pod: no line is lost or said twice, wherever its stream breaks off."""

import threading
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from hubusers.kube.kubectl import Kubectl
from hubusers.kube.pod_log import LogPlace, PodLog
from tests.kube.test_kubectl import fake

LINES = [
    "2026-11-26T09:00:00.100000000Z one",
    "2026-11-26T09:00:00.100000000Z one",  # the same, in the same nanosecond
    "2026-11-26T09:00:00.900000000Z two",
    "2026-11-26T09:00:01.000000000Z ",
    "2026-11-26T09:00:01.500000000Z three  with spaces",
    "2026-11-26T09:00:09.500000000Z four",
]
TEXTS = ["one", "one", "two", "", "three  with spaces", "four"]


@given(st.lists(st.integers(min_value=0, max_value=len(LINES))))
def test_a_stream_that_breaks_off_anywhere_is_taken_up_again(lengths: list[int]) -> None:
    place, said = LogPlace(), list[str]()
    for length in [*lengths, len(LINES)]:
        place.begin()
        again = [line for line in LINES if f"{line[:19]}Z" >= place.since]
        said += [text for line in again[:length] if (text := place.new(line)) is not None]
    assert said == TEXTS


def test_it_is_followed_to_its_end(tmp_path: Path) -> None:
    log = tmp_path / "log"
    # The first stream breaks off in the middle of a line. The last look has one more than the second stream.
    program = fake(
        tmp_path,
        f"""echo "$*" >>{tmp_path}/asked
for word in "$@"; do case $word in --since-time=*) since=${{word#--since-time=}};; esac; done
from() {{ cat "$@" | awk -v since="${{since%Z}}" '$1 >= since'; }}
case "$*" in
*--follow*--since-time*) from {log}; exec sleep 600;;
*--follow*) head -c 90 {log};;
*) from {log} {log}.more;;
esac""",
    )
    log.write_text("\n".join(LINES[:4]) + "\n", encoding="utf-8")
    Path(f"{log}.more").write_text("\n".join(LINES[4:]), encoding="utf-8")
    said, second = list[str](), threading.Event()

    def say(text: str) -> None:
        said.append(text)
        if len(said) == 4:
            second.set()

    followed = PodLog(Kubectl(program=program), "a-pod", "hubusers", say)
    followed.start()
    assert second.wait(60)
    followed.read_to_the_end()
    assert said == TEXTS
    assert "--since-time=2026-11-26T09:00:00Z" in (tmp_path / "asked").read_text(encoding="utf-8")
