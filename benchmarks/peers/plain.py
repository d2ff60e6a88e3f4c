"""The plain way: sentence-transformers and FAISS, nothing between them."""

from __future__ import annotations

import json
from pathlib import Path

from work import TOP, Search, model_folder, run


def store(texts: list[str], folder: Path) -> None:
    """Embed the texts and keep them."""
    import faiss
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(model_folder(), device="cpu")
    vectors = model.encode(texts, normalize_embeddings=True)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    faiss.write_index(index, str(folder / "vectors.faiss"))
    (folder / "texts.json").write_text(json.dumps(texts), encoding="utf-8")


def load(folder: Path) -> Search:
    """Load what was kept."""
    import faiss
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(model_folder(), device="cpu")
    index = faiss.read_index(str(folder / "vectors.faiss"))
    texts = json.loads((folder / "texts.json").read_text(encoding="utf-8"))

    def search(question: str) -> list[str]:
        _, rows = index.search(model.encode([question], normalize_embeddings=True), TOP)
        return [texts[row] for row in rows[0]]

    return search


if __name__ == "__main__":
    run(store, load)
