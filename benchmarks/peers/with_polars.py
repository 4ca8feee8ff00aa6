"""The question in Polars, lazily and streaming: `python with_polars.py SHOP RESULT.parquet`."""

import sys

import polars as pl

shop, result = sys.argv[1:3]
orders, lines = pl.scan_parquet(f"{shop}/orders.parquet"), pl.scan_parquet(f"{shop}/lines.parquet")
by, col = "customer_id", pl.col


def best(frame, *ranking):
    """The first row of each customer when rows are ranked so; a leading minus means the largest first."""
    names = [name.lstrip("-") for name in ranking]
    down = [name.startswith("-") for name in ranking]
    return frame.sort([by, *names], descending=[False, *down]).group_by(by, maintain_order=True)


buying = orders.group_by(by).agg(
    number_of_orders=pl.len(),
    first_order_date=col("ts").min(),
    last_order_date=col("ts").max(),
    median_days_between_purchases=col("ts").dt.date().unique().sort().cast(pl.Int32).diff().drop_nulls().median(),
)
paid = col("quantity").cast(pl.Int64) * col("unit_price") - col("discount") - col("refund")
value = lines.group_by(by).agg(
    amount_spent=paid.sum(),
    amount_refunded=col("refund").sum(),
    distinct_products=col("product_id").n_unique(),
    distinct_categories=col("category").n_unique(),
    full_price_unit_share=col("quantity").filter(col("discount") == 0).sum() / col("quantity").sum(),
)
shelves = lines.group_by(by, col("category").cast(pl.String)).agg(units=col("quantity").sum(), latest=col("ts").max())
shelf = best(shelves, "-units", "-latest", "category").agg(favourite_category=col("category").first())
weekdays = orders.group_by(by, weekday=col("ts").dt.weekday()).agg(orders=pl.len())
weekday = best(weekdays, "-orders", "weekday").agg(favourite_weekday=col("weekday").first())

profile = buying.join(value, on=by).join(shelf, on=by).join(weekday, on=by).with_columns(
    average_order_value=(col("amount_spent") + col("amount_refunded")).cast(pl.Float64) / col("number_of_orders")
).collect(engine="streaming")


def score(name):
    return 1 + 5 * (col(name).rank("min").cast(pl.Int64) - 1) // pl.len()


profile = profile.with_columns(
    recency_score=score("last_order_date"), frequency_score=score("number_of_orders"), monetary_score=score("amount_spent")
)
recency, both = col("recency_score"), col("frequency_score") + col("monetary_score")


def steps(first, to_first, second, to_second, last):
    return pl.when(both <= to_first).then(pl.lit(first)).when(both <= to_second).then(pl.lit(second)).otherwise(pl.lit(last))


profile.with_columns(
    rfm_group=pl.when(recency <= 2).then(steps("DORMANT", 4, "AT_RISK", 8, "PREVIOUSLY_LOYAL"))
    .when(recency == 3).then(steps("ALMOST_LOST", 4, "NEEDS_ATTENTION", 6, "LOYAL"))
    .when(recency == 4).then(steps("PROMISING", 2, "ACTIVE", 6, "LOYAL"))
    .otherwise(steps("NEW", 2, "ACTIVE", 6, "CHAMPIONS"))
).write_parquet(result, compression="zstd")
