"""The event that a run rehearses, as one file says it: who comes, when, for how long, and what must hold."""
