"""Reads the calls of a PowerShell script with the values that are certain before it runs. Nothing is run.

A variable has a value while it is certain: one that a block sets is not certain behind the block, one that a loop sets is not
certain in the loop, and in a function only variables count that are set once in the whole script. Parameters never count.

The grammar is tree-sitter's. Source: PowerShell language specification 3.0, 2.3.5 (literals), 8.2.1 (splatting).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

from cmfw.errors import MissingExtra, Problem
from cmfw.ingest.powershell_tree import (
    all_of,
    changed_names,
    first_error_line,
    here_text,
    line_of,
    text_of,
    unwrapped,
    variable_of,
)
from cmfw.ingest.script_calls import MACHINE_VARIABLES, Call, Calls, Given, program_name

if TYPE_CHECKING:
    from tree_sitter import Node

MOST_DEPTH = 400
"""Levels of the tree that are looked at: real scripts stay below 100."""
_QUOTES = str.maketrans({**dict.fromkeys("\u2018\u2019\u201a\u201b", "'"), **dict.fromkeys("\u201c\u201d\u201e", '"')})
"""Quotation marks of word processors, which PowerShell takes for quotes and the grammar does not."""
_VARIABLE = re.compile(r"\$(?:\{([^}]*)\}|((?:[a-z]+:)?\w+))", re.IGNORECASE)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_LOOPS = frozenset({"foreach_statement", "for_statement", "while_statement", "do_statement"})
_BRANCHES = frozenset({"statement_block", "switch_clause", "else_clause", "elseif_clause"})
_CONDITIONALS = frozenset({"if_statement", "switch_statement", "trap_statement", *_LOOPS})
_SWITCHES = frozenset(
    {"passthru", "whatif", "asjob", "confirm", "verbose", "debug", "tracepolicystore", "all", "wait", "nonewwindow"}
)


class Known(NamedTuple):
    """A value that is certain: its texts; ``is_boolean`` for ``$true`` and ``$false``."""

    texts: tuple[str, ...]
    is_boolean: bool = False


Table = dict[str, "tuple[str, Known | None]"]
"""A hash table: key in lower case to (key as written, its value)."""
Value = Known | Table | None
Variables = dict[str, Value]


def powershell_calls(text: str, path: str) -> Calls:
    """The calls of the script.

    Raises:
        MissingExtra: the grammar is not installed.
    """
    try:
        from tree_sitter import Language, Parser
        from tree_sitter_pwsh import language
    except ImportError as error:
        raise MissingExtra("lint", "a PowerShell script") from error
    content = text.translate(_QUOTES).encode("utf-8", "replace")
    root = Parser(Language(language())).parse(content).root_node
    walker = _Walker(path)
    walker.count_assignments(root)
    walker.walk(root, "", 0)
    if root.has_error:
        line = first_error_line(root)
        walker.problems.append(
            Problem(path, "PowerShell", "something else", line=line, hint="commands near it may be missing")
        )
    return Calls(tuple(walker.calls), tuple(walker.problems))


class _Walker:
    def __init__(self, path: str) -> None:
        self.path = path
        self.variables: Variables = {}
        self.times: dict[str, int] = {}
        self.changes: list[tuple[int, str]] = []
        self.calls: list[Call] = []
        self.problems: list[Problem] = []
        self.ended = ""
        """Where the script ends before its last line: what follows does not run."""

    def count_assignments(self, root: Node) -> None:
        """Learn where each variable is set, and how often."""
        self.changes = changed_names(root)
        for node in all_of(root, frozenset({"left_assignment_expression"})):
            for variable in all_of(node, frozenset({"variable"})):
                name = variable_of(variable)
                self.times[name] = self.times.get(name, 0) + 1

    def walk(self, node: Node, inside: str, depth: int) -> None:
        """Everything below the node, in order."""
        if depth > MOST_DEPTH:
            self.problems.append(Problem(self.path, "a script that nests less", "more levels", line=line_of(node)))
            return
        kind = node.type
        if kind in _CONDITIONALS:
            self._conditional(node, inside, depth)
        elif kind in ("function_statement", "script_block_expression"):
            self._function(node, inside, depth)
        elif kind == "catch_clause":
            self._block(node, f"{inside}/catch@{line_of(node)}".lstrip("/"), depth)
        elif kind == "flow_control_statement" and not inside:
            self.ended = self.ended or f"end@{line_of(node)}"
        elif kind in ("param_block", "function_parameter_declaration"):
            self._forget({variable_of(each) for each in all_of(node, frozenset({"variable"}))})
        else:
            for child in node.children:
                self.walk(child, inside, depth + 1)
            if kind == "command":
                self._command(node, inside)
            elif kind == "assignment_expression":
                self._assign(node)
            elif kind in ("invocation_expression", "post_increment_expression"):
                self._forget(self._assigned(node) | {variable_of(c) for c in node.children[:1] if c.type == "variable"})

    def _assigned(self, node: Node) -> set[str]:
        """Every variable that something below sets, or may change."""
        first, last = (bisect_left(self.changes, (int(place), "")) for place in (node.start_byte, node.end_byte))
        return {name for _, name in self.changes[first:last]}

    def _forget(self, names: set[str]) -> None:
        self.variables |= dict.fromkeys(names)

    def _conditional(self, node: Node, inside: str, depth: int) -> None:
        if node.type in _LOOPS:
            self._forget(self._assigned(node))
        for child in node.children:
            word = (child if child.type.startswith("else") else node).type.partition("_")[0]
            if child.type in _BRANCHES or child.type.endswith(("_clauses", "_body")):
                self._block(child, f"{inside}/{word}@{line_of(child)}".lstrip("/"), depth)
            else:
                self.walk(child, inside, depth + 1)

    def _block(self, node: Node, inside: str, depth: int) -> None:
        """A part that may not run: what it sets is certain in it and not behind it."""
        before = dict(self.variables)
        for child in node.children:
            self.walk(child, inside, depth + 1)
        self.variables = before
        self._forget(self._assigned(node))

    def _function(self, node: Node, inside: str, depth: int) -> None:
        """A part that runs at another time, any number of times."""
        before = dict(self.variables)
        self.variables = {name: found for name, found in before.items() if self.times.get(name) == 1}
        word = "function" if node.type == "function_statement" else "block"
        for child in node.children:
            self.walk(child, f"{inside}/{word}@{line_of(node)}".lstrip("/"), depth + 1)
        self.variables = before
        self._forget(self._assigned(node))

    def _assign(self, node: Node) -> None:
        left, right = node.child_by_field_name("left") or node.children[0], node.child_by_field_name("value")
        operator = next((text_of(child) for child in node.children if child.type == "assignment_operator"), "")
        found = self.value(right) if right is not None and operator == "=" else None
        target = unwrapped(left)
        while target.type in ("cast_expression", "expression_with_unary_operator"):
            target = unwrapped(target.named_children[-1])
        if target.type == "variable":
            self.variables[variable_of(target)] = found
            return
        base = target.named_children[0] if target.named_children else target
        table = self.variables.get(variable_of(base)) if base.type == "variable" else None
        key = self._member(target)
        if base.type == "variable" and isinstance(table, dict) and key:
            written = table.get(key.lower(), (key, None))[0]
            item = found if isinstance(found, Known) else None
            self.variables[variable_of(base)] = {**table, key.lower(): (written, item)}
        else:
            self._forget({variable_of(each) for each in all_of(left, frozenset({"variable"}))})

    def _member(self, node: Node) -> str:
        """The key of ``$table.Key`` or ``$table['Key']`` where it is certain."""
        last = node.named_children[-1] if node.named_children else node
        if node.type == "member_access":
            return text_of(last) if last.type == "member_name" and text_of(last).isalnum() else ""
        found = self.value(last) if node.type == "element_access" else None
        return found.texts[0] if isinstance(found, Known) and len(found.texts) == 1 else ""

    # --- values ------------------------------------------------------------------------------------------------------

    def value(self, node: Node) -> Value:
        """The value of an expression, None where it is not certain."""
        node = unwrapped(node)
        match node.type:
            case "verbatim_string_characters":
                return Known((text_of(node)[1:-1].replace("''", "'"),))
            case "verbatim_here_string_characters":
                return Known((here_text(text_of(node)),))
            case "expandable_string_literal":
                return self._expanded(text_of(node)[1:-1].replace('""', '"'))
            case "expandable_here_string_literal":
                return self._expanded(here_text(text_of(node)))
            case "decimal_integer_literal" | "real_literal" | "simple_name":
                return Known((text_of(node),))
            case "hexadecimal_integer_literal":
                return Known((str(int(text_of(node), 16)),)) if re.fullmatch("0[xX][0-9a-fA-F]+", text_of(node)) else None
            case "generic_token" | "expandable_bareword":
                return self._expanded(text_of(node))
            case "variable":
                return self._variable(node)
            case "hash_literal_expression":
                return self._table(node)
            case "array_literal_expression" | "bareword_argument_list":
                return self._joined([self.value(child) for child in node.named_children])
            case "array_expression":
                statements = [part for child in node.named_children for part in child.named_children]
                return self._joined([self.value(child) for child in statements])
            case "concatenated_command_argument":
                parts = [self.value(child) for child in node.named_children]
                texts = ["".join(part.texts) for part in parts if isinstance(part, Known) and len(part.texts) == 1]
                return Known(("".join(texts),)) if len(texts) == len(parts) else None
            case "cast_expression":
                return self.value(node.named_children[-1])
            case "member_access" | "element_access":
                return self._item(node)
        return None

    def _joined(self, parts: list[Value]) -> Value:
        if not all(isinstance(part, Known) and not part.is_boolean for part in parts):
            return None
        return Known(tuple(text for part in parts if isinstance(part, Known) for text in part.texts))

    def _variable(self, node: Node) -> Value:
        name = variable_of(node)
        if name in ("true", "false"):
            return Known((name.capitalize(),), is_boolean=True)
        return self._named(name)

    def _named(self, name: str) -> Value:
        if name.startswith("env:") and name[4:] in MACHINE_VARIABLES:
            return Known((f"%{name[4:]}%",))
        return self.variables.get(name)

    def _item(self, node: Node) -> Value:
        base = node.named_children[0]
        table = self.variables.get(variable_of(base)) if base.type == "variable" else None
        return table.get(self._member(node).lower(), ("", None))[1] if isinstance(table, dict) else None

    def _table(self, node: Node) -> Value:
        found: Table = {}
        for entry in all_of(node, frozenset({"hash_entry"})):
            if entry.parent is None or entry.parent.parent != node:
                continue
            key = self.value(entry.named_children[0])
            item = self.value(entry.named_children[-1])
            if not isinstance(key, Known) or len(key.texts) != 1:
                return None
            found[key.texts[0].lower()] = (key.texts[0], item if isinstance(item, Known) else None)
        return found

    def _expanded(self, text: str) -> Value:
        """The text with its variables and escapes replaced; None where one of them is not certain."""
        out, at = [], 0
        while at < len(text):
            char = text[at]
            if char == "`" and at + 1 < len(text):
                out.append(_ESCAPES.get(text[at + 1], text[at + 1]))
                at += 2
            elif char == "$" and text[at + 1 : at + 2] == "(":
                return None
            elif char == "$" and (found := _VARIABLE.match(text, at)):
                name = (found[1] or found[2]).lower()
                known = self._named(name)
                if not isinstance(known, Known):
                    return None
                out.append(" ".join(known.texts))
                at = found.end()
            else:
                out.append(char)
                at += 1
        return Known(("".join(out),))

    # --- commands ----------------------------------------------------------------------------------------------------

    def _command(self, node: Node, inside: str) -> None:
        name = next((c for c in node.named_children if c.type in ("command_name", "command_name_expr")), None)
        if name is None:
            return
        written = self._name(name)
        elements = next((c for c in node.named_children if c.type == "command_elements"), None)
        given = self._given([] if elements is None else elements.named_children)
        siblings = [] if node.parent is None else node.parent.named_children
        is_piped = any(s.end_byte <= node.start_byte for s in siblings)
        where = "/".join(block for block in (self.ended, inside) if block)
        self.calls.append(Call(program_name(written), written, tuple(given), line_of(node), where, is_piped))

    def _name(self, node: Node) -> str:
        inner = unwrapped(node)
        found = self.value(inner) if inner.type not in ("command_name", "command_name_expr") else None
        return found.texts[0] if isinstance(found, Known) and found.texts else text_of(node)

    def _given(self, elements: list[Node]) -> list[Given]:
        found: list[Given] = []
        waiting = ""
        switch = ""
        grows = -1
        for node in elements:
            is_between = node.type in ("command_argument_sep", "redirection")
            if node.start_byte == grows and not is_between:
                # `$name.Trim()`: the grammar takes the call of a method for an argument of its own
                found[-1], grows = Given(found[-1].name, None), node.end_byte
                continue
            if is_between:
                if switch and ":" in text_of(node):
                    # `-Confirm:$false`: the value is the switch's
                    waiting, switch = switch, ""
                    found.pop()
                continue
            switch = ""
            if node.type == "command_parameter":
                found += [Given(waiting, ())] if waiting else []
                waiting = text_of(node)[1:].rstrip(":")
                if waiting.lower() in _SWITCHES:
                    found.append(Given(waiting, ()))
                    waiting, switch = "", waiting
                continue
            text = text_of(node)
            if text.startswith("@") and unwrapped(node).type == "variable":
                found += self._splatted(text)
                continue
            value = self.value(node)
            if waiting == "" and node.type == "bareword_argument_list" and isinstance(value, Known):
                value = Known((",".join(value.texts),)) if "=" in text else value
            known = value if isinstance(value, Known) else None
            found.append(Given(waiting, known.texts if known else None, known is not None and known.is_boolean))
            waiting = ""
            grows = node.end_byte if text.startswith(("$", "(")) else -1
        return [*found, Given(waiting, ())] if waiting else found

    def _splatted(self, text: str) -> list[Given]:
        table = self.variables.get(text[1:].lower())
        if not isinstance(table, dict):
            return [Given("@", None)]
        return [
            Given(written, value.texts if value else None, value is not None and value.is_boolean)
            for written, value in table.values()
        ]
