"""Sending one HTTP request: sessions, connections, and a transport for each kind of session."""
