"""One person's browser, and the hub's pages in it."""
