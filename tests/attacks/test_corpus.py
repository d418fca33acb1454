"""The corpus is whole and says what it must, without running it."""

from lab_protocol.messages import Ending
from sandbox.protections import Protection
from tests.attacks.corpus import WITH_FLINK, attacks
from tests.attacks.report import NOT_SABOTAGED
from tests.attacks.sabotage import CASES, ELSEWHERE
from tests.attacks.test_jail import HOSTILE


def test_support_all_eighty_are_there_once() -> None:
    assert [attack.number for attack in attacks()] == list(range(1, 81))


def test_support_each_says_what_is_expected() -> None:
    every = [one.form(name) for one in attacks() for name in ["attack", *one.forms]]
    for attack in every:
        assert set(attack.forms) <= set(attack.programs)
        assert attack.tries.endswith(".")
        assert attack.slug.startswith(f"{attack.number:02d}-")
        assert attack.via in ("box", "collection", "product")
        assert (
            bool(attack.programs) or attack.via == "product" or bool(attack.not_yet)
        ), attack.slug
        if attack.via == "box":
            assert attack.rider in ("passed", "ended", "not_passed", "any")
            endings = {ending.split("/")[0] for ending in attack.bare}
            assert endings <= set(Ending) - {Ending.PLATFORM_FAULT}
            assert endings


def test_support_a_subset_of_at_least_twenty_runs_each_time() -> None:
    chosen = [one for one in attacks() if one.in_make_test]
    assert len(chosen) >= 20
    on_a_box = {one.number for one in chosen if one.via == "box"}
    assert on_a_box == {one.number for one in HOSTILE} | WITH_FLINK


def test_support_every_protection_is_sabotaged_or_has_its_reason() -> None:
    flipped = {name for case in CASES for name in case.without}
    assert flipped | ELSEWHERE | set(NOT_SABOTAGED) == set(Protection)
    assert not flipped & set(NOT_SABOTAGED)
