"""What follows from the entries of versions: aliases, and which version was registered twice."""

from collections.abc import Sequence

from bert_aas.registry.statuses import CHALLENGER, CHAMPION, REJECTED
from bert_aas.registry.versions import KEY, Version


def aliases_of(versions: Sequence[Version]) -> dict[str, int]:
    """Say which versions the aliases mean.

    Args:
        versions: All versions of a model, the oldest first.

    Returns:
        `champion`: the one that was deployed last, is not rejected, and that no plan of traffic
        gave up; `challenger`: the newest
        after it that is not rejected. An alias that means nothing is missing.
    """
    kept = [one for one in versions if one.status != REJECTED]
    deployed = [
        (made.at, made.number, one) for one in kept for made in one.deployments if made.end is None
    ]
    champion = max(deployed, key=lambda found: found[:2])[2] if deployed else None
    found = {CHAMPION: champion.number} if champion else {}
    newest = kept[-1] if kept else None
    if newest and newest.number > (champion.number if champion else 0):
        found[CHALLENGER] = newest.number
    return found


def registered_twice(versions: Sequence[Version]) -> list[Version]:
    """Find what two processes registered at once, with no lock between them.

    Args:
        versions: All versions of a model, the oldest first.

    Returns:
        The later ones of equal registrations: whoever sees one sees the first one, too.
    """
    seen: set[str] = set()
    doubles = []
    for one in versions:
        key = one.entries.get(KEY)
        if key is not None and key in seen:
            doubles.append(one)
        elif key is not None:
            seen.add(key)
    return doubles
