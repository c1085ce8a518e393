"""Ask real Feast for historical features; runs in `.venv-oracles`.

Usage: python feast_answers.py REPOSITORY QUESTIONS ANSWERS
QUESTIONS is JSON: `rows` (a list of objects, with `event_timestamp`), `features` (names).
"""

import json
import runpy
import sys
from pathlib import Path

import pandas as pd
from feast import Entity, FeatureStore, FeatureView

repository, questions, answers = map(Path, sys.argv[1:])
made = runpy.run_path(str(repository / "features.py"))
store = FeatureStore(repo_path=str(repository))
store.apply([one for one in made.values() if isinstance(one, (Entity, FeatureView))])
asked = json.loads(questions.read_text())
rows = pd.DataFrame(asked["rows"])
rows["event_timestamp"] = pd.to_datetime(rows["event_timestamp"], utc=True)
found = store.get_historical_features(
    entity_df=rows, features=asked["features"], full_feature_names=True
).to_df()
answers.write_text(found.to_json(orient="records"))
