"""Parts of the tree that the PowerShell grammar makes, for ``powershell_calls``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

VARIABLES = frozenset({"variable"})
_WRAPPERS = frozenset(
    {
        "unary_expression",
        "string_literal",
        "integer_literal",
        "pipeline",
        "pipeline_chain",
        "assignment_value",
        "left_assignment_expression",
        "parenthesized_expression",
        "key_expression",
        "statement_list",
        "command_name_expr",
        "expression_with_unary_operator",
    }
)


def first_error_line(root: Node) -> int:
    """The line of the first part that does not parse."""
    todo = [root]
    while todo:
        node = todo.pop()
        if node.is_error or node.is_missing:
            return line_of(node)
        todo += [child for child in reversed(node.children) if child.has_error or child.is_missing]
    return line_of(root)


def line_of(node: Node) -> int:
    """The line that the part begins on, from 1."""
    return int(node.start_point[0]) + 1


def text_of(node: Node) -> str:
    """The part as it is written."""
    return (node.text or b"").decode("utf-8", "replace")


def variable_of(node: Node) -> str:
    """The variable's name in lower case, without sigil, braces and the scope that changes nothing here."""
    name = text_of(node)[1:].strip("{}").lower()
    scope, colon, rest = name.partition(":")
    return rest if colon and scope in ("script", "global", "local", "private") else name


def all_of(node: Node, kinds: frozenset[str]) -> list[Node]:
    """Every part of these kinds, the part itself included, in their order."""
    found, todo = [], [node]
    while todo:
        one = todo.pop()
        if one.type in kinds:
            found.append(one)
        todo += reversed(one.children)
    return found


def changed_names(node: Node) -> list[tuple[int, str]]:
    """(offset, name) of every place that sets a variable or may change it, in order."""
    found = []
    kinds = frozenset(
        {"left_assignment_expression", "post_increment_expression", "foreach_statement", "invocation_expression"}
    )
    for part in all_of(node, kinds):
        if part.type in ("left_assignment_expression", "post_increment_expression"):
            variables = all_of(part, VARIABLES)
        else:
            variables = [child for child in part.children if child.type == "variable"]
        found += [(int(part.start_byte), variable_of(variable)) for variable in variables]
    return sorted(found)


def unwrapped(node: Node) -> Node:
    """The node inside wrappers that have one part and change nothing."""
    while node.type in _WRAPPERS and len(node.named_children) == 1:
        if node.type == "expression_with_unary_operator" and node.named_children[0].type != "cast_expression":
            break
        node = node.named_children[0]
    return node


def here_text(text: str) -> str:
    """The text of a here-string without its first and last line."""
    lines = text.split("\n")
    return "\n".join(lines[1:-1]).rstrip("\r")
