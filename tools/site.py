"""Build the documentation as a site and check what came out: nothing is loaded from elsewhere, and every link leads somewhere.

    python -m tools.site          writes build/site
    python -m tools.site DIR      writes it there

MkDocs is strict: a page outside the navigation, a link that leads nowhere or an anchor that is not there fails the build. What MkDocs does
not look at (what the theme and raw HTML load, links of the built pages) is read from the built pages here.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "build" / "site"
LOADS = {
    "script": ("src",), "img": ("src", "srcset"), "iframe": ("src",), "source": ("src", "srcset"), "video": ("src", "poster"),
    "audio": ("src",), "track": ("src",), "object": ("data",), "embed": ("src",), "image": ("href", "xlink:href"),
    "use": ("href", "xlink:href"), "input": ("src",), "form": ("action",),
}  # fmt: skip
"""Element -> the attributes by which a browser fetches something; ``link`` is judged by its ``rel``."""
LINKS_THAT_LOAD_NOTHING = frozenset({"canonical", "alternate", "next", "prev", "author", "license"})
CSS_LOADS = re.compile(r"""url\(\s*["']?(?P<url>[^"')]+)|@import\s+["'](?P<sheet>[^"']+)""")
INDEX = "index.html"


class Page(HTMLParser):
    """What a built page loads, where it links to, the places in it that can be linked to, and blocks that stand there as text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.loads: list[str] = []
        self.links: list[str] = []
        self.places: set[str] = set()
        self.unread_blocks = 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the element loads, links and names."""
        told = {name: found or "" for name, found in attrs}
        self.places.update(told[name] for name in ("id", "name") if told.get(name))
        self.loads += [told[name] for name in LOADS.get(tag, ()) if told.get(name)]
        self.loads += [found["url"] or found["sheet"] for found in CSS_LOADS.finditer(told.get("style", ""))]
        if tag in ("a", "area") and "href" in told:
            self.links.append(told["href"])
        if tag == "link" and not LINKS_THAT_LOAD_NOTHING & set(told.get("rel", "").split()):
            self.loads.append(told.get("href", ""))

    def handle_data(self, data: str) -> None:
        """Styles load things, too; the fence of a block is no text."""
        self.unread_blocks += any(line.lstrip().startswith("```") for line in data.splitlines())
        if self.cdata_elem == "style":
            self.loads += [found["url"] or found["sheet"] for found in CSS_LOADS.finditer(data)]


@cache
def read_page(path: Path) -> Page:
    """The built page."""
    return Page(path.read_text(encoding="utf-8"))


def is_elsewhere(address: str) -> bool:
    """Whether a browser would ask somebody else for it."""
    parts = urlsplit(address)
    return bool(parts.netloc) or parts.scheme not in ("", "data")


def lead(page: Path, address: str) -> tuple[Path, str]:
    """(file, place in it) that a relative address of the page means."""
    parts = urlsplit(address)
    path = page if not parts.path else page.parent / unquote(parts.path)
    return (path / INDEX if path.is_dir() else path), unquote(parts.fragment)


def faults_of(page: Path, site: Path) -> Iterator[str]:
    """What is wrong with one built page, in words."""
    read = read_page(page)
    for address in read.loads:
        if is_elsewhere(address):
            yield f"loads from elsewhere: {address}"
        elif not address.startswith("data:") and not lead(page, address)[0].is_file():
            yield f"loads what is not there: {address}"
    if read.unread_blocks:
        yield f"blocks that were not read: {read.unread_blocks}"
    for address in read.links:
        if urlsplit(address).scheme or urlsplit(address).netloc:
            continue
        to, place = lead(page, address)
        if not to.is_file():
            yield f"link leads nowhere: {address}"
        elif site not in to.resolve().parents:
            yield f"link leaves the site: {address}"
        elif place and to.suffix == ".html" and place not in read_page(to.resolve()).places:
            yield f"no such place: {address}"


def faults(site: Path) -> list[str]:
    """What is wrong with a built site, one line each; a site without pages is wrong, too."""
    site = site.resolve()
    pages = sorted(site.rglob("*.html"))
    # the page for addresses that are not there has absolute links, which only a server can resolve
    found = [
        f"{page.relative_to(site)}: {fault}" for page in pages if page.name != "404.html" for fault in faults_of(page, site)
    ]
    for sheet in sorted(site.rglob("*.css")):
        loaded = (one["url"] or one["sheet"] for one in CSS_LOADS.finditer(sheet.read_text(encoding="utf-8")))
        found += [f"{sheet.relative_to(site)}: loads from elsewhere: {one}" for one in loaded if is_elsewhere(one)]
    return found or ([] if pages else [f"{site}: no pages"])


def build(target: Path) -> None:
    """Write the site; CalledProcessError where MkDocs finds a fault.

    Not with ``--quiet``: it hides warnings from the count of ``--strict``, too.
    """
    # the theme's note about its own future is no fault of a page
    env = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--clean", "--site-dir", str(target)]
    done = subprocess.run(command, cwd=ROOT, env=env, check=False, capture_output=True, encoding="utf-8")
    sys.stderr.writelines(f"{line}\n" for line in done.stderr.splitlines() if not line.startswith("INFO"))
    done.check_returncode()
    # where there is no server the script is read instead of the data, and the plugin wrote it before the last language was in
    index = target / "search" / "search_index.json"
    index.with_suffix(".js").write_text(f"var __index = {index.read_text(encoding='utf-8')}", encoding="utf-8")


def main() -> int:
    """Build and check; 1 where something is wrong."""
    target = Path(sys.argv[1]).resolve() if sys.argv[1:] else TARGET
    try:
        build(target)
    except subprocess.CalledProcessError as error:
        return error.returncode
    found = faults(target)
    sys.stderr.writelines(f"{fault}\n" for fault in found)
    print(f"{target}: {len(list(target.rglob('*.html')))} pages, {len(found)} faults")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
