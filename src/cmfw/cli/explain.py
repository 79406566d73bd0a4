"""``cmfw explain``: what one feature, flow, port, group, erratum, finding code, note or file format is about."""

from __future__ import annotations

import click

from cmfw.cli.app import CLEAN
from cmfw.cli.options import Spoken, edition_option, make_command
from cmfw.words import say
from cmfw.words.phrases import listed, told

SCHEMA = "cmfw/explain/1"


class _Resource(Spoken):
    """Lets the number of a group (``-28502``) be a topic, though it looks like an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments with such numbers made whole resource ids."""
        whole = [f"@firewallapi.dll,{word}" if word[:1] == "-" and word[1:].isdigit() else word for word in args]
        return super().parse_args(ctx, whole)


@make_command("explain", "text", "json", "md", cls=_Resource)
@click.argument("words", metavar="[TOPIC]...", nargs=-1)
@edition_option
def command(words: tuple[str, ...], edition: str, form: str) -> int:
    """Explain a topic, or list the topics there are."""
    from cmfw.catalog import PACKS, load
    from cmfw.cli import output
    from cmfw.report import explain_view
    from cmfw.report.topics import feature_named, find_topics, topics_of

    text = " ".join(words)
    catalog = load()
    if feature_named(catalog, text) is None:
        # the packs beyond the page are larger than it, and the usual question is about a feature of the page
        catalog = load(PACKS)
    if not words:
        known = topics_of(catalog)
        if form == "json":
            rows = [{"kind": t.kind, "id": t.id, "title": explain_view.texts(t.title)} for t in known]
            output.show_json({"schema": SCHEMA, "edition": edition, "topics": rows})
        else:
            output.show(explain_view.index_blocks(known))
        return CLEAN
    found, near = find_topics(catalog, text)
    if not found:
        hint = say("error.did_you_mean", names=told(listed(f"`{name}`" for name in near))) if near else ""
        raise click.UsageError(say("explain.unknown", text=text) + hint)
    if len(found) > 1 and not all(topic.exact for topic in found):
        names = told(listed(f"`{topic.kind}:{topic.id}`" for topic in found))
        raise click.UsageError(say("explain.ambiguous", text=text, names=names))
    if form == "json":
        rows = [explain_view.topic_row(catalog, topic, edition) for topic in found]
        output.show_json({"schema": SCHEMA, "edition": edition, "topics": rows})
    else:
        output.show(block for topic in found for block in explain_view.topic_blocks(catalog, topic, edition))
    return CLEAN
