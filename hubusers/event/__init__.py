"""The event that a run rehearses, written down in one file: who comes, when, for how long, and what must hold."""
