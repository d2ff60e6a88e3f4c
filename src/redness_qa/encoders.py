"""Chooses the encoder that answers: a compiled one, compiled once for this machine, or else the original."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import platformdirs

from redness_qa.checkout import checkout_of
from redness_qa.compiled import CompiledEncoder, place_of
from redness_qa.encoder import SentenceEncoder, known_fingerprint
from redness_qa.errors import EncoderError, NotCompilable

logger = logging.getLogger(__name__)

MOST_SECONDS = 600
"""How long a compilation may take before it is given up."""

_TOLD = 300  # characters of what a failed compilation said that are passed on


def default_compiled() -> Path:
    """The folder of compiled encoders: in the checkout that the package runs from, else in the user's cache."""
    root = checkout_of(Path(__file__).resolve().parent)
    return (root or platformdirs.user_cache_path("redness-qa")) / "compiled"


def load_encoder(
    name: str,
    *,
    weights_sha256: str,
    folder: Path | None = None,
    for_one: bool = False,
    for_many: bool = False,
) -> CompiledEncoder | SentenceEncoder:
    """Load a compiled encoder; where there is none it is compiled first, and where it cannot be, load the original.

    Compiling takes torch, so it runs in another process: this one stays small.

    Args:
        name: A name that `SentenceEncoder.load` takes.
        weights_sha256: Fingerprint of the weights that are wanted; those of our own models have but one.
        folder: Folder of compiled encoders; None takes that of the checkout, or of the user's cache.
        for_one: As `CompiledEncoder.load` takes it.
        for_many: As `CompiledEncoder.load` takes it.

    Raises:
        EncoderError: The model cannot be used at all.
    """
    wanted = known_fingerprint(name) or weights_sha256
    within = folder if folder is not None else default_compiled()
    place = place_of(wanted, within)
    try:
        try:
            return CompiledEncoder.load(place, weights_sha256=wanted, for_one=for_one, for_many=for_many)
        except NotCompilable:
            raise
        except EncoderError as error:
            logger.info("%s", error)
            logger.warning("the model %s is compiled for this machine, once; this takes half a minute", name)
            _compile(name, within)
            return CompiledEncoder.load(place, weights_sha256=wanted, for_one=for_one, for_many=for_many)
    except EncoderError as error:
        logger.warning("%s; so it starts and answers more slowly", error)
        return SentenceEncoder.load(name)


def _compile(name: str, folder: Path) -> None:
    """Compile a model in another process.

    Raises:
        EncoderError: It failed; the error says how.
    """
    command = [sys.executable, "-m", "redness_qa", "compile", "--model", name, "--output", str(folder)]
    try:
        done = subprocess.run(  # noqa: S603 - our own command
            command, capture_output=True, text=True, errors="replace", check=False, timeout=MOST_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EncoderError(f"the model {name!r} was not compiled ({error})") from error
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise EncoderError(f"the model {name!r} was not compiled ({(said or ['no reason told'])[-1][:_TOLD]})")
