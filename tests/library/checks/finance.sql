-- budget_execution_rate
SELECT who, 1 - sum(abs(actual - budget)) / sum(budget) FROM budget_line
WHERE budget IS NOT NULL AND actual IS NOT NULL GROUP BY who;

-- budget_use_rate
SELECT who, sum(actual) / sum(budget) FROM budget_line WHERE budget IS NOT NULL AND actual IS NOT NULL GROUP BY who;

-- cost_control_rate
SELECT who, sum(actual) / sum(budget) FROM budget_line
WHERE category IN ('成本', '费用') AND budget IS NOT NULL AND actual IS NOT NULL GROUP BY who;

-- expense_ratio
WITH expense AS (SELECT who, sum(amount) AS yuan FROM ledger_entry WHERE nature = '费用' GROUP BY who),
revenue AS (SELECT who, sum(amount) AS yuan FROM ledger_entry WHERE nature = '收入' GROUP BY who)
SELECT who, expense.yuan / revenue.yuan FROM expense JOIN revenue USING (who);

-- labour_cost_ratio
WITH labour AS (SELECT who, sum(amount) AS yuan FROM ledger_entry WHERE nature = '人工' GROUP BY who),
revenue AS (SELECT who, sum(amount) AS yuan FROM ledger_entry WHERE nature = '收入' GROUP BY who)
SELECT who, labour.yuan / revenue.yuan FROM labour JOIN revenue USING (who);

-- fund_turnover
WITH revenue AS (SELECT who, sum(amount) AS yuan FROM ledger_entry WHERE nature = '收入' GROUP BY who),
used AS (SELECT who, avg(balance) AS mean FROM fund_balance GROUP BY who)
SELECT who, yuan / mean FROM revenue JOIN used USING (who);

-- statement_accuracy
SELECT who, 1 - sum(corrections) / sum(entries) FROM statement
WHERE entries IS NOT NULL AND corrections IS NOT NULL GROUP BY who;

-- statement_on_time_rate
SELECT who, avg(coalesce(filed_at <= occurred_at, FALSE)::INT) FROM statement GROUP BY who HAVING count(filed_at) > 0;

-- tax_compliance
SELECT who, avg(compliant::INT) FROM filing GROUP BY who;

-- tax_on_time_rate
SELECT who, avg(coalesce(filed_at::DATE <= occurred_at::DATE, FALSE)::INT) FROM filing GROUP BY who HAVING count(filed_at) > 0;
