"""The commands for those who keep the guide: build, check, sources, signs."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from redness_qa.cli.terminal import CorpusOption, IndexOption, stages
from redness_qa.settings import Settings

if TYPE_CHECKING:
    from redness_qa.passages import Source

app = typer.Typer()


@app.command()
def build(
    corpus: CorpusOption = None,
    index: IndexOption = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="Embedding model: a name or a folder that sentence-transformers can load.",
            show_default="all-MiniLM-L6-v2, for a guide with facts.yaml as it was fine-tuned for patients' questions",
        ),
    ] = None,
    anew: Annotated[
        bool, typer.Option("--anew", help="Embed every text again, also those that the index there has embedded.")
    ] = False,
) -> None:
    """Build the index of a folder of texts (.md, .txt, .html, .pdf, .docx)."""
    from redness_qa.build import build_index
    from redness_qa.encoder import DEFAULT_MODEL, GUIDE_MODEL, SentenceEncoder
    from redness_qa.facts import FACTS_FILE

    settings = Settings.from_environment()
    corpus_folder, index_folder = corpus or settings.corpus, index or settings.index
    is_guide = (corpus_folder / FACTS_FILE).is_file()
    encoder = SentenceEncoder.load(model or (GUIDE_MODEL if is_guide else DEFAULT_MODEL))
    with stages() as report:
        built = build_index(corpus_folder, index_folder, encoder=encoder, report=report, keep_vectors=not anew)
    manifest = built.manifest
    print(f"{manifest.passages} passages from {len(manifest.documents)} texts, by {encoder.name}: {index_folder}")


@app.command()
def check(
    corpus: CorpusOption = None,
    index: IndexOption = None,
    facts: Annotated[bool, typer.Option("--facts", help="List for each fact the sentences that state it.")] = False,
) -> None:
    """Check a guide against its rules, and whether its index was built from it as it stands."""
    from redness_qa.check import check_guide
    from redness_qa.corpus import corpus_fingerprint
    from redness_qa.index import Index

    settings = Settings.from_environment()
    corpus_folder = corpus or settings.corpus
    report = check_guide(corpus_folder, today=date.today())
    print(f"{'File':<36} {'Sentences':>9} {'Grade':>6} {'Hardest':>8}")
    for reading in report.readings:
        print(f"{reading.document:<36} {reading.sentences:>9} {reading.grade:>6.1f} {reading.hardest_grade:>8.1f}")
    if facts:
        for fact, sentences in report.stated.items():
            print(f"\n{fact}")
            for sentence in sentences or [f"left out: {report.left_out.get(fact, 'no reason given')}"]:
                print(f"  {sentence}")
    for finding in report.findings:
        print(f"{'error' if finding.is_error else 'warning'}: {finding.place}: {finding.problem}")
    if corpus is None or index is not None:
        Index.load(index or settings.index).check_corpus(corpus_folder, fingerprint=corpus_fingerprint(corpus_folder))
    if not report.is_sound:
        raise typer.Exit(1)
    stated = sum(bool(sentences) for sentences in report.stated.values())
    print(
        f"The guide is sound: {stated} facts stated in {sum(r.sentences for r in report.readings)} sentences, "
        f"{len(report.left_out)} left out for a stated reason."
    )


@app.command()
def sources(corpus: CorpusOption = None) -> None:
    """List every source of a guide: grade, publisher, title, year, address, and the facts that rest on it."""
    from redness_qa.corpus import Corpus

    facts: dict[Source, set[str]] = {}
    for document in Corpus.from_folder(corpus or Settings.from_environment().corpus).documents:
        for label, cited in document.footnotes.items():
            for source in cited:
                facts.setdefault(source, set()).add(label)
    print("| grade | publisher | title | year | address | how it was read | facts |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for source, labels in sorted(
        facts.items(), key=lambda item: (item[0].grade or "-", item[0].publisher, item[0].title)
    ):
        cells = [source.grade, source.publisher, source.title, source.year, source.url, source.note]
        print(f"| {' | '.join(str(cell or '-') for cell in cells)} | {', '.join(sorted(labels))} |")


@app.command()
def signs() -> None:
    """List every warning sign: level, facts, sources, the words that count and how often they are right, quotes."""
    from redness_qa.triage.counts import NEVER_SAID, shipped_counts
    from redness_qa.triage.signs import DAYS, SignTable

    counts = shipped_counts()

    def counted(sign: str, phrase: str, says: str) -> str:
        count = counts.get((sign, phrase), NEVER_SAID)
        return f"{says} ({count.told}, {count.calm})"

    print(
        "| level | sign | facts | source | words that count by themselves (messages with a sign, calm ones) "
        "| words that count where what was learned bears them out | quoted under the advice |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for rule in SignTable.load().rules:
        sign = rule.sign
        told = [
            [counted(sign.name, phrase.text, phrase.text) for phrase in each] for each in (rule.phrases, rule.possible)
        ]
        if rule.from_day is not None:
            days = counted(sign.name, DAYS, f"redness for {rule.from_day} days or more")
            told[0 if rule.are_days_sure else 1].append(days)
        by_itself, possible = ("; ".join(each) or "-" for each in told)
        quotes = " ".join(sign.quotes) or "-"
        cells = [sign.urgency.value, sign.label, ", ".join(sign.facts), sign.source, by_itself, possible, quotes]
        print(f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |")
