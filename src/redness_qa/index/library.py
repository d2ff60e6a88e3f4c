"""The library FAISS, imported where it is used; the only module that imports it."""

from __future__ import annotations

from typing import Any


def faiss_library() -> Any:  # noqa: ANN401 - its stubs leave out half of what is used here
    """Import FAISS; searching a flat index does without it."""
    import faiss

    return faiss
