import json

import pytest

from collector.api.admin.problems import answer_for
from collector.operations.job_process import JobDied, JobStopped
from collector.store import BackupRefused


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (JobStopped("the collector is stopping: run the job again"), 503, "stopping"),
        (BackupRefused("/backups/monday exists: name a new folder"), 422, "bad_call"),
        (JobDied("the job's process ended early, by SIGKILL"), 500, "internal"),
    ],
)
def test_what_did_not_work_says_why_and_how(error: Exception, status: int, code: str) -> None:
    answer = answer_for(error)
    problem = json.loads(bytes(answer.body))
    assert (answer.status_code, problem["code"], problem["detail"]) == (status, code, str(error))
    assert ("retry-after" in answer.headers) is (code == "stopping")
