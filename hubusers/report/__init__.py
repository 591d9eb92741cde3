"""The answer of a finished run: its verdict, what limited it, charts and tables; and the comparison of two runs."""
