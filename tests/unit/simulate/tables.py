"""Small tables to play."""

from collector.contract.config_document import Arm, ConfigDocument, ModelPlan, RaceArm, RacePlan
from collector.simulate.cells import Cell, make_cells
from collector.simulate.table import parse_table

TWO_DEVICES = """\
# made up
device,model,backend,ms,warmup_ms
Pixel 4,face,webgl,60,400
Pixel 4,face,wasm,90,20
Pixel 4,face,wasm-simd,20,30
Macbook Pro,face,webgl,12,200
Macbook Pro,face,wasm-simd-threads,30,40
"""


def cells_of(text: str) -> list[Cell]:
    return make_cells(parse_table(text, "t.csv"))


def cell_of(*rows: str, columns: str = "device,model,backend,ms") -> Cell:
    (cell,) = cells_of("\n".join([columns, *rows]))
    return cell


def race_plan(*backends, share=1.0, budget_ms=1500):
    return RacePlan(share=share, budget_ms=budget_ms, arms=[RaceArm(backend=each) for each in backends])


def document(*arms, fallbacks=(), enabled=True, race=None):
    plan = ModelPlan(
        arms=[Arm(backend=backend, probability=share, **rest) for backend, share, rest in arms],
        fallbacks=list(fallbacks),
        race=race,
    )
    return ConfigDocument(
        app="x-simulated",
        version=7,
        device_class="*",
        issued_at=0,
        expires_at=1,
        enabled=enabled,
        models={"face": plan},
    )


NO_PLAN = document(("cpu", 1.0, {})).model_copy(update={"models": {}})
