"""What a JupyterHub means: what to ask, what its answers say, how long to wait."""
