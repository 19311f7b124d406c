-- parcels
SELECT who, count(DISTINCT parcel) FROM parcel GROUP BY who;

-- on_time_delivery_rate
SELECT who, avg((delivered_at <= promised_at)::INT) FROM parcel WHERE delivered_at IS NOT NULL GROUP BY who;

-- delivered_within_72h
SELECT who, avg((epoch(delivered_at - occurred_at) <= 72 * 3600)::INT) FROM parcel GROUP BY who;

-- undelivered_rate
SELECT who, 1 - count(delivered_at) / count(*) FROM parcel GROUP BY who HAVING count(delivered_at) > 0;

-- damage_rate
SELECT who, avg((damaged OR coalesce(return_damaged, FALSE))::INT) FROM parcel
WHERE damaged IS NOT NULL AND (return_damaged IS NOT NULL OR returned = FALSE) GROUP BY who;

-- local_damage_rate
SELECT who, avg((damaged OR coalesce(return_damaged, FALSE))::INT) FROM parcel
WHERE reach = '同城' AND damaged IS NOT NULL AND (return_damaged IS NOT NULL OR returned = FALSE) GROUP BY who;

-- distant_damage_rate
SELECT who, avg((damaged OR coalesce(return_damaged, FALSE))::INT) FROM parcel
WHERE reach = '异地' AND damaged IS NOT NULL AND (return_damaged IS NOT NULL OR returned = FALSE) GROUP BY who;

-- delivery_damage_rate
SELECT who, avg(damaged::INT) FROM parcel GROUP BY who;

-- return_damage_rate
SELECT who, avg(return_damaged::INT) FROM parcel WHERE returned GROUP BY who;

-- return_rate
SELECT who, avg(returned::INT) FROM parcel GROUP BY who;

-- otif_rate
WITH known AS (
  SELECT who, delivered_at <= promised_at AS on_time, damaged OR coalesce(return_damaged, FALSE) AS broken FROM parcel
  WHERE delivered_at IS NOT NULL AND promised_at IS NOT NULL AND damaged IS NOT NULL
    AND (return_damaged IS NOT NULL OR returned = FALSE))
SELECT who, count(*) FILTER (WHERE on_time AND NOT broken) / count(*) FROM known GROUP BY who;

-- complaint_rate
SELECT who, avg(complaint::INT) FROM parcel GROUP BY who;

-- complaints_per_ten_thousand
SELECT who, 10000 * avg(complaint::INT) FROM parcel GROUP BY who;

-- unit_delivery_cost
SELECT who, avg(freight) FROM parcel GROUP BY who;
