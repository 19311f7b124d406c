-- member_visits
SELECT who, count(member) FROM member_visit GROUP BY who;

-- visiting_members
SELECT who, count(DISTINCT member) FROM member_visit GROUP BY who;

-- member_sales
SELECT who, sum(amount) FROM member_visit WHERE member IS NOT NULL GROUP BY who;

-- visit_frequency
WITH members AS (SELECT who, member, count(*) AS visits FROM member_visit WHERE member IS NOT NULL GROUP BY who, member)
SELECT who, avg(visits) FROM members GROUP BY who;

-- repeat_visit_rate
WITH members AS (
  SELECT who, member, count(DISTINCT visit) AS visits FROM member_visit WHERE member IS NOT NULL GROUP BY who, member)
SELECT who, avg((visits >= 2)::INT) FROM members GROUP BY who;

-- follow_up_visits
SELECT who, sum(followed_up::INT) FROM member_visit WHERE member IS NOT NULL GROUP BY who;

-- follow_up_visit_share
SELECT who, avg(followed_up::INT) FROM member_visit WHERE member IS NOT NULL GROUP BY who;

-- old_members_back
SELECT who, count(DISTINCT if(old_member, member, NULL)) FROM member_visit GROUP BY who;

-- old_member_spend
SELECT who, avg(amount) FROM member_visit WHERE old_member GROUP BY who;

-- old_member_sales_share
SELECT who, sum(if(old_member, amount, 0)) / sum(amount) FROM member_visit
WHERE member IS NOT NULL AND old_member IS NOT NULL AND amount IS NOT NULL GROUP BY who HAVING sum(amount) > 0;

-- member_visit_rate
WITH active AS (
  SELECT DISTINCT who, member FROM every_member_visit
  WHERE member IS NOT NULL AND occurred_at >= DATE '2026-11-01' - INTERVAL 180 DAY AND occurred_at < DATE '2026-11-01'),
came AS (
  SELECT who, member, count(*) AS visits FROM member_visit WHERE member IS NOT NULL GROUP BY who, member)
SELECT who, coalesce(sum(CASE WHEN visits >= 4 THEN 1.5 WHEN visits >= 2 THEN 1.2 WHEN visits = 1 THEN 1.0 END), 0) / count(*)
FROM active LEFT JOIN came USING (who, member) GROUP BY who;

-- active_member_visit_rate
WITH active AS (
  SELECT DISTINCT who, member FROM every_member_visit
  WHERE member IS NOT NULL AND occurred_at >= DATE '2026-11-01' - INTERVAL 180 DAY AND occurred_at < DATE '2026-11-01'),
came AS (SELECT DISTINCT who, member FROM member_visit)
SELECT who, count(came.member) / count(*) FROM active LEFT JOIN came USING (who, member) GROUP BY who;

-- overall_member_visit_rate
WITH ever AS (
  SELECT who, member, max(occurred_at) AS latest FROM every_member_visit
  WHERE member IS NOT NULL AND occurred_at < DATE '2026-11-01' GROUP BY who, member)
SELECT who, avg((latest >= DATE '2026-10-01')::INT) FROM ever GROUP BY who;
