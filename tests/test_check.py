from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from assistants import FACTS, FILES, REDNESS, REVIEWED, SUN, write_guide
from redness_qa.check import Finding, GuideReport, check_guide
from redness_qa.errors import CorpusError, CorpusErrors

FIELDS = ("title", "language", "reviewed", "reviewer_role", "licence")
SUN_F16 = "Keep your skin out of direct sun after needling.[^F16]"
SUN_F17 = "Wear a sunscreen of at least SPF 30 after needling.[^F17]"
HARD = "Clinicians recommend individualised photoprotection after needling.[^F17]"
DENSE = "Keep redness-prone skin away from direct sunlight during recovery after any needling session.[^F16]"
DENSE_TOO = "Wear a mineral sunscreen of factor 30 on skin exposed to sunlight after any needling session.[^F17]"


def check(folder: Path, *, today: date = REVIEWED, **changed: str) -> GuideReport:
    return check_guide(write_guide(folder / "corpus", **changed), today=today)


def line_of(text: str, part: str) -> int:
    assert text.count(part) == 1, f"{part!r} must be there once"
    return text[: text.index(part)].count("\n") + 1


def without_definition(text: str, label: str) -> str:
    """Drop the definition of a footnote, with the lines indented below it."""
    kept: list[str] = []
    dropping = False
    for line in text.splitlines():
        dropping = line.startswith(f"[^{label}]:") or (dropping and line.startswith("    "))
        if not dropping:
            kept.append(line)
    return "\n".join(kept) + "\n"


def test_a_sound_guide_has_no_findings(tmp_path: Path) -> None:
    report = check(tmp_path)

    assert report.findings == ()
    assert report.is_sound
    assert [(reading.document, reading.sentences) for reading in report.readings] == [("redness.md", 4), ("sun.md", 2)]
    assert list(report.stated) == ["F16", "F17", "F12", "F28", "F29", "F30"]
    assert report.stated["F12"] == ("Redness is mostly gone within 24 to 48 hours.",)


BROKEN_SUN = {
    "sentence without label": (
        SUN.replace(SUN_F16, f"{SUN_F16}\n\nRest well."),
        "Rest well.",
        "'Rest well.' has no footnote label",
    ),
    "label without footnote": (without_definition(SUN, "F17"), SUN_F17, "[^F17] has no footnote in this file"),
    "label not in facts.yaml": (
        SUN.replace("[^F16]", "[^F96]"),
        SUN_F16.replace("F16", "F96"),
        "F96 is not in facts.yaml",
    ),
    "pronoun at the start": (
        SUN.replace(SUN_F17, "It needs a sunscreen of at least SPF 30 after needling.[^F17]"),
        "It needs a sunscreen",
        "starts with a word that points back",
    ),
    "pronoun behind a connective": (
        SUN.replace(SUN_F17, "However, this needs a sunscreen of SPF 30.[^F17]"),
        "However, this",
        "starts with a word that points back",
    ),
    "too hard a sentence": (
        SUN.replace(SUN_F16, f"{SUN_F16}\nKeep in the shade.[^F16]\nStay cool.[^F16]\n{HARD}"),
        HARD,
        "simplify it to 12",
    ),
    "question of a fact that nobody states": (
        SUN.replace("- is sunlight", "- can i fly[^F98]\n- is sunlight"),
        "- can i fly",
        "labelled F98, which no sentence of the file states",
    ),
    "question of a fact that another file states": (
        SUN.replace("- is sunlight", "- how long[^F12]\n- is sunlight"),
        "- how long",
        "labelled F12, which no sentence of the file states",
    ),
    "footnote that no sentence uses": (
        f"{SUN}[^F12]: *Review of redness*. A Journal.\n",
        "[^F12]:",
        "no sentence uses the footnote [^F12]",
    ),
}


@pytest.mark.parametrize(("sun", "part", "problem"), BROKEN_SUN.values(), ids=BROKEN_SUN)
def test_a_broken_rule_is_one_error_with_file_and_line(tmp_path: Path, sun: str, part: str, problem: str) -> None:
    # F96 is the label in place of F16, which then nobody states.
    facts = FACTS.replace("F16: Direct sun is avoided.\n", "") if "F96" in sun else FACTS

    (finding,) = check(tmp_path, sun=sun, facts=facts).findings

    assert finding.place == f"sun.md:{line_of(sun, part)}"
    assert problem in finding.problem
    assert finding.is_error


def test_a_fact_that_no_sentence_states_is_an_error_of_the_list(tmp_path: Path) -> None:
    report = check(tmp_path, facts=f"{FACTS}F99: Ice helps.\n")

    assert report.findings == (
        Finding("facts.yaml", "no sentence states F99 (Ice helps.); write one and label it [^F99]"),
    )
    assert report.stated["F99"] == ()
    assert not report.is_sound


def test_a_question_states_no_fact(tmp_path: Path) -> None:
    sun = SUN.replace(f"{SUN_F16}\n", "Shade helps your skin.[^F17]\n")

    problems = [finding.problem for finding in check(tmp_path, sun=sun).findings]

    assert sum("labelled F16, which no sentence" in problem for problem in problems) == 2
    assert sum("no sentence uses the footnote [^F16]" in problem for problem in problems) == 1
    assert sum("no sentence states F16" in problem for problem in problems) == 1
    assert len(problems) == 4


def test_a_file_that_is_too_hard_on_average_is_an_error_of_the_file(tmp_path: Path) -> None:
    report = check(tmp_path, sun=SUN.replace(SUN_F16, DENSE).replace(SUN_F17, DENSE_TOO))

    (finding,) = report.findings
    reading = report.readings[1]
    assert 8 < reading.grade < reading.hardest_grade <= 12
    assert finding == Finding("sun.md", f"the file reads at grade {reading.grade:.1f}; simplify it to 8")


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", [None, "", "''"], ids=["left out", "empty", "empty text"])
def test_each_field_of_the_front_matter_is_demanded(tmp_path: Path, field: str, value: str | None) -> None:
    lines = [
        line if not line.startswith(f"{field}:") else f"{field}: {value}"
        for line in SUN.splitlines(keepends=False)
        if value is not None or not line.startswith(f"{field}:")
    ]

    assert check(tmp_path, sun="\n".join(lines)).findings == (
        Finding("sun.md:1", f"the front matter has no {field!r}; add it"),
    )


def test_a_text_without_front_matter_lacks_every_field(tmp_path: Path) -> None:
    findings = check(tmp_path, sun=SUN[SUN.index("# Sun and skin") :]).findings

    assert [finding.problem for finding in findings] == [
        f"the front matter has no {field!r}; add it" for field in FIELDS
    ]


def reviewed(value: str) -> str:
    return SUN.replace(f"reviewed: {REVIEWED}", f"reviewed: {value}")


def test_a_review_in_the_future_is_an_error(tmp_path: Path) -> None:
    (finding,) = check(tmp_path, sun=reviewed("2026-03-02")).findings

    assert (finding.place, finding.is_error) == ("sun.md:1", True)
    assert "'reviewed' is 2026-03-02, a day to come" in finding.problem


@pytest.mark.parametrize("value", ["soon", "2026-13-01", "01/03/2026", "2026"])
def test_a_review_without_a_date_is_an_error(tmp_path: Path, value: str) -> None:
    (finding,) = check(tmp_path, sun=reviewed(f"'{value}'")).findings

    assert (finding.place, finding.is_error) == ("sun.md:1", True)
    assert f"'reviewed' is '{value}'; write a date" in finding.problem


@pytest.mark.parametrize(("days", "is_warned"), [(365, False), (366, True)])
def test_a_review_over_a_year_ago_is_a_warning_only(tmp_path: Path, days: int, is_warned: bool) -> None:
    report = check(tmp_path, today=REVIEWED + timedelta(days=days))

    assert report.is_sound
    assert [(finding.place, finding.is_error) for finding in report.findings] == (
        [("redness.md:1", False), ("sun.md:1", False)] if is_warned else []
    )
    assert all("over a year ago" in finding.problem for finding in report.findings)


def test_what_has_no_word_is_passed_over(tmp_path: Path) -> None:
    assert check(tmp_path, sun=SUN.replace(SUN_F16, f"{SUN_F16}\n\n!!!\n\n- ...\n")).findings == ()


def test_files_with_other_line_ends_and_marks_are_read_alike(tmp_path: Path) -> None:
    folder = write_guide(tmp_path)
    (folder / "sun.md").write_bytes(b"\xef\xbb\xbf" + SUN.replace("\n", "\r\n").encode())

    assert check_guide(folder, today=REVIEWED).findings == ()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(None, "list of facts is missing", id="absent"),
        pytest.param(b"F01: [", "not YAML", id="not YAML"),
        pytest.param(b"F01: 2026-13-01", "not YAML", id="an impossible date"),
        pytest.param(b"F01: \xff", "not YAML in UTF-8", id="not UTF-8"),
        pytest.param(b"", "must hold for each fact", id="empty"),
        pytest.param(b"- F01", "must hold for each fact", id="a list"),
        pytest.param(b"F01:\n  - text", "write a line", id="a fact without text"),
    ],
)
def test_a_bad_list_of_facts_is_named(tmp_path: Path, content: bytes | None, reason: str) -> None:
    folder = write_guide(tmp_path)
    (folder / "facts.yaml").unlink()
    if content is not None:
        (folder / "facts.yaml").write_bytes(content)

    with pytest.raises(CorpusError, match=reason) as caught:
        check_guide(folder, today=REVIEWED)

    assert caught.value.path == folder / "facts.yaml"


def test_limits_are_read_too(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"refer\.yaml: .*list of limits"):
        check(tmp_path, refer="name: medicines\n")


def test_texts_that_cannot_be_read_are_named_together(tmp_path: Path) -> None:
    folder = write_guide(tmp_path)
    for name in ("redness.md", "sun.md"):
        (folder / name).write_bytes(b"")

    with pytest.raises(CorpusErrors) as caught:
        check_guide(folder, today=REVIEWED)

    assert [error.path.name for error in caught.value.errors] == ["redness.md", "sun.md"]


def test_the_small_guide_states_what_its_list_demands() -> None:
    assert set(FILES) == {"facts.yaml", "not-covered.yaml", "redness.md", "refer.yaml", "sun.md"}
    assert all(f"[^{fact}]" in REDNESS + SUN for fact in ("F12", "F16", "F17", "F28", "F29", "F30"))


def test_a_fact_may_be_left_out_for_a_reason(tmp_path: Path) -> None:
    report = check(tmp_path, facts=f"{FACTS}X19: {{fact: Another fact., left_out: its publisher is not named}}\n")

    assert report.is_sound
    assert report.left_out == {"X19": "its publisher is not named"}


def test_a_fact_that_is_left_out_must_not_be_stated(tmp_path: Path) -> None:
    facts = FACTS.replace("F16: Direct sun is avoided.", "F16: {fact: Direct sun is avoided., left_out: no reason}")

    (finding,) = check(tmp_path, facts=facts).findings

    assert finding.problem.startswith("F16 is left out on purpose, yet")
    assert finding.is_error
