# `make serve` and `make test` do all the set-up they need; both are quick the second time.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: serve test install lint index weights judgements constraints clean

serve: $(VENV)/.installed
	$(BIN)/python app.py

test: $(VENV)/.installed-dev lint
	$(BIN)/python -m pytest

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

install: $(VENV)/.installed

index: $(VENV)/.installed
	$(BIN)/redness-qa build

# Learns from benchmarks/ anew, then builds the index and fits what rests on both. Each reader is the mean of trainings
# that differ in what chance deals; some hour and a half each on one core, reckoned from shorter ones. Those in
# $(TRAININGS) are made again only where what they learn from is newer. After a change of what corpus/ states remove that
# folder, and see below.
QUESTIONS := $(wildcard benchmarks/questions/voice-*.jsonl)
MESSAGES := benchmarks/triage/train.jsonl $(wildcard benchmarks/triage/pairs*.jsonl)
LEARNED_FROM := $(addprefix --questions ,$(QUESTIONS)) $(addprefix --messages ,$(MESSAGES))
WEIGHTS := src/redness_qa/weights
JUDGED := benchmarks/triage/judged.csv.gz
JUDGED_QUESTIONS := benchmarks/questions/judged.csv.gz
TRAININGS := .trainings
SEEDS := 0 1 2

$(TRAININGS)/guide-%/head.json: $(QUESTIONS) $(MESSAGES) $(JUDGED) $(JUDGED_QUESTIONS) | $(VENV)/.installed
	$(BIN)/redness-qa train $(LEARNED_FROM) --judged $(JUDGED) --judged-questions $(JUDGED_QUESTIONS) \
		--seed $* --output $(@D)

$(TRAININGS)/signs-%/head.json: $(QUESTIONS) $(MESSAGES) $(JUDGED) | $(VENV)/.installed
	$(BIN)/redness-qa train-signs $(LEARNED_FROM) --judged $(JUDGED) --seed $* --output $(@D)

weights: $(foreach seed,$(SEEDS),$(TRAININGS)/guide-$(seed)/head.json $(TRAININGS)/signs-$(seed)/head.json)
	$(BIN)/redness-qa weigh-signs $(MESSAGES) $(addprefix --questions ,$(QUESTIONS)) \
		--output src/redness_qa/triage/phrase_counts.csv
	$(BIN)/redness-qa average-weights $(addprefix $(TRAININGS)/guide-,$(SEEDS)) --rank 96 --output $(WEIGHTS)
	$(BIN)/redness-qa average-weights $(addprefix $(TRAININGS)/signs-,$(SEEDS)) --rank 96 --output $(TRAININGS)/signs
	$(BIN)/redness-qa train-signs $(LEARNED_FROM) --start $(TRAININGS)/signs --epochs 1 --rate 0.00004 --output $(WEIGHTS)/signs
	$(BIN)/redness-qa build
	$(BIN)/redness-qa calibrate $(wildcard benchmarks/questions/tune-*.jsonl) --output $(WEIGHTS)/decision.json
	$(BIN)/redness-qa calibrate-triage $(wildcard benchmarks/triage/tune*.jsonl) $(addprefix --questions ,$(wildcard benchmarks/questions/tune-*.jsonl)) \
		--output $(WEIGHTS)/thresholds.json

# Lets a larger model learn from the questions and judge them, and texts made of them, then another one from the messages,
# for the small ones to learn from; $(JUDGED_QUESTIONS) and $(JUDGED) hold what all-mpnet-base-v2 made of them.
# `make judgements TEACHER=folder-of-the-model`; some two hours on two cores. A question or message that is changed or
# added asks for it, as texts made of it are others then, and so does a fact that corpus/ states no longer. The readers in
# $(WEIGHTS) judge beside it, as the mean errs less; where they have not learned of a fact that is new, `BESIDE=` on the
# command line leaves them out.
BESIDE := yes
judgements: $(VENV)/.installed
	@test -n "$(TEACHER)" || { echo "Name the folder of the model: make judgements TEACHER=..."; exit 2; }
	$(BIN)/redness-qa judge-questions --teacher $(TEACHER) $(addprefix --questions ,$(QUESTIONS)) \
		$(if $(BESIDE),--beside $(WEIGHTS)) --output $(JUDGED_QUESTIONS)
	$(BIN)/redness-qa judge-signs --teacher $(TEACHER) $(addprefix --questions ,$(QUESTIONS)) \
		$(addprefix --messages ,$(MESSAGES)) $(if $(BESIDE),--beside $(WEIGHTS)/signs) --output $(JUDGED)

# Pins every dependency for Python 3.10 and newer; needs the tool uv. PyTorch is pinned by hand: a newer one is
# taken only after the index was built and evaluated with it.
constraints:
	echo "torch==2.13.0" | uv pip compile --universal --python-version 3.10 --extra dev --no-emit-index-url --no-annotate --no-header \
		--output-file constraints.txt pyproject.toml -

clean:
	rm -rf $(VENV)

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.version_info >= (3, 10) or sys.exit("Python 3.10 or newer is needed; name one: make PYTHON=python3.12 serve")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --disable-pip-version-check --constraint constraints.txt --editable .
	touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@ $(VENV)/.installed
