import json

import pytest

from collector.api.admin.problems import answer_for
from collector.operations.job_process import JobDied, JobStopped


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (JobStopped("the collector is stopping: run the job again"), 503, "stopping"),
        (JobDied("the job's process ended early, by SIGKILL"), 500, "internal"),
    ],
)
def test_a_job_that_did_not_end_says_why_and_how(error: Exception, status: int, code: str) -> None:
    answer = answer_for(error)
    problem = json.loads(bytes(answer.body))
    assert (answer.status_code, problem["code"], problem["detail"]) == (status, code, str(error))
    assert ("retry-after" in answer.headers) is (code == "stopping")
