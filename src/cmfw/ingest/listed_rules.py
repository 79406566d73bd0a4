"""What the rules of all listings have in common: they show no rule id, and groups by title in the machine's language."""

from __future__ import annotations

from functools import cache

GROUPS = {
    **dict.fromkeys(("Datei- und Druckerfreigabe", "ファイルとプリンターの共有"), "file_and_printer_sharing"),
    **dict.fromkeys(("Windows-Verwaltungsinstrumentation (WMI)",), "wmi"),
    **dict.fromkeys(("Remotedesktop", "リモート デスクトップ"), "remote_desktop"),
    **dict.fromkeys(("Remoteunterstützung", "リモート アシスタンス"), "remote_assistance"),
    **dict.fromkeys(("Remote-Ereignisprotokollverwaltung", "リモート イベントのログ管理"), "remote_event_log"),
    **dict.fromkeys(("Remotedienstverwaltung", "リモート サービス管理"), "remote_service_management"),
    **dict.fromkeys(("Leistungsprotokolle und -warnungen", "パフォーマンス ログと警告"), "performance_logs"),
}
"""German and Japanese title to the group's id in the catalog, which knows the English and the Chinese titles itself.

Source: the Japanese ones from a listing of a whole Windows 10 in the examples of yuksiy/inetfw_tools.
"""


class Ids:
    """Ids for rules that have names only: the name, and from its second use a number."""

    def __init__(self) -> None:
        self._used: dict[str, int] = {}

    def of(self, name: str) -> str:
        """An id that no rule has had before."""
        number = self._used[name] = self._used.get(name, 0) + 1
        return f"{name} #{number}" if number > 1 else name or "-"


def group_of(title: str) -> str:
    """The resource id of the predefined group of that title; any other text as it is."""
    return _resources().get(title, title)


@cache
def _resources() -> dict[str, str]:
    """Title to resource id in four languages; a title that two groups have means neither."""
    from cmfw.catalog import load

    titles: dict[str, str] = {}
    for name, group in load().groups.items():
        for title in {group.title.en, group.title.zh_CN, *(text for text, its in GROUPS.items() if its == name)}:
            titles[title] = title if title in titles else group.resource
    return titles
