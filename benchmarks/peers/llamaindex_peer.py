"""LlamaIndex with its own store of vectors."""

from __future__ import annotations

from pathlib import Path

from work import TOP, Search, model_folder, run


def store(texts: list[str], folder: Path) -> None:
    """Embed the texts and keep them."""
    from llama_index.core import VectorStoreIndex
    from llama_index.core.schema import TextNode
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding

    nodes = [TextNode(text=text) for text in texts]
    index = VectorStoreIndex(nodes, embed_model=HuggingFaceEmbedding(model_name=model_folder()))
    index.storage_context.persist(str(folder))


def load(folder: Path) -> Search:
    """Load what was kept."""
    from llama_index.core import StorageContext, load_index_from_storage
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding

    kept = StorageContext.from_defaults(persist_dir=str(folder))
    index = load_index_from_storage(kept, embed_model=HuggingFaceEmbedding(model_name=model_folder()))
    retriever = index.as_retriever(similarity_top_k=TOP)
    return lambda question: [found.text for found in retriever.retrieve(question)]


if __name__ == "__main__":
    run(store, load)
