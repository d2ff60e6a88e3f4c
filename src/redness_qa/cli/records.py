"""The commands on kept questions: list, export and delete."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from redness_qa.cli.terminal import written_aside
from redness_qa.errors import SettingsError
from redness_qa.settings import STORE_DAYS_VARIABLE, STORE_FOLDER_VARIABLE, Settings

if TYPE_CHECKING:
    from redness_qa.records import Store

app = typer.Typer()
records = typer.Typer(
    help="List, export or delete the questions that are kept for the front desk.", no_args_is_help=True
)
app.add_typer(records, name="records")


@records.command("list")
def list_records() -> None:
    """List what is kept, oldest first; what is too old is deleted before."""
    for record in _store().records():
        told = f"{record.asked_at}  {record.door:<4}  {record.urgency:<14}  {record.status:<11}"
        print(f"{record.id:>6}  {told}  {record.question}")


@records.command()
def export(
    output: Annotated[Path, typer.Option(help="File for the questions, one JSON object a line.", dir_okay=False)],
) -> None:
    """Write what is kept to a file, which from then on is yours to delete."""
    kept = _store().records()
    with written_aside(output) as write:
        for record in kept:
            write(json.dumps(asdict(record), ensure_ascii=False) + "\n")
    output.chmod(0o600)
    print(f"{len(kept)} questions: {output}", file=sys.stderr)


@records.command()
def delete(
    id: Annotated[int | None, typer.Option(help="Number of the question, as `list` shows it.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Delete all of them.")] = False,
) -> None:
    """Delete one question, or all of them."""
    if (id is None) != everything:
        raise typer.BadParameter("give either --id or --all")
    print(f"{_store().delete(id=id)} deleted", file=sys.stderr)


def _store() -> Store:
    from redness_qa.records import Store

    settings = Settings.from_environment()
    if settings.store_days is None or settings.store_folder is None:
        raise SettingsError(
            f"{STORE_DAYS_VARIABLE} and {STORE_FOLDER_VARIABLE}: neither is set, so no question is kept. "
            "Set both as the server has them."
        )
    store = Store(settings.store_folder, days=settings.store_days)
    store.delete_expired()
    return store
