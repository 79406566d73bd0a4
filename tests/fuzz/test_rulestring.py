"""Mutated rule strings: no crash, nothing lost that a problem does not name, and both ways through a text agree."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.fuzz.harness import MORE_INPUTS, Mutation, Seed, Target, mutate, run

from cmfw.ingest.policy_keys import FIREWALL_POLICY
from cmfw.ingest.regf_file import open_hive
from cmfw.ingest.registry import decode_text
from cmfw.ingest.rulestring import parse_rule
from cmfw.ingest.rulewrite import write_rule
from cmfw.model.rule import Store

OWN_SEEDS = (
    "v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile=Domain|LPort=445|RA4=LocalSubnet|App=System|Name=n|Desc=d|EmbedCtxt=g|",
    "v2.30|Action=Block|Active=FALSE|Dir=Out|Protocol=58|ICMP6=134:*|LA6=fe80::/64|RA6=ff02::1|Name=n|Edge=TRUE|Defer=App|",
    "V2.0|Action=Block|Dir=in|LPort=1-553,555-8553|Protocol=6|App=%ProgramFiles%\\a b\\c.exe|Svc==Name|Name=Block the rest|",
    "v2.32|Action=Allow|Active=TRUE|Dir=In|RA42=IntErnet|RA62=IntErnet|Name=n|PFN=a_b|LUOwn=S-1-5-7|Platform=2:6:2|Platform2=GTEQ|",
    "v2.28|Action=ByPass|Active=TRUE|Dir=In|RMauth=D:(A;;CC;;;S-1-5-9)|Security=Authenticate|Security2_9=An-NoEncap|Name=n|",
)
TOKENS = (
    "Action=Block", "Active=0", "Dir=Out", "Protocol=17", "Protocol=", "Profile=Any", "LPort=RPC", "LPort2_10=7-9", "RPort=,",
    "LPort=65536", "ICMP4=8:*", "ICMP6=8", "RA4=10.0.0.0/255.255.0.255", "RA4=0.0.0.0/0", "RA6=::/0", "LA4=10.1.2.3", "RADynKey={1}",
    "App=any", "Svc=*", "Name=", "Name=all", "Desc=x", "EmbedCtxt=y", "IFType=Lan", "IFType2_23=x", "IF={G}", "Security=Authenticate",
    "Security=?", "SkipVer=2.9", "SkipVer=2", "LUAuth=D:", "LOM=TRUE", "LOM=1", "TTK=Proximity", "TTK9=x", "New=1", "=", "x", "\0",
)  # fmt: skip
SINGLE = {"app": "program", "svc": "service", "desc": "description", "embedctxt": "group"}


@pytest.fixture(scope="module")
def seeds(corpus: Path) -> list[tuple[str, Store]]:
    out = [(text, Store.LOCAL) for text in OWN_SEEDS]
    with open_hive(str(corpus / "hives/win10_SYSTEM.xz")) as hive:
        top = f"ControlSet001\\{FIREWALL_POLICY}"
        for below, store in (("FirewallRules", Store.LOCAL), ("RestrictedServices\\Static\\System", Store.HARDENING)):
            out += [(decode_text(value.data), store) for value in hive.values(f"{top}\\{below}")]
    return out


def mutated(text: str, rng: random.Random) -> str:
    fields = text.split("|")
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(fields))
        match rng.randrange(8):
            case 0:
                fields.insert(at, rng.choice(TOKENS))
            case 1:
                del fields[at]
                fields = fields or [""]
            case 2:
                fields.insert(rng.randrange(len(fields) + 1), fields[at])
            case 3:
                fields[at] = fields[at].swapcase()
            case 4:
                cut = rng.randrange(len(fields[at]) + 1)
                fields[at] = (
                    fields[at][:cut] + chr(rng.choice((0, 32, 44, 45, 61, 124, 48, 255, 0x4E2D, 0xD800))) + fields[at][cut:]
                )
            case 5:
                fields[at] = fields[at][: rng.randrange(len(fields[at]) + 1)]
            case 6:
                rng.shuffle(fields)
            case _:
                token, equals, value = fields[at].partition("=")
                fields[at] = f"{token} {equals} {value} "
    return "|".join(fields)


def first_values(text: str) -> Iterator[tuple[str, str]]:
    """(field of HostRule, its first value in the text), read in the plainest way."""
    seen = set()
    for field in text.partition("\0")[0].split("|")[1:]:
        token, _, value = field.partition("=")
        token = token.strip().lower()
        if token in SINGLE and token not in seen and "=" in field:
            seen.add(token)
            yield SINGLE[token], value


def check(text: str, store: Store) -> None:
    rule, problems = parse_rule(text, id="r", store=store)
    if rule is None:
        assert problems
        return
    written = write_rule(rule)
    again, _ = parse_rule(written, id="r", store=store)
    assert again is not None
    assert replace(again, version=rule.version) == rule, written
    if not problems and rule.store is not Store.HARDENING:
        assert rule.extras.unknown == rule.extras.invalid == ()
        for field, value in first_values(text):
            found = getattr(rule, field) or ""
            assert found.strip() == value.strip(), field
    # a token in lower case is not what the quick way looks for
    slow, slow_problems = parse_rule(text.replace("|Name=", "|name="), id="r", store=store)
    assert slow == rule
    assert sorted(map(str.lower, slow_problems)) == sorted(map(str.lower, problems))


def changed(origin: Seed, rng: random.Random) -> Mutation:
    """A rule string with fields changed, or now and then bytes, as a hive with a bad sector has them."""
    if rng.random() < 0.2:
        return mutate(origin, rng, (b"|", b"=", b"\0"))
    text = mutated(origin.content.decode(), rng)
    return Mutation(text.encode("utf-8", "surrogatepass"), (), None, (repr(text),))


def check_input(origin: Seed, mutation: Mutation) -> None:
    """See ``check``; bytes that are no text become one as the readers make it."""
    try:
        text = mutation.content.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        text = mutation.content.decode("utf-8", "replace")
    check(text, origin.facts)


@pytest.mark.slow
@pytest.mark.corpus
def test_mutated_rule_strings(seeds, soak, seed, record_count) -> None:
    made = tuple(Seed(f"{store} {n}", text.encode(), facts=store) for n, (text, store) in enumerate(seeds))
    report = run(Target("rulestring", made, check_input, change=changed), MORE_INPUTS * soak, seed)
    assert report.failures == []
    record_count("mutated inputs: rulestring", report.inputs)


@pytest.mark.parametrize("text", OWN_SEEDS, ids=["allow", "block", "shipped", "package", "bypass"])
def test_every_cut_of_a_rule_string(text: str) -> None:
    for end in range(len(text)):
        check(text[:end], Store.LOCAL)
        check(text[:end], Store.HARDENING)


def test_long_texts_take_no_longer_than_they_are() -> None:
    start = time.perf_counter()
    for field in ("LPort=" + "1," * 50_000, "LPort=1|" * 50_000, "RA4=10.0.0.1|" * 20_000, "|" * 200_000, "x=" * 100_000):
        check(f"v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=6|Name=n|{field}|", Store.LOCAL)
    assert time.perf_counter() - start < 5
