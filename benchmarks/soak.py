"""Asks a running server at full load for some minutes and watches its memory: `python benchmarks/soak.py --minutes 20`.

Starts `redness-qa serve` with the settings of the environment, asks through the API and through the page's queue with
several askers at once, reads the memory of the process (RSS) every few seconds, and prints what it saw as JSON. Memory
is flat where the last third lies at most `--allowed` of the second third above it.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parent.parent
RATES = ("REDNESS_QA_QUESTIONS_A_MINUTE", "REDNESS_QA_QUESTIONS_A_MINUTE_OVERALL")
QUESTIONS = ROOT / "benchmarks" / "questions" / "dev.jsonl"
SECONDS_BETWEEN_READINGS = 5.0


def main() -> int:
    """Run the soak; 1 means that memory grew or a question was not answered."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--askers", type=int, default=8)
    parser.add_argument("--allowed", type=float, default=0.05, help="growth of memory that is still called flat")
    options = parser.parse_args()
    questions = [json.loads(line)["question"] for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "redness_qa", "serve", "--port", str(port)],
        env=os.environ
        | dict.fromkeys(("REDNESS_QA_QUESTIONS_A_MINUTE", "REDNESS_QA_QUESTIONS_A_MINUTE_OVERALL"), "100000"),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        for line in server.stdout or ():
            if line.startswith("The chat is at"):
                break
        url = f"http://127.0.0.1:{port}/"
        report = soak(url, server.pid, questions, minutes=options.minutes, askers=options.askers)
    finally:
        server.terminate()
        server.wait(40)
    report["flat"] = report["growth"] <= options.allowed
    sys.stdout.write(json.dumps(report, indent=2) + "\n")
    return 0 if report["flat"] and set(report["statuses"]) == {"200"} else 1


def soak(url: str, pid: int, questions: list[str], *, minutes: float, askers: int) -> dict[str, Any]:
    """Ask until the time is over, and sum up statuses, latencies and memory."""
    end = time.monotonic() + 60 * minutes
    statuses: Counter[str] = Counter()
    latencies: list[float] = []
    threads = [
        threading.Thread(target=ask_until, args=(end, url, questions, number, statuses, latencies))
        for number in range(askers)
    ]
    for thread in threads:
        thread.start()
    readings = []
    while time.monotonic() < end:
        readings.append(memory_of(pid))
        time.sleep(SECONDS_BETWEEN_READINGS)
    for thread in threads:
        thread.join()
    third = len(readings) // 3
    second, last = statistics.median(readings[third : 2 * third]), statistics.median(readings[2 * third :])
    return {
        "minutes": minutes,
        "askers": askers,
        "questions": sum(statuses.values()),
        "statuses": dict(statuses),
        "median_seconds": round(statistics.median(latencies), 3),
        "p95_seconds": round(statistics.quantiles(latencies, n=20)[-1], 3),
        "memory_mb": {"first": round(readings[0]), "second_third": round(second), "last_third": round(last)},
        "growth": round(last / second - 1, 4),
    }


def ask_until(
    end: float, url: str, questions: list[str], number: int, statuses: Counter[str], latencies: list[float]
) -> None:
    """Ask one question after another, every second asker through the page's queue."""
    asked = number
    with httpx.Client(timeout=60) as client:
        while time.monotonic() < end:
            question = questions[asked % len(questions)]
            begin = time.monotonic()
            status = ask_page(client, url, question) if number % 2 else ask_api(client, url, question)
            latencies.append(time.monotonic() - begin)
            statuses[status] += 1
            asked += 1


def ask_api(client: httpx.Client, url: str, question: str) -> str:
    """Ask through the API, and give the status."""
    return str(client.post(f"{url}api/ask", json={"question": question}).status_code)


def ask_page(client: httpx.Client, url: str, question: str) -> str:
    """Ask as the page does, and give the status, or what the queue said instead of an answer."""
    joined = client.post(f"{url}gradio_api/call/ask", json={"data": [question, []]})
    if joined.status_code != 200:
        return str(joined.status_code)
    told = client.get(f"{url}gradio_api/call/ask/{joined.json()['event_id']}").text
    return "200" if "event: complete" in told else "no answer"


def memory_of(pid: int) -> float:
    """Read the resident memory of a process in MB (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


if __name__ == "__main__":
    sys.exit(main())
