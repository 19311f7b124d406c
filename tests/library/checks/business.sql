-- new_customers
SELECT who, count(*) FROM customer GROUP BY who;

-- new_customer_value
SELECT who, sum(expected_monthly) FROM customer GROUP BY who;

-- collection_rate
SELECT who, sum(received) / sum(due) FROM receivable WHERE due IS NOT NULL GROUP BY who;

-- on_time_collection_rate
SELECT who, coalesce(sum(received) FILTER (WHERE received_at::DATE <= occurred_at::DATE), 0) / sum(due) FROM receivable
WHERE due IS NOT NULL GROUP BY who HAVING count(received_at) > 0;
