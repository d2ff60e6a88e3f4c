"""What is measured of this package beside the peers: retrieval alone, and the whole answer.

`ours.py retrieval INDEX QUESTIONS` and `ours.py answer INDEX QUESTIONS` print one JSON line each.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from work import TOP, read_questions, time_questions

from redness_qa import Assistant


def main() -> None:
    """Do what the command line says."""
    task, index, questions = sys.argv[1], Path(sys.argv[2]), read_questions(Path(sys.argv[3]))
    assistant = Assistant.load(index, for_one=True)  # as the command line does

    def retrieve(question: str) -> object:
        return assistant.index.search(assistant.encoder.encode_questions([question]), k=TOP)

    work = {"retrieval": retrieve, "answer": assistant.ask}[task]
    sys.stdout.write(json.dumps(time_questions(work, questions)) + "\n")


if __name__ == "__main__":
    main()
