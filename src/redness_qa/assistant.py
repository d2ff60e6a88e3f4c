"""The read path: triage first, then retrieve, then answer."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from redness_qa.answer import Answer, Quote, Status
from redness_qa.answer_cache import AnswerCache
from redness_qa.contacts import Contacts
from redness_qa.corpus import corpus_fingerprint
from redness_qa.decision import REFER_FROM, Calibration, Decision, decide
from redness_qa.encoder import Encoder
from redness_qa.errors import Busy, QuestionError
from redness_qa.index import Index
from redness_qa.offers import Offers
from redness_qa.passages import Limit, LimitKind, Passage
from redness_qa.questions import in_context
from redness_qa.readers import Readers
from redness_qa.readings import HeadReader, Readings
from redness_qa.retriever import Evidence, Retriever
from redness_qa.screening import Kind
from redness_qa.triage import Assessment, Reader, Sign, Thresholds, Told, Triage, Urgency
from redness_qa.weights import shipped_folder
from redness_qa.wording import LANGUAGES, Wording

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
        reader: HeadReader | None,
        has_outlook: bool,
        calibration: Calibration,
        wording: Wording,
        answers: AnswerCache,
    ) -> None:
        self._retriever = retriever
        self._triage = triage
        self._reader = reader
        self._has_outlook = has_outlook
        self._calibration = calibration
        self._wording = wording
        self._offers = Offers(retriever.index, is_answered=self._answers_listed)
        self._answers = answers
        self._index_fingerprint = retriever.index.fingerprint

    @classmethod
    def load(
        cls,
        index: Path | str,
        *,
        corpus: Path | None = None,
        encoder: Encoder | None = None,
        contacts: Contacts | None = None,
        compiled: Path | None = None,
        remembered_answers: int = 0,
        max_waiting: int | None = None,
        for_one: bool = False,
    ) -> Assistant:
        """Load an index and the model it was built with.

        Args:
            index: The index folder.
            corpus: The corpus folder that it must have been built from, as it stands now; None asks for no proof.
            encoder: A loaded model, to share it or to replace the one that the index names. Warning signs are
                read by the rules alone if what was learned of them was not learned on this model.
            contacts: Numbers to name in the advice.
            compiled: Folder of compiled models; None takes that of the checkout, or of the user's cache.
            remembered_answers: Answers that are kept in memory for when they are asked for again.
            max_waiting: Texts of many threads that may wait to be read; None where one thread asks at a time.
            for_one: This process does nothing but ask one question after the other. Numeric libraries are held to one
                thread, and the threads that read a text wait for each other in a loop: faster on idle processors.

        Raises:
            IndexFault: The index cannot be used.
            EncoderError: The model cannot be used.
            ValueError: It is for one asker, and for many that wait.
        """
        loaded = Index.load(Path(index))
        if corpus is not None:
            loaded.check_corpus(corpus, fingerprint=corpus_fingerprint(corpus))
        readers = Readers.load(loaded, encoder=encoder, compiled=compiled, max_waiting=max_waiting, for_one=for_one)
        thresholds = Thresholds.load(shipped_folder()) if readers.signs is not None else None
        return cls(
            Retriever(readers.encoder, loaded),
            triage=Triage.load(thresholds=thresholds),
            reader=readers.signs,
            has_outlook=readers.has_outlook,
            calibration=_calibration(loaded, has_outlook=readers.has_outlook),
            wording=Wording.load(contacts=contacts),
            answers=AnswerCache(remembered_answers),
        )

    def on(self, retriever: Retriever, *, has_outlook: bool) -> Assistant:
        """Give the same assistant on another retriever, with or without what was learned of questions."""
        return Assistant(
            retriever,
            triage=self._triage,
            reader=self._reader,
            has_outlook=has_outlook,
            calibration=_calibration(retriever.index, has_outlook=has_outlook),
            wording=self._wording,
            answers=AnswerCache(0),
        )

    @property
    def has_outlook(self) -> bool:
        """Tell whether what was learned of questions was learned for this index."""
        return self._has_outlook

    @property
    def encoder(self) -> Encoder:
        """The model that reads questions for the index."""
        return self._retriever.encoder

    @property
    def index(self) -> Index:
        """The index that answers come from."""
        return self._retriever.index

    def ask(
        self,
        question: str,
        *,
        previous: str | Sequence[str] | None = None,
        id: str | None = None,
        readings: Readings | None = None,
        language: str = LANGUAGES[0],
    ) -> Answer:
        """Answer a question with quotes, or say why not.

        Args:
            question: As typed; anything but an empty text.
            previous: The questions before it in the same conversation, or the last of them. Each can raise the
                urgency; the last one tells what a follow-up is about.
            id: Name for the answer; made from index and question if left out.
            readings: What was read of the same texts before.
            language: One of `LANGUAGES`, for the message and the disclaimer; urgent advice is given in the language
                of the question too, where that is another one of them.

        Raises:
            QuestionError: The question is empty.
            Busy: Too many are asking already, and the rules see no warning sign in it.
        """
        if not question.strip():
            raise QuestionError("the question is empty; type one")
        before = (previous,) if isinstance(previous, str) else tuple(previous or ())
        found = self._answers.find(question, before, language=language)
        if found is None:
            kept = readings if readings is not None else Readings()
            try:
                assessment = self.assess(question, previous=before, readings=kept)
                found = self._answer(question, before, assessment, kept, language=language)
                self._answers.keep(found, before)
            except Busy:
                # A warning sign does not wait for a turn: what the rules see alone is answered at once.
                assessment = self._triage.assess(question, previous=before)
                if assessment.urgency is Urgency.ROUTINE:
                    raise
                found = self._answer(question, before, assessment, kept, language=language)
        return replace(found, id=id if id is not None else self._name(question))

    def _answer(
        self, question: str, before: tuple[str, ...], assessment: Assessment, kept: Readings, *, language: str
    ) -> Answer:
        """Answer a question that was assessed; the answer has no name yet."""
        screened = kept.screened(question)
        wording = self._wording.in_language(language)
        quoted: list[Passage] = []
        nearest: tuple[str, ...] = ()
        if assessment.urgency is not Urgency.ROUTINE:
            # Only a clinician may judge a warning sign, and nothing that was retrieved may calm it.
            status = Status.REFER
            quoted = self._stated_for(assessment.signs)
            message = _advice(assessment, wording)
            if screened.language in LANGUAGES and screened.language != language:
                message += f"\n\n{_advice(assessment, wording.in_language(screened.language))}"
        elif screened.kind is not Kind.ORDINARY:
            status = Status.OFF_TOPIC
            message = wording.screened[screened.kind.value]
            if screened.language is not None:
                message = wording.other_languages.get(screened.language, message)
        else:
            evidence, decision = self.decide(question, previous=before[-1] if before else None, readings=kept)
            status = decision.status
            quoted = self._quoted(evidence, decision)
            limit = self._limit(status, evidence)
            if limit is not None and limit.quotes:
                quoted = self.index.with_texts(limit.quotes)
            message = (limit.advice if limit is not None else "") or wording.status[status.value]
            if limit is not None and limit.advice and wording.language != LANGUAGES[0]:
                message = f"{wording.status[status.value]}\n\n{limit.advice}"
            if status is not Status.ANSWERED:
                nearest = self._offers.nearest(evidence.hits, question, beside=quoted)
        return Answer(
            id="",
            question=question,
            status=status,
            urgency=assessment.urgency,
            quotes=tuple(Quote.from_passage(passage) for passage in quoted[:MAX_QUOTES]),
            message=message,
            disclaimer=wording.disclaimer,
            nearest=nearest,
            language=wording.language,
        )

    def assess(self, question: str, *, previous: Sequence[str] = (), readings: Readings | None = None) -> Assessment:
        """Read how urgent a question is, from what was typed alone."""
        return self._triage.assess(question, previous=previous, likelihood=self._likelihood(readings))

    def tell(self, message: str, *, readings: Readings | None = None) -> Told:
        """Read what a message tells of, before it is decided what counts."""
        return self._triage.read(message, self._likelihood(readings))

    def _likelihood(self, readings: Readings | None) -> Reader | None:
        """Give what tells what was learned of messages like a text; None where rules alone read."""
        if (reader := self._reader) is None:
            return None
        kept = readings if readings is not None else Readings()
        return lambda text: reader.likelihood(text, kept)

    def find(self, question: str, *, previous: str | None = None, readings: Readings | None = None) -> Evidence:
        """Find what the index holds for a question; it is read after the previous one, if there is one.

        Slips of the keyboard are mended for what was learned of questions, unless the question as typed is likely for a
        clinician: what looks like a slip may be a medicine. On another guide, words in no list may be its own.
        """
        kept = readings if readings is not None else Readings()
        if self._reader is None or not self._has_outlook:
            searched = f"{previous} {question}" if previous and _REFERS_BACK.search(question) else question
            return self._retriever.find(
                searched, k=MAX_QUOTES, vector=kept.of(searched, self._retriever.encoder).vector
            )
        read = in_context(question, previous)
        outlook = self._reader.outlook(read, kept)
        mended = in_context(kept.mended(question), kept.mended(previous) if previous is not None else None)
        if mended != read and outlook.kinds.get(LimitKind.REFER.value, 0.0) < REFER_FROM:
            read, outlook = mended, self._reader.outlook(mended, kept)
        vector = kept.of(read, self._retriever.encoder).vector
        return self._retriever.find(read, k=MAX_QUOTES, vector=vector, outlook=outlook)

    def decide(
        self, question: str, *, previous: str | None = None, readings: Readings | None = None
    ) -> tuple[Evidence, Decision]:
        """Find what the index holds for a question, and decide what becomes of it; warning signs aside."""
        evidence = self.find(question, previous=previous, readings=readings)
        return evidence, decide(evidence, manifest=self.index.manifest, calibration=self._calibration)

    def suggestions(self, n: int = 6) -> tuple[str, ...]:
        """Choose questions that the guide answers with what it lists them for; each is asked before it is offered."""
        return self._offers.suggestions(n)

    def _answers_listed(self, listed: str) -> bool:
        """Tell whether a question that the guide lists gets a sentence it leads to, and no alarm."""
        kept = Readings()
        is_routine = self.assess(listed, readings=kept).urgency is Urgency.ROUTINE
        evidence, decision = self.decide(listed, readings=kept)
        quoted = self._quoted(evidence, decision)[:MAX_QUOTES]
        return is_routine and any(listed in passage.questions for passage in quoted)

    def _quoted(self, evidence: Evidence, decision: Decision) -> list[Passage]:
        """Choose what is quoted: what was found, with what stands before and after it, such as a more cautious line."""
        passages = (hit.passage for hit in evidence.hits[: decision.quoted])
        ids = (name for passage in passages for name in passage.companions or (passage.id,))
        return [self.index.passage(name) for name in dict.fromkeys(ids)]

    def _stated_for(self, signs: Iterable[Sign]) -> list[Passage]:
        """Find the sentences chosen for signs; in a guide without them those that state a sign's facts, each once."""
        found: dict[str, Passage] = {}
        for sign in signs:
            stating = (passage for fact in sign.facts for passage in self.index.stating(fact))
            for passage in self.index.with_texts(sign.quotes) or stating:
                found.setdefault(" ".join(passage.text.casefold().split()), passage)
        return list(found.values())

    def _limit(self, status: Status, evidence: Evidence) -> Limit | None:
        """Find the limit whose words stand in an answer: where the question is nearer to it than to any answer."""
        found = next((hit for kind, hit in evidence.limits.items() if kind.value == status.value), None)
        return found.limit if found is not None and found.score > evidence.nearest_row else None

    def _name(self, question: str) -> str:
        return hashlib.sha256(f"{self._index_fingerprint}\0{question}".encode(errors="surrogatepass")).hexdigest()[:16]


def _advice(assessment: Assessment, wording: Wording) -> str:
    """Word the advice for the signs that were seen."""
    labels = list(dict.fromkeys(wording.signs.get(sign.name, sign.label) for sign in assessment.signs))
    signs = labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])} {wording.page['and']} {labels[-1]}"
    advice = wording.urgency_before if assessment.is_earlier else wording.urgency
    return advice[assessment.urgency.value].format(signs=signs)


def _calibration(index: Index, *, has_outlook: bool) -> Calibration:
    return Calibration.load(has_limits=bool(index.limits), learned=shipped_folder() if has_outlook else None)
