"""A short churn: see `support.churn`, which also does it for as long as one likes."""

import os

import pytest
from support.churn import Churn

SECONDS = 45
# What the node says when its keepers are killed and its server is in the middle of something.
WEATHER = [
    "a container of no task is removed",
    "a task's remains cannot be taken away yet",
    "a signal was not delivered",
]


@pytest.mark.logs(*WEATHER)
def test_the_machine_has_what_the_api_says_and_nothing_is_left():
    if os.geteuid() != 0:
        assert "CI" not in os.environ, "in CI these tests must run, as root"
        pytest.skip("needs root")
    with Churn(int(os.environ.get("GANTRY_SEED", "7"))) as churn:
        churn.churn(SECONDS)
        churn.server.process.terminate()
        assert churn.server.ended() == 0
        print(churn.told())
