"""Human resources: openings, joiners and leavers, courses and surveys, each of the departments a specialist serves."""

from datetime import date

import numpy as np
import pyarrow as pa
from numpy.random import Generator

from fenming.pipeline.demo.company import Company, Person
from fenming.pipeline.demo.crews import Crew, crew, expected, quota
from fenming.pipeline.demo.draws import DAY, OFFICE, SECOND, Ints, chance, even, fair_chance, generator, micros, office
from fenming.pipeline.demo.places import POSTS, TEAMS
from fenming.pipeline.demo.tables import decimals, flags, ints, numbered, table, texts

TOPICS = (("整体满意度", 4.02), ("薪酬结构合理性", 3.8), ("工作环境", 4.15), ("团队氛围", 4.25), ("成长机会", 3.7))
COURSES = ("客服话术与情绪管理", "母婴产品知识", "双11大促演练", "安全配送与包装", "数据分析入门", "合规与信息安全",
           "新人入职训练营")  # fmt: skip
SERVED = ("customer_service", "customer_service", "customer_service", "logistics", "logistics", "business", "business",
          "operations", "new_media", "design", "finance", "stores")  # fmt: skip
"""The department that each of the twelve specialists serves, in the order of their numbers; hr itself by the last."""
HEADCOUNT = 60
"""People whom a specialist looks after at first, with the part-time staff of warehouse and live rooms."""
RESPONDENTS = 24
TRAINEES = 15


def served(number: str) -> str:
    """The department that this HR specialist serves."""
    return SERVED[(int(number[2:]) - 1) % len(SERVED)]


def _departments(staff: Crew, who: Ints) -> pa.Array:
    return texts([served(number) for number in staff.numbers], who)


def requisitions(company: Company, month: date) -> pa.Table:
    rng = generator(company.seed, "requisitions", month)
    staff = crew(company, month, "hr")
    work = quota(rng, staff, expected(rng, 3.4 * staff.share + 1), days=even(month), hours=OFFICE)
    planned = rng.integers(2, 6, len(work))
    came = np.clip(0.905 + 0.035 * staff.ability("drive"), 0.6, 1.0)[work.who]
    person = np.repeat(np.arange(len(work)), planned)
    hired = fair_chance(rng, came[person], work.who[person])
    onboarded = np.bincount(person, weights=hired, minlength=len(work)).astype(np.int64)
    posts = [_post_of(served(number)) for number in staff.numbers]
    return table("requisition", work.occurred, {
        "employee": texts(staff.numbers, work.who),
        "department": _departments(staff, work.who),
        "requisition": numbered(f"ZP{month:%Y%m}-", np.arange(1, len(work) + 1), 3),
        "post": texts(posts, work.who),
        "planned": ints(planned),
        "onboarded": ints(onboarded),
        "pending": ints(np.minimum(planned - onboarded, rng.integers(0, 2, len(work)))),
    })  # fmt: skip


def _post_of(department: str) -> str:
    return next(POSTS[team.post].zh for team in TEAMS.values() if team.department == department)


def headcount_changes(company: Company, month: date) -> pa.Table:
    """Joiners and leavers one by one; those of the demo's own people among them, and at first an opening entry."""
    rng = generator(company.seed, "headcount", month)
    staff = crew(company, month, "hr")
    leaving = 0.95 * np.exp(-0.28 * staff.ability("care"))
    left = quota(rng, staff, expected(rng, leaving), days=even(month), hours=OFFICE)
    joined = quota(rng, staff, expected(rng, leaving + 0.15), days=even(month), hours=OFFICE)
    opening = np.arange(len(staff)) if month == company.months[0] else np.arange(0)
    own = [(one, kind) for one in company.people for kind in (0, 1) if _moved(one, kind, month)]
    known_who = np.array([_specialist_of(one) for one, _ in own], dtype=np.int64)
    known_at = np.array([micros(_day(one, kind)) + 9 * 3600 * SECOND for one, kind in own], dtype=np.int64)
    known_left = np.array([kind for _, kind in own], dtype=np.int64)
    who = np.concatenate([opening, left.who, joined.who, known_who])
    gone = np.concatenate([0 * opening, 1 + 0 * left.who, 0 * joined.who, known_left])
    occurred = np.concatenate([micros(month) - SECOND + 0 * opening, left.occurred, joined.occurred, known_at])
    people = np.where(np.arange(len(who)) < len(opening), HEADCOUNT, 1 - gone)
    return table("headcount_change", occurred, {
        "employee": texts(staff.numbers, who),
        "department": _departments(staff, who),
        "entry": numbered(f"RY{month:%Y%m}-", np.arange(1, len(who) + 1), 4),
        "joined": ints(people),
        "departed": ints(gone),
        "voluntary": flags(chance(rng, 0.7, len(who)), gone == 0),
    })  # fmt: skip


def _day(person: Person, kind: int) -> date:
    return person.joined if kind == 0 else person.left or date.max


def _moved(person: Person, kind: int, month: date) -> bool:
    return _day(person, kind).replace(day=1) == month


def _specialist_of(person: Person) -> int:
    """The first of the specialists who serve the person's department; the last serves hr too."""
    return SERVED.index(person.department) if person.department in SERVED else len(SERVED) - 1


def training_results(company: Company, month: date) -> pa.Table:
    """Two courses a specialist and month, for people of the department that the specialist serves."""
    rng = generator(company.seed, "training", month)
    staff = crew(company, month, "hr")
    lessons = quota(rng, staff, np.full(len(staff), 2), days=office(month), hours=OFFICE)
    lesson = np.repeat(np.arange(len(lessons)), TRAINEES)
    who = lessons.who[lesson]
    attended = fair_chance(rng, np.full(len(who), 0.95), who)
    passed = fair_chance(rng, np.clip(0.90 + 0.03 * staff.ability("quality"), 0.6, 1.0)[who], who)
    marks = np.where(passed, rng.normal(82, 7, len(who)).clip(60, 100), rng.uniform(35, 59, len(who))).round(1)
    courses = [f"{month:%Y%m}-{place + 1:02d} {_course(staff, lessons.who, place)}" for place in range(len(lessons))]
    return table("training_result", lessons.occurred[lesson], {
        "employee": texts(staff.numbers, who),
        "department": _departments(staff, who),
        "course": texts(courses, lesson),
        "trainee": pa.array(_trainees(rng, company, staff, lessons.who, month), pa.string()),
        "attended": flags(attended),
        "passed": flags(passed, ~attended),
        "score": decimals(marks, ~attended),
    })  # fmt: skip


def _course(staff: Crew, who: Ints, place: int) -> str:
    return COURSES[(int(staff.numbers[who[place]][2:]) + place) % len(COURSES)]


def _trainees(rng: Generator, company: Company, staff: Crew, who: Ints, month: date) -> list[str]:
    """Different people for each course, of the department served and, where it is small, of others."""
    there = [one for one in company.assignments if one.start <= month and (one.end is None or month < one.end)]
    found: list[str] = []
    for specialist in who:
        department = served(staff.numbers[specialist])
        own = [one.person for one in there if one.department == department]
        others = [one.person for one in there if one.department != department]
        chosen = [*rng.permutation(own), *rng.permutation(others)][:TRAINEES]
        found.extend(str(number) for number in chosen)
    return found


def survey_answers(company: Company, month: date) -> pa.Table:
    """A short anonymous survey each month: some of those whom each specialist serves, five topics."""
    rng = generator(company.seed, "survey", month)
    staff = crew(company, month, "hr")
    who, person, topic = (axis.ravel() for axis in np.indices((len(staff), RESPONDENTS, len(TOPICS))))
    day = rng.integers(5, 19, (len(staff), RESPONDENTS))[who, person]
    second = rng.integers(9 * 3600, 18 * 3600, (len(staff), RESPONDENTS))[who, person]
    mood = rng.normal(0, 0.35, (len(staff), RESPONDENTS))[who, person]
    around = np.array([mean for _, mean in TOPICS])[topic] + 0.13 * staff.ability("care")[who] + mood
    rating = np.clip(np.rint(rng.normal(around, 0.62)), 1, 5)
    code = who * RESPONDENTS + person
    return table("survey_answer", micros(month) + day * DAY + second * SECOND, {
        "employee": texts(staff.numbers, who),
        "department": _departments(staff, who),
        "survey": f"{month:%Y-%m} 员工敬业度",
        "topic": texts([name for name, _ in TOPICS], topic),
        "respondent": numbered(f"Q{month:%Y%m}-", rng.permutation(len(staff) * RESPONDENTS)[code] + 1, 4),
        "rating": decimals(rating),
    })  # fmt: skip
