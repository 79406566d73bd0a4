"""Files of every format, alone and together: which state they make, and what cannot be read."""

from __future__ import annotations

import lzma
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tests.ingest.hive_builder import HiveBuilder, Key, at_path, build_hive, text

from cmfw.errors import InputError
from cmfw.ingest import FORMATS, format_module, read_state
from cmfw.ingest.archive import MOST_BYTES
from cmfw.ingest.preg import write_preg
from cmfw.ingest.registry import RegistryValue
from cmfw.model.rule import Store
from cmfw.model.state import HostState, ServiceFact
from cmfw.net.flow import Profile

GP = "Software\\Policies\\Microsoft\\WindowsFirewall"
ONE, TWO = "{11111111-2222-3333-4444-555555555555}", "{AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE}"


def rule(port: int, *, active: bool = True, action: str = "Allow") -> str:
    return f"v2.10|Action={action}|Active={str(active).upper()}|Dir=In|Protocol=6|LPort={port}|Svc=Spooler|Name=n{port}|"


def dword(number: int) -> bytes:
    return number.to_bytes(4, "little")


def policy(**rules: str) -> Key:
    return Key(
        values=[("PolicyVersion", 4, dword(0x21D))],
        keys={
            "FirewallRules": Key(values=[(name, 1, text(rule)) for name, rule in rules.items()]),
            "StandardProfile": Key(values=[("EnableFirewall", 4, dword(0))]),
        },
    )


def system_hive(*, current: int = 2) -> bytes:
    control_sets = {}
    for number in (1, 2):
        tree = at_path("SharedAccess\\Parameters\\FirewallPolicy", policy(a=rule(100 + number), b=rule(200, active=False)))
        tree.keys["Spooler"] = Key(values=[("Start", 4, dword(2)), ("ServiceSidType", 4, dword(1))])
        interfaces = {"{7}": Key(values=[("EnableDHCP", 4, dword(1)), ("DhcpIPAddress", 1, text("10.8.0.3"))])}
        tree.keys["Tcpip"] = at_path("Parameters\\Interfaces", Key(keys=interfaces))
        control_sets[f"ControlSet00{number}"] = Key(keys={"Services": tree})
    return build_hive(Key(keys={"Select": Key(values=[("Current", 4, dword(current))]), **control_sets}))


def software_hive(port: int) -> bytes:
    gpo = Key(keys={"FirewallRules": Key(values=[("g", 1, text(rule(port)))])})
    return build_hive(at_path("Policies\\Microsoft\\WindowsFirewall", gpo))


def pol(*, settings: dict[str, int] | None = None, **rules: str) -> bytes:
    entries = [RegistryValue(f"{GP}\\FirewallRules", name, 1, text(rule)) for name, rule in rules.items()]
    entries += [RegistryValue(f"{GP}\\DomainProfile", name, 4, dword(value)) for name, value in (settings or {}).items()]
    return write_preg(entries)


REG = f"""Windows Registry Editor Version 5.00

[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy\\FirewallRules]
"a"="{rule(301)}"

[HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\WindowsFirewall\\FirewallRules]
"g"="{rule(302)}"
"""


def ports(state: HostState) -> dict[Store, list[str]]:
    out: dict[Store, list[str]] = {}
    for one in state.rules:
        out.setdefault(one.store, []).append(str(one.local_port.ports))
    return out


def codes(state: HostState) -> list[str]:
    return [gap.code for gap in state.gaps]


def written(folder: Path, name: str, content: bytes | str) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode("utf-16") if isinstance(content, str) else content)
    return str(path)


ALONE = {
    "system hive": ("SYSTEM", system_hive(), "hive", {Store.LOCAL: ["102", "200"]}, ["no_gpo_source"]),
    "system hive under xz": (
        "SYSTEM.xz",
        lzma.compress(system_hive()),
        "hive",
        {Store.LOCAL: ["102", "200"]},
        ["no_gpo_source"],
    ),
    "software hive": ("SOFTWARE", software_hive(104), "hive", {Store.GPO: ["104"]}, ["no_local_source"]),
    "export": ("x.wfw", build_hive(policy(a=rule(105))), "wfw", {Store.LOCAL: ["105"]}, ["no_gpo_source"]),
    "export by another name, under xz": (
        "backup.bin",
        lzma.compress(build_hive(policy(a=rule(106)))),
        "wfw",
        {Store.LOCAL: ["106"]},
        ["no_gpo_source"],
    ),
    "reg file with both stores": ("x.reg", REG, "reg", {Store.LOCAL: ["301"], Store.GPO: ["302"]}, ["default_settings"]),
    "reg file in UTF-8 under xz": (
        "x.reg.xz",
        lzma.compress(REG.encode()),
        "reg",
        {Store.LOCAL: ["301"], Store.GPO: ["302"]},
        ["default_settings"],
    ),
    "registry.pol": ("Registry.pol", pol(a=rule(107)), "registry-pol", {Store.GPO: ["107"]}, ["no_local_source"]),
    "registry.pol without settings": ("registry.pol", pol(), "registry-pol", {}, ["no_local_source"]),
}


@pytest.mark.parametrize(("name", "content", "format_name", "expected", "gaps"), ALONE.values(), ids=ALONE)
def test_one_file(
    tmp_path: Path, name: str, content: bytes | str, format_name: str, expected: dict[Store, list[str]], gaps: list[str]
) -> None:
    state, problems = read_state([written(tmp_path, name, content)])
    assert problems == ()
    assert ports(state) == expected
    assert codes(state) == gaps
    assert {source.format for source in state.sources} == {format_name}
    assert not any(gap.may_allow or gap.may_block for gap in state.gaps)


def test_facts_of_a_system_hive(tmp_path: Path) -> None:
    path = written(tmp_path, "SYSTEM", system_hive())
    state, _ = read_state([path], local_subnets=["10.8.0.0/24", "fd00::/64"])
    assert (state.policy_version, state.platform) == ((2, 29), (10, 0))
    assert state.setting(Store.LOCAL, Profile.PRIVATE).enable_firewall is False
    assert state.services == (ServiceFact(name="Spooler", start=2, sid_type=1),)
    assert state.addresses.texts() == ["10.8.0.3"]
    assert str(state.local_subnets) == "10.8.0.0/24,fd00::/64"
    assert state.sources[0].counts == (("local", 2, 1),)
    key = "ControlSet002\\Services\\SharedAccess\\Parameters\\FirewallPolicy\\FirewallRules"
    assert state.rules[0].origin == f"{path}!{key}\\a"


def test_without_subnets_on_link_is_unknown(tmp_path: Path) -> None:
    assert read_state([written(tmp_path, "SYSTEM", system_hive())]).state.local_subnets is None


def test_lost_control_set_makes_everything_uncertain(tmp_path: Path) -> None:
    state, problems = read_state([written(tmp_path, "SYSTEM", system_hive(current=7))])
    assert ports(state) == {Store.LOCAL: ["101", "200"]}
    assert next((gap.code, gap.may_allow, gap.may_block) for gap in state.gaps) == ("store:local", True, True)
    assert "ControlSet007" in problems[0].text()


def damaged(content: bytes, place: str) -> bytes:
    """The hive with one cell's signature spoilt."""
    builder = HiveBuilder(policy(a=rule(120), b=rule(121)))
    assert bytes(builder.data) == content
    at = builder.places[place]
    return content[: at + 4] + b"??" + content[at + 6 :]


@pytest.mark.parametrize("place", ["FirewallRules", "StandardProfile", "FirewallRules\\b"])
def test_damaged_hive_names_the_store(tmp_path: Path, place: str) -> None:
    content = damaged(build_hive(policy(a=rule(120), b=rule(121))), place)
    state, problems = read_state([written(tmp_path, "x.wfw", content)])
    assert problems
    assert ("store:local", True, True) in {(gap.code, gap.may_allow, gap.may_block) for gap in state.gaps}


def test_hive_that_is_cut_beyond_use(tmp_path: Path) -> None:
    whole = build_hive(policy(**{f"r{n}": rule(n + 1) for n in range(60)}))
    with pytest.raises(InputError, match="damaged"):
        read_state([written(tmp_path, "x.wfw", whole[: len(whole) - len(whole) // 3])])


def test_every_value_that_is_no_rule_is_named(tmp_path: Path) -> None:
    key = policy(
        good=rule(122), broken="v2.10|Dir=In|", late=rule(123).replace("Protocol=6|LPort=123", "LPort=123|Protocol=6")
    )
    key.keys["FirewallRules"].values.append(("number", 4, dword(1)))
    key.keys["StandardProfile"].values.append(("DefaultInboundAction", 4, dword(9)))
    state, problems = read_state([written(tmp_path, "x.wfw", build_hive(key))])
    assert ports(state) == {Store.LOCAL: ["122", "123"]}
    named = {problem.key.rpartition("\\")[2] for problem in problems}
    assert named == {"broken", "late", "number", "DefaultInboundAction"}


def test_local_and_group_policy_of_one_machine(tmp_path: Path) -> None:
    paths = [written(tmp_path, "SYSTEM", system_hive()), written(tmp_path, "r.pol", pol(z=rule(108)))]
    state, _ = read_state(paths)
    assert ports(state) == {Store.LOCAL: ["102", "200"], Store.GPO: ["108"]}
    assert state.gaps == ()
    assert [source.path for source in state.sources] == paths


def test_two_local_policies_are_two_machines(tmp_path: Path) -> None:
    paths = [written(tmp_path, "SYSTEM", system_hive()), written(tmp_path, "x.wfw", build_hive(policy()))]
    with pytest.raises(InputError, match="one machine"):
        read_state(paths)


def backup(folder: Path, **policies: bytes) -> str:
    for name, content in policies.items():
        guid = {"one": ONE, "two": TWO}[name]
        written(folder, f"{guid}/DomainSysvol/GPO/Machine/registry.pol", content)
        written(folder, f"{guid}/DomainSysvol/GPO/User/registry.pol", pol(user=rule(999)))
    return str(folder)


def zipped(folder: str) -> str:
    path = f"{folder}.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in Path(folder).rglob("*.pol"):
            archive.write(file, file.relative_to(folder).as_posix().replace("Machine", "MACHINE"))
    return path


@pytest.mark.parametrize("pack", [str, zipped], ids=["folder", "zip"])
def test_several_gpos_merge(tmp_path: Path, pack: object) -> None:
    assert callable(pack)
    path = pack(backup(tmp_path / "backup", one=pol(a=rule(401)), two=pol(b=rule(402), settings={"EnableFirewall": 1})))
    state, problems = read_state([path])
    assert problems == ()
    assert ports(state) == {Store.GPO: ["401", "402"]}
    assert codes(state) == ["no_local_source"]
    assert [source.path for source in state.sources] == [f"{path}#{ONE}", f"{path}#{TWO}"]
    for guid, port in ((ONE, "401"), (TWO.lower(), "402")):
        assert ports(read_state([f"{path}#{guid}"]).state) == {Store.GPO: [port]}


def test_gpos_that_say_nothing_are_no_sources(tmp_path: Path) -> None:
    state, _ = read_state([backup(tmp_path, one=pol(), two=pol(b=rule(403)))])
    assert [source.counts for source in state.sources] == [(("gpo", 1, 1),)]


def test_gpos_that_contradict(tmp_path: Path) -> None:
    one = pol(same=rule(404), rival=rule(405), settings={"EnableFirewall": 1, "DefaultInboundAction": 1})
    two = pol(same=rule(404), rival=rule(406), settings={"EnableFirewall": 0, "DefaultOutboundAction": 1})
    state, _ = read_state([backup(tmp_path, one=one, two=two)])
    assert sorted(ports(state)[Store.GPO]) == ["404", "405", "406"]
    assert {str(r.local_port.ports) for r in state.rules if r.extras.invalid} == {"405", "406"}
    conflicts = [(gap.may_allow, gap.may_block) for gap in state.gaps if gap.code == "gpo_conflict"]
    assert sorted(conflicts) == [(False, False), (True, True)]
    merged = state.setting(Store.GPO, Profile.DOMAIN)
    assert (merged.default_inbound_allow, merged.default_outbound_allow) == (False, False)


def test_chosen_gpo_that_is_not_there(tmp_path: Path) -> None:
    path = backup(tmp_path, one=pol(a=rule(407)))
    with pytest.raises(InputError, match="11111111"):
        read_state([f"{path}#{TWO}"])


def test_gpo_that_writes_local_policy(tmp_path: Path) -> None:
    key = "SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy\\FirewallRules"
    path = written(tmp_path, "r.pol", write_preg([RegistryValue(key, "a", 1, text(rule(408)))]))
    state, problems = read_state([path])
    assert ("gpo_writes_local", True, True) in {(gap.code, gap.may_allow, gap.may_block) for gap in state.gaps}
    assert {problem.key.rpartition("\\")[2] for problem in problems} == {"FirewallPolicy", "a"}


def test_lost_record_damages_the_gpo_store(tmp_path: Path) -> None:
    state, problems = read_state([written(tmp_path, "r.pol", pol(a=rule(409), b=rule(410))[:-9])])
    assert problems
    assert "store:gpo" in codes(state)


def test_lost_line_damages_the_stores_of_a_reg_file(tmp_path: Path) -> None:
    state, problems = read_state([written(tmp_path, "x.reg", REG.replace('"a"=', '"a='))])
    assert problems
    assert {"store:local", "store:gpo"} <= set(codes(state))


def test_rules_in_one_file_and_settings_in_another_are_one_policy(tmp_path: Path) -> None:
    key = REG.split("\n")[2]
    rules = f'{REG.split(chr(10), maxsplit=1)[0]}\n\n{key}\n"a"="{rule(307)}"\n'
    settings = (
        f'{REG.split(chr(10), maxsplit=1)[0]}\n\n{key.replace("FirewallRules", "DomainProfile")}\n"EnableFirewall"=dword:0\n'
    )
    paths = [written(tmp_path, "rules.reg", rules), written(tmp_path, "settings.reg", settings)]
    state, problems = read_state(paths)
    assert problems == ()
    assert ports(state) == {Store.LOCAL: ["307"]}
    assert state.setting(Store.LOCAL, Profile.DOMAIN).enable_firewall is False
    assert codes(state) == ["no_gpo_source"]
    with pytest.raises(InputError, match="one local policy"):
        read_state([*paths, written(tmp_path, "again.reg", rules)])


def test_reg_file_without_the_rules(tmp_path: Path) -> None:
    content = (
        REG.split("[", maxsplit=1)[0]
        + REG.split("\n")[2].replace("FirewallRules", "DomainProfile")
        + '\n"EnableFirewall"=dword:1\n'
    )
    state, _ = read_state([written(tmp_path, "x.reg", content)])
    assert ("partial_export", True, True) in {(gap.code, gap.may_allow, gap.may_block) for gap in state.gaps}


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("missing", None, "nothing there"),
        ("empty.txt", b"", "an empty file"),
        ("notes.txt", b"hello", "68 65 6c 6c 6f"),
        ("hive of something else", build_hive(Key(keys={"Software": Key()})), "SYSTEM"),
        ("x.reg", "Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Other]\n", "FirewallPolicy"),
        ("x.zip", b"PK\x03\x04" + bytes(40), "zip"),
        ("x.xz", lzma.compress(b"hello"), "68 65"),
    ],
    ids=["missing file", "empty file", "text", "hive without policy", "reg without policy", "broken zip", "xz of text"],
)
def test_unreadable(tmp_path: Path, name: str, content: bytes | str | None, word: str) -> None:
    path = str(tmp_path / name) if content is None else written(tmp_path, name, content)
    with pytest.raises(InputError, match=word) as caught:
        read_state([path])
    assert caught.value.problems[0].hint


def test_all_bad_inputs_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_state([str(tmp_path / "a"), str(tmp_path / "b")], local_subnets=["10.0.0.0/24", "home"])
    assert [problem.file for problem in caught.value.problems] == [
        "--local-subnet",
        str(tmp_path / "a"),
        str(tmp_path / "b"),
    ]


def test_nothing_given() -> None:
    with pytest.raises(InputError, match="at least one"):
        read_state([])


def test_zip_with_a_huge_policy(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{ONE}/Machine/registry.pol", b"PReg\1\0\0\0" + bytes(MOST_BYTES))
    with pytest.raises(InputError, match="64 MiB"):
        read_state([str(path)])


def test_spoilt_name_in_a_zip_hides_no_policy(tmp_path: Path) -> None:
    path = Path(zipped(backup(tmp_path / "b", one=pol(a=rule(412)), two=pol(b=rule(413)))))
    content = path.read_bytes()
    at = content.rindex(b"MACHINE/registry.pol") + 8
    path.write_bytes(content[:at] + b"registrz" + content[at + 8 :])
    with pytest.raises(InputError, match="zip"):
        read_state([str(path)])


@pytest.mark.parametrize("at", range(0, 200, 3))
def test_spoilt_zip_is_an_input_error_or_a_state(tmp_path: Path, at: int) -> None:
    path = Path(zipped(backup(tmp_path / "b", one=pol(a=rule(414)))))
    content = bytearray(path.read_bytes())
    content[-at - 1] ^= 0xFF
    path.write_bytes(content)
    hints = ["none"]
    try:
        assert ports(read_state([str(path)]).state) == {Store.GPO: ["414"]}
    except InputError as error:
        hints = [problem.hint for problem in error.problems]
    assert all(hints)


def test_rule_under_a_misspelt_key_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, "r.pol", write_preg([RegistryValue(f"{GP}\\FirewallRule", "a", 1, text(rule(415)))]))
    state, problems = read_state([path])
    assert (state.rules, [problem.key for problem in problems]) == ((), [f"{GP}\\FirewallRule\\a"])


def test_spoilt_length_in_a_zip_hides_no_policy(tmp_path: Path) -> None:
    path = Path(zipped(backup(tmp_path / "b", one=pol(a=rule(416)), two=pol(b=rule(417)))))
    content = bytearray(path.read_bytes())
    # the length of the first entry's comment, in the directory
    content[content.index(b"PK\1\2") + 32] = 0xFF
    path.write_bytes(content)
    with pytest.raises(InputError, match="zip"):
        read_state([str(path)])


def test_digests_only_on_demand(tmp_path: Path) -> None:
    path = written(tmp_path, "r.pol", pol())
    assert read_state([path]).state.sources[0].sha256 == ""
    assert len(read_state([path], digests=True).state.sources[0].sha256) == 64


def test_formats_have_what_the_table_promises() -> None:
    for name in FORMATS:
        module = format_module(name)
        assert name == module.FORMAT
        assert callable(module.sniff)
        assert callable(module.read)


def test_heavy_modules_stay_out_of_the_way(tmp_path: Path) -> None:
    path = written(tmp_path, "x.wfw", build_hive(policy(a=rule(105))))
    code = f"import sys; from cmfw.ingest import read_state; read_state([{path!r}]); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"zipfile", "lzma", "hashlib", "json", "cmfw.ingest.gpo", "cmfw.ingest.reg_text"} & set(loaded)
