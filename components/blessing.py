"""Write a verdict into a blessing as TFX's Evaluator does, for what reads it: Pusher, Resolver.

Without TFX's Evaluator, whose package takes many seconds to import.
"""

from tfx import types
from tfx.dsl.io import fileio

_BLESSED = "blessed"
_FILES = {True: "BLESSED", False: "NOT_BLESSED"}
_MODELS = ("current_model", "current_model_id", "baseline_model", "baseline_model_id")


def bless(blessing: types.Artifact, *, blessed: bool) -> None:
    """Write a verdict, in place of one that is there.

    Args:
        blessing: A `ModelBlessing` whose folder exists.
        blessed: The verdict.
    """
    other = f"{blessing.uri}/{_FILES[not blessed]}"
    if fileio.exists(other):
        fileio.remove(other)
    with fileio.open(f"{blessing.uri}/{_FILES[blessed]}", "w") as file:
        file.write("")
    blessing.set_int_custom_property(_BLESSED, int(blessed))


def copy_models(source: types.Artifact, target: types.Artifact) -> None:
    """Let a blessing be about the same models as another one.

    Args:
        source: That one.
        target: The blessing; it is changed.
    """
    for name in filter(source.has_custom_property, _MODELS):
        text = source.get_string_custom_property(name)
        if text:  # on Vertex AI an id is a name, too
            target.set_string_custom_property(name, text)
        else:
            target.set_int_custom_property(name, source.get_int_custom_property(name))
