"""Online Retail at 2011-12-10: the spreadsheet of opportunities, calculated anew by LibreOffice.

openpyxl saves the workbook without the results of its formulas, so that every figure that comes back was calculated. The
totals must be those of the binary's own tables, the gains too; then a figure is edited, and what follows from it must be what
the formula on paper says."""

import csv
import shutil
import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

import asked
import openpyxl

AS_OF = "2011-12-10"
PLAN = """margin_share = 0.35
[[stage]]
id = "at-risk-repeat"
cost_per_customer = 0.50
discount_per_mover = 5
fixed_cost = 200
target_customers = 60
set_on = 2011-09-10
until = 2011-12-31
goal = ["active-repeat", "loyal"]
goal_name = '=HYPERLINK("http://example.com","x")'
"""


def recalculated(book, folder, name):
    """Every sheet as rows of texts, in full precision."""
    path = folder / f"{name}.xlsx"
    book.save(path)
    sheets = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"
    command = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", sheets, "--outdir", folder, path]
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return {
        sheet: list(csv.reader((folder / f"{name}-{sheet}.csv").open(newline="", encoding="utf-8"))) for sheet in book.sheetnames
    }


def table(rows, key):
    """Rows below the line of names, by the text of a column."""
    at = next(number for number, row in enumerate(rows) if key in row)
    names = rows[at]
    return {row[names.index(key)]: dict(zip(names, row)) for row in rows[at + 1:]}


def main():
    if not shutil.which("soffice"):
        sys.exit("LibreOffice is not installed: `soffice` was not found")
    check = asked.Comparison()
    path = asked.data("online_retail", "online_retail_I.csv.gz")
    with asked.imported(path, currency="GBP") as store, tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (store.folder / "opportunities.toml").write_text(PLAN)
        possible = store.rows("opportunities", "--as-of", AS_OF)
        likely = store.rows("opportunities", "--likely", "--as-of", AS_OF)
        store.run("opportunities", "--as-of", AS_OF, "-o", folder / "made.xlsx")
        book = openpyxl.load_workbook(folder / "made.xlsx")
        formulas = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
        check.same("formulas with a text of the plan", 0, sum("HYPERLINK" in cell.value for cell in formulas))
        sheets = recalculated(book, folder, "anew")
        seen = table(sheets["Possible"], "Stage")
        total = Decimal(0)
        for row in possible:
            own = row["total_opportunity"]
            there = seen[row["name"]]["Total opportunity"]
            if own:
                check.same(f"{row['name']}: total", asked.money(own), asked.money(there))
                total += max(Decimal(own), 0)
            else:
                check.same(f"{row['name']}: no total", "", there)
        check.same("sum of opportunities", asked.money(total), asked.money(seen["Sum of opportunities"]["Total opportunity"]))
        seen = table(sheets["Likely"], "Stage")
        for row in likely:
            there = seen[row["name"]]
            for name, column in [("value", "Value"), ("cost", "Cost"), ("gain", "Gain"), ("gain_low", "Gain, low"), ("gain_high", "Gain, high")]:
                if row[name]:
                    check.near(f"{row['name']}: {name}", float(row[name]), float(there[column]), 0.0001)
        ranks = [row["name"] for row in likely if row["gain"]]
        check.same("ranks", ranks, sorted(ranks, key=lambda name: int(seen[name]["Rank"])))
        target = table(sheets["Targets"], "Stage")["At-risk repeat"]
        own = next(row for row in possible if row["life_stage"] == "at-risk-repeat")
        check.same("target", (own["moved"], own["course"]), (target["Moved so far"], target["Course"]))

        # Twice the loyal customers' value, a hundred more first-time buyers, a target out of reach, a dearer campaign.
        sheet = book["Possible"]
        names = {sheet.cell(4, column).value: column for column in range(1, 10)}
        row_of = {sheet.cell(row, 1).value: row for row in range(5, 13)}
        goal, own = sheet.cell(row_of["Active repeat"], names["Goal's CLV"]), sheet.cell(row_of["Active repeat"], names["Average CLV"]).value
        goal.value *= 2
        customers = sheet.cell(row_of["First-time buyers"], names["Customers"])
        customers.value += 100
        book["Targets"]["E5"].value = 1_000_000
        sheet = book["Likely"]
        at = {sheet.cell(4, column).value: column for column in range(1, 25)}
        stage = next(row for row in range(5, 11) if sheet.cell(row, at["Stage"]).value == "Active repeat")
        sheet.cell(stage, at["Fixed cost"]).value = 1_000_000
        sheets = recalculated(book, folder, "edited")
        seen = table(sheets["Possible"], "Stage")
        active = next(row for row in possible if row["life_stage"] == "active-repeat")
        expected = (goal.value - own) * int(active["customers"])
        check.near("edited total", expected, float(seen["Active repeat"]["Total opportunity"]), 0.0001)
        first = next(row for row in possible if row["life_stage"] == "first-time-buyers")
        more = float(first["total_opportunity"]) / int(first["customers"]) * customers.value
        check.near("edited number", more, float(seen["First-time buyers"]["Total opportunity"]), 0.01)
        others = sum(float(row["total_opportunity"] or 0) for row in possible if row["life_stage"] not in ("active-repeat", "first-time-buyers"))
        check.near("edited sum", others + expected + more, float(seen["Sum of opportunities"]["Total opportunity"]), 0.01)
        gain = next(row for row in likely if row["life_stage"] == "active-repeat")["gain"]
        seen = table(sheets["Likely"], "Stage")
        check.near("edited gain", float(gain) - 1_000_000, float(seen["Active repeat"]["Gain"]), 0.001)
        check.same("edited rank", len(ranks), int(seen["Active repeat"]["Rank"]))
        check.same("edited course", "behind", table(sheets["Targets"], "Stage")["At-risk repeat"]["Course"])
    check.end(f"{len(formulas)} formulas; sum {total:,.2f}, edited {others + expected + more:,.2f}")


if __name__ == "__main__":
    main()
