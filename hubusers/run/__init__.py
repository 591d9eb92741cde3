"""One process's share of a run: who comes next, what they do, what was measured."""
