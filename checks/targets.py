"""Online Retail: a target's movers, counted one customer at a time.

Looks a calendar month apart from the day the target was set to its end, by fixed thresholds; whoever was in the stage at one look and in the goal at the next has moved, once. The binary must count the same."""

from datetime import date, timedelta

import asked
import likely
import online_retail

SET_ON, UNTIL = date(2011, 8, 31), date(2011, 11, 20)


def later(day, months):
    """The same day so many months later, or the last one of a shorter month."""
    month = day.year * 12 + day.month - 1 + months
    first = date(month // 12, month % 12 + 1, 1)
    length = (date((month + 1) // 12, (month + 1) % 12 + 1, 1) - first).days
    return first.replace(day=min(day.day, length))


def course(as_of, moved, target):
    """On a straight line from nought to the target."""
    if moved >= target:
        return "reached"
    if as_of > UNTIL:
        return "missed"
    gone, whole = (as_of - SET_ON).days, (UNTIL - SET_ON).days + 1
    return "on-course" if moved * whole >= target * gone else "behind"


def main():
    path = asked.data("online_retail", "online_retail_I.csv.gz")
    customers = likely.read(path)
    settled, _ = online_retail.read(path)
    check = asked.Comparison()
    said = []
    plan = "".join(
        f"[[stage]]\nid = '{stage}'\ntarget_share = 0.25\nset_on = {SET_ON}\nuntil = {UNTIL}\n" for stage in online_retail.GOALS
    )
    usual, call = online_retail.thresholds([c for c in settled.values() if c.orders])
    with asked.imported(path, currency="GBP") as store:
        (store.folder / "opportunities.toml").write_text(plan)
        # Fixed, so that an earlier moment draws the same lines.
        settings = store.folder / "quintile.toml"
        fixed = settings.read_text().replace("# usual_gap_days = 30", f"usual_gap_days = {float(usual)}")
        settings.write_text(fixed.replace("# last_call_days = 180", f"last_call_days = {float(call)}"))
        for as_of in (online_retail.AS_OF, date(2011, 11, 5)):
            rows = {row["life_stage"]: row for row in store.rows("opportunities", "--as-of", str(as_of))}
            end = min(UNTIL + timedelta(days=1), as_of)
            looks = []
            while later(SET_ON, len(looks)) < end:
                looks.append(later(SET_ON, len(looks)))
            looks.append(end)
            at = [[likely.standing(c, look, usual, call) for c in customers] for look in looks]
            for stage, goal in online_retail.GOALS.items():
                goal = set(goal) - {stage}
                stood = sum(begin is not None and begin[0] == stage for begin in at[0])
                movers = {
                    who
                    for begin, after in zip(at, at[1:])
                    for who in range(len(customers))
                    if begin[who] is not None and begin[who][0] == stage and after[who][0] in goal
                }
                target = -(-stood // 4)
                row = rows[stage]
                check.same(f"{stage}: moved", len(movers), int(row["moved"]))
                check.same(f"{stage}: target", target, int(row["target"]))
                check.same(f"{stage}: course", course(as_of, len(movers), target), row["course"])
                said.append(f"{as_of} {stage} {len(movers)} of {target}")
    check.end("; ".join(said))


if __name__ == "__main__":
    main()
