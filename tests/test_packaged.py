from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest
import yaml

import redness_qa
from redness_qa.packaged import read_packaged

FOLDER = Path(redness_qa.__file__).parent
FILES = [
    (".".join(("redness_qa", *path.relative_to(FOLDER).parts[:-1])), path.name)
    for path in sorted(FOLDER.rglob("*.yaml"))
]


def test_there_are_files_to_read() -> None:
    assert {"signs.yaml", "remarks.yaml", "en.yaml", "disclaimer.yaml"} <= {name for _, name in FILES}


@pytest.mark.parametrize(("package", "name"), FILES)
def test_the_quick_reader_reads_what_the_plain_one_reads(package: str, name: str) -> None:
    text = resources.files(package).joinpath(name).read_text("utf-8")

    assert read_packaged(package, name) == yaml.safe_load(text)


def test_it_makes_nothing_but_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "chest").mkdir()
    (tmp_path / "chest" / "__init__.py").touch()
    (tmp_path / "chest" / "trap.yaml").write_text("!!python/object/apply:os.getcwd []\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(yaml.constructor.ConstructorError, match="could not determine a constructor"):
        read_packaged("chest", "trap.yaml")
