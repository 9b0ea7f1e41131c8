SELECT sum(amount_cents) / 100.0 AS amount_eur
FROM loans
WHERE deleted_at IS NULL AND repaid_on IS NULL;
