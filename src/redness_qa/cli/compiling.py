"""The command that compiles an encoder for this machine: compile."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from redness_qa.errors import EncoderError
from redness_qa.settings import Settings

app = typer.Typer()


@app.command(name="compile")
def compile_model(
    model: Annotated[
        str | None, typer.Option(help="Embedding model.", show_default="each that answering from the index takes")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(help="Folder of compiled models.", show_default="where they are looked for", file_okay=False),
    ] = None,
    precision: Annotated[
        str | None,
        typer.Option(help="How weights are kept.", show_default="the fastest that ranks like the original"),
    ] = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="Measure every precision, and print a table; nothing is kept.")
    ] = False,
) -> None:
    """Compile the embedding models, so that asking needs no PyTorch; what first needs one does this by itself."""
    from redness_qa.bert import Precision
    from redness_qa.compiled import place_of
    from redness_qa.compiling import compare_precisions, compile_encoder
    from redness_qa.encoders import default_compiled
    from redness_qa.index import Index
    from redness_qa.readers import models_of

    names = [each.value for each in Precision]
    if precision is not None and precision not in names:
        raise EncoderError(f"--precision must be one of {', '.join(names)}, not {precision!r}")
    settings = Settings.from_environment()
    index = Index.load(settings.index)
    models = (model,) if model is not None else models_of(index)
    passages = [passage.text for passage in index.passages]
    questions = [question for passage in index.passages for question in passage.questions] or passages
    if compare:
        print("| precision | size, MB | load, ms | a question, ms | least cosine | mean cosine | as good a first |")
        print("| --- | --- | --- | --- | --- | --- | --- |")
        for found in compare_precisions(models[0], questions=questions, passages=passages):
            parity = found.parity
            print(
                f"| {found.precision} | {found.megabytes:.1f} | {found.load_ms:.0f} | {found.question_ms:.2f} "
                f"| {parity.least_cosine:.4f} | {parity.mean_cosine:.4f} | {100 * parity.as_good_first:.1f} % |"
            )
        return
    folder = output or settings.compiled or default_compiled()
    for name in models:
        manifest = compile_encoder(
            name,
            folder,
            questions=questions,
            passages=passages,
            precision=Precision(precision) if precision is not None else None,
        )
        print(f"{name} in {manifest.precision}: {place_of(manifest.weights_sha256, folder)}\n{manifest.parity}")
