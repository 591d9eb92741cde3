"""JupyterLab in a person's browser: its files, its calls, its kernels and notebooks."""
