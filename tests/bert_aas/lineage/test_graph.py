from tests.bert_aas.lineage.lineages import DATA, DEPLOYED, MODEL, PUSHED, TRAINED, small


def test_rows_have_the_things_with_their_links() -> None:
    assert [(thing, link.association) for thing, link in small().rows()] == [
        (DATA, "ContributedTo"),
        (DEPLOYED, "SameAs"),
    ]
    assert small().model == MODEL


def test_one_direction_leaves_the_other_out() -> None:
    up, down = small().facing(up=True, down=False), small().facing(up=False, down=True)
    assert (set(up.things), up.steps) == ({"d", "m"}, (TRAINED,))
    assert (set(down.things), down.steps) == ({"p", "m"}, (PUSHED,))
