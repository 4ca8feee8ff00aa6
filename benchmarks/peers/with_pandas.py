"""The question in pandas, up to a million orders: `python with_pandas.py SHOP RESULT.parquet`."""

import sys

import numpy as np
import pandas as pd

shop, result = sys.argv[1:3]
orders = pd.read_parquet(f"{shop}/orders.parquet", columns=["customer_id", "ts"])
lines = pd.read_parquet(f"{shop}/lines.parquet")
by = "customer_id"

# Money in ten-thousandths, as whole numbers.
for name in ("unit_price", "discount", "refund"):
    lines[name] = (lines[name].astype(float) * 10_000).round().astype("int64")
lines["category"] = lines.category.astype(str).astype("category")
lines["paid"] = lines.quantity * lines.unit_price - lines.discount - lines.refund
lines["full_price"] = lines.quantity.where(lines.discount == 0, 0)


def best(frame, columns, ascending):
    """The first row of each customer when rows are ranked so."""
    return frame.sort_values([by, *columns], ascending=[True, *ascending]).drop_duplicates(by).set_index(by)


profile = orders.groupby(by).ts.agg(number_of_orders="size", first_order_date="min", last_order_date="max")
days = orders.assign(day=orders.ts.dt.normalize())[[by, "day"]].drop_duplicates().sort_values([by, "day"])
days["gap"] = days.groupby(by).day.diff().dt.total_seconds() / 86_400
profile["median_days_between_purchases"] = days.groupby(by).gap.median()
profile = profile.join(lines.groupby(by).agg(
    amount_spent=("paid", "sum"), amount_refunded=("refund", "sum"), units=("quantity", "sum"), full_price=("full_price", "sum"),
    distinct_products=("product_id", "nunique"), distinct_categories=("category", "nunique"),
))
shelves = lines.groupby([by, "category"], observed=True).agg(units=("quantity", "sum"), latest=("ts", "max")).reset_index()
profile["favourite_category"] = best(shelves, ["units", "latest", "category"], [False, False, True]).category.astype(str)
weekdays = orders.assign(weekday=orders.ts.dt.day_of_week + 1).groupby([by, "weekday"]).size().reset_index(name="orders")
profile["favourite_weekday"] = best(weekdays, ["orders", "weekday"], [False, True]).weekday
profile["average_order_value"] = (profile.amount_spent + profile.amount_refunded) / 10_000 / profile.number_of_orders
profile["full_price_unit_share"] = profile.full_price / profile.units
for name, of in (("recency_score", "last_order_date"), ("frequency_score", "number_of_orders"), ("monetary_score", "amount_spent")):
    profile[name] = 1 + 5 * (profile[of].rank(method="min").astype("int64") - 1) // len(profile)
profile[["amount_spent", "amount_refunded"]] /= 10_000

recency, both = profile.recency_score, profile.frequency_score + profile.monetary_score
groups = [
    (recency <= 2, 4, "DORMANT"), (recency <= 2, 8, "AT_RISK"), (recency <= 2, 10, "PREVIOUSLY_LOYAL"),
    (recency == 3, 4, "ALMOST_LOST"), (recency == 3, 6, "NEEDS_ATTENTION"), (recency == 3, 10, "LOYAL"),
    (recency == 4, 2, "PROMISING"), (recency == 4, 6, "ACTIVE"), (recency == 4, 10, "LOYAL"),
    (recency == 5, 2, "NEW"), (recency == 5, 6, "ACTIVE"), (recency == 5, 10, "CHAMPIONS"),
]
profile["rfm_group"] = np.select([which & (both <= most) for which, most, _ in groups], [name for *_, name in groups], "")
profile.drop(columns=["units", "full_price"]).reset_index().to_parquet(result, compression="zstd", index=False)
