"""JupyterLab or Notebook 7 in one person's browser: its front end, its kernels, and the notebooks that people run.

What can go wrong there, beside what `hubusers/hub/errors.py` and `hubusers/browser/__init__.py` draw:

    HubUsersError
      HubError
        TooOld               the server's JupyterLab is older than those that are known
        UnknownPage          the hub leads to a page that is neither JupyterLab's nor Notebook 7's
        FilesMissing         files of JupyterLab's do not come
        SaveRefused          the server does not save: the storage is full, read-only, …
      RoomEmpty              with jupyter-collaboration: the server holds no notebook at the address that arrived
      KernelNotInstalled     the server has no kernel that a notebook wants
      KernelDied             the kernel is gone; its server may be restarting it
      KernelGone             the server does not know the kernel any more
      InputAsked             a cell asked for input, which nobody gives
      OutputCutOff           the server left out a part of a cell's output
    ValueError
      NotebookError          notebooks cannot be used: said before the run, in full sentences that say what to do
"""

from typing import TYPE_CHECKING

from hubusers.late_files import file_of

if not TYPE_CHECKING:
    __getattr__ = file_of(__name__)
