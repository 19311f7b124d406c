-- works
SELECT who, count(DISTINCT work) FROM design_work GROUP BY who;

-- work_pass_rate
SELECT who, avg(passed::INT) FROM design_work GROUP BY who;

-- rework_rate
SELECT who, avg((revisions >= 1)::INT) FROM design_work GROUP BY who;

-- design_cycle
SELECT who, avg(turnaround_ms) / (24 * 3600 * 1000) FROM design_work GROUP BY who;

-- design_on_time_rate
SELECT who, avg((occurred_at <= due_at)::INT) FROM design_work GROUP BY who;

-- page_conversion
SELECT who, sum(page_orders) / sum(page_visitors) FROM design_work
WHERE page_visitors IS NOT NULL AND page_orders IS NOT NULL GROUP BY who HAVING sum(page_visitors) > 0;

-- user_feedback_score
SELECT who, avg(user_rating) FROM design_work GROUP BY who;

-- collaboration_satisfaction
SELECT who, avg(collaboration_rating) FROM design_work GROUP BY who;
