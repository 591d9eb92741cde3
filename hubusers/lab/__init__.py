"""JupyterLab in one person's browser: its front end, its kernels, and the notebooks that people run.

What can go wrong there, beside what `hubusers/hub/errors.py` and `hubusers/browser/__init__.py` draw:

    HubUsersError
      KernelDied             the kernel is gone; its server may be restarting it
    ValueError
      NotebookError          notebooks cannot be used: said before the run, in full sentences that say what to do
"""
