"""``cmfw explain``: which topic a word means, and what is told in both languages."""

from __future__ import annotations

import json

import pytest

from cmfw.catalog import PACKS, load
from cmfw.report.topics import KINDS, find_topics, topics_of

CATALOG = load(PACKS)


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("client_push", "feature:client_push"),
        ("Client-Push", "feature:client_push"),
        ("feature:client_push", "feature:client_push"),
        ("Client Push Installation", "feature:client_push"),
        ("客户端请求安装", "feature:client_push"),
        ("客户端请求", "feature:client_requests"),
        ("remote_desktop", "feature:remote_desktop"),
        ("group:remote_desktop", "group:remote_desktop"),
        ("-28502", "group:file_and_printer_sharing"),
        ("28502", "group:file_and_printer_sharing"),
        ("@FirewallAPI.dll,-28502", "group:file_and_printer_sharing"),
        ("file and printer sharing", "group:file_and_printer_sharing"),
        ("文件和打印机共享", "group:file_and_printer_sharing"),
        ("e1", "erratum:E1"),
        ("port-433", "finding:port-433"),
        ("mp_http", "flow:mp_http"),
        ("tcp/445", "port:tcp/445"),
        ("TCP 445", "port:tcp/445"),
        ("445", "port:445"),
        ("433", "port:433"),
        ("udp/25536", "port:udp/25536"),
        ("50000", "port:50000"),
        ("in tcp 10.0.0.5:50000 > 10.1.0.9:445", "port:tcp/445"),
        ("out UDP [fd00::5] > [fd00::7]:25536 profile=domain", "port:udp/25536"),
        ("format:hive", "format:hive"),
    ],
)
def test_what_a_word_means(text, means):
    found, _ = find_topics(CATALOG, text)
    assert [f"{topic.kind}:{topic.id}" for topic in found] == [means]
    assert all(topic.exact for topic in found)


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("clent_push", "client_push"),
        ("remote-contrl", "remote_control"),
        ("tcp/1", None),
        ("udp/445", None),
        ("sctp/445", None),
        ("99999", None),
    ],
)
def test_what_means_nothing_gets_the_nearest(text, near):
    found, names = find_topics(CATALOG, text)
    assert found == []
    assert near is None or near in names


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
@pytest.mark.parametrize("edition", ["current", "2016"])
def test_every_topic_can_be_explained(edition, lang, run, valid):
    for topic in topics_of(CATALOG):
        name = f"{topic.kind}:{topic.id}"
        done = run("explain", name, "--edition", edition, lang=lang)
        assert done.exit_code == 0, (name, done.output)
        assert topic.title.in_language(lang).split()[0][:6] in done.output
        if lang == "en":
            (row,) = valid("explain", run("explain", name, "--edition", edition, "--format", "json").stdout)["topics"]
            assert (row["kind"], row["id"]) == (topic.kind, topic.id)


@pytest.mark.parametrize(("lang", "says"), [("en", "What can be explained"), ("zh_CN", "可以解释的内容")])
def test_without_a_topic_everything_is_listed(lang, says, run, valid):
    text = run("explain", lang=lang).stdout
    assert says in text
    assert all(topic.id in text for topic in topics_of(CATALOG))
    listed = valid("explain", run("explain", "--format", "json").stdout)["topics"]
    assert {row["kind"] for row in listed} == set(KINDS) - {"port"}


def test_a_feature_tells_rows_exceptions_errata_steps_and_source(run):
    text = run("explain", "client_push", "--edition", "2016").stdout
    for part in (
        "客户端请求安装",
        "line 117",
        "(printed 433)",
        "@FirewallAPI.dll,-34251",
        "E1",
        "works when:",
        "By hand",
        "source:",
    ):
        assert part in text
    chinese = run("explain", "client_push", lang="zh_CN").stdout
    assert "Client Push Installation" in chinese
    assert "手动操作" in chinese


def test_only_the_steps_of_the_page_are_by_hand(run):
    text = run("explain", "client_push").stdout.partition("By hand")[2]
    steps = [line for line in text.splitlines() if line[:2] in ("1.", "2.", "3.", "4.")]
    assert len(steps) == 3


def test_ambiguous_words_list_the_candidates(run):
    done = run("explain", "remote")
    assert done.exit_code == 2
    assert "`feature:remote_control`" in done.stderr
    assert done.stdout == ""


def test_the_unknown_is_refused_with_a_suggestion(run):
    done = run("explain", "clent_push")
    assert done.exit_code == 2
    assert done.stderr.startswith("cmfw: nothing known about `clent_push`; did you mean `client_push`")
    assert len(done.stderr.splitlines()) == 1


def test_a_misprinted_port_leads_to_its_erratum(run):
    document = json.loads(run("explain", "433", "--format", "json").stdout)
    (row,) = document["topics"]
    assert row["flows"] == []
    assert {"client_push", "gpo_install", "manual_install", "swdist_install"} <= {r["feature"] for r in row["requirements"]}
    assert "443" in run("explain", "433").stdout


def test_an_erratum_is_told_in_the_language_of_the_run(run):
    document = json.loads(run("explain", "E4", "--format", "json", "--lang", "zh-CN").stdout)
    printed, effective = (document["topics"][0]["row"][key] for key in ("printed", "effective"))
    assert printed == {"en": "no SMB or RPC", "zh_CN": "不需要 SMB 或 RPC"}
    told = run("explain", "E4", "--lang", "zh-CN").stdout
    assert f"原文：{printed['zh_CN']}\n" in told
    assert effective["zh_CN"] in told
    assert effective["en"] not in told
    told = run("explain", "E4", "--lang", "en").stdout
    assert f"printed: {printed['en']}\n" in told
    assert f"effective: {effective['en']}\n" in told


def test_a_source_is_cited_by_its_own_title_and_described_where_it_has_none(run):
    assert "Configuration Manager 中使用的端口" in run("explain", "E3", "--lang", "zh-CN").stdout
    assert "Ports used in Configuration Manager" in run("explain", "E3", "--lang", "en").stdout
    assert "UnsolicitedRemoteAssistance" in run("explain", "E8", "--lang", "zh-CN").stdout
    described = run("explain", "E5", "--lang", "zh-CN").stdout
    assert "从真实 SYSTEM 配置单元" in described
    assert "Predefined rules decoded" not in described


def test_a_port_names_the_groups_that_open_it(run):
    text = run("explain", "tcp/445").stdout
    assert "FPS-SMB-In-TCP" in text
    assert "client_push.smb" in text
    assert "usual process: in tcp System" in text
