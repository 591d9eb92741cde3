"""The answer that a finished run gives: verdict, reasons, pictures; and the comparison of two runs."""
