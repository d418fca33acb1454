"""Programs that no lab has yet, on a slot alone: request sent → outcome, warm."""

import statistics
import time
from dataclasses import replace

from lab_protocol.messages import (
    ClosingRow,
    Ending,
    Language,
    Limits,
    RunRequest,
    Topic,
)
from sandbox.author import build_lab
from sandbox.pool import SlotPool
from sandbox.settings import settings_from_environment
from tests.sandbox.programs import PY_STREAM, PY_UDF
from tests.site import ROOT

_PROGRAMS = {"python_udf": PY_UDF, "python_stream": PY_STREAM}


def python_labs(times: int) -> dict[str, float]:
    """Time a SQL job with a Python UDF and a DataStream job with keyed state."""
    settings = replace(settings_from_environment(ROOT), slots=1, first_uid=61_400)
    build = build_lab(
        image=settings.image,
        release_files=ROOT / "tests" / "sandbox",
        lab="tiny-window",
        seed=7,
    )
    numbers = {}
    with SlotPool(settings) as pool:
        for name, program in _PROGRAMS.items():
            seconds = []
            for number in range(times):
                pool.wait_ready(90, warm=True)
                begin = time.perf_counter()
                outcome = pool.run(
                    RunRequest(
                        run_id=f"{name}-{number}",
                        language=Language.PYFLINK,
                        files={"job.py": program},
                        entry="job.py",
                        inputs=(Topic("orders"),),
                        outputs=(Topic("totals"),),
                        stages=build.stages,
                        closing=(ClosingRow("totals", "status", "closing"),),
                        limits=Limits(),
                    ),
                    on_progress=lambda progress: None,
                    is_cancelled=lambda: False,
                )
                seconds.append(time.perf_counter() - begin)
                if outcome.ending is not Ending.COMPLETED:
                    raise RuntimeError(f"{name}: {outcome.ending} {outcome.stderr}")
            numbers[f"{name}_warm_p50_s"] = statistics.median(seconds)
    return numbers
