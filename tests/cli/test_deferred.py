"""A module that is deferred is loaded when it is first used, and is then the module itself in all that matters."""

from __future__ import annotations

import subprocess
import sys

DEFERRED = """
import sys
sys.path.insert(0, sys.argv[1])
from cmfw.cli.deferred import defer
defer("colorsys")
defer("json", dumps=len)
import colorsys, json, colorsys as again
assert json.dumps("four") == 4
assert colorsys is again
before = "rgb_to_hls" in vars(colorsys)
found = colorsys.rgb_to_hls(0.0, 0.0, 0.0), json.loads("[1]")
assert json.dumps("four") == '"four"'
import colorsys as later
assert later is sys.modules["colorsys"] is not colorsys
assert later.rgb_to_hls is colorsys.rgb_to_hls
assert colorsys.__spec__ is later.__spec__ and colorsys.__file__ == later.__file__
try:
    colorsys.no_such_name
except AttributeError as error:
    print(before, found, error)
"""
LOADED = """
import sys
from cmfw.cli import main
code = main(sys.argv[1:])
unused = {"inspect", "ast", "dis", "locale", "pathlib", "ipaddress", "rich", "datetime", "uuid", "gettext", "threading"}
print(sorted(unused & set(sys.modules)), "signature" in vars(sys.modules["inspect"]), file=sys.stderr)
"""


def test_a_deferred_module_becomes_itself_when_it_is_used():
    done = subprocess.run([sys.executable, "-c", DEFERRED, "src"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False ((0.0, 0.0, 0.0), [1]) module 'colorsys' has no attribute 'no_such_name'"


def test_a_loaded_module_stays_what_it_is():
    from cmfw.cli.deferred import defer

    mine = sys.modules[__name__]
    defer(__name__)
    assert sys.modules[__name__] is mine


def test_a_short_command_loads_none_of_what_is_hardly_used():
    """With these the start takes a third longer: `inspect` by its import in click, `locale` by click's own translations."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED, "explain", "client_push"], capture_output=True, text=True, check=True
    )
    assert done.stderr.strip() == "['inspect'] False"


def test_the_name_of_the_system_is_what_platform_says():
    import platform

    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import cmfw.cli as c; c._load_less(); import platform as p; print(p.system(), 'uname' in vars(p), p.uname().system)",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [platform.system(), str(sys.platform != "linux"), platform.system()]


CLICK = """
import sys
import cmfw.cli as c
c._load_less()
import click, datetime, gettext, uuid
from click.exceptions import NoSuchOption
stand_ins = [vars(click.types)[name] for name in ("datetime", "uuid", "_", "ngettext")]
print([type(one).__module__ for one in stand_ins[:2]], [one.__module__ for one in stand_ins[2:]])
print(gettext.gettext.__module__)
class Later(datetime.datetime): pass
convert = lambda kind, text: kind.convert(text, None, None)
day = convert(click.DateTime(), "2016-09-02")
print(type(day) is datetime.datetime, convert(click.DateTime(), day) is day, day)
key = convert(click.UUID, "3ad8d9f1-7cd7-4a0b-955a-8bbb76e51e23")
print(type(key) is uuid.UUID, convert(click.UUID, key) is key, key)
message = NoSuchOption("--x", possibilities=["--y", "--z"]).format_message()
print(all(name in message for name in ("--x", "--y", "--z")))
"""


def test_what_click_holds_of_a_deferred_module_works_and_everybody_else_has_the_module_itself():
    done = subprocess.run([sys.executable, "-c", CLICK], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "['cmfw.cli.deferred', 'cmfw.cli.deferred'] ['cmfw.cli.click_words', 'cmfw.cli.click_words']",
        "gettext",
        "True True 2016-09-02 00:00:00",
        "True True 3ad8d9f1-7cd7-4a0b-955a-8bbb76e51e23",
        "True",
    ]


NAMES_OF_IT = """
import sys
sys.path.insert(0, sys.argv[1])
from cmfw.cli.deferred import defer
defer("tomllib._re", "RE_DATETIME", "RE_LOCALTIME", "RE_NUMBER", "match_to_datetime", "match_to_localtime", "match_to_number")
import tomllib
stand_in = sys.modules["tomllib._re"]
print(tomllib.loads('a = ["x", true]'), "re" in vars(stand_in))
print(tomllib.loads("a = [7, 0x1f, 1.5, 2016-09-02, 07:32:00]"), "re" in vars(stand_in))
"""


def test_names_can_be_imported_from_a_module_that_is_deferred():
    done = subprocess.run([sys.executable, "-c", NAMES_OF_IT, "src"], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "{'a': ['x', True]} False",
        "{'a': [7, 31, 1.5, datetime.date(2016, 9, 2), datetime.time(7, 32)]} True",
    ]


def test_what_the_stand_in_of_string_knows_is_what_string_says():
    import string

    from cmfw.cli import DIGITS, LETTERS

    assert f"{LETTERS}{LETTERS.upper()}" == string.ascii_letters
    assert string.digits == DIGITS
    assert f"{DIGITS}abcdefABCDEF" == string.hexdigits


PER_THREAD = """
import _thread, sys
import cmfw.cli as c
c._load_less()
import click.globals
print("threading" in sys.modules, "deepcopy" in vars(sys.modules["copy"]))
import threading
print(type(click.globals._local) is threading.local is _thread._local)
def look():
    seen.append(click.get_current_context(silent=True))
seen = []
with click.Context(click.Command("four")) as context:
    other = threading.Thread(target=look)
    other.start()
    other.join()
    print(seen, click.get_current_context() is context, threading.main_thread() is threading.current_thread())
import copy, dataclasses
from cmfw.net.ports import PortSet
ports = PortSet(((445, 445),))
print(dataclasses.asdict(ports), copy.copy(ports) == ports)
"""


def test_threads_and_copies_are_the_real_ones_for_whoever_uses_them():
    done = subprocess.run([sys.executable, "-c", PER_THREAD], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "False False",
        "True",
        "[None] True True",
        "{'ranges': ((445, 445),)} True",
    ]
