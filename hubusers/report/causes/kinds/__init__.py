"""What is known of each kind of finding, in a file for each area; docs/reference/findings.md is made from it."""
