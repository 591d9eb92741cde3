"""Bounds how many different texts a run counts by."""


class Distinct:
    """Lets the first different texts pass, and gives all later ones one name.

    Args:
        most: How many different texts pass.
        other: What stands for the others.
    """

    def __init__(self, most: int, other: str) -> None:
        self._known: set[str] = set()
        self._most = most
        self._other = other

    def __call__(self, text: str) -> str:
        """Return the text, or what stands for it; "" passes always."""
        if not text or text in self._known:
            return text
        if len(self._known) >= self._most:
            return self._other
        self._known.add(text)
        return text
