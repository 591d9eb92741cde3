"""What surrounds a run: its options, the check before it, its users' names and the clean-up after it."""
