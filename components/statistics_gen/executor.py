"""The work of StatisticsGen: TFX's, with sketches where there are many rows."""

import logging
from typing import Any

from tensorflow_data_validation.statistics.stats_options import StatsOptions
from tfx import types
from tfx.components.statistics_gen import executor
from tfx.types import artifact_utils, standard_component_specs

from components.statistics_gen.limits import MOST_ROWS_COUNTED, MOST_VALUES_COUNTED

_logger = logging.getLogger(__name__)


class Executor(executor.Executor):
    """Count values one by one, or estimate them beyond 100,000 rows.

    TFDV keeps every different text until all are counted: 1.4 MiB for 1,000 rows. Its sketches need
    the same memory for any number of rows and a quarter of the time. Of a column with up to 1,024
    different values their counts are exact. Of one with more, the number of different values is
    off by about 1 %, and a frequency too low by at most a 1,024th of the rows.

    Source:
        Misra and Gries 1982, "Finding repeated elements"; Bar-Yossef et al. 2002, "Counting
        distinct elements in a data stream" (TFDV's sizes: 1,024 and 16,384).
    """

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Write the statistics of every split, as TFX's executor does.

        Args:
            input_dict: `examples`, whose properties `rows_<split>` tell how many rows there are.
            output_dict: `statistics`.
            exec_properties: Those of TFX's StatisticsGen.
        """
        key = standard_component_specs.STATS_OPTIONS_JSON_KEY
        examples = artifact_utils.get_single_instance(
            input_dict[standard_component_specs.EXAMPLES_KEY]
        )
        rows = _rows(examples)
        if rows > MOST_ROWS_COUNTED:
            given = exec_properties.get(key)
            options = StatsOptions.from_json(given) if given else StatsOptions()
            options.use_sketch_based_topk_uniques = True
            exec_properties = {**exec_properties, key: options.to_json()}
            _logger.info(
                "%s rows, more than %s: columns with over %s different values are estimated",
                *(f"{count:,}" for count in (rows, MOST_ROWS_COUNTED, MOST_VALUES_COUNTED)),
            )
        super().Do(input_dict, output_dict, exec_properties)


def _rows(examples: types.Artifact) -> int:
    splits = artifact_utils.decode_split_names(examples.split_names)
    return sum(examples.get_int_custom_property(f"rows_{split}") for split in splits)
