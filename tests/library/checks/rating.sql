-- service_attitude_rating
SELECT who, sum(level) / count(*) FROM rating WHERE item = 'service_attitude' AND level IS NOT NULL GROUP BY who;

-- collaboration_rating
SELECT who, sum(level) / count(*) FROM rating WHERE item = 'collaboration' AND level IS NOT NULL GROUP BY who;

-- innovation_rating
SELECT who, sum(level) / count(*) FROM rating WHERE item = 'innovation' AND level IS NOT NULL GROUP BY who;
