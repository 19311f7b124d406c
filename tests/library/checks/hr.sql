-- employee_retention
WITH opening AS (
  SELECT who, sum(joined) - sum(departed) AS heads FROM every_headcount_change
  WHERE occurred_at < DATE '2026-10-01' GROUP BY who),
moved AS (SELECT who, sum(joined) AS joined, sum(departed) AS departed FROM headcount_change GROUP BY who)
SELECT who, (heads + coalesce(joined, 0) - coalesce(departed, 0)) / (heads + coalesce(joined, 0))
FROM opening LEFT JOIN moved USING (who) WHERE heads + coalesce(joined, 0) <> 0;

-- turnover_rate
WITH heads AS (
  SELECT who, sum(joined - departed) FILTER (WHERE occurred_at < DATE '2026-10-01') AS opening,
    sum(joined - departed) AS closing, sum(departed) FILTER (WHERE occurred_at >= DATE '2026-10-01') AS departed
  FROM every_headcount_change WHERE occurred_at < DATE '2026-11-01' GROUP BY who)
SELECT who, coalesce(departed, 0) / ((opening + closing) / 2) FROM heads WHERE opening IS NOT NULL;

-- voluntary_leavers
SELECT who, sum(departed) FROM headcount_change WHERE voluntary GROUP BY who;

-- revenue_per_head
WITH heads AS (
  SELECT who, sum(joined - departed) FILTER (WHERE occurred_at < DATE '2026-10-01') AS opening,
    sum(joined - departed) AS closing FROM every_headcount_change WHERE occurred_at < DATE '2026-11-01' GROUP BY who),
revenue AS (SELECT who, sum(amount) AS yuan FROM ledger_entry WHERE nature = '收入' GROUP BY who)
SELECT who, yuan / ((opening + closing) / 2) FROM revenue JOIN heads USING (who);

-- employee_satisfaction
SELECT who, avg(rating) FROM survey_answer WHERE topic = '整体满意度' GROUP BY who;

-- pay_structure_rating
SELECT who, avg(rating) FROM survey_answer WHERE topic LIKE '薪酬%' GROUP BY who;

-- hiring_completion
SELECT who, sum(onboarded) / sum(planned) FROM requisition
WHERE planned IS NOT NULL AND onboarded IS NOT NULL GROUP BY who;

-- hiring_attainment
SELECT who, (sum(onboarded) + sum(pending)) / sum(planned) FROM requisition
WHERE planned IS NOT NULL AND onboarded IS NOT NULL GROUP BY who;

-- training_attendance
SELECT who, avg(attended::INT) FROM training_result GROUP BY who;

-- training_effect
SELECT who, count(*) FILTER (WHERE passed AND attended IS NOT FALSE) / count(*) FROM training_result
WHERE passed IS NOT NULL OR attended = FALSE GROUP BY who HAVING count(passed) > 0;

-- exam_pass_rate
SELECT who, avg(passed::INT) FROM training_result GROUP BY who;

-- exam_score
SELECT who, avg(score) FROM training_result GROUP BY who;
