from abound import errors as errors
from abound.core.audit import Audit as Audit
from abound.core.audit import Finding as Finding
from abound.core.dataset import Dataset as Dataset
from abound.core.gap import Gap as Gap
from abound.core.plan import Order as Order
from abound.core.plan import Plan as Plan
from abound.core.recipe import Make as Make
from abound.core.recipe import Recipe as Recipe
from abound.core.recipe import Use as Use
from abound.core.run import Run as Run
from abound.core.schema import Column as Column
from abound.core.schema import Link as Link
from abound.core.schema import Schema as Schema
from abound.core.schema import Table as Table
from abound.core.schema import Task as Task
from abound.core.slice import Has as Has
from abound.core.slice import Slice as Slice
from abound.core.slice import Term as Term
from abound.core.study import Study as Study
from abound.loop import Result as Result
from abound.loop import run as run
from abound.stages.audit import audit as audit
from abound.stages.find import find as find
from abound.stages.generate import generate as generate
from abound.stages.mix import mix as mix
from abound.stages.plan import plan as plan
from abound.stages.prove import prove as prove
from abound.stages.read import read as read
from abound.stages.report import report as report
from abound.stages.split import Split as Split
from abound.stages.split import split as split

__version__: str
__all__: list[str]
