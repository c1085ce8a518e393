"""Read the lineage of a pushed model from ML Metadata."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bert_aas.contracts.names import CODE_FINGERPRINT_KEY
from bert_aas.lineage.graph import INPUT, OUTPUT, Association, Lineage, Link, Step, Thing
from bert_aas.registry.deployments import Period
from components.pusher.params import PUSHED_DESTINATION
from pipeline.governance.models import PUSHED_TYPE, FoundModel
from pipeline.governance.serving_periods import (
    Served,
    deployment_step,
    deployment_thing,
    read_served,
)
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
        name: Name of the pipeline.
        served: What the registries say of it.
    """

    model: ArtifactRecord
    above: Sequence[Execution]
    below: Sequence[Execution]
    name: str
    served: Served

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
    below = descendants(store, [model.id])
    served = read_served(found, (one for _, one in _made(below)))
    return History(model, ancestors(store, [model.id]), below, taken.pipeline, served)


def lineage_of(history: History) -> Lineage:
    """Put the lineage of a model together.

    Args:
        history: How it was made and what came of it.

    Returns:
        The lineage, up to the raw data and down to the deployments.
    """
    sources = list(outer_sources(history.nodes))
    made = [*_made(history.above), *_made(history.below)]
    deployed = _deployments(history, [one for _, one in made])
    subject = _key(history.model)
    things = {
        subject: _thing("", history.model),
        **{source.thing.key: source.thing for source in sources},
        **{_key(one): _thing(node, one, history.served.notes) for node, one in made},
        **{one.thing.key: one.thing for one in deployed},
    }
    pushed = {one.read: one.thing.key for one in deployed if one.period is None}
    executed = [_step(one, sources, pushed) for one in [*history.above, *history.below]]
    serving = [
        deployment_step(one.period, history.name, one.read, one.thing.key)
        for one in deployed
        if one.period
    ]
    links = (*_above(history, sources), *_below(history, [one.thing for one in deployed]))
    return Lineage(subject, things, (*executed, *serving), links)


@dataclass(frozen=True)
class _Deployed:
    """A deployment, what was put there, and what a registry says of it."""

    thing: Thing
    read: str
    period: Period | None


def _deployments(history: History, made: Iterable[ArtifactRecord]) -> list[_Deployed]:
    """List the folders that a run or a command has put the model into."""
    pushed = {
        str(one.properties[PUSHED_DESTINATION]): _key(one)
        for one in made
        if one.type == PUSHED_TYPE and one.properties.get(PUSHED_DESTINATION)
    }
    known = {each.deployment.folder: each for each in history.served.periods}
    return [
        _Deployed(
            deployment_thing(folder, known.get(folder)),
            pushed.get(folder, _key(history.model)),
            known.get(folder),
        )
        for folder in [*pushed, *(name for name in known if name not in pushed)]
    ]


def _above(history: History, sources: Sequence[Source]) -> Iterator[Link]:
    for source in sources:
        yield Link(source.thing.key, INPUT, "ContributedTo")
    read = {_key(one) for step in history.above for one in step.read()}
    for key, kind in _types(history.above).items():
        if key in read and key != _key(history.model):
            yield Link(key, INPUT, "DerivedFrom" if kind == _MODEL_TYPE else "ContributedTo")


def _below(history: History, deployed: Iterable[Thing]) -> Iterator[Link]:
    for key, kind in _types(history.below).items():
        yield Link(key, OUTPUT, _association(kind))
    for thing in deployed:
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


def _step(one: Execution, sources: Sequence[Source], pushed: Mapping[str, str]) -> Step:
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
        makes=(*made, *(pushed[key] for key in made if key in pushed)),
    )


def _thing(made_by: str, one: ArtifactRecord, notes: Mapping[int, str] | None = None) -> Thing:
    name = f"{made_by or one.type} #{one.id}"
    note = (notes or {}).get(one.id, "")
    if one.type == PUSHED_TYPE and not one.properties.get(PUSHED_DESTINATION):
        note = "not pushed"
    return Thing(_key(one), name, one.type, one.uri, note=note)


def _key(one: ArtifactRecord) -> str:
    return f"artifact:{one.id}"
