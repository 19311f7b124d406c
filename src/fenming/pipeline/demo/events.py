"""All facts of the demo company, month by month."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from fenming.pipeline.demo import creative, finance, hr, merits, operations, parcels, ratings, retail, sales, service
from fenming.pipeline.demo.company import Company
from fenming.pipeline.demo.draws import first_of, micros

Maker = Callable[[Company, date], pa.Table]

MAKERS: Mapping[str, tuple[Maker, ...]] = {
    "activity": (operations.activities,),
    "audience_change": (operations.audience, creative.audience),
    "budget_line": (finance.budget_lines,),
    "customer": (sales.customers,),
    "design_work": (creative.design_works,),
    "filing": (finance.filings,),
    "fund_balance": (finance.fund_balances,),
    "headcount_change": (hr.headcount_changes,),
    "ledger_entry": (finance.ledger_entries,),
    "member_visit": (retail.member_visits,),
    "merit": (merits.merits,),
    "rating": (ratings.ratings,),
    "order_line": (sales.order_lines, operations.order_lines, retail.order_lines),
    "parcel": (parcels.parcels,),
    "post": (creative.posts,),
    "receivable": (sales.receivables,),
    "requisition": (hr.requisitions,),
    "service_session": (service.sessions,),
    "statement": (finance.statements,),
    "survey_answer": (hr.survey_answers,),
    "traffic": (operations.traffic,),
    "training_result": (hr.training_results,),
}


def facts(company: Company, month: date) -> Iterator[tuple[str, pa.Table]]:
    """Each fact type with its rows of one month, up to the end of yesterday; in no guaranteed order of rows.

    The month in which a channel or a headcount begins also brings its opening entry, dated one second earlier.
    """
    month = first_of(month)
    if month not in company.months:
        raise ValueError(f"{month:%Y-%m} is not among the demo's months {company.months[0]} to {company.months[-1]}.")
    for fact, makers in MAKERS.items():
        yield fact, _until_today(company, month, pa.concat_tables([make(company, month) for make in makers]))


def _until_today(company: Company, month: date, rows: pa.Table) -> pa.Table:
    if month < first_of(company.until):
        return rows.combine_chunks()
    today = pa.scalar(micros(company.until), pa.int64()).cast(pa.timestamp("us"))
    return rows.filter(pc.less(rows["occurred_at"], today)).combine_chunks()
