SELECT count(*) AS orders, count(*) FILTER (WHERE paid) AS paid_orders
FROM orders;
