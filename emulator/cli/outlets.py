"""Standard output, where it leads nowhere: closed, or on a device that is full."""

from __future__ import annotations

import errno
import os
import sys

LOSSES = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EPIPE}


def is_lost(error: OSError) -> bool:
    """Return whether an error says that output cannot be written, and drop the rest if so.

    Python would try once more at its end, and fail with words of its own. Commands tell of the
    files that they write themselves.
    """
    if error.errno not in LOSSES or error.filename is not None:
        return False
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    return True


def is_terminal() -> bool:
    """Return whether people read along; a closed output is nobody's."""
    return sys.stdout is not None and sys.stdout.isatty()


def is_unicode() -> bool:
    """Return whether all characters can be said."""
    return sys.stdout is None or "utf" in (sys.stdout.encoding or "utf").lower()
