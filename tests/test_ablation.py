"""The table of what each part buys, on a small guide."""

from __future__ import annotations

from types import ModuleType

import pytest

from assistants import build_assistant, write_guide
from evaluated import labelled
from redness_qa.assistant import Assistant
from redness_qa.evaluation import Report
from redness_qa.evaluation.outcomes import ask_all
from scripts import script

ASKED = [
    labelled("1", "answerable", "F12", question="how long does the redness last"),
    labelled("2", "refer", question="may i take ibuprofen tablets tonight"),
    labelled("3", "unanswerable", question="how much does one session cost in euros"),
]


@pytest.fixture(scope="module")
def ablation() -> ModuleType:
    return script("ablation")


@pytest.fixture(scope="module")
def variants(ablation: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Assistant]:
    folder = tmp_path_factory.mktemp("ablation")
    write_guide(folder / "corpus")
    made: dict[str, Assistant] = ablation.variants(build_assistant(folder))
    return made


def test_each_part_is_left_out_alone(variants: dict[str, Assistant]) -> None:
    shipped = variants["as shipped"].index

    assert not [p for p in variants["without question forms"].index.passages if p.questions]
    assert variants["without lists of what is declined"].index.limits == ()
    for name, one in variants.items():
        assert [p.text for p in one.index.passages] == [p.text for p in shipped.passages], name
        assert (one.index.limits == shipped.limits) is (name != "without lists of what is declined"), name
    question = "may i take ibuprofen tablets tonight"
    assert variants["without companions"].find(question).limits == variants["as shipped"].find(question).limits
    assert variants["without headings as context"].find(question).hits != variants["as shipped"].find(question).hits


def test_the_table_has_a_row_for_each_with_a_test_where_it_differs(
    ablation: ModuleType, variants: dict[str, Assistant]
) -> None:
    reports = {name: Report.of(ask_all(one, ASKED)) for name, one in variants.items()}

    lines = ablation.table(reports).splitlines()

    assert len(lines) == 2 + len(variants)
    assert lines[2].startswith("| as shipped | 100.0 % |")
    assert "p = " not in lines[2]
    assert lines[3].startswith("| without question forms | ")
