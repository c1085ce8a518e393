from serving.routing.census import KeyCensus


def test_a_key_counts_once() -> None:
    census = KeyCensus()
    for key, arm in ((b"a", "3"), (b"b", "4"), (b"a", "3"), (b"c", "3")):
        census.note(key, arm)

    assert census.counts() == {"3": 2, "4": 1}


def test_stops_when_it_has_enough() -> None:
    census = KeyCensus(most=2)
    for number in range(5):
        census.note(b"%d" % number, "3")

    assert census.counts() == {"3": 2}
