"""Read a web page: its content without navigation, scripts and forms."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

from bs4 import BeautifulSoup, Tag, XMLParsedAsHTMLWarning
from bs4.element import NavigableString, PreformattedString

from redness_qa.errors import CorpusError
from redness_qa.passages import BlockKind
from redness_qa.reading.files import decode
from redness_qa.reading.parsed import Parsed
from redness_qa.reading.structure import Part, find_blocks, write_lines

_DROPPED = frozenset(
    [
        "aside",
        "audio",
        "button",
        "canvas",
        "code",
        "dialog",
        "figcaption",
        "footer",
        "form",
        "head",
        "iframe",
        "input",
        "label",
        "math",
        "menu",
        "nav",
        "noscript",
        "object",
        "option",
        "picture",
        "pre",
        "script",
        "select",
        "style",
        "sup",
        "svg",
        "template",
        "textarea",
        "title",
        "video",
    ]
)
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "blockquote",
        "body",
        "center",
        "details",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figure",
        "header",
        "hr",
        "html",
        "li",
        "main",
        "ol",
        "p",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
_TITLE_SEPARATOR = re.compile(r"\s+[|\u2013\u2014\u00b7-]\s+")


def read_html(content: bytes, path: Path) -> Parsed:
    """Find the blocks of a web page.

    Raises:
        CorpusError: The page is not in the encoding that it declares (UTF-8 if none), or is nested too deeply.
    """
    text = _decode(content, path)
    with warnings.catch_warnings():
        # XHTML is well enough read as HTML, and a text that looks like a file name is still a text.
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)
        warnings.filterwarnings("ignore", message=".*looks (?:more )?like.*", category=UserWarning)
        soup = BeautifulSoup(text, "html.parser")
    walk = _Walk()
    try:
        walk.read(_content_of(soup))
    except RecursionError as error:
        raise CorpusError(path, "is nested too deeply to be read. Save the page's text instead.") from error
    walk.end_part()
    has_headings = any(part.kind is BlockKind.HEADING for part in walk.parts)
    extracted, lines = write_lines(walk.parts)
    language = str(soup.html.get("lang") or "") if soup.html else ""
    publisher = _meta(soup, "og:site_name") or _meta(soup, "author")
    return Parsed(
        text=extracted,
        blocks=find_blocks(extracted, lines, find_headings=not has_headings),
        title=_title(soup, publisher),
        language=language if _LANGUAGE.fullmatch(language) else "en",
        publisher=publisher,
        url=_canonical(soup),
    )


def _decode(content: bytes, path: Path) -> str:
    """Decode strictly by the declared encoding; guessing one would read the same page in different ways."""
    match = re.search(rb"""(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", content[:2048])
    encoding = match[1].decode("ascii") if match else "utf-8"
    try:
        return decode(content, path, encoding=encoding).removeprefix("\ufeff")
    except LookupError as error:
        reason = f"declares the encoding '{encoding}', which is not known. Save the page again as UTF-8."
        raise CorpusError(path, reason) from error


def _content_of(soup: BeautifulSoup) -> Tag:
    mains = soup.find_all("main")
    if len(mains) == 1 and mains[0].get_text(strip=True):
        return mains[0]
    return soup.body or soup


class _Walk:
    """Collects parts while going through a page in reading order."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self._words: list[str] = []
        self._kind: BlockKind | None = None
        self._level = 0
        self._lists = 0

    def read(self, node: Tag) -> None:
        """Read what is inside an element."""
        for child in node.children:
            if isinstance(child, Tag):
                self._read_tag(child)
            elif isinstance(child, NavigableString) and not isinstance(child, PreformattedString):
                self._words.append(str(child))

    def end_part(self) -> None:
        """End the part in hand; the words that follow belong to a new one."""
        words = " ".join("".join(self._words).split())
        self._words = []
        if words:
            depth = max(self._lists - 1, 0) if self._kind is BlockKind.LIST_ITEM else 0
            self.parts.append(Part(words, self._kind, self._level, depth))

    def _read_tag(self, tag: Tag) -> None:
        if tag.name == "header":
            # The head of an article holds its heading; the rest, and the head of a site, is not the text's.
            for heading in tag.find_all(list(_HEADINGS)) if tag.find_parent(["article", "main"]) else []:
                self._read_part(heading, BlockKind.HEADING, int(heading.name[1]))
        elif tag.name in _DROPPED or tag.has_attr("hidden") or tag.get("aria-hidden") == "true":
            return
        elif tag.name == "br":
            self.end_part()
        elif tag.name in _HEADINGS:
            self._read_part(tag, BlockKind.HEADING, int(tag.name[1]))
        elif tag.name in ("ul", "ol"):
            self.end_part()
            self._lists += 1
            self.read(tag)
            self.end_part()
            self._lists -= 1
        elif tag.name == "li":
            self._read_part(tag, BlockKind.LIST_ITEM)
        elif tag.name == "tr":
            self._read_row(tag)
        elif tag.name in _BLOCKS:
            self._read_part(tag, self._kind)
        else:
            self.read(tag)

    def _read_part(self, tag: Tag, kind: BlockKind | None, level: int = 0) -> None:
        self.end_part()
        outer = (self._kind, self._level)
        self._kind, self._level = kind, level
        self.read(tag)
        self.end_part()
        self._kind, self._level = outer

    def _read_row(self, row: Tag) -> None:
        """Read a row of a table, not its cells: the first mostly names what the others are about."""
        self.end_part()
        cells = [" ".join(cell.get_text(" ").split()) for cell in row.find_all("td")]
        head = [" ".join(cell.get_text(" ").split()) for cell in row.find_all("th")] if cells else []
        words = " | ".join(cell for cell in (*head, *cells) if cell)
        if words:
            self.parts.append(Part(words, BlockKind.LIST_ITEM))


def _meta(soup: BeautifulSoup, name: str) -> str:
    tag = soup.find("meta", attrs={"property": name}) or soup.find("meta", attrs={"name": name})
    return " ".join(str(tag.get("content") or "").split()) if tag else ""


def _canonical(soup: BeautifulSoup) -> str | None:
    link = soup.find("link", rel="canonical")
    address = str(link.get("href") or "").strip() if link else ""
    return address if address.startswith(("http://", "https://")) else None


def _title(soup: BeautifulSoup, publisher: str) -> str | None:
    """Return the page's title; without the site's name, which browsers show and readers do not need."""
    heading = soup.find("h1")
    heading_words = " ".join(heading.get_text(" ").split()) if heading else ""
    tag = soup.title
    words = " ".join(tag.get_text().split()) if tag else ""
    if heading_words and (not words or words.casefold().startswith(heading_words.casefold())):
        return heading_words
    parts = _TITLE_SEPARATOR.split(words)
    if len(parts) > 1 and publisher and parts[-1].casefold() == publisher.casefold():
        words = words[: len(words) - len(parts[-1])].rstrip(" |\u2013\u2014\u00b7-")
    return words or None
