"""What a run was asked to do: its options, the settings made of them, and whether this hub can do it."""
