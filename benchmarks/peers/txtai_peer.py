"""txtai with its FAISS backend."""

from __future__ import annotations

from pathlib import Path

from work import TOP, Search, model_folder, run


def store(texts: list[str], folder: Path) -> None:
    """Embed the texts and keep them."""
    from txtai import Embeddings

    embeddings = Embeddings(path=model_folder(), content=True, backend="faiss")
    embeddings.index(texts)
    embeddings.save(str(folder / "kept"))


def load(folder: Path) -> Search:
    """Load what was kept."""
    from txtai import Embeddings

    embeddings = Embeddings()
    embeddings.load(str(folder / "kept"))
    return lambda question: [found["text"] for found in embeddings.search(question, TOP)]


if __name__ == "__main__":
    run(store, load)
