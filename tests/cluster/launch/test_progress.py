from __future__ import annotations

import pytest
from paribus.cluster.launch.progress import Bar


@pytest.mark.parametrize(
    ("trials", "told"), [(3, ""), (4, "training 1 trial …\n"), (2503, "training 2,500 trials …\n")]
)
def test_without_a_terminal_what_is_left_is_told_once(capsys, trials, told):
    with Bar(shown=False) as bar:
        bar.start(trials, 3)
    assert capsys.readouterr() == ("", told)
