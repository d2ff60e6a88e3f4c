"""The read path: triage first, then retrieve, then answer."""

from __future__ import annotations

import hashlib
import itertools
import logging
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from redness_qa.answer import Answer, Quote, Status
from redness_qa.contacts import Contacts
from redness_qa.corpus import corpus_fingerprint
from redness_qa.decision import Calibration, decide
from redness_qa.encoder import GUIDE_MODEL, Encoder, SentenceEncoder
from redness_qa.errors import QuestionError
from redness_qa.index import Index
from redness_qa.passages import Passage
from redness_qa.readings import LikelihoodReader, Readings
from redness_qa.retriever import Evidence, Retriever
from redness_qa.triage import Assessment, Sign, Triage, Urgency
from redness_qa.triage.learned import LearnedTriage
from redness_qa.weights import shipped_folder
from redness_qa.wording import Wording

logger = logging.getLogger(__name__)

MAX_QUOTES = 3

_REFERS_BACK = re.compile(
    r"^(?:and|but|so|what about|how about|or)\b|\b(?:that|it|this|those|these|them|they|one)\b", re.IGNORECASE
)


class Assistant:
    """Answers questions from one index."""

    def __init__(
        self,
        retriever: Retriever,
        *,
        triage: Triage,
        likelihoods: LikelihoodReader | None,
        calibration: Calibration,
        wording: Wording,
    ) -> None:
        self._retriever = retriever
        self._triage = triage
        self._likelihoods = likelihoods
        self._calibration = calibration
        self._wording = wording

    @classmethod
    def load(
        cls,
        index: Path | str,
        *,
        corpus: Path | None = None,
        encoder: Encoder | None = None,
        contacts: Contacts | None = None,
    ) -> Assistant:
        """Load an index and the model it was built with.

        Args:
            index: The index folder.
            corpus: The corpus folder that it must have been built from, as it stands now; None asks for no proof.
            encoder: A loaded model, to share it or to replace the one that the index names. Warning signs are
                read by the rules alone if what was learned of them was not learned on this model.
            contacts: Numbers to name in the advice.

        Raises:
            IndexFault: The index cannot be used.
            EncoderError: The model cannot be used.
        """
        loaded = Index.load(Path(index))
        is_model_loaded_here = encoder is None
        if corpus is not None:
            loaded.check_corpus(corpus, fingerprint=corpus_fingerprint(corpus))
        learned = LearnedTriage.load(shipped_folder())
        reader = encoder = encoder or SentenceEncoder.load(loaded.manifest.encoder)
        if learned is not None and reader.weights_sha256 != learned.encoder_sha256 and is_model_loaded_here:
            reader = SentenceEncoder.load(GUIDE_MODEL)
        likelihoods = None
        if learned is not None and reader.weights_sha256 == learned.encoder_sha256:
            likelihoods = LikelihoodReader(learned, reader)
        else:
            logger.warning("nothing was learned about warning signs on %s, so rules alone read them", encoder.name)
        return cls(
            Retriever(encoder, loaded),
            triage=Triage.load(thresholds=learned.thresholds if learned is not None else None),
            likelihoods=likelihoods,
            calibration=Calibration.load(),
            wording=Wording.load(contacts=contacts),
        )

    @property
    def index(self) -> Index:
        """The index that answers come from."""
        return self._retriever.index

    def ask(self, question: str, *, previous: str | Sequence[str] | None = None, id: str | None = None) -> Answer:
        """Answer a question with quotes, or say why not.

        Args:
            question: As typed; anything but an empty text.
            previous: The questions before it in the same conversation, or the last of them. Each can raise the
                urgency; the last one tells what a follow-up is about.
            id: Name for the answer; made from index and question if left out.

        Raises:
            QuestionError: The question is empty.
        """
        if not question.strip():
            raise QuestionError("the question is empty; type one")
        before = (previous,) if isinstance(previous, str) else tuple(previous or ())
        readings = Readings()
        assessment = self.assess(question, previous=before, readings=readings)
        if assessment.urgency is Urgency.ROUTINE:
            evidence = self.find(question, previous=before[-1] if before else None, readings=readings)
            decision = decide(evidence, manifest=self.index.manifest, calibration=self._calibration)
            status = decision.status
            quoted = [hit.passage for hit in evidence.hits[: decision.quoted]]
            message = self._message(status, evidence)
        else:
            # Only a clinician may judge a warning sign, and nothing that was retrieved may calm it.
            status = Status.REFER
            quoted = self._stated_for(assessment.signs)
            message = self._advice(assessment)
        return Answer(
            id=id if id is not None else self._name(question),
            question=question,
            status=status,
            urgency=assessment.urgency,
            quotes=tuple(Quote.from_passage(passage) for passage in quoted[:MAX_QUOTES]),
            message=message,
            disclaimer=self._wording.disclaimer,
        )

    def assess(self, question: str, *, previous: Sequence[str] = (), readings: Readings | None = None) -> Assessment:
        """Read how urgent a question is, from what was typed alone."""
        likelihoods = self._likelihoods
        if likelihoods is None:
            return self._triage.assess(question, previous=previous)
        kept = readings if readings is not None else Readings()
        return self._triage.assess(question, previous=previous, likelihood=lambda text: likelihoods.read(text, kept))

    def find(self, question: str, *, previous: str | None = None, readings: Readings | None = None) -> Evidence:
        """Find what the index holds for a question; one that refers back is read after the previous one."""
        searched = f"{previous} {question}" if previous and _REFERS_BACK.search(question) else question
        kept = readings if readings is not None else Readings()
        return self._retriever.find(searched, k=MAX_QUOTES, vector=kept.of(searched, self._retriever.encoder).vector)

    def suggestions(self, n: int = 6) -> tuple[str, ...]:
        """Choose questions that the guide answers: of the first section of each document, then the second, and on."""
        first_of_section: dict[str, dict[str, str]] = {}
        for passage in self.index.passages:
            for asked in passage.questions:
                first_of_section.setdefault(passage.document, {}).setdefault(passage.section, asked)
        columns = [list(sections.values()) for sections in first_of_section.values()]
        rounds = itertools.zip_longest(*columns)
        return tuple(dict.fromkeys(asked for row in rounds for asked in row if asked is not None))[:n]

    def _stated_for(self, signs: Iterable[Sign]) -> list[Passage]:
        """Find the sentences chosen for signs; in a guide without them those that state a sign's facts, each once."""
        found: dict[str, Passage] = {}
        for sign in signs:
            chosen = [passage for passage in self.index.passages if passage.text in sign.quotes]
            stating = (p for fact in sign.facts for p in self.index.passages if fact in p.facts)
            for passage in chosen or stating:
                found.setdefault(" ".join(passage.text.casefold().split()), passage)
        return list(found.values())

    def _message(self, status: Status, evidence: Evidence) -> str:
        limit = evidence.limit
        # Only where the limit decided the status; an unclear question can be declined without one.
        decided = limit and limit.kind.value == status.value and evidence.limit_score > evidence.nearest_row
        return (limit.advice if limit and decided else "") or self._wording.status[status.value]

    def _advice(self, assessment: Assessment) -> str:
        labels = list(dict.fromkeys(sign.label for sign in assessment.signs))
        signs = labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])} and {labels[-1]}"
        advice = self._wording.urgency_before if assessment.is_earlier else self._wording.urgency
        return advice[assessment.urgency.value].format(signs=signs)

    def _name(self, question: str) -> str:
        return hashlib.sha256(f"{self.index.fingerprint}\0{question}".encode(errors="surrogatepass")).hexdigest()[:16]
