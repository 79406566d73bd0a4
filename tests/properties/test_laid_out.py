"""The quick way through what we wrote ourselves against the reader of everything: on random policies, hostile texts and damage."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import import_module
from random import Random

import pytest
from tests.properties import universe

from cmfw.emit import HOST_TARGETS, Artifact
from cmfw.emit.carried import carry
from cmfw.emit.convert import host_target
from cmfw.model.rule import Action, HostRule
from cmfw.model.state import HostState
from cmfw.net.flow import Direction

POLICIES, DAMAGED = 12, 12
MOST_SIGNS = 5_000
SIGNS = "\"'X<\\ \n0.{"
CUTTERS = {
    "powershell": ("cmfw.ingest.powershell_script", "layout_of"),
    "powershell-gpo": ("cmfw.ingest.powershell_script", "layout_of"),
    "ansible": ("cmfw.ingest.ansible_rules", "layout_of"),
    "intune": ("cmfw.ingest.intune_rules", "layout_of"),
    "syncml": ("cmfw.ingest.csp_sync", "layout_of"),
}
"""Target -> the function that cuts what stands in our layout, or says with None that it does not."""
TEXTS = (
    "a'b", "it''s", "\u2019quoted\u2018", "\u201a\u201a", "{x} {number}", "<a&b> 'q' \"q\"", "back\\slash", "\\u0041", "\u89c4\u5219", "]]>",
    "&amp;", "&#65;", "a: b", "@{ 'a' }", ")", "}", "', '", '", "', "\U0001f600", "Name = 'x'", "</Data>", "x\u00ad", "\u00a0",
)  # fmt: skip
SWAPS = (
    (b"'", b"''"), (b"'", b""), (b'"', b""), (b'"', b'\\"'), (b" ", b""), (b" ", b"  "), (b" ", b"\t"), (b",", b""), (b"=", b""),
    (b"\n", b"\r"), (b"\n", b"\n\n"), (b"\n", b" \n"), (b"\n", b"#\n"), (b"0", b"00"), (b"1", b"*"), (b"1", b"999"), (b"a", b"\\u0061"),
    (b"a", b"&#97;"), (b"a", b"\xff"), (b"A", b"a"), (b"o", b"\xc5\x8d"), (b"u", b"\x01"), (b"t", b"t\xe2\x80\x99"), (b"<", b"<!---->"),
    (b".", b"X"), (b"{", b"[{"), (b"}", b"},{"), (b"[", b"[NaN,"), (b'"', b"NaN"), (b"/", b"/\xef\xbf\xbe"), (b"&", b"&x"), (b"<", b"<![CDATA["), (b">", b">&lt;"),
)  # fmt: skip


def spiced(state: HostState, rng: Random) -> HostState:
    """The state with names, descriptions and groups that a careless reader would take for syntax."""
    rules = []
    for rule in state.rules:
        fields = {"name": f"Rule {rule.id}"} | {
            field: "".join(rng.choices(TEXTS, k=rng.randint(1, 3))).strip()
            for field in ("name", "description")
            if rng.random() < 0.4
        }
        rules.append(replace(rule, **fields))
    return replace(state, rules=tuple(rules))


def damaged(content: bytes, rng: Random) -> bytes:
    """The document with one thing changed: a byte, a line, or a sign that means something."""
    lines = content.split(b"\n")
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    match rng.randrange(6):
        case 0:
            del lines[one]
        case 1:
            lines.insert(one, lines[other])
        case 2:
            lines[one], lines[other] = lines[other], lines[one]
        case 3:
            at = rng.randrange(len(content))
            return content[:at] + content[at + 1 :]
        case _:
            sign, instead = rng.choice(SWAPS)
            places = [at for at in range(len(content)) if content.startswith(sign, at)]
            at = rng.choice(places or [0])
            return content[:at] + instead + content[at + len(sign) :]
    return b"\n".join(lines)


def reading(target: str, artifacts: tuple[Artifact, ...]) -> object:
    try:
        return host_target(target).read_policy(artifacts)
    except ValueError as error:
        return str(error)


@pytest.mark.parametrize("target", CUTTERS)
def test_both_ways_read_the_same(target, monkeypatch, soak, seed, record_count):
    """Rules, problems and their places: on what was written, and on what became of it."""
    assert target in HOST_TARGETS
    module, name = CUTTERS[target]
    cut = getattr(import_module(module), name)
    quick = compared = 0
    rng = Random(f"{seed} {target}")
    for _ in range(POLICIES * max(1, soak)):
        state = spiced(universe.state(rng, most_rules=8), rng)
        host = host_target(target)
        written = host.write_policy(carry(state, host.CAPABILITIES, host.check, "m").policy).artifacts
        for content in (written[0].content, *(damaged(written[0].content, rng) for _ in range(DAMAGED))):
            artifacts = (replace(written[0], content=content), *written[1:])
            taken = []
            monkeypatch.setattr(f"{module}.{name}", lambda *given, taken=taken: taken.append(cut(*given)) or taken[-1])
            found = reading(target, artifacts)
            monkeypatch.setattr(f"{module}.{name}", lambda *_: None)
            assert found == reading(target, artifacts), content
            quick += taken[0] is not None if taken else 0
            compared += 1
    assert POLICIES // 2 < quick < compared, "one of the two ways was hardly gone"
    record_count(f"documents read both ways: {target}", compared)


@pytest.mark.parametrize("target", CUTTERS)
def test_every_sign_of_the_layout_counts(target, monkeypatch, seed):
    """The first rule, with each of its characters exchanged for another in turn, is read the same both ways."""
    module, name = CUTTERS[target]
    cut = getattr(import_module(module), name)
    host = host_target(target)
    rng = Random(f"{seed} {target}")
    rule = HostRule(id="a", action=Action.ALLOW, direction=Direction.IN, protocol=6, name="b", description="c")
    written = host.write_policy(carry(HostState(rules=(rule,)), host.CAPABILITIES, host.check, "m").policy).artifacts
    text = written[0].content.decode()
    for at in range(min(len(text), MOST_SIGNS)):
        content = f"{text[:at]}{rng.choice(SIGNS)}{text[at + 1 :]}".encode()
        artifacts = (replace(written[0], content=content), *written[1:])
        monkeypatch.setattr(f"{module}.{name}", cut)
        found = reading(target, artifacts)
        monkeypatch.setattr(f"{module}.{name}", lambda *_: None)
        assert found == reading(target, artifacts), content


@pytest.mark.parametrize("target", ["dsc", "intune"])
def test_what_is_written_by_hand_is_what_json_writes(target, soak, seed):
    """Byte for byte, for the same content: whatever stands in the texts."""
    rng = Random(f"{seed} {target}")
    host = host_target(target)
    for _ in range(POLICIES * max(1, soak)):
        state = spiced(universe.state(rng, most_rules=8), rng)
        for artifact in host.write_policy(carry(state, host.CAPABILITIES, host.check, rng.choice(TEXTS)).policy).artifacts:
            text = artifact.content.decode()
            assert text == json.dumps(json.loads(text), ensure_ascii=False, indent=2) + "\n"
