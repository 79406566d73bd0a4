"""The share ``sysvol`` over SMB 3, through smbprotocol (extra ``publish``): signed and encrypted.

Source: MS-SMB2 2.2.13 (open), 2.2.17 (flush), 2.2.39 (set rights); MS-FSCC 2.4.42 (a rename that takes another's place).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from cmfw.errors import MissingExtra
from cmfw.publish.account import Account
from cmfw.publish.file_rights import without_object_entries
from cmfw.publish.server import Refused, Share, Unreachable
from cmfw.words.phrases import phrase

PORT = 445
EXTRA, PUBLISHING = "publish", phrase("publishing")
_READ, _WRITE, _DELETE, _READ_RIGHTS, _WRITE_RIGHTS, _WRITE_OWNER = (
    0x00120089,
    0x00120116,
    0x00010080,
    0x00020000,
    0x00040000,
    0x00080000,
)
_MAY_READ, _MAY_ALL, _MAY_NOTHING = 1, 7, 0
_OPEN, _CREATE = 1, 2
_FOLDER, _FILE, _WRITE_THROUGH = 0x01, 0x40, 0x02
_OWNER_GROUP_DACL, _DACL = 7, 4
_LONGEST_RIGHTS = 0xFFFF
_ABSENT = {0xC000000F, 0xC0000034, 0xC000003A}
"""No such file, name, path. Source: MS-ERREF 2.3."""
_ANOTHER_WAY = (0xC0000022, 0xC000005A, 0xC0000061, 0xC0000077, 0xC0000079)
"""Access denied, invalid owner, privilege not held: only an administrator gives a file away. Invalid list, invalid descriptor: a
file system may know no entries about single properties.
"""


def connect(server: str, account: Account, *, timeout_s: float = 20) -> SmbShare:
    """The share ``sysvol`` of a domain controller.

    Raises MissingExtra, Unreachable, Refused for the account or a share that it may not use.
    """
    try:
        from smbprotocol.connection import Connection
        from smbprotocol.session import Session
        from smbprotocol.tree import TreeConnect
    except ImportError:
        raise MissingExtra(EXTRA, PUBLISHING) from None
    # it writes the name of the account into its log
    logging.getLogger("smbprotocol").setLevel(logging.CRITICAL)
    with _told(server, server):
        connection = Connection(uuid4(), server, PORT)
        connection.connect(timeout=timeout_s)
        protocol: Any = "kerberos" if account.kerberos else "ntlm"
        session = Session(connection, account.user or None, account.password or None, auth_protocol=protocol)
        session.connect()
        tree = TreeConnect(session, f"\\\\{server}\\sysvol")
        tree.connect()
    return SmbShare(tree, server)


@contextmanager
def _told(server: str, path: str) -> Iterator[None]:
    """What smbprotocol raises, as one line without what it was asked."""
    from smbprotocol.exceptions import SMBAuthenticationError, SMBConnectionClosed, SMBException, SMBResponseException
    from spnego.exceptions import SpnegoError

    try:
        yield
    except (SMBAuthenticationError, SpnegoError):
        raise Refused(phrase("`{server}` does not accept the account", server=server)) from None
    except SMBResponseException as error:
        raise Refused(
            phrase(
                "`{path}`: the share says {kind} (0x{status:08x})",
                path=path,
                kind=type(error).__name__,
                status=error.status,
            )
        ) from None
    except (SMBConnectionClosed, OSError) as error:
        raise Unreachable(
            phrase("`{server}` cannot be reached over SMB: {kind}", server=server, kind=type(error).__name__)
        ) from None
    except (SMBException, ValueError) as error:
        raise Unreachable(
            phrase("`{server}` cannot be reached over SMB: {kind}", server=server, kind=type(error).__name__)
        ) from None


class SmbShare(Share):
    """A connected share."""

    def __init__(self, tree: Any, server: str) -> None:
        self._tree = tree
        self._server = server

    def read(self, path: str) -> bytes | None:
        """The content of a file."""
        with _told(self._server, path), self._opened(path, _READ, _FILE) as file:
            if file is None:
                return None
            parts: list[bytes] = []
            left = file.end_of_file
            while left:
                parts.append(file.read(file.end_of_file - left, min(file.connection.max_read_size, left)))
                left -= len(parts[-1])
            return b"".join(parts)

    def names(self, path: str) -> tuple[str, ...] | None:
        """The names in a folder."""
        from smbprotocol.exceptions import NoMoreFiles
        from smbprotocol.file_info import FileInformationClass

        with _told(self._server, path), self._opened(path, _READ, _FOLDER) as folder:
            if folder is None:
                return None
            found: list[str] = []
            while True:
                try:
                    rows = folder.query_directory("*", FileInformationClass.FILE_NAMES_INFORMATION)
                except NoMoreFiles:
                    return tuple(name for name in found if name not in (".", ".."))
                found += [row["file_name"].get_value().decode("utf-16-le") for row in rows]

    def add_folder(self, path: str) -> None:
        """Make a folder."""
        with _told(self._server, path), self._opened(path, _READ, _FOLDER, how=_CREATE):
            pass

    def write_new(self, path: str, content: bytes) -> None:
        """Make a file and write it through to the disk."""
        with (
            _told(self._server, path),
            self._opened(path, _WRITE, _FILE | _WRITE_THROUGH, how=_CREATE, share=_MAY_NOTHING) as file,
        ):
            for at in range(0, len(content), file.connection.max_write_size):
                file.write(content[at : at + file.connection.max_write_size], at)
            file.flush()

    def move_over(self, path: str, target: str) -> None:
        """Give a file another's name and take its place."""
        from smbprotocol.file_info import FileRenameInformation

        asked = FileRenameInformation()
        asked["replace_if_exists"] = True
        asked["file_name"] = target
        with _told(self._server, target), self._opened(path, _DELETE, _FILE, share=_MAY_ALL) as file:
            self._set(file, asked.INFO_TYPE, asked.INFO_CLASS, asked, 0)

    def remove(self, path: str) -> None:
        """Take a file away."""
        self._remove(path, _FILE)

    def remove_folder(self, path: str) -> None:
        """Take an empty folder away."""
        self._remove(path, _FOLDER)

    def rights(self, path: str) -> bytes:
        """Owner, group and access list of a file or folder."""
        from smbprotocol.file_info import InfoType
        from smbprotocol.open import SMB2QueryInfoRequest, SMB2QueryInfoResponse

        asked = SMB2QueryInfoRequest()
        asked["info_type"] = InfoType.SMB2_0_INFO_SECURITY
        asked["output_buffer_length"] = _LONGEST_RIGHTS
        asked["additional_information"] = _OWNER_GROUP_DACL
        with _told(self._server, path), self._opened(path, _READ_RIGHTS, 0) as file:
            asked["file_id"] = file.file_id
            answer = SMB2QueryInfoResponse()
            answer.unpack(self._asked(asked))
            return bytes(answer["buffer"].get_value())

    def secure(self, path: str, rights: bytes) -> None:
        """Give a file or folder this access list, and its owner where the account may give it away."""
        plain = without_object_entries(rights)
        ways = [(content, parts) for content in (rights, plain) for parts in (_OWNER_GROUP_DACL, _DACL)]
        for number, (content, parts) in enumerate(ways, 1):
            try:
                return self._secure(path, content, parts)
            except Refused as refusal:
                if number == len(ways) or not any(f"0x{code:08x}" in str(refusal) for code in _ANOTHER_WAY):
                    raise
        raise AssertionError("the last way returns or raises")

    def close(self) -> None:
        """End the connection."""
        with _told(self._server, self._server):
            self._tree.session.connection.disconnect()

    def _secure(self, path: str, rights: bytes, parts: int) -> None:
        from smbprotocol.file_info import InfoType

        access = _READ_RIGHTS | _WRITE_RIGHTS | (_WRITE_OWNER if parts == _OWNER_GROUP_DACL else 0)
        with _told(self._server, path), self._opened(path, access, 0) as file:
            self._set(file, InfoType.SMB2_0_INFO_SECURITY, 0, rights, parts)

    def _remove(self, path: str, options: int) -> None:
        from smbprotocol.file_info import FileDispositionInformation

        asked = FileDispositionInformation()
        asked["delete_pending"] = True
        with _told(self._server, path), self._opened(path, _DELETE, options, share=_MAY_ALL) as file:
            if file is not None:
                self._set(file, asked.INFO_TYPE, asked.INFO_CLASS, asked, 0)

    def _set(self, file: Any, kind: int, of: int, content: Any, parts: int) -> None:
        from smbprotocol.open import SMB2SetInfoRequest

        asked = SMB2SetInfoRequest()
        asked["info_type"] = kind
        asked["file_info_class"] = of
        asked["additional_information"] = parts
        asked["file_id"] = file.file_id
        asked["buffer"] = content
        self._asked(asked)

    def _asked(self, message: Any) -> bytes:
        session, tree = self._tree.session, self._tree
        request = session.connection.send(message, session.session_id, tree.tree_connect_id)
        answer: bytes = session.connection.receive(request)["data"].get_value()
        return answer

    @contextmanager
    def _opened(self, path: str, access: int, options: int, *, how: int = _OPEN, share: int = _MAY_ALL) -> Iterator[Any]:
        """An open file or folder; None where one that is to be read is not there."""
        from smbprotocol.exceptions import SMBResponseException
        from smbprotocol.open import ImpersonationLevel, Open

        handle = Open(self._tree, path)
        try:
            handle.create(ImpersonationLevel.Impersonation, access, 0, share, how, options)
        except SMBResponseException as error:
            if error.status in _ABSENT and access == _READ and how == _OPEN:
                yield None
                return
            raise
        try:
            yield handle
        finally:
            handle.close()
