"""``site new`` writes what the reader accepts; ``site show`` gives back the site that was read."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from cmfw.cli.site_view import site_document, starter, toml_text
from cmfw.ingest.site import SITE_KEYS, read_site_text

FULL = r"""
code = "CAS"
ports = { http = [80, 8080], https = [443, 8443], notification = 10124, wol = 12, rpc = "50000-50100,50200" }
[[site]]
code = "P01"
parent = "CAS"
ports = { http = [81] }
[[site]]
code = "S01"
parent = "P01"
kind = "secondary"
[[system]]
host = "cm1.example.com"
site = "P01"
addresses = ["10.1.0.5", "2001:db8::5"]
roles = ["site_server", "management_point", "distribution_point", "software_update_point", "state_migration_point"]
mp.mode = "ehttp"
dp.mode = "https"
smp.mode = "https"
sup = { http = 80, https = 443, ssl = true }
pxe = true
multicast = true
multicast_ports = "63010-63020"
site_server_initiates = true
profile = "private"
default_outbound = "block"
os = "Server 2022"
zone = "core"
[[system]]
host = "desk"
site = "S01"
roles = ["console"]
[[clients]]
name = "库房 \"A\""
site = "P01"
subnets = ["10.2.0.0/24", "10.3.0.1-10.3.0.9"]
profile = "public"
product = "other"
os = "10.0.22631"
identity = "entra"
default_outbound = "block"
uses = ["cm1"]
features = ["client_requests"]
client_dir = 'D:\Client dir'
zone = "edge"
install = [{ method = "push" }, { method = "manual", source = '\\srv\x', http_port = 8081, fsp = "cm1", local_media = true }]
[clients.settings]
remote_control_profiles = ["domain", "public"]
wakeup_profiles = 10
wol_port = 13
peer_cache = true
[[clients]]
name = "b"
subnets = ["10.4.0.0/24"]
[[filter]]
from = "core"
to = "edge"
file = 'fw\a.cfg'
[[expect]]
flow = 'in tcp * > *:445 program="C:\a b.exe"'
verdict = "block"
"""
SHORT = 'code = "P01"\nsystem = [{ host = "cm1" }]\nclients = [{ subnets = ["10.1.0.0/16"] }]\n'


@pytest.mark.parametrize("text", [SHORT, FULL], ids=["three lines", "every key"])
@pytest.mark.parametrize("form", ["text", "json"])
def test_the_site_shown_is_the_site_read(text, form, run, tmp_path):
    path = tmp_path / "site.toml"
    path.write_text(text, encoding="utf-8")
    shown = run("site", "show", path, "--format", form)
    assert shown.exit_code == 0, shown.output
    again = read_site_text(shown.output, "again")
    first = read_site_text(text, "first")
    if not first.clients[0].client_dir:
        first = replace(first, clients=tuple(replace(g, client_dir="%windir%\\CCM") for g in first.clients))
    assert [replace(g, client_dir="") for g in again.clients] == [replace(g, client_dir="") for g in first.clients]
    assert replace(again, path="", clients=()) == replace(first, path="", clients=())
    assert again.clients[0].client_dir == first.clients[0].client_dir


def test_the_full_example_sets_every_key_somewhere():
    import tomllib

    def paths(value, path):
        if isinstance(value, dict):
            for name, part in value.items():
                yield from paths(part, f"{path}.{name}" if path else name)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for one in value:
                yield from paths(one, f"{path}[]")
        yield path

    shown = set(paths(tomllib.loads(toml_text(site_document(read_site_text(FULL, "x")))), ""))
    optional = {"clients[].install[].share", "clients[].install[].mp", "clients[].install[].https_port"}
    only_read = {"clients[].install[].properties", "packs"}
    assert {key.path for key in SITE_KEYS} - shown <= optional | only_read


def test_json_form_is_a_valid_site_document(run, tmp_path, valid):
    path = tmp_path / "site.toml"
    path.write_text(FULL, encoding="utf-8")
    valid("site", run("site", "show", path, "--format", "json").output)


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_the_starter_is_valid_and_explains_every_key(lang, run):
    text = run("site", "new", lang=lang).output
    site = read_site_text(text, "starter")
    assert (site.code, len(site.systems), len(site.clients)) == ("P01", 1, 1)
    for key in SITE_KEYS:
        assert key.meaning.in_language(lang) in text or key.path == "schema"


def test_the_starter_tells_defaults_in_its_language(run):
    told = run("site", "new", lang="zh_CN").output
    assert "#https =  # WSUS 的 HTTPS 端口（默认：HTTP 为 80 时是 443，否则为 HTTP + 1）\n" in told
    assert '#kind = "primary"  # 站点类型：central | primary | secondary\n' in told
    assert "the " not in told


def test_a_starter_with_all_commented_values_uncommented_is_still_valid():
    lines = []
    for line in starter().splitlines():
        key = line[1:].partition(" = ")[0]
        value = line.partition(" = ")[2]
        live = line.startswith("#") and key.isidentifier() and not value.startswith(" ")
        lines.append(line[1:] if live and not _in_commented_table(lines) else line)
    assert read_site_text("\n".join(lines), "starter").code == "P01"


def _in_commented_table(lines):
    headers = [line for line in lines if line.lstrip("#").startswith("[")]
    return bool(headers) and headers[-1].startswith("#")


def test_new_does_not_overwrite(run, tmp_path):
    path = tmp_path / "s.toml"
    assert run("site", "new", path).exit_code == 0
    before = path.read_text(encoding="utf-8")
    path.write_text("mine", encoding="utf-8")
    refused = run("site", "new", path)
    assert refused.exit_code == 2
    assert path.read_text(encoding="utf-8") == "mine"
    assert run("site", "new", path, "--force").exit_code == 0
    assert path.read_text(encoding="utf-8") == before


def test_a_bad_site_tells_every_problem(run, tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text('code = "TOOLONG"\nsystem = [{ hots = "a" }]\nclients = [{ subnets = ["10.1"] }]\n', encoding="utf-8")
    done = run("site", "show", path)
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 3
    assert all(line.startswith(f"cmfw: {path}:") for line in done.stderr.splitlines())
    assert json.loads(json.dumps(done.stdout)) == ""
