SELECT count(*) AS n, sum(worth_cents) / 100.0 AS worth_eur
FROM vouchers
WHERE deleted_at IS NULL AND redeemed = true;
