"""What scores of tasks come to."""

from hone.loop.evaluation.evaluate import TaskScore, by_domain


def test_scores_are_gathered_by_domain_and_level_whatever_their_split():
    scores = [
        TaskScore("services.ledger:1:held_out_parameters:3", greedy=True, samples=4, passes=4, visible_passes=4),
        TaskScore("services.lru_cache:1:held_out_parameters:0", greedy=False, samples=4, passes=1, visible_passes=2),
        TaskScore("services.ledger:2:held_out_parameters:3", greedy=False, samples=4, passes=0, visible_passes=0),
        TaskScore("lists.pipeline:1:held_out_compositions:9", greedy=True, samples=2, passes=1, visible_passes=1),
        TaskScore("files.csv_totals:1:held_out_parameters:1", greedy=False, samples=0, passes=0, visible_passes=0),
    ]
    found = by_domain(scores)
    assert {domain: list(levels) for domain, levels in found.items()} == {
        "files": ["1"],
        "lists": ["1"],
        "services": ["1", "2"],
    }
    assert found["services"]["1"]["pass@1"]["value"] == (1 + 1 / 4) / 2
    assert found["services"]["1"]["greedy_pass@1"]["value"] == 1 / 2
    assert found["services"]["2"]["pass@1"]["value"] == 0
    assert found["lists"]["1"]["pass@1"]["n"] == 1
    assert "pass@1" not in found["files"]["1"]  # nothing was graded
