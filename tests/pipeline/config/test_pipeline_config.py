"""The configuration file: defaults, overrides, and every kind of refusal."""

import re
import traceback
from pathlib import Path

import pytest

from bert_aas.contracts.errors import InvalidInputError
from pipeline.config.pipeline_config import PipelineConfig, load_config, located, override

CONFIG = PipelineConfig.model_validate({"data": {"path": "/rows.csv"}})

MINIMAL = "data: {path: reviews.csv}\n"


def written(folder: Path, content: str) -> Path:
    path = folder / "config.yaml"
    path.write_text(content, encoding="utf-8")
    return path


def loaded(folder: Path, content: str, *overrides: str) -> PipelineConfig:
    return load_config(written(folder, content), overrides)


def test_a_data_path_is_enough(tmp_path: Path) -> None:
    config = loaded(tmp_path, MINIMAL)
    assert config == PipelineConfig.model_validate({"data": config.data})
    assert (config.output_dir, config.encoder.source) == ("output", "minilm")


@pytest.mark.parametrize("path", sorted(Path("configs").glob("*.yaml")), ids=lambda path: path.name)
def test_the_configurations_that_ship_are_valid(path: Path) -> None:
    assert load_config(path).evaluate.metric == "accuracy"


@pytest.mark.parametrize("number", ["1e-4", "1.0e-4", "0.0001", "1E-04", "+1e-4"])
def test_numbers_as_people_write_them(tmp_path: Path, number: str) -> None:
    content = f"{MINIMAL}train: {{learning_rate: {number}}}"
    assert loaded(tmp_path, content).train.learning_rate == 1e-4
    assert loaded(tmp_path, MINIMAL, f"train.learning_rate={number}").train.learning_rate == 1e-4


def test_a_whole_number_is_a_fraction_too(tmp_path: Path) -> None:
    assert loaded(tmp_path, MINIMAL, "evaluate.threshold=1").evaluate.threshold == 1.0


@pytest.mark.parametrize(
    ("override", "section", "key", "value"),
    [
        ("train.epochs=2", "train", "epochs", 2),
        ("data.path=a=b.csv", "data", "path", "a=b.csv"),
        ("evaluate.slices=[country, year]", "evaluate", "slices", ("country", "year")),
        ("data.key_column=null", "data", "key_column", None),
        ("data.key_column=", "data", "key_column", None),
        ("encoder.trainable=false", "encoder", "trainable", False),
        ("tune.batch_size=[8]", "tune", "batch_size", (8,)),
    ],
)
def test_overrides(tmp_path: Path, override: str, section: str, key: str, value: object) -> None:
    config = loaded(tmp_path, MINIMAL, override)
    assert getattr(getattr(config, section), key) == value


def test_overrides_reach_nested_sections_and_the_last_one_wins(tmp_path: Path) -> None:
    splits = ("data.splits.train=0.6", "data.splits.eval=0.2", "data.splits.test=0.2")
    config = loaded(tmp_path, MINIMAL, *splits, "name=one", "name=two")
    assert (config.data.splits.train, config.name) == (0.6, "two")


def test_dates_need_no_quotes(tmp_path: Path) -> None:
    cuts = "[2026-01-01, 2026-03-01T12:00:00+01:00]"
    expected = ("2026-01-01T00:00:00Z", "2026-03-01T11:00:00Z")
    content = f"data: {{path: reviews.csv, split_by: {{time: when, cuts: {cuts}}}}}"
    assert loaded(tmp_path, content).data.split_by.cuts == expected
    given = ("data.split_by.time=when", "data.split_by.cuts=[2026-01-01, 1772362800]")
    assert loaded(tmp_path, MINIMAL, *given).data.split_by.cuts == expected


def test_a_section_may_be_left_empty(tmp_path: Path) -> None:
    """`train:` with every key commented out is null in YAML."""
    assert loaded(tmp_path, f"{MINIMAL}train:\n").train.epochs == 3
    assert loaded(tmp_path, f"{MINIMAL}train:\n", "train.epochs=2").train.epochs == 2


def test_validate_is_a_section(tmp_path: Path) -> None:
    assert loaded(tmp_path, MINIMAL, "validate.stop_on=[ALL]").validate_data.stop_on == ("ALL",)


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("trian.epochs=2", "`trian` is not a known key; known here: name, output_dir, data, "),
        ("validate_data.stop_on=[]", "`validate_data` is not a known key"),
        ("train.epoch=2", "`train.epoch` is not a known key; known here: epochs, batch_size"),
        ("data.splits.dev=0.1", "`data.splits.dev` is not a known key; known here: train, eval"),
        ("train.epochs=0", "`train.epochs`: input should be greater than or equal to 1, but 0 "),
        ("train.epochs=two", '`train.epochs`: input should be a valid integer, but "two" was'),
        ("train.epochs=2.5", "`train.epochs`: input should be a valid integer, but 2.5 was"),
        ("train.learning_rate=.nan", "`train.learning_rate`: input should be a finite number"),
        ("evaluate.threshold=75", "`evaluate.threshold`: input should be less than or equal to 1"),
        ("evaluate.metric=f2", "`evaluate.metric`: input should be 'accuracy', 'macro_f1'"),
        (
            "evaluate.conditions=[{name: a, metric: acc, bound: 1}]",
            "`evaluate.conditions`: the condition 'a': 'acc' is no metric; known are accuracy, ",
        ),
        (
            "evaluate.conditions=[{name: a, metric: auc, bound: 0.5, operator: '=>'}]",
            "`evaluate.conditions.0.operator`: input should be '>=', '<=', '>', '<', '==', 'in'",
        ),
        (
            "evaluate.conditions=[{name: a, metric: auc, bound: 0.5, over: 1}]",
            "`evaluate.conditions.0.over` is not a known key; known here: name, metric, class, ",
        ),
        (
            "evaluate.conditions=[{name: a, metric: auc, bound: 1.5}]",
            "no model can meet >= 1.5: auc is from 0 to 1",
        ),
        (
            "evaluate.conditions=[{name: a, metric: auc, slice: x=1, bound: 0.5}]",
            "'x' is not one of `evaluate.slices`, which are none",
        ),
        (
            "evaluate.conditions=[{name: a, operator: not, of: [a]}]",
            "the conditions go in a circle: 'a' > 'a'",
        ),
        (
            "evaluate.conditions=[{name: a, metric: bias.before.DPL, operator: '<=', bound: 1}]",
            "'bias.before.DPL' needs `bias.enabled: true`",
        ),
        ("evaluate.otherwise=command", "`evaluate.otherwise: command` and `evaluate.command` need"),
        ("evaluate.command=[true.sh]", "`evaluate.otherwise: command` and `evaluate.command` need"),
        (
            "tests=[{name: a, kind: same, rows: [{text: b}], swaps: [[he, she]]}]",
            "`tests`: the test 'a' changes none of its rows: no text has a word of `swaps`",
        ),
        (
            "tests=[{name: a, kind: right, rows: [{text: b, text_pair: c, label: 1}]}]",
            "`tests`: the test 'a' must have no `text_pair` in the row 'b'",
        ),
        (
            "tests=[{name: a, kind: right, rows: [{text: b, label: 1}, {text: c}]}]",
            "the test 'a' needs a label in the row 'c'",
        ),
        ("encoder.trainable=yes please", "`encoder.trainable`: input should be a valid boolean"),
        ("data.splits.train=0.5", "`data.splits`: train, eval and test must add up to 1, they"),
        ("data.split_by.time=when", "`data.split_by`: time and cuts belong together; give both"),
        ("data.split_by.cuts=[2026-01-01, soon]", "`data.split_by.cuts`: a cut must be a date, a"),
        ("data.label_column=text", "text_column, text_pair_column and label_column must differ"),
        ("metadata.url=oracle://x", "`metadata.url`: string should match pattern"),
        ("name=no spaces", "`name`: string should match pattern"),
        ("train=3", "`train`: input should be an object, but 3 was given"),
        ("data.path=null", "`data.path`: input should be a valid string, but null was given"),
    ],
)
def test_refused_values(tmp_path: Path, override: str, sentence: str) -> None:
    with pytest.raises(InvalidInputError, match=re.escape(sentence)) as refused:
        loaded(tmp_path, MINIMAL, override)
    assert "\n" not in str(refused.value)
    assert str(tmp_path / "config.yaml") in str(refused.value)


def test_further_problems_are_counted(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"\(and 2 more\)$"):
        loaded(tmp_path, MINIMAL, "train.epochs=0", "train.batch_size=0", "train.seed=-1")


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("train.epochs", "--set 'train.epochs' is not of the form section.key=value"),
        ("=3", "--set '=3' is not of the form section.key=value"),
        ("train..epochs=3", "--set 'train..epochs=3' is not of the form section.key=value"),
        (
            "train.epochs=[",
            "--set 'train.epochs=[' has a value that is not YAML: while parsing a flow node, "
            "expected the node content, but found '<stream end>' (line 1, column 2)",
        ),
        (
            "train={epochs: 1, epochs: 2}",
            "--set 'train={epochs: 1, epochs: 2}' has a value that cannot be used: the key "
            "'epochs' appears twice in one section, in line 1 and again in line 1; keep one of "
            "them (line 1, column 13)",
        ),
        ("data.path.name=x", "--set 'data.path.name=x': 'path' is a value, not a section"),
    ],
)
def test_refused_forms_of_set(tmp_path: Path, override: str, sentence: str) -> None:
    with pytest.raises(InvalidInputError, match=f"^{re.escape(sentence)}$"):
        loaded(tmp_path, MINIMAL, override)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("data: [", "is not YAML: while parsing"),
        ("- data", "holds a list; it must map sections to keys"),
        ("just words", "holds a text; it must map sections to keys"),
        ("", "is empty; it must map sections to keys"),
        ("# name: x", "is empty; it must map sections to keys"),
        ("name: x", "`data` is missing"),
        ("data: {}", "`data.path` is missing"),
        ("3: x\ndata: {path: p}", "`3` is not a known key"),
        ("{1: x, '1': y}", "the key '1' appears twice"),
        ("{on: x}", "cannot be used: the key True is not text; write it in quotes"),
        ("data: {path: p, ? [a] : b}", "cannot be used: the key ['a'] is not text"),
        ("data: &a {path: *a}", "cannot be used: Circular reference"),
        ("2026-01-31: x", "is not text; write it in quotes (line 1, column 1)"),
        ("data: {path: !!binary aGk=}", "cannot be used: a value has the type bytes"),
        ("data: {path: !!set {a, b}}", "cannot be used: a value has the type set"),
        ("data: {path: p}\n---\ndata: {path: q}", "is not YAML: expected a single document"),
        ("data:\n\tpath: p", "is not YAML: while scanning for the next token"),
        ("data: {path: \x07}", "is not YAML: unacceptable character #x0007"),
        ("[" * 5000, "cannot be used: it is nested too deeply"),
        ("data: !!python/object:os.system {}", "is not YAML: could not determine a constructor"),
    ],
)
def test_refused_files(tmp_path: Path, content: str, sentence: str) -> None:
    with pytest.raises(InvalidInputError, match=re.escape(sentence)) as refused:
        loaded(tmp_path, content)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (
            "data: {path: p}\ntrain: {epochs: 1}\ntrain: {seed: 2}",
            "'train' appears twice in one section, in line 2 and again in line 3",
        ),
        (
            "data:\n  path: p\n  splits:\n    train: 0.8\n    test: 0.1\n    train: 0.7",
            "'train' appears twice in one section, in line 4 and again in line 6",
        ),
        (
            'data: {path: p}\n"data": {path: q}',
            "'data' appears twice in one section, in line 1 and again in line 2",
        ),
        (
            "data: {path: p}\nbeam:\n  options: {a: 1, b: [{c: 1,\n c: 2}]}",
            "'c' appears twice in one section, in line 3 and again in line 4",
        ),
        (
            "data: !!map {path: p, path: q}",
            "'path' appears twice in one section, in line 1 and again in line 1",
        ),
    ],
)
def test_a_key_that_stands_twice_is_refused_with_both_lines(
    tmp_path: Path, content: str, lines: str
) -> None:
    with pytest.raises(InvalidInputError, match=re.escape(lines)):
        loaded(tmp_path, content)


def test_anchors_and_merged_keys_may_be_written_again(tmp_path: Path) -> None:
    content = "data: &d {path: p, text_column: t}\ntrain: &t {epochs: 2, seed: 1}"
    assert loaded(tmp_path, f"{content}\ntune: {{}}").train.epochs == 2
    merged = "data: {<<: &d {path: p, text_column: t}, text_column: u}"
    config = loaded(tmp_path, merged)
    assert (config.data.path, config.data.text_column) == ("p", "u")


def test_a_file_that_is_no_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(b"data: {path: caf\xe9}")
    with pytest.raises(InvalidInputError, match=r"is not YAML: it is not UTF-8 \(byte 17\)$"):
        load_config(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "none.yaml"
    with pytest.raises(InvalidInputError, match=re.escape(f"{path} cannot be read: No such file")):
        load_config(path)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="cannot be read: Is a directory"):
        load_config(tmp_path)


def test_bytes_that_are_no_utf8_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes("data: {path: Größe.csv}".encode("latin-1"))
    with pytest.raises(InvalidInputError, match="is not YAML"):
        load_config(path)


def test_the_configuration_cannot_be_changed(tmp_path: Path) -> None:
    config = loaded(tmp_path, MINIMAL)
    with pytest.raises(ValueError, match="frozen"):
        config.name = "other"


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("output_dir=2026", "2026"),
        ("output_dir='quoted'", "quoted"),
        ("output_dir=a: b", "a: b"),
        ("output_dir=*star", "*star"),
        ("output_dir=true", "true"),
        ("output_dir=/data/my #2", "/data/my #2"),
        ("output_dir= spaces around ", "spaces around"),
    ],
)
def test_text_may_be_given_without_quotes(setting: str, value: str) -> None:
    assert override(CONFIG, [setting]).output_dir == value


def test_an_override_leaves_the_rest_as_it_was() -> None:
    changed = override(CONFIG, ["train.epochs=5", "tune.learning_rate=[1e-5, 1e-3]"])
    assert (changed.train.epochs, changed.tune.learning_rate) == (5, (1e-5, 1e-3))
    assert override(changed, ["train.epochs=3", "tune.learning_rate=[2e-5, 3e-4]"]) == CONFIG
    assert override(CONFIG, []) is CONFIG


def test_a_refused_override_is_named_without_a_file() -> None:
    with pytest.raises(InvalidInputError, match=r"^--set: `train\.epochs`: input should be"):
        override(CONFIG, ["train.epochs=-1"])


def test_local_paths_become_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my-bert").mkdir()
    settings = (
        *("data.path=rows.csv", "validate.schema_path=schema.pbtxt", "push.directory=models"),
        *("encoder.source=my-bert", "metadata.url=sqlite:///mlmd.db", "train.teacher=my-bert"),
    )
    config = located(override(CONFIG, settings))
    assert config.data.path == f"{tmp_path}/rows.csv"
    assert config.output_dir == f"{tmp_path}/output"
    assert config.validate_data.schema_path == f"{tmp_path}/schema.pbtxt"
    assert config.push.directory == f"{tmp_path}/models"
    assert config.encoder.source == f"{tmp_path}/my-bert"
    assert config.train.teacher == f"{tmp_path}/my-bert"
    assert config.metadata.url == f"sqlite:///{tmp_path}/mlmd.db"
    assert located(config) == config


def test_what_is_there_decides_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/ann")
    (tmp_path / "minilm").mkdir()
    assert located(CONFIG).encoder.source == "minilm"
    assert located(override(CONFIG, ["encoder.source=./minilm"])).encoder.source == (
        f"{tmp_path}/minilm"
    )
    settings = (
        *("encoder.source=later/bert", "train.teacher=later/teacher"),
        *("validate.schema_path=~/schema.pbtxt", "data.path=~/rows.csv", "output_dir=~/out"),
        *("push.directory=~/models", "metadata.url=sqlite:///~/mlmd.db"),
        "airflow.program=~/venv/bin/bert-aas",
    )
    config = located(override(CONFIG, settings))
    assert config.encoder.source == f"{tmp_path}/later/bert"
    assert config.train.teacher == f"{tmp_path}/later/teacher"
    assert config.validate_data.schema_path == "/home/ann/schema.pbtxt"
    assert config.data.path == "/home/ann/rows.csv"
    assert config.output_dir == "/home/ann/out"
    assert config.push.directory == "/home/ann/models"
    assert config.metadata.url == "sqlite:////home/ann/mlmd.db"
    assert config.airflow.program == "/home/ann/venv/bin/bert-aas"
    monkeypatch.chdir("/")
    assert located(config) == config


def test_a_program_without_a_folder_is_found_on_the_path() -> None:
    config = override(CONFIG, ["airflow.program=bert-aas"])
    assert located(config).airflow.program == "bert-aas"


def test_what_is_no_local_path_stays_as_it_is() -> None:
    settings = (
        *("data.path=gs://bucket/rows.csv", "output_dir=gs://bucket/out"),
        *("encoder.source=minilm", "metadata.url=mysql://db/mlmd"),
        "train.teacher=gs://bucket/teacher/1",
    )
    config = override(CONFIG, settings)
    assert located(config) == config


@pytest.mark.parametrize(
    "setting",
    [
        "metadata.url=mysql://ann:se@hush@db/x",
        "metadata.url=mysql://ann:se/hush@db/x",
        "metadata.url=mysql://ann:hush@db/x",
        "metadata.url=postgresql://ann:${A}@db/x?password=hush",
        "metadata.url=oracle://ann:se@hush@db/x",
        "metadata.url=hush",
        "metadata.urls=mysql://ann:se@hush@db/x",
        "metadata={url: mysql://ann:hush@db/x",
        "metadata=mysql://ann:se/hush@db/x",
        "metadata.url",
        "metadata.url.x=mysql://ann:hush@db/x",
        "name=mysql://ann:se/hush@db/x",
        "mysql://ann:se/hush@db/x",
        "output_dir=hdfs://ann:hush@node/out",
        "data.path=https://ann:hush@host/rows.csv",
        "encoder.source=https://hush@hub.example/bert/1",
        "train.teacher=https://host/teacher?sig=hush",
        "push.directory=s3://ann:se/hush@bucket/models",
        "airflow.report_url=https://ann:hush@host/runs",
        "beam.options={s3_secret_access_key: hush}",
        "beam.options={db_password: [hush, {}]}",
        "beam.options={flink_master: 'http://ann:hush@flink'}",
        "beam.options={environment_config: 'DB_PASSWORD=hush'}",
        "kubeflow.env={DB_PASSWORD: hush}",
        "kubeflow.env={ADDRESS: 'https://ann:hush@host'}",
    ],
)
def test_secrets_are_refused_and_not_repeated(setting: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        override(CONFIG, [*(["metadata.url=sqlite:///x"] if ".x=" in setting else []), setting])
    assert "hush" not in "".join(traceback.format_exception(refused.value))


def test_secrets_in_a_broken_file_are_not_repeated(tmp_path: Path) -> None:
    content = "data: {path: p}\nmetadata: {url: mysql://ann:hush@db/x\ntrain: {"
    with pytest.raises(InvalidInputError) as refused:
        loaded(tmp_path, content)
    assert "hush" not in "".join(traceback.format_exception(refused.value))


def test_passwords_may_come_from_the_environment() -> None:
    url = "mysql://ann:${WORD}@${HOST}:${PORT}/mlmd"
    assert override(CONFIG, [f"metadata.url={url}"]).metadata.url == url


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(InvalidInputError, match=r"^--set 'data\.path=\\udce9' is not UTF-8$"):
        override(PipelineConfig.model_validate({"data": {"path": "a.csv"}}), ["data.path=\udce9"])


def test_numbers_name_classes(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(
        "data: {path: p}\nprepare: {label_map: {-1: [1, 2.0], 0.5: ['3'], good: [4]}}", "utf-8"
    )
    expected = {"-1": ("1", "2"), "0.5": ("3",), "good": ("4",)}
    assert load_config(path).prepare.label_map == expected
    changed = load_config(path, ["prepare.label_map={-1: [5]}"])
    assert changed.prepare.label_map == {"-1": ("5",)}


def test_conditions_and_tests_as_people_write_them(tmp_path: Path) -> None:
    content = """
data: {path: a.csv}
evaluate:
  slices: [shop]
  conditions:
    - {name: classes, metric: recall, class: "*", bound: 0.5}
    - {name: one, metric: f1, class: 1, slice: shop=*, operator: in, bound: [0.5, 1]}
    - {name: as good, metric: auc, bound: baseline, allowed: 0.01}
    - {name: any, operator: or, of: [threshold, one, test praise]}
tests:
  - {name: praise, kind: right, rows: [{text: fine, label: -1}]}
"""
    config = loaded(tmp_path, content)
    one = config.evaluate.conditions[1]
    assert (one.class_name, one.bound) == ("1", (0.5, 1.0))
    assert config.tests[0].rows[0].label == "-1"
    assert override(config, ["train.epochs=2"]).evaluate == config.evaluate
