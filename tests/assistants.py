"""A small sound guide, and assistants on indexes that the word encoder built of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from redness_qa.assistant import Assistant
from redness_qa.build import build_index
from redness_qa.testing import WordEncoder

REVIEWED = date(2026, 3, 1)

FACTS = """\
F16: Direct sun is avoided.
F17: Sunscreen of SPF 30 or higher is worn.
F12: Redness is mostly gone within 24 to 48 hours.
F28: Redness with swelling, pain or pus needs a call.
F29: Severe pain needs a call.
F30: Redness that grows needs a call.
"""

SUN = """\
---
title: Sun and skin
language: en
reviewed: 2026-03-01
reviewer_role: Nurse
licence: CC BY 4.0
---

# Sun and skin

## Direct sun

Keep your skin out of direct sun after needling.[^F16]

### Questions patients ask

- can i go out in the sun[^F16]
- is sunlight bad for my face[^F16]

## Sunscreen

Wear a sunscreen of at least SPF 30 after needling.[^F17]

### Questions patients ask

- which sunscreen do i need[^F17]

[^F16]: *Sun leaflet*. A Clinic, 2021. <https://example.org/sun>. Grade B.
[^F17]: *Sun leaflet*. A Clinic, 2021. <https://example.org/sun>. Grade B.
    *Sunscreen in trials*. A Journal.
"""

REDNESS = """\
---
title: Redness
language: en
reviewed: 2026-03-01
reviewer_role: Nurse
licence: CC BY 4.0
---

# Redness

## How long it lasts

Redness is mostly gone within 24 to 48 hours.[^F12]

### Questions patients ask

- how long does the redness last[^F12]

## When to call

Call your clinic if redness comes with swelling, pain or pus.[^F28]
Call your clinic at once if you have severe pain.[^F29]
Call your clinic if redness grows.[^F30]

### Questions patients ask

- when should i call my clinic[^F28]

[^F12]: *Review of redness*. A Journal, 2020. <https://example.org/review>.
[^F28]: *Signs*. A Society.
[^F29]: *Signs*. A Society.
[^F30]: *Signs*. A Society.
"""

REFER = """\
- name: medicines
  reason: Only a prescriber may say.
  advice: Please ask a pharmacist about your medicine.
  questions:
    - may i take ibuprofen tablets tonight
    - should i stop my blood thinners
"""

NOT_COVERED = """\
- name: cost
  reason: Clinics differ.
  advice: ""
  questions:
    - how much does one session cost in euros
"""

FILES = {
    "facts.yaml": FACTS,
    "not-covered.yaml": NOT_COVERED,
    "redness.md": REDNESS,
    "refer.yaml": REFER,
    "sun.md": SUN,
}


def write_guide(folder: Path, **changed: str) -> Path:
    """Write the guide; `sun="..."` replaces the text of sun.md."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in FILES.items():
        (folder / name).write_text(changed.get(Path(name).stem, text), encoding="utf-8", newline="\n")
    return folder


def build_assistant(folder: Path, *, encoder: WordEncoder | None = None) -> Assistant:
    """Build an index of the guide in `folder / "corpus"` into `folder / "index"` and load it."""
    encoder = encoder or WordEncoder()
    build_index(folder / "corpus", folder / "index", encoder=encoder)
    return Assistant.load(folder / "index", corpus=folder / "corpus", encoder=encoder)
