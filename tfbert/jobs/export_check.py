"""Whether a model in a smaller number format answers as the one in float32 that it was made from."""

from __future__ import annotations

import logging
import math

from tfbert.errors import ConfigError
from tfbert.export.precision import Reduced
from tfbert.scoring.precision import AGREEMENT, Agreement
from tfbert.tasks.task import Task

LARGEST_CHANGE = 0.05  # of a probability

log = logging.getLogger(__name__)


def check_agreement(found: Agreement, *, precision: Reduced, task: Task) -> None:
    """See that a reduced model gives the same answers, and log how nearly.

    Args:
        found: on the held-out rows.
        precision: of the reduced model.
        task: of both.

    Raises:
        ConfigError: fewer than 99.5 % of the rows have the same answer (`Task.agree`), a probability changes by more
            than 0.05, or a value is not finite.
    """
    answers, value = ("labels", "probability") if task.label_names else ("values", "value")
    facts = f"{found.same:.2%} of {found.rows} held-out rows, largest change of a {value} {found.change:.2g}"
    near = f" and no probability changed by more than {LARGEST_CHANGE}" if task.label_names else ""
    if found.same < AGREEMENT or math.isnan(found.change) or (task.label_names and found.change > LARGEST_CHANGE):
        raise ConfigError(
            f"the {answers} of float32 on {AGREEMENT:.1%} of the rows{near}",
            found=facts,
            fix=_way_out(found, precision),
        )
    log.info("%s gives the %s of float32 on %s", precision, answers, facts)


def _way_out(found: Agreement, precision: Reduced) -> str:
    if precision == "bfloat16":
        return "use --precision float16, which rounds eight times finer, or serve the float32 model"
    if math.isnan(found.change):  # something was larger than 65,504
        return "use --precision bfloat16, which has the range of float32"
    return "serve the float32 model"
