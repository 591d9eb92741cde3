"""What only charts and comparisons need, and a plain install does not have: matplotlib and numpy."""

INSTALL = 'pip install "hubusers[report]"'
"""The command that installs them."""
