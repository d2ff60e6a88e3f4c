"""Haystack: embed, retrieve and, with READER=minilm or READER=roberta, read.

The reader has chance weights of the shape that is named, as none can be fetched: its time means something, what it
finds does not.
"""

from __future__ import annotations

import os
from pathlib import Path

from work import TOP, Search, model_folder, run

SHAPES = {"minilm": (6, 384, 12), "roberta": (12, 768, 12)}
"""Layers, width and attention heads: of all-MiniLM-L6-v2, and of the reader that Haystack takes if none is named."""

KEPT = "documents.json"


def store(texts: list[str], folder: Path) -> None:
    """Embed the texts and keep them; make the reader, if one is wanted."""
    from haystack import Document
    from haystack.document_stores.in_memory import InMemoryDocumentStore
    from haystack_integrations.components.embedders.sentence_transformers import SentenceTransformersDocumentEmbedder

    embedder = SentenceTransformersDocumentEmbedder(model=model_folder(), progress_bar=False)
    embedder.warm_up()
    documents = InMemoryDocumentStore()
    documents.write_documents(embedder.run([Document(content=text) for text in texts])["documents"])
    documents.save_to_disk(str(folder / KEPT))
    for name, (layers, width, heads) in SHAPES.items():
        _make_reader(folder / name, layers=layers, width=width, heads=heads)


def load(folder: Path) -> Search:
    """Load what was kept into a pipeline."""
    from haystack import Pipeline
    from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever
    from haystack.document_stores.in_memory import InMemoryDocumentStore
    from haystack_integrations.components.embedders.sentence_transformers import SentenceTransformersTextEmbedder

    documents = InMemoryDocumentStore.load_from_disk(str(folder / KEPT))
    pipeline = Pipeline()
    pipeline.add_component("embed", SentenceTransformersTextEmbedder(model=model_folder(), progress_bar=False))
    pipeline.add_component("retrieve", InMemoryEmbeddingRetriever(documents, top_k=TOP))
    pipeline.connect("embed.embedding", "retrieve.query_embedding")
    reader = os.environ.get("READER")
    if reader:
        from haystack_integrations.components.readers.transformers import TransformersExtractiveReader

        pipeline.add_component("read", TransformersExtractiveReader(model=str(folder / reader), top_k=TOP))
        pipeline.connect("retrieve.documents", "read.documents")
    pipeline.warm_up()

    def search(question: str) -> list[str]:
        asked = {"embed": {"text": question}} | ({"read": {"query": question}} if reader else {})
        found = pipeline.run(asked)
        if reader:
            return [answer.data or "no answer" for answer in found["read"]["answers"]]
        return [document.content or "" for document in found["retrieve"]["documents"]]

    return search


def _make_reader(folder: Path, *, layers: int, width: int, heads: int) -> None:
    from transformers import AutoTokenizer, BertConfig, BertForQuestionAnswering

    shape = BertConfig(
        vocab_size=30522,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=4 * width,
    )
    BertForQuestionAnswering(shape).save_pretrained(folder)
    AutoTokenizer.from_pretrained(model_folder()).save_pretrained(folder)


if __name__ == "__main__":
    run(store, load)
