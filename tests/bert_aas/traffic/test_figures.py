import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_aas.traffic.figures import Figures, Tally, bin_of


def test_a_tally_counts_requests_rows_and_comparisons() -> None:
    tally = Tally(360.0)
    tally.count(10.0, 0.002, failed=False)
    tally.count(10.5, 0.004, failed=True)
    tally.see(10.5, 1.5, 2)
    tally.compare(11.0, 4, 1)
    figures = tally.window(12.0, 60.0)
    assert (figures.requests, figures.errors, figures.error_rate) == (2, 1, 0.5)
    assert figures.seconds == pytest.approx(0.006)
    assert (figures.mean_confidence, figures.disagreement) == (0.75, 0.25)
    assert sum(figures.bins.values()) == 1  # of those that went well
    assert tally.total == figures


def test_a_tally_counts_feedback() -> None:
    tally = Tally(360.0)
    assert tally.total.mean_reward is None
    for reward in (1.0, 0.5):
        tally.give(10.0, reward)
    window = tally.window(12.0, 60.0)
    assert (window.rewarded, window.mean_reward) == (2, 0.75)
    assert tally.total == window


def test_a_window_forgets() -> None:
    tally = Tally(360.0)  # a bucket is a second
    for second in range(1000):
        tally.count(float(second), 0.001, failed=second < 990)
    assert tally.window(999.5, 9.0).requests == 10
    assert tally.window(999.5, 9.0).errors == 0
    assert tally.window(999.5, 360.0).requests == 361  # rounded up to whole buckets
    assert tally.window(5000.0, 360.0).requests == 0
    assert tally.total.requests == 1000


def test_what_is_not_known() -> None:
    figures = Figures()
    assert figures.error_rate is figures.mean_confidence is figures.disagreement is None
    assert figures.quantile_s(0.99) is None


@given(times=st.lists(st.floats(1e-5, 200.0), min_size=1, max_size=200))
def test_quantiles_are_at_most_ten_percent_too_much(times: list[float]) -> None:
    tally = Tally()
    for seconds in times:
        tally.count(0.0, seconds, failed=False)
    for share in (0.5, 0.99):
        exact = float(np.quantile(times, share, method="inverted_cdf"))
        found = tally.total.quantile_s(share)
        assert found is not None
        assert exact * 0.999 <= found <= exact * 1.101


def test_bins_have_ends() -> None:
    assert (bin_of(0.0), bin_of(1e-5), bin_of(1.05e-5)) == (0, 0, 1)
    assert bin_of(1e9) == bin_of(1e6)


def test_threads_lose_nothing() -> None:
    tally = Tally()

    def work() -> None:
        for _ in range(2000):
            tally.count(1.0, 0.001, failed=False)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tally.total.requests == tally.total.bins[bin_of(0.001)] == 8000
