"""Whether the rows that a case went by are still what they were."""

from collections.abc import Callable

from retraining import dossier, due_rows, recomputing, row_sets, triggers
from retraining.cases import Case
from retraining.context import Context
from retraining.means import Means
from retraining.row_sets import Bounds


def evidence_of(context: Context) -> Callable[[Case], str]:
    """The digest of a case's evidence, made again from what the database holds now."""
    means = Means.of(context)
    return lambda case: evidence_now(means, case)


def evidence_now(means: Means, case: Case) -> str:
    """The digest of a case's rows as of then, without those that a fault is known to have touched.

    It is another than the case's where rows are gone or were changed, and where an incident that
    was found since keeps some of them out. Raises BundleError, PostgresAway.
    """
    content = case.proposal.content
    champion = means.store.load(content["champion"])
    with means.database.snapshot() as connection:
        incidents = triggers.incidents_of(connection, champion.schema.id, None)
        question = recomputing.question_of(content, champion, triggers.kept_out(incidents))
        found = due_rows.held(connection, question)[0]
    cut = content["challengers"]["cut"]
    parts = row_sets.parts(found, cut, Bounds(**content["bounds"]))
    return dossier.evidence(dossier.row_sets_of(champion.schema, found, parts))
