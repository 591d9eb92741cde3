"""An example of each kind of failure: the first one, with the particulars that its short text leaves out."""

from hubusers.log import shown

MOST_EXAMPLES = 200
"""How many kinds of failure get an example; nobody reads more of them."""

LONGEST_EXAMPLE = 500
"""Characters; a longer text is cut."""


class Examples:
    """The examples of one process or, in the master, of all processes."""

    def __init__(self) -> None:
        self._texts: dict[tuple[str, str, str], str] = {}
        self._new: list[tuple[str, str, str, str]] = []

    def note(self, step: str, failure: str, reason: str, text: str) -> None:
        """Keep the text of a failure, if it is the first of its kind.

        Args:
            step: The name of the step, or of the request.
            failure: The failure as it is counted: one of a few fixed phrases.
            reason: What the hub said of it, without names and numbers; "" where it said nothing.
            text: What happened in this case. It is kept on one line, without secrets, and cut when it is too long.
        """
        kind = (step, failure, reason)
        if not text or kind in self._texts or len(self._texts) >= MOST_EXAMPLES:
            return
        text = shown(text)
        self._texts[kind] = text if len(text) <= LONGEST_EXAMPLE else f"{text[: LONGEST_EXAMPLE - 1]}…"
        self._new.append((*kind, self._texts[kind]))

    def take_new(self) -> list[tuple[str, str, str, str]]:
        """Return what was noted since the last call, as a message from a worker to the master."""
        new, self._new = self._new, []
        return new

    def add(self, messages: list[tuple[str, str, str, str]]) -> None:
        """Take in a worker's message."""
        for message in messages:
            self.note(*message)

    def of(self, step: str, failure: str, reason: str = "") -> str:
        """Return the example of a kind of failure; "" where there is none."""
        return self._texts.get((step, failure, reason), "")
