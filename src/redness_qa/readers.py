"""The models that answering takes: the index's own, and those that read messages for warning signs."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from redness_qa.encoder import GUIDE_MODEL, SIGNS_MODEL, Encoder
from redness_qa.encoders import load_encoder
from redness_qa.head import NO_FACT, Head, section
from redness_qa.index import Index
from redness_qa.readings import HeadReader
from redness_qa.sharing import shared
from redness_qa.threads import use_one_thread_each
from redness_qa.weights import SIGNS, shipped_folder

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Readers:
    """What reads questions and messages.

    Attributes:
        encoder: The model that the index was built with, or what replaces it.
        signs: What was learned of warning signs; None where rules alone read them.
        has_outlook: What was learned of questions was learned for this index.
    """

    encoder: Encoder
    signs: HeadReader | None
    has_outlook: bool

    @classmethod
    def load(
        cls, index: Index, *, encoder: Encoder | None, compiled: Path | None, max_waiting: int | None, for_one: bool
    ) -> Readers:
        """Load the models for an index; the other arguments are those of `Assistant.load`.

        Raises:
            EncoderError: A model cannot be used.
            ValueError: It is for one asker, and for many that wait.
        """
        if for_one and max_waiting is not None:
            raise ValueError(f"nobody waits where one asks; give max_waiting ({max_waiting}) or for_one, not both")
        head = Head.load(shipped_folder())

        def load_model(name: str, weights_sha256: str) -> Encoder:
            for_many = max_waiting is not None
            found = load_encoder(
                name, weights_sha256=weights_sha256, folder=compiled, for_one=for_one, for_many=for_many
            )
            return found if max_waiting is None else shared(found, max_waiting=max_waiting)

        if for_one:
            use_one_thread_each()  # others would be in the way of those that read a text
        reads_signs = own = encoder or load_model(index.manifest.encoder, index.manifest.weights_sha256)
        if encoder is None and head is not None and own.weights_sha256 != head.encoder_sha256:
            reads_signs = load_model(GUIDE_MODEL, head.encoder_sha256)
        if head is None or reads_signs.weights_sha256 != head.encoder_sha256:
            logger.warning("nothing was learned about warning signs on %s, so rules alone read them", own.name)
            return cls(own, signs=None, has_outlook=False)
        signs_head = Head.load(shipped_folder() / SIGNS)
        beside = []
        if signs_head is not None:
            beside.append(HeadReader(signs_head, load_model(SIGNS_MODEL, signs_head.encoder_sha256)))
        return cls(
            own,
            signs=HeadReader(head, reads_signs, beside=beside),
            has_outlook=reads_signs is own and _states_facts(index, head),
        )


def models_of(index: Index) -> tuple[str, ...]:
    """Name the models that answering from an index takes: its own, and those that read messages for warning signs."""
    head, signs_head = Head.load(shipped_folder()), Head.load(shipped_folder() / SIGNS)
    reading = {GUIDE_MODEL: head, SIGNS_MODEL: signs_head if head is not None else None}
    return tuple(dict.fromkeys((index.manifest.encoder, *(name for name, each in reading.items() if each is not None))))


def _states_facts(index: Index, head: Head) -> bool:
    """Tell whether a head was learned for the guide of an index: most of the facts it knows are stated there."""
    known = section("fact", dict.fromkeys(head.outcomes, 0.0)).keys() - {NO_FACT}
    return len(index.facts.keys() & known) > len(known) / 2
