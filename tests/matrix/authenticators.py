"""Authenticators: who people are, and how they log in."""

from tests.matrix.case import Case

CASES = (Case("dummy, everybody with a token", environment={}),)
