from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from assistants import build_assistant, write_guide
from redness_qa.assistant import Assistant
from redness_qa.benchmark import (
    Benchmark,
    Growth,
    Load,
    Machine,
    Questions,
    Server,
    Serving,
    Spread,
    ask_at_once,
    growth_picture,
    matrix_rate,
    measure_cold_start,
    measure_growth,
    measure_stages,
    resident_mib,
)
from redness_qa.benchmark.growth import exact_nearest
from redness_qa.benchmark.processes import ColdStart
from redness_qa.benchmark.report import table
from redness_qa.benchmark.stages import ModelShape, Stage, Stages, TimedReadings, sample_questions
from redness_qa.benchmark.synthetic import SyntheticEncoder, write_corpus
from redness_qa.build import build_index
from redness_qa.encoder import DEFAULT_MODEL, GUIDE_MODEL, Reading
from redness_qa.errors import BenchmarkError
from redness_qa.readings import Readings
from redness_qa.testing import WordEncoder
from redness_qa.vectors import FloatMatrix, unit_rows

ANSWERING = (sys.executable, str(Path(__file__).parent / "data" / "answering_server.py"))


def chance_rows(count: int, *, seed: int, dim: int = 16) -> FloatMatrix:
    return unit_rows(np.random.default_rng(seed).standard_normal((count, dim)))


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    folder = tmp_path_factory.mktemp("guide")
    write_guide(folder / "corpus")
    return build_assistant(folder)


# Figures and the machine


def test_a_spread_has_middle_and_tail() -> None:
    seconds = [number / 1000 for number in range(1, 102)]
    spread = Spread.of(seconds)
    assert (spread.p50, spread.p95) == pytest.approx((51, 96))
    assert spread.count == 101
    with pytest.raises(ValueError, match="no timings"):
        Spread.of([])


def test_the_machine_is_described() -> None:
    machine = Machine.here()
    assert machine.processor
    assert machine.cores >= 1
    assert machine.versions["numpy"] == np.__version__
    assert machine.python.split(".")[:2] == [str(part) for part in sys.version_info[:2]]


def test_the_matrix_rate_is_of_the_order_of_a_processor() -> None:
    rate = matrix_rate(seconds=0.05)
    assert 1e8 < rate < 1e14


# Stages


def test_multiply_adds_of_a_hand_worked_shape() -> None:
    # Two layers, width 3, inner width 5, four tokens: projections 4*4*9, attention 2*16*3, feed-forward 2*4*3*5.
    assert ModelShape(layers=2, hidden=3, intermediate=5).multiply_adds(4) == 2 * (144 + 96 + 120)


@pytest.mark.parametrize("name", [DEFAULT_MODEL, GUIDE_MODEL])
def test_the_shape_of_the_bundled_model(name: str) -> None:
    assert ModelShape.of(name) == ModelShape(layers=6, hidden=384, intermediate=1536)


def test_a_model_without_a_shape_has_none(tmp_path: Path) -> None:
    assert ModelShape.of("word-encoder") is None
    (tmp_path / "config.json").write_text('{"hidden_size": 3}', encoding="utf-8")
    assert ModelShape.of(str(tmp_path)) is None


def test_the_floor_of_a_stage_is_its_arithmetic_at_the_rate_of_the_machine() -> None:
    stage = Stage("encode", Spread(p50=6.0, p95=9.0, count=3), multiply_adds=2e8)
    assert stage.floor_ms(1e11) == pytest.approx(2.0)
    assert replace(stage, multiply_adds=None).floor_ms(1e11) is None


def test_every_stage_is_timed_for_every_question(assistant: Assistant) -> None:
    questions = ["how long will i be red", "can i go out in the sun", "which sunscreen do i need"]
    told: list[tuple[int, int]] = []
    measured = measure_stages(assistant, questions, progress=lambda *done: told.append(done))
    assert [stage.name for stage in measured.stages] == ["triage", "encode", "search", "decide", "render", "whole"]
    assert {stage.took.count for stage in measured.stages} == {3}
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert measured.texts_read >= 1
    index = assistant.index
    needed = {stage.name: stage.multiply_adds for stage in measured.stages}
    assert needed["search"] == (index.manifest.rows - index.manifest.passages) * index.manifest.dim
    assert needed["encode"] is None  # the word encoder has no layers
    assert needed["whole"] is None


def test_timed_readings_tell_tokens_and_time_once(assistant: Assistant) -> None:
    class SlowEncoder(WordEncoder):
        def read(self, question: str) -> Reading:
            time.sleep(0.02)
            return super().read(question)

    readings, encoder = TimedReadings(), SlowEncoder()
    first = readings.of("three short words", encoder)
    assert readings.of("three short words", encoder) is first
    readings.of("two words", encoder)
    assert list(readings.tokens.values()) == [3, 2]
    assert 0.04 <= readings.seconds < 0.06 + 0.5
    np.testing.assert_array_equal(Readings().of("two words", encoder).vector, readings.of("two words", encoder).vector)


def test_sample_questions_are_those_an_index_lists_or_its_texts(assistant: Assistant, tmp_path: Path) -> None:
    listed = {asked for passage in assistant.index.passages for asked in passage.questions}
    assert set(sample_questions(assistant.index, 1000)) == listed
    assert len(sample_questions(assistant.index, 2)) == 2
    write_corpus(tmp_path / "corpus", 12)
    index = build_index(tmp_path / "corpus", tmp_path / "index", encoder=WordEncoder())
    assert sample_questions(index, 5) == [index.passages[place].text for place in (0, 2, 4, 6, 8)]


# Processes


def test_a_cold_start_tells_time_and_memory_of_the_command() -> None:
    script = "import time; held = bytearray(100 << 20); held[::4096] = b'x' * len(held[::4096]); time.sleep(0.2)"
    measured = measure_cold_start([script], runs=2, command=(sys.executable, "-c"))
    assert len(measured.seconds) == 2
    assert all(seconds >= 0.2 for seconds in measured.seconds)
    assert 100 < measured.resident_mib < 250


def test_the_memory_of_this_process_does_not_count() -> None:
    held = np.ones(300 << 17)  # 300 MiB
    measured = measure_cold_start(["pass"], runs=1, command=(sys.executable, "-c"))
    assert measured.resident_mib < held.nbytes / 2**20 / 2


def test_a_command_that_fails_is_told_with_its_words() -> None:
    with pytest.raises(BenchmarkError, match="failed: no such guide"):
        measure_cold_start(["import sys; sys.exit('no such guide')"], runs=1, command=(sys.executable, "-c"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("server") / "log"
    with Server.started([], log=log, settings=["REFUSES=1"], command=ANSWERING) as started:
        yield started


def test_a_started_server_answers_and_is_stopped(tmp_path: Path) -> None:
    with Server.started([], log=tmp_path / "log", command=ANSWERING) as started:
        resident = resident_mib(started.pid)
        assert resident is None or resident > 1
        assert started.ready_seconds > 0
        load = ask_at_once(f"{started.address}/api/ask", Questions(["a"]), askers=1, seconds=0.1)
        assert load.took is not None
        assert not load.refused
    load = ask_at_once(f"{started.address}/api/ask", Questions(["a"]), askers=1, seconds=0.05)
    assert load.took is None
    assert set(load.refused) == {0}


def test_a_server_that_ends_is_told_with_its_words(tmp_path: Path) -> None:
    command = (sys.executable, "-c", "import sys; sys.exit('the port is taken')")
    with (
        pytest.raises(BenchmarkError, match="the port is taken"),
        Server.started([], log=tmp_path / "log", command=command),
    ):
        pass


# Many at once


def test_answers_and_refusals_are_counted_apart(server: Server) -> None:
    questions = Questions([f"question {number}" for number in range(5)])
    load = ask_at_once(f"{server.address}/api/ask", questions, askers=4, seconds=0.5)
    assert load.askers == 4
    assert load.took is not None
    assert set(load.refused) == {503}
    # Every third question is refused.
    assert load.took.count + load.refused[503] == questions.asked
    assert abs(load.took.count - 2 * load.refused[503]) <= 3
    assert load.repeated == questions.asked - 5 > 0
    assert load.per_second <= load.took.count / 0.5


def test_a_path_that_is_not_there_is_told(server: Server) -> None:
    load = ask_at_once(f"{server.address}/elsewhere", Questions(["a"]), askers=1, seconds=0.05)
    assert load.took is None
    assert set(load.refused) == {404}


def test_questions_come_each_in_its_turn() -> None:
    questions = Questions(["a", "b", "c"])
    assert [questions.next() for _ in range(3)] == ["a", "b", "c"]
    assert questions.repeated == 0
    assert [questions.next() for _ in range(2)] == ["a", "b"]
    assert questions.repeated == 2


# Growth


def test_made_up_texts_are_all_different_and_can_be_quoted(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", 2_500)
    files = sorted((tmp_path / "corpus").iterdir())
    assert [path.name for path in files] == ["notes-00000.txt", "notes-00001.txt", "notes-00002.txt"]
    sentences = [line for path in files for line in path.read_text(encoding="utf-8").split("\n\n")]
    assert len(sentences) == len({line.strip() for line in sentences}) == 2_500


def test_made_up_vectors_are_those_of_their_texts_near_real_ones() -> None:
    real = chance_rows(50, seed=0, dim=64)
    encoder = SyntheticEncoder(real)
    texts = [f"text {number}" for number in range(9_000)]
    vectors = encoder.encode_passages(texts)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(SyntheticEncoder(real).encode_questions(texts[4_500:4_600]), vectors[4_500:4_600])
    assert np.median((vectors[:500] @ real.T).max(axis=1)) > 0.7
    assert len(np.unique(vectors.round(5), axis=0)) == len(texts)
    assert encoder.encode_questions([]).shape == (0, 64)
    assert encoder.read("a b").tokens.shape == (1, 64)


def test_exact_nearest_equals_sorting_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("redness_qa.benchmark.growth._BLOCK_ROWS", 7)
    rows, questions = chance_rows(50, seed=1), chance_rows(5, seed=2)
    expected = [set(np.argsort(-(rows @ question))[:10].tolist()) for question in questions]
    assert exact_nearest(rows, questions, k=10) == expected


def test_growth_is_measured_size_by_size(tmp_path: Path) -> None:
    real = chance_rows(40, seed=3)
    told: list[tuple[int, int]] = []
    growth = measure_growth(
        [30, 60], real=real, questions=chance_rows(8, seed=4), folder=tmp_path, progress=lambda *d: told.append(d)
    )
    assert [each.passages for each in growth] == [30, 60]
    assert {each.method for each in growth} == {"flat"}
    assert {each.recall for each in growth} == {1.0}
    assert growth[1].index_mib > growth[0].index_mib > 0
    assert all(each.build_seconds > 0 and each.load_seconds > 0 and each.search.count == 8 for each in growth)
    assert told == [(1, 2), (2, 2)]
    assert list(tmp_path.iterdir()) == []


# Report and picture

MACHINE = Machine("A Processor", 2, 24.0, "Linux 6", "3.11.7", {"numpy": "2.4"})
SMALL = Growth(100, "flat", 0.5, 120.0, 0.3, 0.004, Spread(0.04, 0.1, 9), 1.0, 75.0)
LARGE = Growth(100_000, "ivf", 90.0, 900.0, 400.0, 0.4, Spread(0.9, 1.5, 9), 0.9987, None)
FULL = Benchmark(
    machine=MACHINE,
    rate=5e10,
    index="ab" * 32,
    settings={"questions": "9"},
    cold_start=ColdStart((3.0, 1.0, 1.2), 210.0),
    stages=Stages(
        (
            Stage("encode", Spread(6.0, 9.0, 9), 1e8),
            Stage("render", Spread(0.1, 0.2, 9), None),
        ),
        texts_read=1.5,
        tokens_read=20.0,
    ),
    serving=Serving(
        "http://127.0.0.1:7860/api/ask", 2.5, 300.0, 310.0, (Load(8, 90.0, Spread(80.0, 120.0, 900), {503: 4}, 0),)
    ),
    growth=(SMALL, LARGE),
    passages_a_second=210.0,
)


def test_the_tables_hold_every_figure_with_its_origin() -> None:
    text = FULL.to_text()
    for line in (
        "machine   A Processor, 2 cores, 24 GiB, Linux 6",
        "index     abababababab",
        "matrices  50.0 thousand million multiply-adds a second (numpy, float32)",
        "3        3.00      1.20           210",
        "encode   6.000   9.000     2.000          3.0",
        "render   0.100   0.200         -            -",
        "8            90.0    80.0   120.0  4 with 503         0",
    ):
        assert line in text
    assert "100,000" in text
    assert "99.87" in text


def test_what_was_not_measured_is_left_out() -> None:
    empty = replace(FULL, cold_start=None, stages=None, serving=None, growth=(), passages_a_second=None)
    assert "\n\n" not in empty.to_text()
    assert empty.to_json()["growth"] == ()


def test_the_record_has_the_floor_beside_each_stage() -> None:
    record = json.loads(json.dumps(FULL.to_json()))
    encode, render = record["stages"]["stages"]
    assert (encode["floor_ms"], encode["above_floor"]) == (2.0, 3.0)
    assert (render["floor_ms"], render["above_floor"]) == (None, None)
    assert record["machine"]["versions"] == {"numpy": "2.4"}
    assert record["growth"][1]["recall"] == 0.9987


def test_tables_align_their_columns() -> None:
    assert table("Title", ["name", "n"], [["a", "10"], ["long name", "7"]]) == (
        "Title\nname        n\na          10\nlong name   7"
    )


def test_the_picture_shows_a_dot_for_each_size_in_each_plot() -> None:
    svg = ElementTree.fromstring(growth_picture([SMALL, LARGE], origin="A <Processor>"))  # noqa: S314 - our own
    name = "{http://www.w3.org/2000/svg}"
    dots = svg.findall(f".//{name}circle")
    assert len(dots) == 2 * 6
    assert [dot.get("class") for dot in dots[:2]] == ["dot flat", "dot ivf"]
    assert dots[0].findtext(f"{name}title") == "100 passages: 0.04"
    left, right = (float(str(dot.get("cx"))) for dot in dots[:2])
    low, high = (float(str(dot.get("cy"))) for dot in dots[:2])
    assert 0 == left < right == 260
    assert 180 > low > high > 0  # slower is higher
    assert any("A <Processor>" in (text.text or "") for text in svg.findall(f".//{name}text"))
