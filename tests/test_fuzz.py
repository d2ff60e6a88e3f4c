"""Whatever comes from outside is read or refused with an error of ours: settings, corpus, index, history."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from answering import Canned
from redness_qa import settings as settings_module
from redness_qa.addresses import client_behind, listed, normal_origin, read_network, read_origin, subscriber
from redness_qa.chat import take_turn
from redness_qa.corpus import Corpus
from redness_qa.errors import CorpusError, IndexFault, SettingsError
from redness_qa.index import Index
from redness_qa.settings import Settings
from redness_qa.wording import Wording

VARIABLES = sorted(
    value for name, value in vars(settings_module).items() if name.endswith("_VARIABLE") and isinstance(value, str)
)
WORDING = Wording.load()
VALUES = st.text(max_size=60) | st.sampled_from(
    [
        *(
            "",
            "0",
            "1",
            "-1",
            "1e3",
            "٣",
            "http://a",
            "https://a.example/",
            "https://*",
            "*",
            "null",
            "::1",
            "127.0.0.1",
        ),
        *("10.0.0.0/33", "2001:db8::/32", "file:///etc", "a" * 500, "\0", "https://a.example:99999", "https://[::1]:8"),
    ]
)


@settings(max_examples=500)
@given(environment=st.dictionaries(st.sampled_from(VARIABLES), VALUES, max_size=5))
def test_any_environment_gives_settings_or_says_which_variable_is_wrong(environment: dict[str, str]) -> None:
    told, read = "", Settings()
    try:
        read = Settings.from_environment(environment)
    except SettingsError as error:
        told = str(error)
    assert not told or any(variable in told for variable in environment)
    assert all(origin == normal_origin(origin) for origin in read.origins)
    assert "*" not in "".join(read.origins)


@settings(max_examples=500)
@given(text=st.text(max_size=80) | st.from_regex(r"https?://[^\s]{1,40}", fullmatch=True))
def test_an_origin_is_read_as_a_browser_writes_it_or_not_at_all(text: str) -> None:
    with suppress(SettingsError):
        origin = read_origin(text, variable="X")
        assert origin == normal_origin(origin)
        assert origin.isascii()
        assert not set(origin) & set(" ,;*'\"<>@?#\\\n")
    for part in listed(text):
        with suppress(SettingsError):
            read_network(part, variable="X")


@given(peer=st.text(max_size=20) | st.ip_addresses().map(str), forwarded=st.lists(st.text(max_size=20), max_size=5))
def test_without_listed_proxies_a_client_is_its_peer(peer: str, forwarded: list[str]) -> None:
    assert client_behind(peer, forwarded, ()) == peer
    assert subscriber(peer) == subscriber(subscriber(peer)) or "/" in subscriber(peer)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
FILES = st.binary(max_size=400) | st.text(max_size=400).map(lambda text: text.encode(errors="surrogatepass"))


@SLOW
@given(data=FILES, suffix=st.sampled_from([".md", ".txt", ".html", ".pdf", ".docx", ".yaml"]))
def test_any_corpus_file_is_read_or_refused(folder: Path, data: bytes, suffix: str) -> None:
    corpus = folder / "corpus"
    shutil.rmtree(corpus, ignore_errors=True)
    corpus.mkdir()
    (corpus / f"text{suffix}").write_bytes(data)

    with suppress(CorpusError):
        Corpus.from_folder(corpus)


@SLOW
@given(st.data())
def test_a_damaged_index_is_refused(folder: Path, guide_index_folder: Path, data: st.DataObject) -> None:
    index, sound = folder / "index", Index.load(guide_index_folder).passages
    shutil.rmtree(index, ignore_errors=True)
    shutil.copytree(guide_index_folder, index)
    path = data.draw(st.sampled_from(sorted(path for path in index.iterdir() if path.stat().st_size)))
    held = path.read_bytes()
    at = data.draw(st.integers(0, len(held) - 1))
    put = data.draw(st.binary(min_size=1, max_size=30))
    cut = data.draw(st.integers(0, 30))
    damaged = held[:at] + put + held[at + cut :]
    path.write_bytes(damaged)

    told, passages = "", sound
    try:
        passages = Index.load(index).passages
    except IndexFault as error:
        told = str(error)
    assert str(index) in told or not told
    assert damaged == held or told or passages == sound


HISTORIES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["role", "content", "type", "text", "file"]), inner, max_size=4)
    ),
    max_leaves=20,
)


@settings(max_examples=300)
@given(question=HISTORIES, history=HISTORIES)
def test_any_question_and_history_give_a_turn(question: object, history: object) -> None:
    assistant = Canned()

    after = take_turn(question, history, assistant=assistant, wording=WORDING, max_question_characters=100)

    "".join(message["content"] for message in after.messages).encode()  # can be sent back
    assert all(len(text) <= 500 for text, _ in assistant.asked)
