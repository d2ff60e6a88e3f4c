"""LangChain with its FAISS store."""

from __future__ import annotations

from pathlib import Path

from work import TOP, Search, model_folder, run


def store(texts: list[str], folder: Path) -> None:
    """Embed the texts and keep them."""
    from langchain_community.vectorstores import FAISS
    from langchain_huggingface import HuggingFaceEmbeddings

    FAISS.from_texts(texts, HuggingFaceEmbeddings(model_name=model_folder())).save_local(str(folder))


def load(folder: Path) -> Search:
    """Load what was kept; LangChain keeps the texts in a pickle, which this script has written itself."""
    from langchain_community.vectorstores import FAISS
    from langchain_huggingface import HuggingFaceEmbeddings

    embeddings = HuggingFaceEmbeddings(model_name=model_folder())
    kept = FAISS.load_local(str(folder), embeddings, allow_dangerous_deserialization=True)
    return lambda question: [found.page_content for found in kept.similarity_search(question, k=TOP)]


if __name__ == "__main__":
    run(store, load)
