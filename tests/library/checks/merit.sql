-- merit_points
SELECT who, sum(points) FROM merit WHERE nature = '加分' GROUP BY who;

-- demerit_points
SELECT who, sum(abs(points)) FROM merit WHERE nature = '扣分' GROUP BY who;

-- collaboration_points
SELECT who, sum(points) FROM merit WHERE nature = '协作' GROUP BY who;

-- veto_count
SELECT who, count(*) FILTER (WHERE nature = '一票否决') FROM merit GROUP BY who;
