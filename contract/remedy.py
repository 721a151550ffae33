"""What to do where a directory cannot be written, in words."""

import errno

_ROOM = "make room there, and try again"
_RIGHTS = "run the trainer as the user who owns it, or mend the rights"
_REMEDIES = {
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.EFBIG: _ROOM,
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
    errno.EROFS: "it is mounted read-only, which is enough for an api: give the trainer one that"
    " it can write to",
    errno.ENOTDIR: "MODELS_DIR must name a directory",
}


def remedy(error: OSError) -> str:
    """What helps against an error."""
    return _REMEDIES.get(error.errno or 0, "make room there, or mend the rights, and try again")


def reason(error: OSError) -> str:
    """What failed, and what helps."""
    return f"{error.strerror}; {remedy(error)}"
