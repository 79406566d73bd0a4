"""What an operating system says of a file or an address, for those of its errors that people meet."""

from __future__ import annotations

import errno

from cmfw.words.phrases import Phrase, constant, phrase

_OF_NUMBER = {
    errno.ENOENT: phrase("no such file or directory"),
    errno.EACCES: phrase("permission denied"),
    errno.EPERM: phrase("operation not permitted"),
    errno.EISDIR: phrase("is a directory"),
    errno.ENOTDIR: phrase("not a directory"),
    errno.EEXIST: phrase("file exists"),
    errno.ENOTEMPTY: phrase("directory not empty"),
    errno.ENAMETOOLONG: phrase("file name too long"),
    errno.ELOOP: phrase("too many levels of symbolic links"),
    errno.EROFS: phrase("read-only file system"),
    errno.ENOSPC: phrase("no space left on device"),
    errno.EMFILE: phrase("too many open files"),
    errno.EIO: phrase("input/output error"),
    errno.EBUSY: phrase("device or resource busy"),
    errno.EBADF: phrase("bad file descriptor"),
    errno.EINVAL: phrase("invalid argument"),
    errno.EADDRINUSE: phrase("address already in use"),
    errno.EADDRNOTAVAIL: phrase("cannot assign requested address"),
    errno.ENETUNREACH: phrase("network is unreachable"),
    errno.EHOSTUNREACH: phrase("no route to host"),
    errno.ECONNREFUSED: phrase("connection refused"),
    errno.ECONNRESET: phrase("connection reset by peer"),
    errno.ETIMEDOUT: phrase("connection timed out"),
}
"""Number -> the text of the C library, in small letters. Source: GNU C Library manual, "Error Codes"."""


def of_system(error: OSError) -> Phrase:
    """The text of an error of the system, in small letters; the name of its kind where it has none."""
    # asyncio puts the address behind, as a tuple
    said = (error.strerror or str(error)).partition(" (while")[0]
    known = _OF_NUMBER.get(error.errno or 0)
    if known is not None and said.lower() == known:
        return known
    return constant(said.lower() or type(error).__name__)
