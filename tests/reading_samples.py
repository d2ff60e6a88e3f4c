"""The web-like text as the formats that the readers know, made anew for each test."""

from __future__ import annotations

import html
from pathlib import Path

import docx
from fpdf import FPDF

WEB_TEXT = Path(__file__).parent / "data" / "web_text" / "redness.txt"
LINES = [line for line in WEB_TEXT.read_text(encoding="utf-8").split("\n") if line]
LEAD_INS = ["If the red colour bothers you, there are several ways to manage it:", "These may include:"]
SLOGAN = "Radiant skin begins with us."
LABEL_LINES = [line for line in LINES if line.startswith(("Redness:", "Swelling:", "Itching:"))]
HEADINGS = [
    "Is It Normal to Be Red After Microneedling?",
    "What Happens in the Skin",
    "How Long Does the Redness Last",
    "Looking After Red Skin",
    "Why Skin Turns Red After Needling",
    "How to Calm the Skin",
    "Stay Cool",
    "Stay Out of the Sun",
    "When to Seek Help",
    "Redness and Other Effects of Microneedling",
    "Creams and Gels",
    "When to Seek Help",
    "Redness as Part of Healing",
]


class _RunningPdf(FPDF):
    def header(self) -> None:
        self.set_font("helvetica", size=8)
        self.cell(0, 5, "Skin Site | Redness", new_x="LMARGIN", new_y="NEXT")

    def footer(self) -> None:
        self.set_y(-15)
        self.set_font("helvetica", size=8)
        self.cell(0, 10, f"Page {self.page_no()}", align="C")


def write_pdf(path: Path, *, styled: bool) -> Path:
    pdf = _RunningPdf(format=(148, 210))  # small pages, so that the text goes over several
    pdf.add_page()
    for line in LINES:
        is_heading = styled and line in HEADINGS
        pdf.set_font("times", "B" if is_heading else "", 14 if is_heading else 11)
        pdf.multi_cell(0, 5, line, new_x="LMARGIN", new_y="NEXT", align="J")
        if styled:
            pdf.ln(2)
    pdf.output(str(path))
    return path


def write_docx(path: Path, *, styled: bool) -> Path:
    document = docx.Document()
    for number, line in enumerate(LINES):
        if styled and line in HEADINGS:
            document.add_heading(line, 2 if number else 1)
        else:
            document.add_paragraph(line)
    document.save(str(path))
    return path


def write_html(path: Path, *, styled: bool) -> Path:
    body: list[str] = []
    for number, line in enumerate(LINES):
        tag = ("h2" if number else "h1") if styled and line in HEADINGS else "p"
        body.append(f"<{tag}>{html.escape(line)}</{tag}>")
    path.write_text(
        "<!doctype html><html lang='en-GB'><head><title>Redness | Skin Site</title>"
        "<meta property='og:site_name' content='Skin Site'><link rel='canonical' href='https://skin.example/red'>"
        "<style>p { color: red }</style></head><body><nav><ul><li>Home page of the site</li></ul></nav>"
        f"<main>{''.join(body)}</main><form>Sign up for more</form><footer>Copyright Skin Site</footer></body></html>",
        encoding="utf-8",
    )
    return path


def write_text(path: Path, *, styled: bool) -> Path:
    """Write it with empty lines between the paragraphs, or without any."""
    path.write_text(("\n\n" if styled else "\n").join(LINES), encoding="utf-8")
    return path


def write_markdown(path: Path, *, styled: bool) -> Path:
    marked = [f"{'##' if number else '#'} {line}" if line in HEADINGS else line for number, line in enumerate(LINES)]
    path.write_text("\n\n".join(marked if styled else LINES), encoding="utf-8")
    return path
