-- sales_amount
SELECT who, sum(amount) - coalesce(sum(refund), 0) FROM order_line GROUP BY who;

-- orders
SELECT who, count(*) FROM (SELECT DISTINCT who, order_no FROM order_line) GROUP BY who;

-- buyers
SELECT who, count(DISTINCT member) FROM order_line GROUP BY who;

-- order_value
WITH bought AS (SELECT who, order_no, sum(amount) - coalesce(sum(refund), 0) AS net FROM order_line GROUP BY who, order_no)
SELECT who, avg(net) FROM bought GROUP BY who;

-- gross_profit
WITH sold AS (
  SELECT who, amount - coalesce(refund, 0) AS net, cost FROM order_line
  WHERE cost IS NOT NULL AND (refund IS NULL OR refund < amount))
SELECT who, sum(net) - sum(cost) FROM sold GROUP BY who;

-- gross_margin
WITH sold AS (
  SELECT who, amount - coalesce(refund, 0) AS net, cost FROM order_line
  WHERE cost IS NOT NULL AND (refund IS NULL OR refund < amount))
SELECT who, 1 - sum(cost) / sum(net) FROM sold GROUP BY who;

-- refund_rate
SELECT who, sum(refund) / sum(amount) FROM order_line GROUP BY who;

-- sales_growth
WITH october AS (SELECT who, sum(amount - coalesce(refund, 0)) AS net FROM order_line GROUP BY who),
september AS (
  SELECT who, sum(amount - coalesce(refund, 0)) AS net FROM every_order_line
  WHERE strftime(occurred_at, '%Y-%m') = '2026-09' GROUP BY who)
SELECT who, october.net / september.net - 1 FROM october JOIN september USING (who) WHERE september.net <> 0;

-- customer_retention
WITH before AS (
  SELECT DISTINCT who, member FROM every_order_line
  WHERE strftime(occurred_at, '%Y-%m') = '2026-09' AND member IS NOT NULL),
now AS (SELECT DISTINCT who, member FROM order_line)
SELECT who, count(now.member) / count(*) FROM before LEFT JOIN now USING (who, member) GROUP BY who;

-- repurchase_rate
WITH buyers AS (
  SELECT who, member, count(DISTINCT order_no) AS orders FROM order_line WHERE member IS NOT NULL GROUP BY who, member)
SELECT who, avg((orders > 1)::INT) FROM buyers GROUP BY who;

-- value_per_visitor
WITH sales AS (SELECT who, sum(amount - coalesce(refund, 0)) AS net FROM order_line GROUP BY who),
views AS (SELECT who, sum(visitors) AS people FROM traffic WHERE step = 'view' GROUP BY who)
SELECT who, net / people FROM sales JOIN views USING (who) WHERE people > 0;
