"""A fleet made of a table, played through the public HTTP API as the SDK would (``inferfleet simulate``).

table -> cells (the truth) -> cast (who visits) -> racers and race (what wins there) -> visit (which arm)
-> life (what happens) -> reports, sent by the client. Everything but ``client``, ``operator`` and ``play``
is pure. It imports the contract only: what a collector makes of the reports it learns as a page does, over
HTTP.
"""

from collector.simulate.cast import Fleet
from collector.simulate.cells import Cell, make_cells
from collector.simulate.client import PageClient, SimulationStopped
from collector.simulate.curve import CellState, Point
from collector.simulate.liars import Lie
from collector.simulate.operator import Operator
from collector.simulate.play import Outcome, Progress, Script, play
from collector.simulate.table import BadTable, read_table

__all__ = [
    "BadTable",
    "Cell",
    "CellState",
    "Fleet",
    "Lie",
    "Operator",
    "Outcome",
    "PageClient",
    "Point",
    "Progress",
    "Script",
    "SimulationStopped",
    "make_cells",
    "play",
    "read_table",
]
