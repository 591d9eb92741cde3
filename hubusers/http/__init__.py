"""Carrying one request: sessions, connections, a transport for each kind of session; nothing of JupyterHub."""
