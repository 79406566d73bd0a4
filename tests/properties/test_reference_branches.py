"""The random pairs reach every branch of the specification, so agreement on them says something about all of it."""

from __future__ import annotations

from random import Random

from properties import universe


def test_every_branch_of_the_reference_is_hit(seed):
    import coverage

    from cmfw.engine import matching, reference

    measure = coverage.Coverage(branch=True, include=[reference.__file__, matching.__file__], data_file=None)
    rng = Random(seed)
    measure.start()
    try:
        for _ in range(1500):
            state = universe.state(rng)
            for _ in range(12):
                reference.judge(universe.flow_near(rng, state), state)
                reference.judge(universe.flow(rng), state)
    finally:
        measure.stop()
    for module in (reference, matching):
        found = measure._analyze(module.__file__)
        missing = dict(found.missing_branch_arcs().items())
        assert not missing, f"{module.__name__}: branches never taken {missing}"
