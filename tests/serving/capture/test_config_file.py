import json
from pathlib import Path
from typing import Any

import pytest

from serving.capture.config_file import read_capture_rules
from serving.capture.rules import MIB, CaptureRules, FileLimits, Keep, Redaction, Waiting
from serving.errors import SettingsError

LEAST = {"folder": "/captured", "sampling_percent": {"reviews": 20}}


def written(folder: Path, document: Any) -> Path:
    file = folder / "capture.json"
    file.write_text(document if isinstance(document, str) else json.dumps(document))
    return file


def test_the_least_that_a_file_says(tmp_path: Path) -> None:
    rules = read_capture_rules(written(tmp_path, LEAST))
    assert rules == CaptureRules(Path("/captured"), {"reviews": 0.2})
    assert (rules.share("reviews"), rules.share("others")) == (0.2, 0.0)


def test_a_star_stands_for_all_other_models(tmp_path: Path) -> None:
    rules = read_capture_rules(
        written(tmp_path, LEAST | {"sampling_percent": {"reviews": 20, "*": 100}})
    )
    assert (rules.share("reviews"), rules.share("others")) == (0.2, 1.0)


def test_all_that_a_file_can_say(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("secret\n")
    redact = {
        "personal_data": ["email", "phone"],
        "fields": ["customer"],
        "texts": "hash",
        "hash_key_file": str(tmp_path / "key"),
    }
    numbers = {
        "max_file_mib": 0.5,
        "max_file_minutes": 5,
        "keep_days": 2,
        "keep_mib": None,
        "max_waiting_requests": 10,
        "max_waiting_mib": 1,
    }
    rules = read_capture_rules(written(tmp_path, LEAST | numbers | {"redact": redact}))
    assert rules.redaction == Redaction(
        ("email", "phone"), frozenset({"customer"}), True, b"secret"
    )
    assert rules.file_limits == FileLimits(MIB // 2, 300.0)
    assert rules.keep == Keep(2 * 86400.0, None)
    assert rules.waiting == Waiting(10, MIB)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ([], "it is not an object"),
        ({"modles": {}}, "it has 'modles'; allowed are folder, sampling_percent, redact"),
        ({"folder": ""}, "folder must be the path of a folder"),
        ({"sampling_percent": {}}, "sampling_percent must be an object of percentages by model"),
        (
            {"sampling_percent": {"reviews": 101}},
            "reviews is 101; give more than 0 and at most 100",
        ),
        ({"sampling_percent": {"reviews": True}}, "sampling_percent.reviews is true"),
        ({"sampling_percent": {"reviews": float("nan")}}, "sampling_percent.reviews is NaN"),
        ({"redact": {"texts": "drop"}}, 'redact.texts is "drop"; allowed are keep, hash'),
        ({"redact": {"text": 1}}, "redact has 'text'"),
        ({"redact": {"fields": "x"}}, "redact.fields must be a list of names"),
        ({"redact": {"personal_data": ["name"]}}, "'name'; allowed are email, phone, card_number"),
        ({"redact": {"hash_key_file": "/none/such"}}, "/none/such cannot be read: No such file"),
        ({"keep_days": 0}, "keep_days is 0; give a number above 0, or null for no limit"),
        ({"max_file_mib": None}, "max_file_mib is null; give a number above 0."),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(tmp_path: Path, change: Any, message: str) -> None:
    document = LEAST | change if isinstance(change, dict) else change
    file = written(tmp_path, document)
    with pytest.raises(SettingsError) as caught:
        read_capture_rules(file)
    assert message in caught.value.message
    assert str(file) in caught.value.message
    assert "\n" not in caught.value.message


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        read_capture_rules(tmp_path / "none")
