"""What is known of each kind of finding, in a file for each area; docs/findings.md is made from it."""
