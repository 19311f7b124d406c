-- posts_published
SELECT who, count(DISTINCT post) FROM post GROUP BY who;

-- reads
SELECT who, sum(reads) FROM post GROUP BY who;

-- completion_rate
SELECT who, sum(finished) / sum(reads) FROM post WHERE reads IS NOT NULL AND finished IS NOT NULL GROUP BY who;

-- content_conversions
SELECT who, sum(conversions) FROM post GROUP BY who;

-- content_conversion_rate
SELECT who, sum(conversions) / sum(reads) FROM post WHERE reads IS NOT NULL AND conversions IS NOT NULL GROUP BY who;

-- original_rate
SELECT who, avg((origin = '原创')::INT) FROM post GROUP BY who;

-- plain_interaction_rate
WITH known AS (SELECT who, reads, ifnull(interactions, likes + comments + shares) AS acts FROM post)
SELECT who, sum(acts) / sum(reads) FROM known WHERE acts IS NOT NULL AND reads IS NOT NULL GROUP BY who;

-- interaction_rate
WITH known AS (
  SELECT who, reads, ifnull(interactions, likes + comments + shares) AS acts, if(origin = '原创', 1.5, 1) AS weight FROM post)
SELECT who, sum(acts * weight) / sum(reads * weight) FROM known
WHERE acts IS NOT NULL AND reads IS NOT NULL GROUP BY who;

-- weighted_interactions
WITH known AS (
  SELECT who, ifnull(interactions, likes + comments + shares) AS acts, if(origin = '原创', 1.5, 1) AS weight FROM post)
SELECT who, sum(acts * weight) FROM known GROUP BY who;

-- net_followers
SELECT who, sum(gained) - sum(lost) FROM audience_change WHERE gained IS NOT NULL AND lost IS NOT NULL GROUP BY who;

-- follower_growth
WITH opening AS (
  SELECT who, sum(gained) - sum(lost) AS people FROM every_audience_change
  WHERE occurred_at < DATE '2026-10-01' GROUP BY who),
won AS (SELECT who, sum(gained) - sum(lost) AS people FROM audience_change GROUP BY who)
SELECT who, won.people / nullif(opening.people, 0) FROM won JOIN opening USING (who);
