-- sessions
SELECT who, count(*) FROM service_session GROUP BY who;

-- answered_sessions
SELECT who, sum(answered::INT) FROM service_session WHERE offline_message IS NOT TRUE GROUP BY who;

-- presale_inquiries
SELECT who, sum(presale::INT) FROM service_session GROUP BY who;

-- resolved_sessions
SELECT who, sum(resolved::INT) FROM service_session GROUP BY who;

-- rated_sessions
SELECT who, count(rating) FROM service_session GROUP BY who;

-- inquiring_buyers
SELECT who, count(*) FROM (SELECT DISTINCT who, member FROM service_session WHERE member IS NOT NULL) GROUP BY who;

-- reply_rate
SELECT who, avg(answered::INT) FROM service_session WHERE offline_message IS NOT TRUE GROUP BY who;

-- message_left_rate
SELECT who, avg(offline_message::INT) FROM service_session GROUP BY who;

-- response_time
SELECT who, avg(first_reply_ms) / 1000 FROM service_session
WHERE auto_reply IS NOT TRUE AND offline_message IS NOT TRUE GROUP BY who;

-- first_response_time
SELECT who, avg(first_reply_ms) / 1000 FROM service_session
WHERE auto_reply IS NOT TRUE AND offline_message IS NOT TRUE
  AND occurred_at::TIME >= TIME '09:00' AND occurred_at::TIME < TIME '23:00'
GROUP BY who;

-- first_response_p50
WITH waits AS (
  SELECT who, list_sort(list(first_reply_ms)) AS sorted FROM service_session
  WHERE auto_reply IS NOT TRUE AND offline_message IS NOT TRUE AND first_reply_ms IS NOT NULL GROUP BY who)
SELECT who, sorted[(len(sorted) * 50 + 99) // 100] / 1000 FROM waits;

-- first_response_p90
WITH waits AS (
  SELECT who, list_sort(list(first_reply_ms)) AS sorted FROM service_session
  WHERE auto_reply IS NOT TRUE AND offline_message IS NOT TRUE AND first_reply_ms IS NOT NULL GROUP BY who)
SELECT who, sorted[(len(sorted) * 90 + 99) // 100] / 1000 FROM waits;

-- thirty_second_reply_rate
WITH due AS (
  SELECT * FROM service_session
  WHERE occurred_at::TIME BETWEEN TIME '09:00:00' AND TIME '22:59:59.999999'
    AND auto_reply IS NOT TRUE AND offline_message IS NOT TRUE
    AND (first_reply_ms IS NOT NULL OR answered = FALSE))
SELECT who, avg(coalesce(first_reply_ms <= 30 * 1000, FALSE)::INT) FROM due GROUP BY who HAVING count(first_reply_ms) > 0;

-- three_minute_reply_rate
WITH due AS (
  SELECT * FROM service_session
  WHERE occurred_at::TIME BETWEEN TIME '08:00:00' AND TIME '22:59:59.999999'
    AND auto_reply IS NOT TRUE AND offline_message IS NOT TRUE
    AND (first_reply_ms IS NOT NULL OR answered = FALSE))
SELECT who, avg(coalesce(first_reply_ms <= 3 * 60000, FALSE)::INT) FROM due GROUP BY who HAVING count(first_reply_ms) > 0;

-- feige_three_minute_rate
WITH due AS (
  SELECT who, reply_wait_ms, reply_wait_ms / nullif(reply_turns, 0) AS mean_wait FROM service_session
  WHERE hour(occurred_at) BETWEEN 8 AND 22 AND offline_message IS NOT TRUE
    AND (reply_wait_ms IS NOT NULL OR answered = FALSE))
SELECT who, avg(coalesce(mean_wait <= 180000, FALSE)::INT) FROM due GROUP BY who HAVING count(reply_wait_ms) > 0;

-- average_response_time
SELECT who, sum(reply_wait_ms) / sum(reply_turns) / 1000 FROM service_session
WHERE offline_message IS NOT TRUE AND reply_wait_ms IS NOT NULL AND reply_turns IS NOT NULL
GROUP BY who HAVING sum(reply_turns) > 0;

-- average_handle_time
SELECT who, avg(handle_ms) / 1000 FROM service_session WHERE answered IS NOT FALSE GROUP BY who;

-- long_session_rate
SELECT who, avg((handle_ms > 30 * 60000)::INT) FROM service_session WHERE answered IS NOT FALSE GROUP BY who;

-- slow_response_rate
SELECT who, avg((slow_gaps >= 3)::INT) FROM service_session WHERE offline_message IS NOT TRUE GROUP BY who;

-- transfer_rate
SELECT who, avg(transferred_out::INT) FROM service_session WHERE answered IS NOT FALSE GROUP BY who;

-- resolution_rate
SELECT who, avg(resolved::INT) FROM service_session WHERE answered IS NOT FALSE GROUP BY who;

-- first_contact_resolution
SELECT who, 1 - avg(repeat_visit::INT) FROM service_session WHERE answered IS NOT FALSE GROUP BY who;

-- revisit_rate
SELECT who, avg(repeat_visit::INT) FROM service_session WHERE answered IS NOT FALSE GROUP BY who;

-- satisfaction_score
SELECT who, avg(rating) FROM service_session GROUP BY who;

-- satisfied_rate
SELECT who, avg((rating IN (4, 5))::INT) FROM service_session GROUP BY who;

-- dissatisfied_rate
SELECT who, avg((rating IN (1, 2))::INT) FROM service_session GROUP BY who;

-- rating_invitation_rate
SELECT who, avg(rating_invited::INT) FROM service_session WHERE answered IS NOT FALSE GROUP BY who;

-- rating_participation_rate
SELECT who, count(rating) / count(*) FROM service_session WHERE answered IS NOT FALSE GROUP BY who HAVING count(rating) > 0;

-- rating_return_rate
SELECT who, count(rating) / count(*) FROM service_session WHERE rating_invited GROUP BY who HAVING count(rating) > 0;

-- repeat_complaint_rate
SELECT who, avg(repeat_complaint::INT) FROM service_session GROUP BY who;

-- service_complaint_rate
SELECT who, avg(complaint::INT) FROM service_session GROUP BY who;

-- quality_score
SELECT who, avg(quality) FROM service_session GROUP BY who;

-- answer_question_ratio
SELECT who, sum(agent_messages) / sum(buyer_messages) FROM service_session
WHERE agent_messages IS NOT NULL AND buyer_messages IS NOT NULL GROUP BY who HAVING sum(buyer_messages) > 0;

-- inquiry_conversion_rate
SELECT who, avg(paid_finally::INT) FROM service_session WHERE presale GROUP BY who;

-- inquiry_conversion_next_day
SELECT who, avg(paid_next_day::INT) FROM service_session WHERE presale GROUP BY who;

-- inquiry_order_value
SELECT who, avg(paid_amount) FROM service_session WHERE paid_finally GROUP BY who;

-- inquiry_sales
SELECT who, sum(paid_amount) FROM service_session GROUP BY who;
