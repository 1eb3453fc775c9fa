from collector.alerts.debts import FORGET_S, Debts


def test_what_is_owed_is_counted_once_over_runs_of_several_jobs() -> None:
    debts = Debts(["a", "b"])
    debts.owe("a", {"one", "two"})
    debts.owe("a", {"two", "three"})
    assert debts.owed() == {"a": 3, "b": 0}
    debts.settle("a", {"one", "three"})
    assert debts.owed() == {"a": 1, "b": 0}
    assert debts.taken() == {"a": 2, "b": 0}


def test_what_no_job_hands_over_any_more_is_owed_no_more() -> None:
    now = [0.0]
    debts = Debts(["a"], clock=lambda: now[0])
    debts.owe("a", {"gone", "stays"})
    now[0] = FORGET_S
    debts.owe("a", {"stays"})
    now[0] += 1
    assert debts.owed() == {"a": 1}
