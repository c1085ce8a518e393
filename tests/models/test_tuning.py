import contextlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import models.tuning
from bert_aas.contracts.errors import InvalidInputError
from models.params import TrainParams, TuneParams
from models.training.divergence import DivergedError
from models.training.fitting import FitRequest
from models.training.run import with_hyperparameters
from models.tuning import OBJECTIVE, FineTuningTuner, tuner_fn
from tests.models.toy_training import Toy, fn_args, shared_toy, trainer_params, transform_graph

TRAIN = TrainParams(epochs=2, batch_size=16, dropout=0.0)
TUNE = TuneParams(
    enabled=True,
    max_trials=2,
    algorithm="random",
    learning_rate=(1e-4, 1e-2),
    dropout=(0.0, 0.2),
    batch_size=(8, 16),
    epochs=(1, 2),
)


class Killed(BaseException):
    """Ends a search as a signal does; KerasTuner catches no such thing."""


class FakeState:
    """The state of a training that did not happen."""

    def __init__(self, accuracies: list[float]) -> None:
        self.history = [{"val_accuracy": accuracy} for accuracy in accuracies]

    def delete(self) -> None:
        pass


class FakeFit:
    """Stands for `fit`: remembers what was asked; the accuracy is highest at 1e-3."""

    def __init__(
        self,
        kill_at: int | None = None,
        error: BaseException | None = None,
        diverged: range = range(0),
    ) -> None:
        self.requests: list[FitRequest] = []
        self._kill_at = kill_at
        self._error = error or Killed()
        self._diverged = diverged

    def __call__(self, request: FitRequest, data: Any, num_classes: int) -> tuple[Any, FakeState]:
        self.requests.append(request)
        if len(self.requests) == self._kill_at:
            raise self._error
        if len(self.requests) in self._diverged:
            raise DivergedError("the training diverged")
        accuracy = 1.0 - abs(request.train.learning_rate - 1e-3)
        return None, FakeState([accuracy, accuracy - 0.5])


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Toy:
    return shared_toy(tmp_path_factory)


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return transform_graph(tmp_path_factory)


def _tuner(toy: Toy, folder: Path, **changes: Any) -> FineTuningTuner:
    tune = TUNE.model_copy(update=changes)
    params = trainer_params(toy, folder / "checkpoints", TRAIN, tune)
    return FineTuningTuner(params, data=None, num_classes=2, directory=str(folder))  # type: ignore[arg-type]


def _search(
    toy: Toy, folder: Path, monkeypatch: pytest.MonkeyPatch, **changes: Any
) -> tuple[FineTuningTuner, list[TrainParams]]:
    """Search with trainings that cost nothing; give what was tried."""
    fake = FakeFit(changes.pop("kill_at", None), diverged=changes.pop("diverged", range(0)))
    monkeypatch.setattr(models.tuning, "fit", fake)
    tuner = _tuner(toy, folder, **changes)
    with contextlib.suppress(Killed):
        tuner.search()
    return tuner, [request.train for request in fake.requests]


@pytest.mark.slow
def test_a_search_over_real_trainings_finds_hyperparameters(
    toy: Toy, graph: Path, tmp_path: Path
) -> None:
    args: SimpleNamespace = fn_args(
        toy, graph, tmp_path, trainer_params(toy, tmp_path, TRAIN, TUNE)
    )

    result = tuner_fn(args)
    result.tuner.search(**result.fit_kwargs)

    best = with_hyperparameters(TRAIN, result.tuner.get_best_hyperparameters()[0].get_config())
    trials = result.tuner.oracle.trials.values()
    assert {trial.status for trial in trials} == {"COMPLETED"}
    assert len(trials) == 2
    assert all(0 <= trial.score <= 1 for trial in trials)
    _assert_inside_the_space(best)
    assert not list(tmp_path.rglob("*.index"))  # no trial's checkpoints are left


def _assert_inside_the_space(train: TrainParams) -> None:
    assert 1e-4 <= train.learning_rate <= 1e-2
    assert 0.0 <= train.dropout <= 0.2
    assert train.batch_size in {8, 16}
    assert train.epochs in {1, 2}


@pytest.mark.parametrize("algorithm", ["random", "bayesian"])
def test_all_trials_are_inside_the_space(
    toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, algorithm: str
) -> None:
    _, tried = _search(toy, tmp_path, monkeypatch, algorithm=algorithm, max_trials=8)

    assert len(tried) == 8
    assert len({train.learning_rate for train in tried}) == 8
    for train in tried:
        _assert_inside_the_space(train)


def test_only_the_searched_hyperparameters_change(
    toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, tried = _search(toy, tmp_path, monkeypatch)

    names = ("learning_rate", "dropout", "batch_size", "epochs")
    for train in tried:
        assert train.model_dump(exclude=set(names)) == TRAIN.model_dump(exclude=set(names))


def test_the_best_trial_has_the_highest_accuracy(
    toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tuner, tried = _search(toy, tmp_path, monkeypatch, max_trials=6)

    best = tuner.get_best_hyperparameters()[0].values
    closest = min(tried, key=lambda train: abs(train.learning_rate - 1e-3))
    assert best["learning_rate"] == closest.learning_rate
    # A trial counts with its best epoch, whose weights the Trainer would keep.
    score = tuner.oracle.get_best_trials()[0].score
    assert score == pytest.approx(1 - abs(closest.learning_rate - 1e-3))
    assert tuner.oracle.objective.name == OBJECTIVE


def test_a_killed_search_goes_on(toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, first = _search(toy, tmp_path, monkeypatch, max_trials=4, kill_at=3)
    tuner, second = _search(toy, tmp_path, monkeypatch, max_trials=4)

    assert len(first) == 3
    assert second[0] == first[2]  # the trial that was killed, with its hyperparameters
    assert len(second) == 2
    assert len(tuner.oracle.trials) == 4
    assert {trial.status for trial in tuner.oracle.trials.values()} == {"COMPLETED"}


def test_a_failed_trial_ends_the_search_which_goes_on_later(
    toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeFit(kill_at=3, error=OSError("No space left on device"))
    monkeypatch.setattr(models.tuning, "fit", fake)
    with pytest.raises(OSError, match="No space left"):
        _tuner(toy, tmp_path, max_trials=4).search()

    tuner, second = _search(toy, tmp_path, monkeypatch, max_trials=4)

    assert second[0] == fake.requests[2].train
    assert [trial.status for trial in tuner.oracle.trials.values()] == ["COMPLETED"] * 4


@pytest.mark.parametrize("algorithm", ["random", "bayesian"])
def test_a_killed_search_tries_what_an_undisturbed_one_does(
    toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, algorithm: str
) -> None:
    asked = {"algorithm": algorithm, "max_trials": 7}
    _, whole = _search(toy, tmp_path / "whole", monkeypatch, **asked)
    _, first = _search(toy, tmp_path / "killed", monkeypatch, **asked, kill_at=5)
    _, second = _search(toy, tmp_path / "killed", monkeypatch, **asked)

    assert first[:-1] + second == whole


def test_a_killed_trial_goes_on_from_its_checkpoints(
    toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directories = []
    for kill_at in (2, None):
        fake = FakeFit(kill_at)
        monkeypatch.setattr(models.tuning, "fit", fake)
        with contextlib.suppress(Killed):
            _tuner(toy, tmp_path).search()
        directories.append([request.checkpoint_dir for request in fake.requests])

    assert len(set(directories[0])) == 2
    assert directories[1] == [directories[0][1]]


def test_a_finished_search_is_not_repeated(
    toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = _search(toy, tmp_path, monkeypatch)
    second, tried = _search(toy, tmp_path, monkeypatch)

    assert tried == []
    best = second.get_best_hyperparameters()[0].values
    assert best == first.get_best_hyperparameters()[0].values


def test_the_seed_decides_the_trials(
    toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, first = _search(toy, tmp_path / "a", monkeypatch, seed=1)
    _, same = _search(toy, tmp_path / "b", monkeypatch, seed=1)
    _, other = _search(toy, tmp_path / "c", monkeypatch, seed=2)

    assert first == same
    assert first != other


def test_trials_keep_no_models(toy: Toy, tmp_path: Path) -> None:
    with pytest.raises(NotImplementedError, match="no models"):
        _tuner(toy, tmp_path).load_model(None)


def test_a_trial_that_diverges_is_a_bad_trial(
    toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tuner, tried = _search(toy, tmp_path, monkeypatch, max_trials=6, diverged=range(1, 5))

    assert len(tried) == 6
    found = tuner.get_best_hyperparameters()[0].values["learning_rate"]
    assert found in {train.learning_rate for train in tried[4:]}


def test_a_search_in_which_all_diverge_is_refused(
    toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(
        InvalidInputError, match=r"all 4 trials diverged; lower `tune\.learning_rate`"
    ):
        _search(toy, tmp_path, monkeypatch, max_trials=4, diverged=range(1, 5))
