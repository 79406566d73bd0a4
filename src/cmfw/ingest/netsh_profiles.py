"""The settings in a ``netsh advfirewall show allprofiles`` listing, of one profile or of all three.

Source: facts/windows_firewall.md 4.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from cmfw.errors import Problem
from cmfw.ingest import netsh_words as words
from cmfw.ingest.netsh_blocks import Section, is_policy
from cmfw.ingest.netsh_words import word_key
from cmfw.model.rule import Store
from cmfw.model.state import Gap, ProfileSettings
from cmfw.net.flow import PROFILE_NAMES, Profile

_INBOUND = {"blockinbound": (False, False), "blockinboundalways": (False, True), "allowinbound": (True, False)}
"""To (default inbound allow, no exceptions). Source: facts/windows_firewall.md 4.5 (BlockInboundAlways is shields up)."""
_OUTBOUND = {"allowoutbound": True, "blockoutbound": False}
_UNSET = "notconfigured"


class ListedSettings(NamedTuple):
    """The settings, the store that they are of, gaps for what was not understood, and problems."""

    settings: tuple[tuple[Profile, ProfileSettings], ...]
    store: Store
    gaps: tuple[Gap, ...]
    problems: tuple[Problem, ...]


def read_settings(sections: Sequence[Section], path: str) -> ListedSettings:
    """The profiles in the sections; others (``show global``) say nothing of flows."""
    profiles = [section for section in sections if any(is_policy(text) for _, text in section.lines)]
    found: list[tuple[Profile, ProfileSettings]] = []
    gaps: list[Gap] = []
    problems: list[Problem] = []
    store = Store.LOCAL
    for order, section in enumerate(profiles):
        profile = _profile(section.heading, order, len(profiles))
        values, lost, merge = _section(section)
        if profile is None:
            lost.append((section.line, "the profile of the settings", section.heading))
        elif any(known is profile for known, _ in found):
            lost.append((section.line, "each profile once", section.heading))
        else:
            found.append((profile, ProfileSettings(**values)))
        store = Store.GPO if merge else store
        for line, expected, text in lost:
            problems.append(Problem(path, expected, f"`{text[:60]}`", line=line))
            detail = f"{expected} was not understood: `{text[:60]}`"
            gaps.append(Gap("setting:netsh", detail, may_allow=True, may_block=True, source=f"{path}:{line}"))
    missing = [PROFILE_NAMES[profile] for profile in Profile if profile not in [known for known, _ in found]]
    if found and missing:
        detail = f"settings of {', '.join(missing)} are not listed: judged with Windows' defaults"
        gaps.append(Gap("default_settings", detail, source=path))
    return ListedSettings(tuple(found), store, tuple(gaps), tuple(problems))


def _profile(heading: str, order: int, count: int) -> Profile | None:
    """The profile that a heading names; in an unknown language the place says it, where all three are listed."""
    text = heading.casefold()
    named = {profile for word, profile in words.PROFILE_HEADS.items() if word in text}
    if len(named) == 1:
        return named.pop()
    return (Profile.DOMAIN, Profile.PRIVATE, Profile.PUBLIC)[order] if count == len(Profile) and not named else None


Lost = list[tuple[int, str, str]]


def _section(section: Section) -> tuple[dict[str, Any], Lost, bool]:
    """(field to value, what was not understood, whether these are settings of one Group Policy object)."""
    values: dict[str, Any] = {}
    lost: Lost = []
    is_policy_store = False
    rows = [(line, *_split(text)) for line, text in section.lines if text.strip() and ":" not in text]
    for order, (line, label, value) in enumerate(rows):
        word = word_key(value)
        if is_policy(f"x {value}"):
            _policy(value, values, lost, line)
            if order:
                _state(rows[order - 1], values, lost)
            else:
                lost.append((line, "the state of the firewall", "nothing"))
        elif label == "LocalFirewallRules" and not word.startswith("n/a"):
            # a listing of a Group Policy object (`set store gpo=`) says whether local rules count
            is_policy_store = True
            _switch(word, "allow_local_policy_merge", values, lost, line)
        elif label == "LocalConSecRules" and not word.startswith("n/a"):
            _switch(word, "allow_local_ipsec_policy_merge", values, lost, line)
        elif label == "InboundUserNotification" and word in words.ENABLE | words.DISABLE:
            values["disable_notifications"] = word in words.DISABLE
        elif label == "UnicastResponseToMulticast" and word in words.ENABLE | words.DISABLE:
            values["disable_unicast_responses"] = word in words.DISABLE
    return values, lost, is_policy_store


def _split(text: str) -> tuple[str, str]:
    """(label, value) at the first run of two blanks; a long label may leave one blank only, before a pair of actions."""
    label, blanks, value = text.strip().partition("  ")
    if not blanks:
        label, _, value = text.strip().rpartition(" ")
    return label.strip(), value.strip()


def _policy(value: str, values: dict[str, Any], lost: Lost, line: int) -> None:
    first, _, second = value.casefold().partition(",")
    if first in _INBOUND and second in _OUTBOUND:
        values["default_inbound_allow"], values["do_not_allow_exceptions"] = _INBOUND[first]
        values["default_outbound_allow"] = _OUTBOUND[second]
    else:
        lost.append((line, "the firewall policy", value))


def _state(row: tuple[int, str, str], values: dict[str, Any], lost: Lost) -> None:
    """The line before the policy: on or off."""
    line, _, value = row
    word = word_key(value)
    if word == _UNSET:
        return
    if word in words.SWITCH:
        values["enable_firewall"] = words.SWITCH[word]
    else:
        lost.append((line, "the state of the firewall", value))


def _switch(word: str, field: str, values: dict[str, Any], lost: Lost, line: int) -> None:
    if word in words.ENABLE | words.DISABLE:
        values[field] = word in words.ENABLE
    elif word.replace(" ", "") != _UNSET:
        lost.append((line, "whether local rules count", word))
