"""Read the lineage of a pushed model from ML Metadata."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bert_aas.contracts.files.locations import is_remote
from bert_aas.contracts.names import CODE_FINGERPRINT_KEY
from bert_aas.lineage.graph import INPUT, OUTPUT, Association, Lineage, Link, Step, Thing
from components.pusher.params import PUSHED_DESTINATION
from pipeline.governance.models import PUSHED_TYPE, FoundModel
from pipeline.governance.sources import Source, outer_sources
from pipeline.metadata.ancestry import Execution, ancestors, descendants, read_executions
from pipeline.metadata.opening import open_store
from pipeline.metadata.records import ArtifactRecord, NodeRecord

_MODEL_TYPE = "Model"
_MODEL_INPUT = "model"
_JUDGING = frozenset({"ModelEvaluation", "ModelBlessing", "InfraBlessing", "Metrics", "HTML"})


@dataclass(frozen=True)
class History:
    """How a pushed model was made and what came of it.

    Attributes:
        model: The artifact that was pushed.
        above: The executions that it comes from, in their order.
        below: Those that made something of it.
    """

    model: ArtifactRecord
    above: Sequence[Execution]
    below: Sequence[Execution]

    @property
    def nodes(self) -> dict[str, NodeRecord]:
        """What each node above was told and made; of several executions the last one."""
        return {
            one.node_id: NodeRecord(
                one.node_id,
                "executed",
                dict(one.inputs),
                dict(one.outputs),
                dict(one.parameters),
            )
            for one in self.above
        }


def read_history(found: FoundModel) -> History:
    """Read how a model was made.

    Args:
        found: The model.

    Returns:
        Its history.
    """
    store = open_store(found.connection)
    events = store.get_events_by_artifact_ids([found.made_id])
    (taken,) = read_executions(store, {min(event.execution_id for event in events)})
    model = taken.inputs[_MODEL_INPUT][0]
    return History(model, ancestors(store, [model.id]), descendants(store, [model.id]))


def lineage_of(history: History) -> Lineage:
    """Put the lineage of a model together.

    Args:
        history: How it was made and what came of it.

    Returns:
        The lineage, up to the raw data and down to the deployments.
    """
    sources = list(outer_sources(history.nodes))
    made = [*_made(history.above), *_made(history.below)]
    deployed = dict(_deployments(one for _, one in made))
    subject = _key(history.model)
    things = {
        subject: _thing("", history.model),
        **{source.thing.key: source.thing for source in sources},
        **{_key(one): _thing(node, one) for node, one in made},
        **{thing.key: thing for thing in deployed.values()},
    }
    return Lineage(
        subject,
        things,
        tuple(_step(one, sources, deployed) for one in [*history.above, *history.below]),
        (*_above(history, sources), *_below(history, deployed)),
    )


def _above(history: History, sources: Sequence[Source]) -> Iterator[Link]:
    for source in sources:
        yield Link(source.thing.key, INPUT, "ContributedTo")
    read = {_key(one) for step in history.above for one in step.read()}
    for key, kind in _types(history.above).items():
        if key in read and key != _key(history.model):
            yield Link(key, INPUT, "DerivedFrom" if kind == _MODEL_TYPE else "ContributedTo")


def _below(history: History, deployed: Mapping[str, Thing]) -> Iterator[Link]:
    for key, kind in _types(history.below).items():
        yield Link(key, OUTPUT, _association(kind))
    for thing in deployed.values():
        yield Link(thing.key, OUTPUT, "SameAs")


def _association(kind: str) -> Association:
    if kind in _JUDGING:
        return "AssociatedWith"
    return "DerivedFrom" if kind == _MODEL_TYPE else "Produced"


def _types(steps: Sequence[Execution]) -> dict[str, str]:
    return {_key(one): one.type for _, one in _made(steps)}


def _made(steps: Sequence[Execution]) -> Iterator[tuple[str, ArtifactRecord]]:
    for step in steps:
        for key, listed in step.outputs.items():
            for one in listed:
                yield f"{step.node_id}/{key}", one


def _deployments(made: Iterable[ArtifactRecord]) -> Iterator[tuple[str, Thing]]:
    """Yield the key of each push that put a model somewhere, and that place."""
    for one in made:
        folder = one.properties.get(PUSHED_DESTINATION)
        if one.type == PUSHED_TYPE and folder:
            is_gone = not is_remote(folder) and not Path(folder).is_dir()
            note = "no longer there" if is_gone else ""
            yield _key(one), Thing(f"Deployment:{folder}", folder, "Deployment", folder, note=note)


def _step(one: Execution, sources: Sequence[Source], deployed: Mapping[str, Thing]) -> Step:
    outer = [source.thing.key for source in sources if one.node_id in source.readers]
    made = [_key(artifact) for artifact in one.made()]
    return Step(
        key=f"execution:{one.id}",
        node=one.node_id,
        run_id=one.run_id,
        pipeline=one.pipeline,
        started=one.started,
        ended=one.ended,
        code=str(one.parameters.get(CODE_FINGERPRINT_KEY, "")),
        reads=(*outer, *(_key(artifact) for artifact in one.read())),
        makes=(*made, *(deployed[key].key for key in made if key in deployed)),
    )


def _thing(made_by: str, one: ArtifactRecord) -> Thing:
    name = f"{made_by or one.type} #{one.id}"
    is_unpushed = one.type == PUSHED_TYPE and not one.properties.get(PUSHED_DESTINATION)
    return Thing(_key(one), name, one.type, one.uri, note="not pushed" if is_unpushed else "")


def _key(one: ArtifactRecord) -> str:
    return f"artifact:{one.id}"
