CREATE TABLE subscriptions (id INTEGER, plan VARCHAR, active BOOLEAN, deleted_at TIMESTAMP);
INSERT INTO subscriptions VALUES (1, 'gold', true, NULL), (2, 'silver', true, NULL), (3, 'free', true, NULL), (4, 'gold', false, NULL), (5, 'silver', true, TIMESTAMP '2026-05-05 05:00:00'), (6, 'gold', true, NULL), (7, 'free', true, TIMESTAMP '2026-05-05 05:00:00'), (8, 'silver', NULL, NULL);
