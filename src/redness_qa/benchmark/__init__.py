"""How fast and how large: every figure with the machine, the versions and the index it was measured on."""

from redness_qa.benchmark.figures import Spread
from redness_qa.benchmark.growth import Growth, measure_growth
from redness_qa.benchmark.load import Load, Questions, ask_at_once
from redness_qa.benchmark.machine import Machine, matrix_rate
from redness_qa.benchmark.plots import growth_picture
from redness_qa.benchmark.processes import ColdStart, Server, measure_cold_start, resident_mib
from redness_qa.benchmark.report import Benchmark, Serving
from redness_qa.benchmark.stages import Stages, measure_stages

__all__ = [
    "Benchmark",
    "ColdStart",
    "Growth",
    "Load",
    "Machine",
    "Questions",
    "Server",
    "Serving",
    "Spread",
    "Stages",
    "ask_at_once",
    "growth_picture",
    "matrix_rate",
    "measure_cold_start",
    "measure_growth",
    "measure_stages",
    "resident_mib",
]
