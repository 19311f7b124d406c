-- page_views
SELECT who, sum(visitors) FROM traffic WHERE step = 'view' GROUP BY who;

-- page_stay
SELECT who, sum(stay_ms) / sum(visitors) / 1000 FROM traffic
WHERE step = 'view' AND stay_ms IS NOT NULL AND visitors IS NOT NULL GROUP BY who HAVING sum(visitors) > 0;

-- conversion_rate
WITH steps AS (SELECT who, step, sum(visitors) AS people FROM traffic GROUP BY who, step)
SELECT who, pay.people / nullif(seen.people, 0) FROM steps AS seen JOIN steps AS pay USING (who)
WHERE seen.step = 'view' AND pay.step = 'pay';

-- view_to_cart_rate
WITH steps AS (SELECT who, step, sum(visitors) AS people FROM traffic GROUP BY who, step)
SELECT who, cart.people / nullif(seen.people, 0) FROM steps AS seen JOIN steps AS cart USING (who)
WHERE seen.step = 'view' AND cart.step = 'cart';

-- cart_to_order_rate
WITH steps AS (SELECT who, step, sum(visitors) AS people FROM traffic GROUP BY who, step)
SELECT who, ordered.people / nullif(cart.people, 0) FROM steps AS cart JOIN steps AS ordered USING (who)
WHERE cart.step = 'cart' AND ordered.step = 'order';

-- order_to_pay_rate
WITH steps AS (SELECT who, step, sum(visitors) AS people FROM traffic GROUP BY who, step)
SELECT who, pay.people / nullif(ordered.people, 0) FROM steps AS ordered JOIN steps AS pay USING (who)
WHERE ordered.step = 'order' AND pay.step = 'pay';

-- activity_participants
SELECT who, sum(joined) FROM activity GROUP BY who;

-- activity_participation
SELECT who, sum(joined) / sum(invited) FROM activity
WHERE invited IS NOT NULL AND joined IS NOT NULL GROUP BY who HAVING sum(invited) > 0;

-- user_growth
WITH opening AS (
  SELECT who, sum(gained) - sum(lost) AS people FROM every_audience_change
  WHERE occurred_at < DATE '2026-10-01' GROUP BY who),
won AS (SELECT who, sum(gained) - sum(lost) AS people FROM audience_change GROUP BY who)
SELECT who, won.people / nullif(opening.people, 0) FROM won JOIN opening USING (who);

-- group_leave_rate
WITH members AS (SELECT * FROM every_audience_change WHERE audience LIKE '社群%' AND occurred_at < DATE '2026-11-01'),
opening AS (
  SELECT who, sum(gained) - sum(lost) AS people FROM members WHERE occurred_at < DATE '2026-10-01' GROUP BY who),
october AS (
  SELECT who, sum(gained) AS gained, sum(lost) AS lost FROM members WHERE occurred_at >= DATE '2026-10-01' GROUP BY who)
SELECT who, lost / nullif(people + gained, 0) FROM opening JOIN october USING (who);
