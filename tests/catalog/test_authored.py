"""The strict reader: one row per kind of mistake, each named by file, table, row and key."""

from __future__ import annotations

import pytest

from cmfw.catalog import PACKS, load
from cmfw.catalog.authored import load_authored, load_texts
from cmfw.catalog.conditions import CONDITIONS, WORDS
from cmfw.catalog.layout import EDITIONS
from cmfw.errors import InputError
from cmfw.model.need import leaves, parse_need

CITE = 'source = "book"\nplace = "line 7"\nas_of = "2016-09-02"\n'
TITLE = 'title = { en = "Title", zh_CN = "标题" }\n'
WORDS_OF_IT = 'summary = { en = "Summary", zh_CN = "摘要" }\n'
GOOD = f"""
[source.book]
title = "Book"
language = "en"
as_of = "2016-09-02"

[flow.web]
from = "client"
to = "management_point"
protocol = "tcp"
ports = ["site.http"]
default = ["80"]
when = "mp.http"
{TITLE}{CITE}
[feature.requests]
order = 1
kind = "management"
need = {{ 2016 = "web", current = "web" }}
alternatives = ["other"]
{TITLE}{WORDS_OF_IT}{CITE}
[feature.other]
order = 2
kind = "management"
need = {{ 2016 = "none", current = "none" }}
{TITLE}{WORDS_OF_IT}{CITE}
[requirement."requests.web"]
feature = "requests"
flow = "web"
level = {{ 2016 = "required", current = "required" }}
direction = "out"
cell = "433"
printed = ["433"]
errata = ["E77"]
{CITE}
[exception."requests.sharing"]
feature = "requests"
kind = "group"
value = "@firewallapi.dll,-111"
on = "client"
directions = ["in"]
effective_directions = ["in"]
editions = ["2016"]
{CITE}
[exception."requests.port"]
feature = "requests"
kind = "port"
value = "web"
on = "client"
directions = []
effective_directions = ["out"]
editions = ["current"]
{CITE}
[group.sharing]
resource = "@FirewallAPI.dll,-111"
zh_verified = true
reach = {{ en = "Reach", zh_CN = "范围" }}
{TITLE}{CITE}
[[group_edition]]
group = "sharing"
sku = "client"
first_build = 100
last_build = 200
version = "2.10"
{CITE}
[[group_member]]
group = "sharing"
id = "SHARE-In"
direction = "in"
protocol = "tcp"
local_port = "RPC-EPMap"
profiles = ["domain"]
name = 222
description = 333
first_build = 50

[erratum.E77]
printed = "433"
effective = "443"
reason = {{ en = "Reason", zh_CN = "原因" }}
{TITLE}{CITE}
[[usual]]
direction = "in"
protocol = "tcp"
ports = "445"
process = {{ program = "System" }}
{CITE}
[note.first]
kind = "note"
text = {{ en = "Text", zh_CN = "文字" }}
features = ["requests"]
{CITE}
[finding.some-code]
severity = "note"
{TITLE}
message = {{ en = "{{port}} is wrong", zh_CN = "{{port}} 有误" }}
why = {{ en = "Why", zh_CN = "原因" }}
repair = {{ en = "Repair", zh_CN = "修复" }}
"""


def problems(text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        load_texts([("rows.toml", text)])
    assert all(p.file == "rows.toml" for p in caught.value.problems)
    return [f"{p.key}: {p.expected} | {p.found}" for p in caught.value.problems]


def test_the_sample_is_right():
    assert len(load_texts([("rows.toml", GOOD)])) == 14


MISTAKES = [
    ("unknown table", "[source.book]", "[[sauce]]\n[source.book]", "sauce: a table"),
    ("unknown key", 'direction = "out"', 'direction = "out"\ndirektion = "in"', "requirement.requests.web.direktion: a key"),
    ("missing key", "zh_verified = true\n", "", "group.sharing.zh_verified: a value | no such key"),
    ("missing source", 'source = "book"\nplace = "line 7"', 'place = "line 7"', "flow.web.source: a value | no such key"),
    ("missing place", 'place = "line 7"\n', "", "flow.web.place: a value | no such key"),
    ("missing as-of date", 'as_of = "2016-09-02"\n\n[feature', "\n[feature", "flow.web.as_of: a value | no such key"),
    ("date that is none", '"2016-09-02"\n\n[flow', '"2016-13-02"\n\n[flow', "source.book.as_of: a date"),
    ("date that is no text", 'as_of = "2016-09-02"\n\n[flow', "as_of = 2016-09-02\n\n[flow", "source.book.as_of: a date"),
    ("dangling source", 'source = "book"', 'source = "brook"', "flow.web.source: the id of a row of `source` | `brook`"),
    ("dangling flow", 'flow = "web"', 'flow = "wob"', "requirement.requests.web.flow: the id of a row of `flow` | `wob`"),
    ("dangling feature", 'alternatives = ["other"]', 'alternatives = ["utter"]', "feature.requests.alternatives: the id"),
    ("dangling erratum", 'errata = ["E77"]', 'errata = ["E78"]', "requirement.requests.web.errata: the id"),
    ("dangling note", 'errata = ["E77"]', 'errata = ["E77"]\nnotes = ["last"]', "requirement.requests.web.notes: the id"),
    (
        "dangling group of a member",
        '[[group_member]]\ngroup = "sharing"',
        '[[group_member]]\ngroup = "s"',
        "group_member[1].group:",
    ),
    (
        "dangling flow in a formula",
        '2016 = "web"',
        '2016 = "web and wub"',
        "feature.requests.need: flows in the formula | `wub`",
    ),
    ("unparsable formula", '2016 = "web"', '2016 = "web and"', "feature.requests.need: a formula | expected a flow id"),
    ("formula for no edition", "{ 2016 = ", "{ 2017 = ", "feature.requests.need: an edition: `2016`, `current` | `2017`"),
    ("edition without a formula", '{ 2016 = "web", ', "{ ", "feature.requests.need: a formula for edition `2016` | none"),
    ("flow without a requirement", '{ 2016 = "required", ', "{ ", "feature.requests.need: a requirement for each flow"),
    ("unknown condition", 'when = "mp.http"', 'when = "mp.htp"', "flow.web.when: one of"),
    ("condition that is a conjunction", 'when = "mp.http"', 'when = "mp.http and dp.http"', "flow.web.when: one of"),
    ("unknown role", 'to = "management_point"', 'to = "manager"', "flow.web.to: one of"),
    ("unknown protocol", 'protocol = "tcp"\nports', 'protocol = "tpc"\nports', "flow.web.protocol: one of"),
    ("unknown port reference", '"site.http"', '"site.htp"', "flow.web.ports: ports such as"),
    ("port out of range", '"445"', '"70000"', "usual[1].ports: ports such as"),
    ("port range backwards", '"445"', '"446-445"', "usual[1].ports: ports such as"),
    ("port twice", '["site.http"]', '["site.http", "site.http"]', "flow.web.ports: each item once"),
    ("unknown port keyword", '"RPC-EPMap"', '"RPC-Map"', "group_member[1].local_port: ports such as"),
    ("ports without a default", 'default = ["80"]\n', "", "flow.web.default: default ports exactly where"),
    (
        "ports of a protocol without ports",
        'protocol = "tcp"\nports',
        'protocol = "icmp"\nports',
        "flow.web.ports: only with",
    ),
    ("icmp with tcp", 'when = "mp.http"', 'icmp = "8:*"', "flow.web.icmp: only with an ICMP protocol"),
    (
        "icmp that is none",
        'protocol = "tcp"\nports',
        'icmp = "echo"\nprotocol = "tcp"\nports',
        "flow.web.icmp: an ICMP type",
    ),
    (
        "listener where nobody answers",
        'when = "mp.http"',
        'answered = false\nlistener = { program = "System" }',
        "flow.web.listener:",
    ),
    ("unknown level", '"required"', '"needed"', "requirement.requests.web.level: one of"),
    ("unknown direction", 'direction = "out"', 'direction = "up"', "requirement.requests.web.direction: one of"),
    ("misprint without its erratum", 'errata = ["E77"]\n', "", "requirement.requests.web.printed: the erratum"),
    ("list that is none", 'printed = ["433"]', 'printed = "433"', "requirement.requests.web.printed: a list"),
    ("text in one language", ', zh_CN = "标题"', "", "flow.web.title: a text in both languages"),
    (
        "text in a third language",
        'zh_CN = "标题"',
        'zh_CN = "标题", de = "Titel"',
        "flow.web.title: a text in both languages",
    ),
    ("Chinese that is English", 'zh_CN = "标题"', 'zh_CN = "Title"', "flow.web.title: Chinese in `zh_CN`"),
    (
        "words that are printed in one language",
        'printed = "433"',
        'printed = "port 433"',
        "erratum.E77.printed: a text in both",
    ),
    (
        "what is effective in one language",
        'effective = "443"',
        'effective = { en = "HTTPS port" }',
        "erratum.E77.effective: a text in",
    ),
    ("a title in half a text", 'title = "Book"', 'title = { zh_CN = "书" }', "source.book.title: a text in both languages"),
    ("a title that is none", 'title = "Book"', "title = 7", "source.book.title: a text in both languages"),
    ("English that is Chinese", 'en = "Title"', 'en = "标题"', "flow.web.title: English in `en`"),
    ("empty text", 'en = "Title"', 'en = ""', "flow.web.title: text in `en`"),
    ("blanks around a text", 'en = "Title"', 'en = " Title"', "flow.web.title: text in `en`"),
    ("argument in one language", '"{port} 有误"', '"端口有误"', "finding.some-code.message: the same `{args}`"),
    ("unknown severity", 'severity = "note"', 'severity = "hint"', "finding.some-code.severity: one of"),
    (
        "process without a program",
        '{ program = "System" }',
        '{ service = "x" }',
        "usual[1].process: `program` | no such key",
    ),
    (
        "process with more",
        '{ program = "System" }',
        '{ program = "System", user = "x" }',
        "usual[1].process: only `program`",
    ),
    (
        "exception of an unknown group",
        "@firewallapi.dll,-111",
        "@firewallapi.dll,-112",
        "requests.sharing.value: the resource",
    ),
    (
        "exception of an unknown flow",
        'value = "web"',
        'value = "wob"',
        "exception.requests.port.value: the id of a row of `flow`",
    ),
    (
        "two meanings of a direction",
        'directions = ["in"]\n',
        'directions = ["out"]\n',
        "sharing.effective_directions: the directions",
    ),
    ("number that is text", "order = 1", 'order = "1"', "feature.requests.order: a whole number"),
    ("boolean that is text", "zh_verified = true", 'zh_verified = "yes"', "group.sharing.zh_verified: true or false"),
    ("version that is none", 'version = "2.10"', 'version = "210"', "group_edition[1].version: a version"),
    ("member of no edition", "first_build = 50", "first_build = 150", "group_member[1]: a `group_edition` that has it"),
    ("rule twice in an edition", "first_build = 50", None, "group_edition[1]: each rule once | `SHARE-In` twice"),
    ("flow that nobody asks for", "[feature.other]", None, "flow.lonely: a flow that some feature asks for"),
    ("feature in place of itself", '["other"]', '["requests"]', "feature.requests.alternatives: other features"),
    ("id with a blank", "[finding.some-code]", '[finding."some code"]', "finding.some code: an id"),
    ("row that is none", "[finding.some-code]", "[finding]\nx = 5\n[finding.some-code]", "finding.x: a row"),
    ("table of rows in place of a list", "[[usual]]", "[usual.x]", "usual: a list of rows"),
    ("list in place of a table of rows", "[note.first]", "[[note]]", "note: rows by id"),
    ("unknown pack", "\n[source.book]", 'pack = "extra"\n[source.book]', "pack: one of"),
]
SPECIAL = {
    "rule twice in an edition": GOOD + GOOD[GOOD.index("[[group_member]]") : GOOD.index("[erratum")],
    "flow that nobody asks for": GOOD
    + GOOD[GOOD.index("[flow.web]") : GOOD.index("[feature.requests]")].replace("web]", "lonely]"),
}


@pytest.mark.parametrize(("name", "old", "new", "wanted"), MISTAKES, ids=[m[0] for m in MISTAKES])
def test_a_mistake_is_named(name: str, old: str, new: str | None, wanted: str):
    assert old in GOOD
    text = SPECIAL[name] if new is None else GOOD.replace(old, new, 1)
    found = problems(text)
    assert any(wanted in line for line in found), found


def test_an_edition_without_members():
    extra = (
        '[[group_edition]]\ngroup = "sharing"\nsku = "server"\nfirst_build = 10\nlast_build = 20\nversion = "2.1"\n' + CITE
    )
    assert problems(GOOD + extra) == ["group_edition[2]: member rules | none"]


def test_all_mistakes_are_told_at_once():
    text = (
        GOOD.replace('direction = "out"', 'direction = "up"').replace('"site.http"', '"site.htp"').replace("order = 2", "")
    )
    keys = {line.partition(":")[0] for line in problems(text)}
    assert keys == {"requirement.requests.web.direction", "flow.web.ports", "feature.other.order"}


def test_an_id_in_two_files():
    with pytest.raises(InputError) as caught:
        load_texts([("one.toml", GOOD), ("two.toml", '[source.book]\ntitle = "B"\nlanguage = "en"\nas_of = "2016-09-02"\n')])
    (problem,) = caught.value.problems
    assert (problem.file, problem.key, problem.found) == ("two.toml", "source.book", "also in `one.toml`")


def test_a_file_that_is_no_toml_is_named_with_its_line():
    with pytest.raises(InputError) as caught:
        load_texts([("broken.toml", "a = 1\nb = \n"), ("rows.toml", GOOD.replace("order = 1", "order = -1"))])
    first, second = caught.value.problems
    assert (first.file, first.line) == ("broken.toml", 2)
    assert second.key == "feature.requests.order"


PACK = f"""
pack = "server"
[flow.inner]
from = "site_server"
to = "sql_server"
protocol = "tcp"
ports = ["1433"]
default = ["1433"]
{TITLE}{CITE}
[feature.database]
order = 9
kind = "server"
need = {{ 2016 = "inner", current = "inner" }}
{TITLE}{WORDS_OF_IT}{CITE}
[requirement."database.inner"]
feature = "database"
flow = "inner"
level = {{ 2016 = "required", current = "required" }}
direction = "out"
{CITE}
"""


def test_a_pack_may_use_the_page_but_not_the_page_a_pack():
    load_texts([("rows.toml", GOOD), ("pack.toml", PACK)])
    wrong = GOOD.replace('{ 2016 = "none"', '{ 2016 = "inner"')
    with pytest.raises(InputError, match="flows of pack `page` or of the page, found `inner`"):
        load_texts([("rows.toml", wrong), ("pack.toml", PACK)])


def test_a_pack_adds_no_rows_to_features_of_others():
    with pytest.raises(InputError, match="a feature of pack `server`, found `requests`"):
        load_texts([("rows.toml", GOOD), ("pack.toml", PACK.replace('feature = "database"', 'feature = "requests"'))])


# --- the real data


def test_every_condition_is_asked_by_some_row():
    asked = {p.row["when"] for p in load_authored() if "when" in p.row}
    assert asked == WORDS
    assert len(WORDS) == len(CONDITIONS)


def test_every_source_is_cited():
    rows = [p.row for p in load_authored()]
    cited = {row["source"] for row in rows + [more for row in rows for more in row.get("also", ())] if "source" in row}
    assert cited == set(load().sources)


def test_sources_are_not_younger_than_what_cites_them():
    sources = load().sources
    younger = [p.key for p in load_authored() if "source" in p.row and p.row["as_of"] > sources[p.row["source"]].as_of]
    assert younger == []


def test_orders_are_unique():
    orders = [f.order for f in load(PACKS).features.values()]
    assert len(orders) == len(set(orders))


@pytest.mark.parametrize("edition", sorted(EDITIONS))
def test_what_only_documents_ask_for_is_in_no_formula(edition: str):
    catalog = load(PACKS)
    for row in catalog.requirements.values():
        if row.level.get(edition) in ("documented_only", "advisory"):
            assert row.flow not in leaves(parse_need(catalog.features[row.feature].need[edition])), row.id


def test_433_and_8005_are_printed_but_never_effective():
    catalog = load(PACKS)
    for flow in catalog.flows.values():
        assert "433" not in (*flow.ports, *flow.default)
    express = [r for r in catalog.requirements.values() if "8005" in (r.cell, *catalog.flows[r.flow].default)]
    assert express
    assert {level for r in express for level in r.level.values()} == {"documented_only"}


def test_environment_legs_are_in_no_other_formula():
    catalog = load(PACKS)
    for feature in catalog.features.values():
        if feature.kind != "environment":
            used = {leaf for text in feature.need.values() for leaf in leaves(parse_need(text))}
            assert not any(leaf.startswith("env_") for leaf in used), feature.id


@pytest.mark.parametrize("feature", ["gpo_install", "sup_install", "manual_install", "logon_install", "swdist_install"])
def test_the_alternatives_of_client_push_need_nothing_inbound(feature: str):
    catalog = load()
    assert feature in catalog.features["client_push"].alternatives
    for text in catalog.features[feature].need.values():
        assert {catalog.flows[leaf].from_role for leaf in leaves(parse_need(text))} == {"client"}
