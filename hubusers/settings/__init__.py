"""The options of a run, the settings made of them, and the check that the hub can be tested with them."""
