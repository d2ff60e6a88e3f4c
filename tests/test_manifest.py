from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redness_qa.errors import IndexCorrupted, IndexFault, IndexForeign, IndexStale
from redness_qa.manifest import FORMAT, FORMAT_VERSION, Manifest, sha256_hex

PATH = Path("index/manifest.json")
SHA256 = st.text("0123456789abcdef", min_size=64, max_size=64)
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
MANIFESTS = st.builds(
    Manifest,
    encoder=NAMES,
    weights_sha256=SHA256,
    dim=st.integers(1, 4096),
    chunking=st.dictionaries(NAMES, st.integers(), max_size=3),
    corpus_fingerprint=SHA256,
    documents=st.dictionaries(NAMES, SHA256, max_size=3),
    passages=st.integers(0),
    rows=st.integers(0),
    search=st.dictionaries(NAMES, NAMES | st.integers(), max_size=3),
    background_mean=NUMBERS,
    background_deviation=NUMBERS,
    versions=st.dictionaries(NAMES, NAMES, max_size=3),
    files=st.dictionaries(NAMES, SHA256, max_size=3),
)
EXAMPLE = Manifest(
    encoder="word-encoder",
    weights_sha256="ab" * 32,
    dim=64,
    chunking={"max_tokens": 128},
    corpus_fingerprint="cd" * 32,
    documents={"hautrötung.md": "ef" * 32},
    passages=9,
    rows=19,
    search={"method": "flat"},
    background_mean=0.25,
    background_deviation=0.125,
    versions={"numpy": "2.0"},
    files={"passages.jsonl": "01" * 32},
)


def signed(record: dict[str, object]) -> bytes:
    """Close a record with a valid checksum, as a program with other ideas of its content would."""
    body = (json.dumps(record, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()
    whole = {**record, "checksum": sha256_hex(body)}
    return (json.dumps(whole, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def body_of(manifest: Manifest, **changes: object) -> dict[str, object]:
    return {"format": FORMAT, "format_version": FORMAT_VERSION, **asdict(manifest), **changes}


@given(MANIFESTS)
def test_writing_then_reading_changes_nothing(manifest: Manifest) -> None:
    content = manifest.to_bytes()
    read = Manifest.from_bytes(content, path=PATH)
    assert read == manifest
    assert read.to_bytes() == content


def test_the_checksum_is_that_of_all_else() -> None:
    assert EXAMPLE.to_bytes() == signed(body_of(EXAMPLE))


def test_every_other_value_of_every_byte_is_told_in_an_error_of_ours() -> None:
    content = EXAMPLE.to_bytes()
    for place in range(len(content)):
        for bit in range(8):
            flipped = bytearray(content)
            flipped[place] ^= 1 << bit
            with pytest.raises(IndexCorrupted, match="Build it again"):
                Manifest.from_bytes(bytes(flipped), path=PATH)


@pytest.mark.parametrize("length", [1, 20, 200, 400])
def test_a_part_of_a_manifest_is_no_manifest(length: int) -> None:
    with pytest.raises((IndexCorrupted, IndexForeign), match="Build it again"):
        Manifest.from_bytes(EXAMPLE.to_bytes()[:-length], path=PATH)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"hello", id="no json"),
        pytest.param(b"\xff\xfe\x00", id="bytes"),
        pytest.param(b"null", id="null"),
        pytest.param(b"[]", id="list"),
        pytest.param(b"{}", id="empty record"),
        pytest.param(b'{"name": "My app", "start_url": "/"}', id="web app"),
        pytest.param(b'{"format": "something else", "format_version": 1}', id="other format"),
        pytest.param(b'{"name": "\\ud800"}', id="lone surrogate"),
        pytest.param(b"[" * 100_000, id="nested too deep"),
    ],
)
def test_another_programs_manifest_is_foreign(content: bytes) -> None:
    with pytest.raises(IndexForeign, match="not a manifest of a redness-qa index"):
        Manifest.from_bytes(content, path=PATH)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(EXAMPLE.to_bytes() + b" ", id="space at the end"),
        pytest.param(EXAMPLE.to_bytes() + b"garbage", id="garbage at the end"),
        pytest.param(b"\xef\xbb\xbf" + EXAMPLE.to_bytes(), id="byte order mark"),
        pytest.param(EXAMPLE.to_bytes().replace(b"\n", b"\r\n"), id="line ends of git on Windows"),
        pytest.param(json.dumps(json.loads(EXAMPLE.to_bytes())).encode(), id="other layout"),
        pytest.param(b'["redness-qa index"]', id="list"),
        pytest.param(b'{"format": "redness-qa index"}', id="no checksum"),
        pytest.param(b'{"format": "redness-qa index", "checksum": "\\ud800"}', id="lone surrogate"),
        pytest.param(b'{"redness-qa index":' * 100_000, id="nested too deep"),
        pytest.param(signed({"format": "another", "corpus_fingerprint": ""}), id="signed, another format"),
        pytest.param(signed(body_of(EXAMPLE, more=1)), id="signed, a field more"),
        pytest.param(signed({"format": FORMAT, "format_version": FORMAT_VERSION}), id="signed, fields missing"),
    ],
)
def test_a_changed_manifest_is_corrupted(content: bytes) -> None:
    with pytest.raises(IndexCorrupted, match="was changed after it was written"):
        Manifest.from_bytes(content, path=PATH)


@pytest.mark.parametrize("version", [0, 3, "4", None])
def test_another_version_of_the_format_is_stale(version: object) -> None:
    with pytest.raises(IndexStale, match=f"has format {version}, this program reads format 4.*Build it again"):
        Manifest.from_bytes(signed(body_of(EXAMPLE, format_version=version)), path=PATH)


def test_a_later_format_may_have_other_fields() -> None:
    with pytest.raises(IndexStale, match="has format 9"):
        Manifest.from_bytes(signed({"format": FORMAT, "format_version": 9, "shards": 3}), path=PATH)


@given(st.binary())
def test_any_bytes_give_an_error_of_ours(content: bytes) -> None:
    with pytest.raises(IndexFault) as caught:
        Manifest.from_bytes(content, path=PATH)
    assert caught.value.path == PATH
