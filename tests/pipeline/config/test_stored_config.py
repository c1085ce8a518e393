from pipeline.config.stored_config import stored_config


def test_dotted_names_become_sections() -> None:
    found = stored_config(
        {"data.path": "/rows.csv", "data.splits.train": 0.7, "data.splits.eval": 0.2}
        | {"data.splits.test": 0.1, "bias.max.DPL": 0.2, "bias.enabled": True, "bias.facets": ["a"]}
    )
    assert found is not None
    assert (found.data.path, found.data.splits.train) == ("/rows.csv", 0.7)
    assert found.bias.max == {"DPL": 0.2}


def test_a_section_of_another_version_has_its_defaults() -> None:
    told = {"data.path": "/rows.csv", "train.epochs": 5, "optimize.magic": 1, "gone.field": 2}
    found = stored_config(told)
    assert found is not None
    assert found.train.epochs == 5
    assert found.optimize.enabled


def test_without_data_there_is_none() -> None:
    assert stored_config({"train.epochs": 5}) is None
    assert stored_config({"data.path": 7}) is None
