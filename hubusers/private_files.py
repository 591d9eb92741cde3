"""A warning about files with secrets that others on the machine can read."""

import os
import shlex
import stat
from functools import lru_cache
from pathlib import Path

from hubusers.log import get_logger

LOG = get_logger(__name__)

_OTHERS_READ = stat.S_IRGRP | stat.S_IROTH


@lru_cache
def warn_if_others_can_read(file: str) -> None:
    """Warn, once in each process, if others can read a file that holds a secret, and its owner could change that.

    Files of somebody else are left alone: secrets that a cluster mounts into a container are readable for all in it.

    Args:
        file: Its name.
    """
    try:
        about = Path(file).stat()
    except OSError:  # which reading it tells
        return
    if stat.S_ISREG(about.st_mode) and about.st_mode & _OTHERS_READ and about.st_uid == os.getuid():
        LOG.warning("Others on this machine can read %s, which holds secrets: chmod 600 %s", file, shlex.quote(file))
