import pytest

from bert_aas.contracts.errors import InvalidInputError, UnavailableError
from pipeline.graph.shape.run_parameters import as_settings
from pipeline.runners.notebook.errors import NotebookError, in_a_sentence
from tests.notebooks.cells import run_cells


@pytest.mark.parametrize("error", [InvalidInputError, UnavailableError])
def test_refusals_become_sentences(error: type[InvalidInputError]) -> None:
    @in_a_sentence
    def refuse(given: int) -> None:
        raise error(f"{given} is too many")

    with pytest.raises(NotebookError, match=r"^3 is too many$"):
        refuse(3)


def test_other_errors_stay_what_they_are() -> None:
    @in_a_sentence
    def fail() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        fail()


@pytest.mark.slow
def test_a_notebook_shows_the_sentence_without_a_traceback() -> None:
    cells = run_cells(
        """
        from pipeline.runners.notebook import NotebookError
        shell = get_ipython()
        try:
            raise NotebookError("there is no such node")
        except NotebookError:
            shell.showtraceback()
        """
    )
    (output,) = cells[0].outputs
    assert output["traceback"] == ["NotebookError: there is no such node"]


def test_parameters_of_a_run_are_settings() -> None:
    assert as_settings({"epochs": 2, "data_path": "a b.csv", "encoder": "yes"}) == [
        "train.epochs=2",
        'data.path="a b.csv"',
        'encoder.source="yes"',
    ]
    with pytest.raises(
        InvalidInputError, match="'rounds' is not a run parameter; the run parameters"
    ):
        as_settings({"rounds": 2})
