"""The short form of the fuzzing campaign: `fuzz_rtmp` run for long is not the suite's."""

import pytest

from rtmp import fuzz_rtmp


@pytest.mark.parametrize("seed", range(4))
def test_twenty_thousand_mutations_raise_nothing_but_documented_errors(seed: int) -> None:
    assert fuzz_rtmp.campaign(5000, seed) == 5000
