"""The texts of errors as the sources hold them: what goes into ``problems.pot``, and what no translation could reach.

A text is an argument of an error or a problem, or of a function of ours with a parameter ``expected``, ``found``, ``hint`` or ``reason``,
or the reason in a table of what a target lacks. It stands there as a literal, or is a phrase: what is made of words and values, stands in a variable or comes out of a function.
An f-string may have values and what is typed as it is (in backticks), but no words. docs/translating.md tells more.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "src" / "cmfw"
PACKAGES = (
    "errors.py",
    "words",
    "net",
    "model",
    "resolve",
    "engine",
    "diagnose",
    "probe",
    "emit",
    "publish",
    "lab",
    "report",
    "web",
    "cli",
    "ingest",
)
"""What is translated, in order: all but the catalog, whose files are ours and found wrong when it is built."""

_TEXTS = {
    "Problem": (1, 2, 3),
    "FormatError": (0,),
    "Unsupported": (2,),
    "MissingExtra": (1,),
    "LabError": (0,),
    "NoResponder": (0,),
    "Refused": (0,),
    "Busy": (0,),
    "Unreachable": (0,),
    "Edited": (0,),
    "FlowTextError": (0, 1),
    "Unexpected": (0,),
    # what the lab asks the kernel for, in the place of `what`
    "ask": (3,),
    "look_up": (2,),
}
"""Error -> the positions of its texts."""
_NAMED = ("expected", "found", "hint", "reason", "got", "failure")
"""Parameters that are texts wherever they stand."""
_MAKERS = ("phrase", "listed", "constant", "bilingual", "of_system")
_TYPED = re.compile(r"`[^`]*`|{[^}]*}|'[^']*\[[^']*'")
_WORD = re.compile(r"[A-Za-z]*[a-z]{2}|\ban? [A-Z]")
_MARK = re.compile(r"[(,:;]")
"""Marks that another language sets in its own way."""


@dataclass(frozen=True)
class Flaw:
    """An expression that is a text and cannot be translated."""

    path: Path
    node: ast.expr

    def __str__(self) -> str:
        return f"{self.path.relative_to(SOURCE)}:{self.node.lineno}: {ast.unparse(self.node)[:120]}"


def has_words(text: str) -> bool:
    """Whether something of the text is language: neither in backticks or braces, nor a mark or a name in capitals."""
    return _WORD.search(_TYPED.sub("", text)) is not None


def sources(packages: tuple[str, ...] = PACKAGES) -> Iterator[Path]:
    """The modules of the packages, in order."""
    for package in packages:
        path = SOURCE / package
        yield from [path] if path.is_file() else sorted(path.rglob("*.py"))


def texts(packages: tuple[str, ...] = PACKAGES) -> dict[str, str]:
    """Text or template -> the module that holds it first, in the order of the sources."""
    found: dict[str, str] = {}
    for path in sources(packages):
        module = path.relative_to(SOURCE).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
        for text in Module(path).texts():
            found.setdefault(text, module)
    return found


def flaws(packages: tuple[str, ...] = PACKAGES) -> list[Flaw]:
    """Every text that is no phrase although it has to be."""
    return [Flaw(path, node) for path in sources(packages) for node in Module(path).flaws()]


class Module:
    """The texts of one module."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        self.calls = [node for node in self.nodes if isinstance(node, ast.Call)]

    def texts(self) -> Iterator[str]:
        """The literals and templates, in order."""
        found = sorted(self._constants(), key=lambda node: (node.lineno, node.col_offset))
        yield from (
            str(node.value) for node in found if has_words(str(node.value)) or _MARK.search(_TYPED.sub("", str(node.value)))
        )

    def flaws(self) -> Iterator[ast.expr]:
        """Words in f-strings and sums, and literals behind a name, where a text is wanted."""
        seen = set()
        for node in (*self._arguments(), *(reason for table in self._tables() for reason in _reasons(table))):
            for one in self._flaws(node):
                if one not in seen:
                    seen.add(one)
                    yield one
        for call in self.calls:
            if _name(call) == "phrase" and not _is_text(call.args[0]):
                yield call
        for node in self._heard():
            # beside what a stranger has sent only a phrase is told from it, so that a literal will not do
            yield from self._flaws(node, frozenset({""}))

    def _constants(self) -> Iterator[ast.Constant]:
        for call in self.calls:
            if _name(call) == "phrase" and call.args and _is_text(call.args[0]):
                yield call.args[0]
            if _name(call) == "listed":
                yield from (arg for arg in call.args[1:] if _is_text(arg))
        for node in self._arguments():
            yield from (one for one in _alternatives(node) if _is_words(one))
        for table in self._tables():
            yield from (one for one in _reasons(table) if _is_words(one))

    def _arguments(self) -> Iterator[ast.expr]:
        for call in self.calls:
            positions = _positions(_name(call), self.path)
            yield from (arg for at, arg in enumerate(call.args) if at in positions)
            if positions:
                yield from (one.value for one in call.keywords if one.arg in _NAMED or one.arg == "wanted_by")

    def _heard(self) -> Iterator[ast.expr]:
        """What a probe says of an answer: its evidence, and the facts of what listens."""
        if "probe" not in self.path.parts:
            return
        for call in self.calls:
            shown = [one.value for one in call.keywords if one.arg == "evidence"]
            shown += call.args[1:] if _name(call) == "finish" else []
            shown += call.args if _name(call) == "append" and ast.unparse(call.func) == "self.facts.append" else []
            for node in shown:
                if isinstance(node, ast.Tuple):
                    is_fact = _name(call) in ("finish", "append")
                    yield from node.elts[1:] if is_fact else node.elts

    def _tables(self) -> Iterator[ast.expr]:
        """The tables of what a target lacks."""
        yield from (one.value for call in self.calls for one in call.keywords if one.arg == "lacks")
        for node in self.nodes:
            if isinstance(node, ast.Assign) and any(isinstance(to, ast.Name) and to.id == "LACKS" for to in node.targets):
                yield node.value

    def _flaws(self, node: ast.expr, behind: frozenset[str] = frozenset()) -> Iterator[ast.expr]:
        for one in _alternatives(node):
            if _hides_words(one) or (behind and _is_words(one)):
                yield one
            elif isinstance(one, ast.Name):
                if one.id not in behind:
                    yield from (flaw for found in self._behind(one.id) for flaw in self._flaws(found, behind | {one.id}))
            elif isinstance(one, ast.Call) and _name(one) not in _MAKERS:
                yield from (found for found in self._returned(_name(one)) if _hides_words(found) or _is_words(found))

    def _behind(self, name: str) -> Iterator[ast.expr]:
        """What is put under a name, in any function of the module."""
        for node in self.nodes:
            if (isinstance(node, ast.Assign) and any(isinstance(to, ast.Name) and to.id == name for to in node.targets)) or (
                isinstance(node, ast.AnnAssign)
                and isinstance(node.target, ast.Name)
                and node.target.id == name
                and node.value
            ):
                yield from _alternatives(node.value)

    def _returned(self, name: str) -> Iterator[ast.expr]:
        """What a function of the module returns."""
        for node in self.nodes:
            if isinstance(node, ast.FunctionDef) and node.name == name:
                for inner in ast.walk(node):
                    if isinstance(inner, ast.Return) and inner.value:
                        yield from _alternatives(inner.value)


@cache
def _builders() -> dict[str, dict[Path, tuple[int, ...]]]:
    """Function -> the module that defines it -> the positions of its texts, of the whole program."""
    found: dict[str, dict[Path, tuple[int, ...]]] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name != "__init__":
                given = [one for one in node.args.args if one.arg not in ("self", "cls")]
                positions = tuple(at for at, one in enumerate(given) if one.arg in _NAMED and _is_str(one.annotation))
                if positions:
                    found.setdefault(node.name, {})[path] = positions
    return found


def _positions(name: str, path: Path) -> tuple[int, ...]:
    """The positions of the texts of a function as a module means its name: its own, one of its package, or any."""
    if name in _TEXTS:
        return _TEXTS[name]
    defined = _builders().get(name, {})
    if path in defined:
        return defined[path]
    near = [positions for other, positions in defined.items() if other.parent == path.parent]
    return tuple({at for positions in near or defined.values() for at in positions})


def _name(call: ast.Call) -> str:
    if isinstance(call.func, ast.Name):
        return call.func.id
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _alternatives(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.IfExp):
        yield from _alternatives(node.body)
        yield from _alternatives(node.orelse)
    elif isinstance(node, ast.BoolOp):
        for one in node.values:
            yield from _alternatives(one)
    elif isinstance(node, ast.Call) and _name(node) == "constant":
        yield from _alternatives(node.args[0])
    else:
        yield node


def _reasons(table: ast.expr) -> Iterator[ast.expr]:
    for node in ast.walk(table):
        if isinstance(node, ast.Dict):
            for reason in (value for key, value in zip(node.keys, node.values, strict=True) if key is not None):
                yield from _alternatives(reason)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_str(annotation: ast.expr | None) -> bool:
    return annotation is not None and ast.unparse(annotation) == "str"


def _is_words(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and has_words(node.value)


def _hides_words(node: ast.expr) -> bool:
    """Whether words stand in an expression that makes a new text."""
    if isinstance(node, ast.JoinedStr):
        return has_words("".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
        return any(_is_words(one) or _hides_words(one) for one in (node.left, node.right))
    # the English half of a text in both languages, whose other half would be lost
    return isinstance(node, ast.Attribute) and node.attr == "en"
