"""Every page in a real browser: for eyes, for ears, for keys alone, in any width, by day and by night, in both languages."""

from __future__ import annotations

from contextlib import closing
from importlib.util import find_spec

import pytest
from tests.conftest import need
from tests.web.chromium import LANGUAGES, chromium, visit
from tests.web.process import Client, served
from tests.web.seen_pages import ADDRESSES, FILE_ROUTES, MORE, RUN_ROUTE, prepare

from cmfw.web.routes import ROUTES

pytestmark = [pytest.mark.browser, pytest.mark.slow]

OPENED = "for (const one of document.querySelectorAll('details')) one.open = true"
CLIPPED = """() => {
  const wrong = [];
  const page = document.documentElement;
  if (page.scrollWidth > page.clientWidth) wrong.push(`page ${page.scrollWidth} in ${page.clientWidth}`);
  const scrolls = (one) => one && (["auto", "scroll"].includes(getComputedStyle(one).overflowX) || scrolls(one.parentElement));
  for (const one of document.querySelectorAll("body *")) {
    if (!one.checkVisibility() || one.closest("svg") || one.matches("textarea, input, select, .skip")) continue;
    const box = one.getBoundingClientRect();
    const style = getComputedStyle(one);
    if (style.overflowX === "hidden" && one.scrollWidth > one.clientWidth + 1) wrong.push(`clipped ${one.outerHTML}`);
    if (box.right > page.clientWidth + 1 && !scrolls(one)) wrong.push(`beyond ${one.outerHTML}`);
  }
  for (const one of document.querySelectorAll("svg text")) {
    const box = one.getBoundingClientRect(), frame = one.ownerSVGElement.getBoundingClientRect();
    if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.bottom > frame.bottom + 1)
      wrong.push(`drawn beyond: ${one.textContent}`);
  }
  return wrong.map((text) => text.slice(0, 200));
}"""
REACHED = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const style = getComputedStyle(one), box = one.getBoundingClientRect();
  const isShown = box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight;
  return [window.order.indexOf(one), isShown && (style.outlineStyle !== "none" || style.boxShadow !== "none"), one.outerHTML];
}"""
TO_REACH = """() => {
  window.order = [...document.querySelectorAll("*")];
  const all = document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']");
  return [...all].filter((one) => one.checkVisibility() && !one.disabled).map((one) => window.order.indexOf(one));
}"""
"""Places in the document of all that can be used; what scrolls can be reached besides."""


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """(a server with something on every page, the addresses of all of them)."""
    with served(tmp_path_factory.mktemp("looks"), "--allow", "probe") as server, closing(Client(server)) as client:
        run = prepare(client)
        yield server, (*ADDRESSES.values(), *MORE, run)


def test_the_list_of_pages_is_whole():
    assert {path for method, path, _ in ROUTES if method == "GET"} == {*ADDRESSES, *FILE_ROUTES, RUN_ROUTE}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light"), (1920, "dark")])
def test_axe_finds_nothing_and_nothing_is_cut_off(browser, seen, lang, width, scheme):
    need(find_spec("axe_playwright_python") is not None, "no packages of the extra `browser`")
    from axe_playwright_python.sync_playwright import Axe

    server, addresses = seen
    axe, wrong = Axe(), []
    with visit(browser, server, lang, width, color_scheme=scheme) as page:
        page.goto(server.door)
        for address in addresses:
            page.goto(address)
            page.evaluate(OPENED)
            wrong += [(address, text) for text in page.evaluate(CLIPPED)]
            for found in (one for one in axe.run(page).response["violations"] if one["impact"] != "minor"):
                wrong += [(address, found["impact"], found["id"], node["html"][:120]) for node in found["nodes"]]
    assert not wrong, "\n".join(map(str, wrong))


def test_keys_alone_reach_everything_in_order_and_one_sees_where(browser, seen):
    server, addresses = seen
    wrong = []
    with visit(browser, server) as page:
        page.goto(server.door)
        for address in (one for one in addresses if one != "/explain"):
            page.goto(address)
            expected, reached = page.evaluate(TO_REACH), []
            while len(reached) <= 2 * len(expected) + 9:
                page.keyboard.press("Tab")
                found = page.evaluate(REACHED)
                if found is not None and reached and found[0] == reached[0][0]:
                    break
                reached += [found] if found is not None else []
            places = [place for place, _, _ in reached]
            first = places.index(min(places))
            wrong += [(address, "not seen", text[:160]) for _, is_shown, text in reached if not is_shown]
            wrong += [(address, "not reached", place) for place in expected if place not in places]
            # where the page has put the focus itself, the way goes round
            if places[first:] + places[:first] != sorted(set(places)):
                wrong.append((address, "order", places))
    assert not wrong, "\n".join(map(str, wrong))
