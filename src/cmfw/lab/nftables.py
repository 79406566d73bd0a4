"""``RuleSet``: the nftables rule set of one namespace, changed through libnftables.

Source: nftables/libnftables.h, libnftables(3).
"""

from __future__ import annotations

import ctypes
from ctypes.util import find_library
from functools import cache

from cmfw.errors import LabError
from cmfw.words.phrases import phrase

_NAMES = ("libnftables.so.1",)


@cache
def _library() -> ctypes.CDLL:
    for name in (*_NAMES, find_library("nftables")):
        if name is None:
            continue
        try:
            library = ctypes.CDLL(name)
        except OSError:
            continue
        library.nft_ctx_new.restype = ctypes.c_void_p
        library.nft_ctx_new.argtypes = [ctypes.c_uint32]
        library.nft_ctx_free.argtypes = [ctypes.c_void_p]
        for function in (library.nft_ctx_buffer_output, library.nft_ctx_buffer_error):
            function.argtypes = [ctypes.c_void_p]
        for function in (library.nft_ctx_get_output_buffer, library.nft_ctx_get_error_buffer):
            function.argtypes = [ctypes.c_void_p]
            function.restype = ctypes.c_char_p
        library.nft_run_cmd_from_buffer.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
        return library
    raise LabError("the lab needs libnftables.so.1 (Debian: libnftables1)")


def is_available() -> bool:
    """Whether the library is installed."""
    try:
        _library()
    except LabError:
        return False
    return True


class RuleSet:
    """Changes the rules of the namespace in which it was made."""

    def __init__(self) -> None:
        self._library = _library()
        self._context = self._library.nft_ctx_new(0)
        if not self._context:
            raise LabError("libnftables gave no context")
        self._library.nft_ctx_buffer_output(self._context)
        self._library.nft_ctx_buffer_error(self._context)

    def run(self, commands: str) -> str:
        """Run the commands as one transaction and return what they print. Raises LabError with the library's reason."""
        if self._library.nft_run_cmd_from_buffer(self._context, commands.encode()):
            told = self._library.nft_ctx_get_error_buffer(self._context).decode("utf-8", "replace")
            raise LabError(phrase("nftables: {said}", said=" ".join(told.split())[:400]))
        found: bytes = self._library.nft_ctx_get_output_buffer(self._context)
        return found.decode("utf-8", "replace")

    def close(self) -> None:
        """Free the context; the rules stay."""
        if self._context:
            self._library.nft_ctx_free(self._context)
            self._context = None
