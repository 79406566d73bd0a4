"""Filters: the set form equals the line by line one; more lines that let pass never stop anything, lost lines only leave open."""

from __future__ import annotations

from random import Random

from tests.engine.test_path import between

from cmfw.engine.path import judge_between, partition_between
from cmfw.model.verdict import Answer
from cmfw.net.flowset import FlowSet
from properties import universe

WORDS = ("allow",) * 6 + ("block",) * 3 + ("allow tcp lost", "block lost", "lost")
ENDS = (*universe.LOCALS4, *universe.REMOTES4, "10.0.0.0/8", "*")


def random_text(rng: Random) -> str:
    out = []
    for _ in range(rng.randint(1, 6)):
        word = rng.choice(WORDS)
        if word in ("allow", "block"):
            port = rng.choice(("", f":{rng.choice(universe.PORTS)}", ":100-50000"))
            word += f" {rng.choice(('tcp', 'tcp', 'udp'))} {rng.choice(ENDS)} > {rng.choice(ENDS)}{port}"
        out.append(word)
    return "\n".join([*out, *(["allow any * > *"] if rng.random() < 0.4 else [])])


def test_the_set_form_equals_the_line_by_line_one(soak, seed):
    rng = Random(seed)
    seen = dict.fromkeys(Answer, 0)
    for _ in range(150 * soak):
        engine = between(*(random_text(rng) for _ in range(rng.choice((1, 1, 2)))))
        passage = engine.passage("branch", "centre")
        flows = universe.flow_set(rng)
        part = partition_between(flows, passage)
        pieces = [(Answer.ALLOW, part.allowed), (Answer.BLOCK, part.blocked), (Answer.UNKNOWN, part.unknown)]
        assert (part.allowed | part.blocked | part.unknown).same_flows(flows)
        for answer, piece in pieces:
            for box in piece.boxes[:6]:
                one = FlowSet((box,)).witness()
                assert judge_between(one, passage).answer is answer, one.text()
                assert not any(one in other for its, other in pieces if its is not answer)
                seen[answer] += 1
    assert min(seen.values()) > 40 * soak, seen


def test_an_allow_in_front_never_stops_and_a_block_in_front_never_opens(soak, seed):
    rng = Random(seed + 1)
    changed = 0
    for _ in range(100 * soak):
        text = random_text(rng)
        flows = universe.flow_set(rng)
        before = partition_between(flows, between(text).passage("branch", "centre"))
        ports = rng.choice(universe.PORTS)
        opened = partition_between(flows, between(f"allow tcp * > *:{ports}\n{text}").passage("branch", "centre"))
        closed = partition_between(flows, between(f"block tcp * > *:{ports}\n{text}").passage("branch", "centre"))
        assert before.allowed <= opened.allowed
        assert opened.blocked <= before.blocked
        assert closed.allowed <= before.allowed
        assert before.blocked <= closed.blocked
        changed += not opened.allowed.same_flows(closed.allowed)
    assert changed > 20 * soak


def test_a_lost_line_only_leaves_open(soak, seed):
    rng = Random(seed + 2)
    widened = 0
    for _ in range(100 * soak):
        rows = random_text(rng).split("\n")
        at = rng.randrange(len(rows))
        lost = "\n".join([*rows[:at], "lost", *rows[at + 1 :]])
        flows = universe.flow_set(rng)
        before = partition_between(flows, between("\n".join(rows)).passage("branch", "centre"))
        after = partition_between(flows, between(lost).passage("branch", "centre"))
        assert after.allowed <= before.allowed
        assert after.blocked <= before.blocked
        widened += not after.unknown.same_flows(before.unknown)
    assert widened > 20 * soak
