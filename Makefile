# Every target builds what it needs. `make demo` is the main job, `make test` the tests.
PYTHON ?= python3
BIN := .venv/bin
export STACK  # `make setup STACK=older`: see docs/environment.md

.PHONY: help setup setup-dev setup-serving setup-airflow setup-airflow3 setup-bench setup-oracles setup-mlflow demo notebook test test-other-stack coverage check lint types imports fast-tests docs bench data lock audit clean

help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: ## Build .venv from the locked requirements
	@$(PYTHON) tools/setup_environment.py

setup-dev:
	@$(PYTHON) tools/setup_environment.py --dev

setup-serving: ## Build .venv-serving: the model server alone, without TFX
	@$(PYTHON) tools/setup_environment.py --serving

setup-airflow: ## Build .venv-airflow: Airflow 2 alone, without TFX
	@$(PYTHON) tools/setup_environment.py --airflow

setup-airflow3: ## Build .venv-airflow3: Airflow 3 alone, without TFX
	@$(PYTHON) tools/setup_environment.py --airflow3

setup-bench: ## Build .venv-bench: what the benchmarks compare with
	@$(PYTHON) tools/setup_environment.py --bench

setup-oracles: ## Build .venv-oracles: what tests compare our figures with
	@$(PYTHON) tools/setup_environment.py --oracles

setup-mlflow: ## Build .venv-mlflow: MLflow's server and web pages (`mlflow ui`)
	@$(PYTHON) tools/setup_environment.py --mlflow

demo: setup ## Fine-tune, evaluate, push and try a classifier on the bundled reviews
	@$(BIN)/bert-aas run --config configs/demo.yaml
	@echo; echo "Three texts, classified by the pushed model:"
	@$(BIN)/bert-aas predict --model-dir output/demo/serving_model \
	  "The jacket fits perfectly and keeps me warm." \
	  "The colour is lovely, but the zip broke within a week and I sent it back." \
	  "It does the job, no more and no less."

notebook: setup ## Open the walkthroughs in JupyterLab
	$(BIN)/jupyter lab notebooks

test: setup-dev setup-serving setup-airflow setup-airflow3 setup-oracles setup-mlflow ## Run every test
	$(BIN)/python -m pytest -m "not network and not gpu" --numprocesses 2 --max-worker-restart 0 --dist loadfile --no-loadscope-reorder

test-other-stack: ## Run the fast tests and a pipeline with the other stack, where that can be had
	@$(PYTHON) tools/other_stack.py

coverage: ## Run every test and measure what it covers: less than 90 % fails
	@PYTEST_ADDOPTS="$$PYTEST_ADDOPTS --cov" $(MAKE) test

check: setup-dev lint types imports fast-tests ## Lint, types, import direction, fast tests

lint: setup-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup-dev
	$(BIN)/mypy

imports: setup-dev
	$(BIN)/lint-imports

fast-tests: setup-dev
	$(BIN)/python -m pytest

docs: setup-dev ## Build the site of the documentation in output/site
	$(BIN)/mkdocs build --strict

bench: setup-dev setup-bench ## Measure what the documentation claims
	@$(BIN)/bert-aas run --config configs/demo.yaml
	@$(BIN)/python -m benchmarks.against_tfidf --config configs/demo.yaml --json output/bench/against_tfidf.json
	@$(BIN)/python -m benchmarks.data_nodes --rows 100000 --workers 1 2 --json output/bench/data_nodes.json
	@$(BIN)/python -m benchmarks.training_speed --json output/bench/training_speed.json
	@$(BIN)/python -m benchmarks.training_accuracy --json output/bench/training_accuracy.json
	@$(BIN)/python -m benchmarks.transform_speed --json output/bench/transform_speed.json
	@$(BIN)/python -m benchmarks.cached_run --config configs/demo.yaml --output-dir output/demo --json output/bench/cached_run.json
	@$(BIN)/python -m benchmarks.distillation --json output/bench/distillation.json
	@$(BIN)/python -m benchmarks.node_startup --ir output/demo/pipeline.json --rounds 1 --json output/bench/node_startup.json
	@$(BIN)/python -m benchmarks.serving_overhead --model-dir output/demo/serving_model --json output/bench/serving_overhead.json
	@$(BIN)/python -m benchmarks.serving_fairness --json output/bench/serving_fairness.json
	@$(BIN)/python -m benchmarks.serving_threads --json output/bench/serving_threads.json
	@$(BIN)/python -m benchmarks.serving_capture --json output/bench/serving_capture.json
	@$(BIN)/python -m benchmarks.serving_load --model-dir output/demo/serving_model --minutes 2 --json output/bench/serving_load.json
	@$(BIN)/python -m benchmarks.serving_ladder --bert-base --json output/bench/serving_ladder.json
	@$(BIN)/python -m benchmarks.engines --json output/bench/engines.json
	@$(BIN)/python -m benchmarks.tokenizer_speed --json output/bench/tokenizer_speed.json
	@$(BIN)/python -m benchmarks.model_forms --json output/bench/model_forms.json
	@$(BIN)/python -m benchmarks.traffic_verdicts --json output/bench/traffic_verdicts.json
	@$(BIN)/python -m benchmarks.traffic_bandit --json output/bench/traffic_bandit.json

data: ## Generate the bundled reviews again
	$(PYTHON) data/generate_reviews.py --output data/product_reviews.csv

# STACK names what is resolved or looked up here, whichever stack the programs of .venv are from.
lock: ## Resolve the requirements of both stacks again (STACK=older: of one)
	@env -u STACK $(PYTHON) tools/setup_environment.py
	@$(BIN)/python tools/lock_requirements.py $(STACK)

audit: ## Look the locks up in a database of known vulnerabilities (needs the network)
	@env -u STACK $(PYTHON) tools/setup_environment.py --dev
	@for lock in requirements/$(or $(STACK),*)/*.txt; do echo $$lock; \
	  $(BIN)/pip-audit --strict --no-deps --disable-pip --progress-spinner off --requirement $$lock || failed=1; done; [ -z "$$failed" ]

clean: ## Remove what runs made, and the environments
	rm -rf output feature_groups .venv .venv-serving .venv-airflow .venv-airflow3 .venv-bench .venv-oracles .venv-mlflow
