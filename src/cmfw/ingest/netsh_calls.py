"""What calls of ``netsh advfirewall firewall`` and of the old ``netsh firewall`` do to the rules of a script.

Source: `netsh advfirewall firewall add rule ?`, `set rule ?`, `delete rule ?`; Microsoft, KB 947709 ("netsh advfirewall
firewall" instead of "netsh firewall").
"""

from __future__ import annotations

from typing import NamedTuple

from cmfw.ingest.netsec_values import CUT, Seen, Texts
from cmfw.ingest.script_calls import Call, Given
from cmfw.ingest.script_rules import ScriptRule, condition_faults, value_faults
from cmfw.model.rule import HostRule
from cmfw.model.script import NOT_FOLLOWED, Fault, ScriptCommand, Tool, Verb

_VERBS = {"add": Verb.ADD, "set": Verb.SET, "delete": Verb.DELETE, "show": Verb.LOOK, "dump": Verb.LOOK}
FIELDS = {
    "name": "name",
    "dir": "direction",
    "program": "program",
    "service": "service",
    "action": "action",
    "description": "description",
    "enable": "enabled",
    "profile": "profile",
    "localip": "local_address",
    "remoteip": "remote_address",
    "localport": "local_port",
    "remoteport": "remote_port",
    "protocol": "protocol",
    "interfacetype": "interface",
    "edge": "edge",
    "rmtcomputergrp": "remote_machine",
    "rmtusrgrp": "remote_user",
    "security": "authentication",
    "group": "group",
}
WORDS: dict[str, dict[str, str]] = {
    "dir": {"in": "Inbound", "out": "Outbound"},
    "action": {"allow": "Allow", "block": "Block", "bypass": "AllowBypass"},
    "enable": {"yes": "True", "no": "False"},
    "profile": {"any": "Any", "domain": "Domain", "private": "Private", "public": "Public"},
    "interfacetype": {"any": "Any", "lan": "Wired", "wireless": "Wireless", "ras": "RemoteAccess"},
    "edge": {"yes": "Allow", "no": "Block", "deferapp": "DeferToApp", "deferuser": "DeferToUser"},
    "security": {
        "notrequired": "NotRequired",
        "authenticate": "Required",
        "authenc": "Required",
        "authdynenc": "Required",
        "authnoencap": "NoEncap",
    },
}
_ENCRYPTION = {"authenc": "Required", "authdynenc": "Dynamic"}
NAMES = {"local_port": "localport", "remote_port": "remoteport", "edge": "edge"}
_TOOL_NAMES = {"LocalPort": "localport", "RemotePort": "remoteport", "LocalAddress": "localip", "RemoteAddress": "remoteip"}
_TOOL_NAMES |= {"IcmpType": "protocol", "Protocol": "protocol", "Profile": "profile", "InterfaceType": "interfacetype"}
_MUST = ("name", "dir", "action")


class _Read(NamedTuple):
    written: dict[str, str]
    open: tuple[str, ...]
    faults: list[Fault]
    news: frozenset[str]


def is_firewall_call(call: Call) -> bool:
    """Whether the call is of netsh's firewall contexts."""
    return call.name == "netsh" and bool(_context(call)[0])


def command_of(call: Call, rules: list[ScriptRule], path: str) -> ScriptCommand:
    """The command, after it did to ``rules`` what it does."""
    context, rest = _context(call)
    if context == "firewall":
        return _old(call, rest, rules, path)
    words = [_word(one) for one in rest[:3]]
    if not _is(words[:1], "firewall") or len(words) < 3 or not _is(words[2:], "rule"):
        is_show = bool(words) and any(_is([word], "show") for word in words[:2])
        return ScriptCommand(
            verb=Verb.LOOK if is_show else Verb.OTHER, tool=Tool.NETSH, name=_said(call), line=call.line, inside=call.inside
        )
    verb = next((verb for word, verb in _VERBS.items() if _is(words[1:2], word)), Verb.OTHER)
    # what is shown may be asked for with the bare word `verbose`, and by name without `name=`
    read = _parameters(tuple(one for one in rest[3:] if verb is not Verb.LOOK or one.texts is None or "=" in _word(one)))
    rule: HostRule | None = None
    if verb is Verb.ADD:
        made = ScriptRule(path, call.line, call.inside, _seen(read))
        made.doubts += _elsewhere(call)
        rule = _added(made, read)
        if rule is not None:
            rules.append(made)
    elif verb is not Verb.LOOK:
        rule = _changed(call, verb, read, rules)
        verb = _switch(read) if verb is Verb.SET else verb
    return ScriptCommand(
        verb=verb,
        tool=Tool.NETSH,
        name="netsh advfirewall firewall",
        line=call.line,
        written=tuple((name, (text,)) for name, text in read.written.items()),
        open=read.open,
        rule=rule,
        faults=tuple(dict.fromkeys(read.faults)),
        inside=call.inside,
    )


def _added(made: ScriptRule, read: _Read) -> HostRule | None:
    """The rule that the command makes; what netsh refuses of it is taken down in ``read.faults``."""
    names = {*read.written, *read.open}
    read.faults.extend(Fault("missing", name) for name in _MUST if name not in names and "" not in read.open)
    read.faults.extend(condition_faults(made.seen, NAMES))
    rule = made.rule()
    if rule is None:
        return None
    for fault in value_faults(rule, made.seen):
        read.faults.append(Fault(fault.kind, _TOOL_NAMES.get(fault.parameter, fault.parameter), fault.value))
    made.refuse(read.faults)
    return made.rule()


def _word(one: Given) -> str:
    return " ".join(one.texts).strip() if one.texts else ""


def _is(words: list[str], whole: str) -> bool:
    """Whether the first word is ``whole``, which netsh lets people cut short."""
    return bool(words) and len(words[0]) > 1 and whole.startswith(words[0].lower())


def _context(call: Call) -> tuple[str, tuple[Given, ...]]:
    """(``advfirewall``, ``firewall`` or nothing, the words behind it), behind options such as ``-r HOST``."""
    rest = call.given
    while rest and _word(rest[0]).lower() in ("-r", "-u", "-p", "-a", "-c"):
        rest = rest[2:]
    word = _word(rest[0]).lower() if rest else ""
    if len(word) > 2 and "advfirewall".startswith(word):
        return "advfirewall", rest[1:]
    return ("firewall", rest[1:]) if word == "firewall" else ("", ())


def _elsewhere(call: Call) -> list[tuple[str, str]]:
    """Doubt about a rule that is made on another machine."""
    return [("-r", NOT_FOLLOWED)] if call.given and _word(call.given[0]).lower() == "-r" else []


def _said(call: Call) -> str:
    return " ".join(("netsh", *(_word(one) for one in call.given[:4]))).strip()


def _parameters(given: tuple[Given, ...]) -> _Read:
    """``name=value`` words. Behind ``new`` stand the new values of ``set rule``."""
    written: dict[str, str] = {}
    found_open: dict[str, None] = {}
    faults: list[Fault] = []
    news: set[str] = set()
    is_new = False
    for one in given:
        if one.texts is None:
            found_open[one.name.lower()] = None
            continue
        text = " ".join(one.texts)
        name, mark, value = text.partition("=")
        name, value = name.strip().lower(), value.strip()
        if text.lower() == "new":
            is_new = True
        elif not mark or name not in (*FIELDS, "type", "verbose"):
            faults.append(Fault("unknown", text[:60]))
        else:
            news |= {name} if is_new else set()
            key = f"new {name}" if is_new and name in written else name
            if key in written:
                faults.append(Fault("twice", name))
            written[key] = value
            parts = value.lower().split(",") if name in ("profile", "interfacetype") else [value.lower()]
            faults += [Fault("value", name, part) for part in parts if name in WORDS and part.strip() not in WORDS[name]]
    return _Read(written, tuple(found_open), faults, frozenset(news))


def _seen(read: _Read) -> Seen:
    seen: dict[str, Texts] = {}
    for name, value in read.written.items():
        if name not in FIELDS or not value:
            continue
        texts: Texts = tuple(part.strip() for part in value.split(",")) if name in ("profile", "interfacetype") else (value,)
        seen[FIELDS[name]] = tuple(WORDS[name].get(text.lower(), text) for text in texts) if name in WORDS else texts
        if name == "security" and value.lower() in _ENCRYPTION:
            seen["encryption"] = (_ENCRYPTION[value.lower()],)
    protocol = read.written.get("protocol", "").lower()
    kind, colon, types = protocol.partition(":")
    if kind in ("icmpv4", "icmpv6"):
        seen["protocol"] = (kind,)
        if colon:
            number, _, code = types.partition(",")
            seen["icmp"] = ("Any",) if number == "any" else (number if code in ("", "any") else f"{number}:{code}",)
    seen |= {FIELDS[name]: CUT for name in read.open if name in FIELDS}
    if "" in read.open:
        # a word that may be anything
        seen |= {field: CUT for field in FIELDS.values() if field not in seen}
    return seen


def _changed(call: Call, verb: Verb, read: _Read, rules: list[ScriptRule]) -> HostRule | None:
    """Do to the script's rules of that name what the command does; the last of them as it is then."""
    name = read.written.get("name", "")
    chosen = [one for one in rules if name.lower() == "all" or (name and one.is_called("name", name.replace("[", "[[]")))]
    changed: ScriptRule | None = None
    for one in chosen:
        if verb is Verb.DELETE and not (call.inside and call.inside != one.inside):
            rules.remove(one)
            continue
        fresh = {
            key.removeprefix("new "): text for key, text in read.written.items() if key.removeprefix("new ") in read.news
        }
        one.change(_seen(read._replace(written=fresh)), line=call.line, inside=call.inside)
        changed = one
    return changed.rule() if changed else None


def _switch(read: _Read) -> Verb:
    """``set rule ... new enable=yes`` is an enabling, and nothing more."""
    if read.news == {"enable"}:
        return {"yes": Verb.ENABLE, "no": Verb.DISABLE}.get(read.written.get("enable", "").lower(), Verb.SET)
    return Verb.SET


# --- netsh firewall, of Windows XP ------------------------------------------------------------------------------------

_POSITIONS = {
    "portopening": ("protocol", "port", "name", "mode", "scope", "addresses", "profile", "interface"),
    "allowedprogram": ("program", "name", "mode", "scope", "addresses", "profile"),
}


def _old(call: Call, rest: tuple[Given, ...], rules: list[ScriptRule], path: str) -> ScriptCommand:
    words = [_word(one) for one in rest]
    verb = next((verb for word, verb in _VERBS.items() if _is(words[:1], word)), Verb.OTHER)
    kind = words[1].lower() if len(words) > 1 else ""
    rule = None
    written: dict[str, str] = {}
    if verb in (Verb.ADD, Verb.SET) and kind in _POSITIONS:
        verb = Verb.ADD
        names = iter(_POSITIONS[kind])
        for word in words[2:]:
            name, mark, value = word.partition("=")
            written |= {name.lower(): value} if mark else {next(names, "more"): word}
        made = ScriptRule(path, call.line, call.inside, _old_seen(written))
        if any(one.texts is None for one in rest):
            made.doubts.append(("value", "not known before the script runs"))
        rule = made.rule()
        if rule is not None:
            rules.append(made)
    elif verb in (Verb.SET, Verb.ADD, Verb.DELETE):
        verb = Verb.OTHER
    return ScriptCommand(
        verb=verb,
        tool=Tool.NETSH_XP,
        name=_said(call),
        line=call.line,
        written=tuple((name, (text,)) for name, text in written.items()),
        rule=rule,
        inside=call.inside,
    )


def _old_seen(written: dict[str, str]) -> Seen:
    seen: dict[str, Texts] = {"name": (written.get("name", ""),), "enabled": ("True",)}
    if written.get("mode", "enable").lower().startswith("disable"):
        seen["enabled"] = ("False",)
    if "port" in written:
        protocol = written.get("protocol", "").upper()
        seen["protocol"] = (protocol,) if protocol in ("TCP", "UDP") else CUT
        seen["local_port"] = (written["port"],)
    if "program" in written:
        seen["program"] = (written["program"],)
    scope = written.get("scope", "all").lower()
    if scope == "subnet":
        seen["remote_address"] = ("LocalSubnet",)
    elif scope == "custom":
        seen["remote_address"] = (written.get("addresses", ""),)
    # the profile of today's firewall that an old one means is not one to one
    profile = {"domain": ("Domain",), "standard": ("Private", "Public"), "all": ("Any",)}
    seen["profile"] = profile.get(written.get("profile", "all").lower(), CUT)
    return seen
