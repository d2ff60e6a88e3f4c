"""Read a Markdown text: blocks with character offsets, front matter and footnotes."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.front_matter import front_matter_plugin

from redness_qa.errors import CorpusError
from redness_qa.passages import Block, BlockKind, Source
from redness_qa.reading.footnotes import EXPECTED_FORM, parse_source
from redness_qa.reading.parsed import Parsed
from redness_qa.reading.plain import read_plain

_OPEN_FRONT_MATTER = re.compile(r"---[ \t]*\n[A-Za-z][\w-]*:(?:\s|$)")
_INDENTED = re.compile(r"(?: {4}|\t)")


def read_markdown(text: str, path: Path) -> Parsed:
    """Find the blocks, the front matter and the footnotes of a Markdown text.

    Raises:
        CorpusError: The front matter or a footnote definition is not of the expected form.
    """
    mark = len(text) - len(text.removeprefix("\ufeff"))  # a byte order mark hides front matter and headings
    tokens = _parser().parse(text[mark:])
    front_matter = _front_matter(text[mark:], tokens, path)
    lines = _Lines(text, mark)
    blocks = tuple(_blocks(tokens, lines))
    footnotes = _footnotes(tokens, lines, path)
    if not (front_matter or footnotes or any(block.kind is BlockKind.HEADING for block in blocks)):
        return read_plain(text)  # text pasted from elsewhere, whose headings have no mark-up
    return Parsed(
        text=text,
        blocks=blocks,
        title=_words(front_matter, "title", path),
        language=_words(front_matter, "language", path) or "en",
        publisher=_words(front_matter, "publisher", path) or "",
        url=_words(front_matter, "url", path),
        footnotes=footnotes,
        metadata=_metadata(front_matter),
    )


def _parser() -> MarkdownIt:
    """Make a parser that stops at blocks: mark-up inside them stays part of the text."""
    parser = MarkdownIt("commonmark").enable("table")
    parser.use(front_matter_plugin).use(footnote_plugin, inline=False)
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser


class _Lines:
    """The lines of a text and where each begins; a byte order mark belongs to none."""

    def __init__(self, text: str, mark: int) -> None:
        self._lines = text[mark:].split("\n")
        self._starts = [mark]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line) + 1)

    def __getitem__(self, number: int) -> str:
        return self._lines[number]

    def start(self, number: int) -> int:
        return self._starts[number]

    def stripped_end(self, number: int) -> int:
        return self._starts[number] + len(self._lines[number].rstrip())


def _blocks(tokens: Sequence[Token], lines: _Lines) -> list[Block]:
    blocks: list[Block] = []
    list_depth = 0
    skipped_until: str | None = None
    for place, token in enumerate(tokens):
        if skipped_until is not None:
            skipped_until = None if token.type == skipped_until else skipped_until
        elif token.type in ("footnote_reference_open", "thead_open"):
            skipped_until = token.type.removesuffix("open") + "close"
        elif token.type == "list_item_open":
            list_depth += 1
        elif token.type == "list_item_close":
            list_depth -= 1
        elif token.type == "tr_open" and token.map:
            # A row, not a cell: its first cell mostly names what the others are about.
            blocks.extend(_row(token.map[0], lines))
            skipped_until = "tr_close"
        elif token.type == "inline" and token.map and token.content.strip():
            opening = tokens[place - 1]
            if opening.type == "heading_open":
                blocks.append(_heading(opening, token, lines))
            else:
                kind = BlockKind.LIST_ITEM if list_depth else BlockKind.PARAGRAPH
                blocks.append(_content_block(kind, token, lines))
    return blocks


def _content_block(kind: BlockKind, token: Token, lines: _Lines, level: int = 0) -> Block:
    """Place a block's content; lines that only hold rare white space count as its lines for the parser."""
    first, after = token.map or (0, 1)
    filled = [number for number in range(first, after) if lines[number].strip()]
    # Counted back from the line's end, since list and quotation marks stand before the content.
    start = lines.stripped_end(filled[0]) - len(token.content.strip().split("\n", 1)[0].rstrip())
    return Block(kind, start, lines.stripped_end(filled[-1]), level)


def _heading(opening: Token, token: Token, lines: _Lines) -> Block:
    level = int(opening.tag[1:])
    if not opening.markup.startswith("#") or token.map is None:
        return _content_block(BlockKind.HEADING, token, lines, level)
    line, words = lines[token.map[0]], token.content.strip()
    after_marks = line.index(opening.markup) + len(opening.markup)
    start = lines.start(token.map[0]) + line.index(words, after_marks)
    return Block(BlockKind.HEADING, start, start + len(words), level)


def _row(number: int, lines: _Lines) -> list[Block]:
    line = lines[number]
    start = len(line) - len(line.lstrip("|> \t"))
    end = len(line.rstrip("| \t"))
    if end <= start:
        return []
    return [Block(BlockKind.LIST_ITEM, lines.start(number) + start, lines.start(number) + end)]


def _front_matter(text: str, tokens: Sequence[Token], path: Path) -> Mapping[str, object]:
    if not tokens or tokens[0].type != "front_matter":
        if _OPEN_FRONT_MATTER.match(text):
            reason = "the front matter that begins here is not closed. End it with a line of three hyphens (---)."
            raise CorpusError(path, reason, line=1)
        return {}
    try:
        loaded = yaml.safe_load(tokens[0].content)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or error
        line = mark.line + 2 if mark is not None else 1
        reason = f"the front matter is not valid YAML ({problem}). Write one 'key: value' on a line."
        raise CorpusError(path, reason, line=line) from error
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        reason = (
            f"the front matter is a {type(loaded).__name__}, not keys and values. Write one 'key: value' on a line."
        )
        raise CorpusError(path, reason, line=1)
    return {str(key): value for key, value in loaded.items()}


def _words(front_matter: Mapping[str, object], key: str, path: Path) -> str | None:
    value = front_matter.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        # YAML reads an unquoted "no" as False and "3.10" as a number.
        reason = f"'{key}' in the front matter is {value!r}, which YAML does not read as words. Put it in quotes."
        raise CorpusError(path, reason, line=1)
    return value.strip() or None


def _metadata(front_matter: Mapping[str, object]) -> dict[str, str]:
    metadata: dict[str, str] = {}
    for key, value in front_matter.items():
        if key in ("title", "language"):
            continue
        if isinstance(value, bool):
            metadata[key] = str(value).lower()
        elif isinstance(value, datetime.date):  # a datetime is one too
            metadata[key] = value.isoformat()
        elif isinstance(value, (str, int, float)):
            metadata[key] = str(value)
    return metadata


def _footnotes(tokens: Sequence[Token], lines: _Lines, path: Path) -> dict[str, tuple[Source, ...]]:
    footnotes: dict[str, tuple[Source, ...]] = {}
    label = ""
    number = 0
    sources: list[Source] = []
    for token in tokens:
        if token.type == "footnote_reference_open":
            label, sources = token.meta["label"], []
            number = token.map[0] if token.map else 0
            if label in footnotes:
                reason = f"footnote [^{label}] is defined twice. Join the two definitions."
                raise CorpusError(path, reason, line=number + 1)
        elif token.type == "footnote_reference_close":
            if not sources:
                raise CorpusError(path, f"footnote [^{label}] names no source. {_remedy(label)}", line=number + 1)
            footnotes[label], label = tuple(sources), ""
        elif label and token.type == "inline" and token.map:
            sources.extend(_sources(label, token, lines, path))
    return footnotes


def _sources(label: str, token: Token, lines: _Lines, path: Path) -> list[Source]:
    """Read the sources of one paragraph of a definition; each begins with the asterisk of its title."""
    first = token.map[0] if token.map else 0
    entries: list[tuple[int, str]] = []
    for number, content in enumerate(token.content.split("\n"), first):
        if number > first and not _INDENTED.match(lines[number]):
            reason = (
                f"this line belongs to footnote [^{label}] but is not indented. "
                "Indent it by 4 spaces, or put an empty line before it."
            )
            raise CorpusError(path, reason, line=number + 1)
        if content.lstrip().startswith("*") or not entries:
            entries.append((number, content))
        else:
            entries[-1] = (entries[-1][0], f"{entries[-1][1]} {content}")
    sources: list[Source] = []
    for number, entry in entries:
        source = parse_source(entry)
        if source is None:
            reason = f"footnote [^{label}] does not name its source in the expected form. {_remedy(label)}"
            raise CorpusError(path, reason, line=number + 1)
        sources.append(source)
    return sources


def _remedy(label: str) -> str:
    return (
        f"Write '[^{label}]: {EXPECTED_FORM}'; year, address, grade and note may be left out, "
        "and a further source stands on a line of its own, indented by 4 spaces."
    )
