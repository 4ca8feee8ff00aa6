//! The sheet of what is likely, less what it costs: ranked, and ranked anew when a figure is edited.

use super::sheet::{FIRST, Field, Line, begin, field};
use crate::Error;
use crate::opportunities::Likely;
use crate::opportunities::workbook::possible::units;
use crate::write::xlsx::formats::{Formats, cell_name};
use quintile_insight::opportunity::gain::{Gain, Terms};
use quintile_insight::opportunity::likely::LikelyRow;
use rust_xlsxwriter::Worksheet;

pub(super) const FIELDS: [Field; 24] = [
    field("Rank", 7, "By gain, largest first."),
    field("Stage", 27, "The life stage whose customers move."),
    field("Goal", 24, "The stage or stages they move to."),
    field("Customers", 12, "Customers in the stage now. Yours to edit."),
    field("Usual month", 11, "Share of them that moves in the median month; that happens anyway. Yours to edit."),
    field("Best month", 11, "Share that moved in the best month of the same season. Yours to edit."),
    field("Move anyway", 11, "Customers x usual month."),
    field("Move extra", 11, "Customers x (best month - usual month), at least nothing."),
    field("Each worth", 15, "What a mover spent over the horizon more than who stayed. Yours to edit."),
    field("Value", 17, "Move extra x each worth, for one month, by revenue and before costs."),
    field("Margin", 9, "Share of the revenue that is left when the goods are paid; empty values by revenue. Yours to edit."),
    field("Reach", 9, "Share of the stage's customers who are reached. Yours to edit."),
    field("Cost per customer", 13, "For each customer who is reached. Yours to edit."),
    field("Discount per mover", 13, "For each customer who moves, those with it who would have moved anyway. Yours to edit."),
    field("Fixed cost", 13, "Whatever the number. Yours to edit."),
    field("Reached", 11, "Customers x reach, rounded."),
    field("Cost", 15, "Reached x cost per customer + (move anyway + move extra) x reach x discount per mover + fixed cost."),
    field("Gain", 17, "Value x reach x margin - cost; the figure that ranks."),
    field("Gain, low", 17, "The lower end of its 95 % interval, by the store's own past."),
    field("Gain, high", 17, "The upper end of the same."),
    field("Effort, days", 9, "Days of work: as given, or as the catalogue assumes. Yours to edit."),
    field(
        "Value low, each",
        13,
        "The lower end of the interval of the value, for one customer in the stage. Comes from resampling the store's past, and does not follow an edited share or worth.",
    ),
    field("Value high, each", 13, "The upper end of the same."),
    field("Note", 60, "What to know of the row."),
];

const CUSTOMERS: u16 = 3;
const USUAL: u16 = 4;
const BEST: u16 = 5;
const ANYWAY: u16 = 6;
const EXTRA: u16 = 7;
const WORTH: u16 = 8;
const VALUE: u16 = 9;
const MARGIN: u16 = 10;
const REACH: u16 = 11;
const EACH: u16 = 12;
const DISCOUNT: u16 = 13;
const FIXED: u16 = 14;
const REACHED: u16 = 15;
const COST: u16 = 16;
const GAIN: u16 = 17;
const LOW: u16 = 18;
const HIGH: u16 = 19;
const EFFORT: u16 = 20;
const LOW_EACH: u16 = 21;
const HIGH_EACH: u16 = 22;

pub(super) fn write(sheet: &mut Worksheet, formats: &Formats, likely: &Likely) -> Result<(), Error> {
    let title = "What is likely: each move as often as in the best month of the same season, for one month";
    begin(sheet, formats, "Likely", title, &likely.terms_note(), &FIELDS)?;
    // Two pages wide, so that it can be read; who is meant stands on both.
    sheet.set_print_fit_to_pages(2, 0).set_repeat_columns(0, 2)?;
    let end = FIRST + likely.rows.len() as u32;
    let range = |column: u16| format!("{}:{}", absolute(FIRST, column), absolute(end.saturating_sub(1), column));
    let rows = likely.rows.iter().zip(&likely.terms).zip(&likely.gains).enumerate();
    for (at, ((row, terms), gain)) in rows {
        let mut line = Line { sheet, row: FIRST + at as u32 };
        fill(&mut line, formats, (row, terms, gain))?;
        let own = line.cell(GAIN);
        let rank = gain.gain.map(|_| at as f64 + 1.0);
        line.formula(0, &[GAIN], &format!("RANK({own},{})", range(GAIN)), rank, &formats.count)?;
        line.text(23, &likely.remark(row).unwrap_or_default(), &formats.text)?;
    }
    let mut line = Line { sheet, row: end };
    for column in 0..FIELDS.len() as u16 {
        line.text(column, if column == 1 { "Sum of gains above nought" } else { " " }, &formats.total_text)?;
    }
    let sum: f64 = likely.gains.iter().filter_map(|gain| gain.gain).filter(|gain| *gain > 0.0).sum();
    line.plain_formula(GAIN, &format!("SUMIF({},\">0\")", range(GAIN)), (sum / 10_000.0).to_string(), &formats.total_amount)?;
    Ok(())
}

fn fill(line: &mut Line<'_>, formats: &Formats, (row, terms, gain): (&LikelyRow, &Terms, &Gain)) -> Result<(), Error> {
    let unit = |amount: Option<f64>| amount.map(|amount| amount / 10_000.0);
    let c = |line: &Line<'_>, column| line.cell(column);
    line.text(1, &row.stage_name, &formats.text)?;
    line.text(2, &row.goal_name, &formats.text)?;
    line.number(CUSTOMERS, row.customers.map(|count| count as f64), &formats.input_count)?;
    line.number(USUAL, row.usual_rate, &formats.input_share)?;
    line.number(BEST, row.best_rate, &formats.input_share)?;
    line.number(WORTH, unit(row.worth), &formats.input_amount)?;
    line.number(MARGIN, terms.margin_share, &formats.input_share)?;
    line.number(REACH, Some(terms.reach_share), &formats.input_share)?;
    line.number(EACH, units(terms.cost_per_customer), &formats.input_amount)?;
    line.number(DISCOUNT, units(terms.discount_per_mover), &formats.input_amount)?;
    line.number(FIXED, units(terms.fixed_cost), &formats.input_amount)?;
    line.number(EFFORT, terms.effort_days, &formats.input_number)?;
    // The interval is linear in the number of customers, and in nothing else that can be edited here.
    let each = |end: Option<f64>| row.customers.filter(|count| *count > 0).zip(end).map(|(count, end)| end / 10_000.0 / count as f64);
    line.number(LOW_EACH, each(row.interval.map(|(low, _)| low)), &formats.amount)?;
    line.number(HIGH_EACH, each(row.interval.map(|(_, high)| high)), &formats.amount)?;

    let (customers, usual, best, reach) = (c(line, CUSTOMERS), c(line, USUAL), c(line, BEST), c(line, REACH));
    let (anyway, extra, reached, cost) = (c(line, ANYWAY), c(line, EXTRA), c(line, REACHED), c(line, COST));
    line.formula(ANYWAY, &[CUSTOMERS, USUAL], &format!("{customers}*{usual}"), row.anyway, &formats.number)?;
    let more = format!("{customers}*MAX({best}-{usual},0)");
    line.formula(EXTRA, &[CUSTOMERS, USUAL, BEST], &more, row.extra, &formats.number)?;
    let value = format!("{extra}*{}", c(line, WORTH));
    line.formula(VALUE, &[EXTRA, WORTH], &value, unit(row.value), &formats.amount)?;
    line.formula(REACHED, &[CUSTOMERS], &format!("ROUND({customers}*{reach},0)"), gain.reached, &formats.count)?;
    let movers = format!("(N({anyway})+N({extra}))*{reach}");
    let costs = format!("{reached}*{}+{movers}*{}+{}", c(line, EACH), c(line, DISCOUNT), c(line, FIXED));
    line.formula(COST, &[REACHED], &costs, gain.reached.map(|_| gain.cost.unwrap_or(0.0) / 10_000.0), &formats.amount)?;
    let margin = format!("IF({0}=\"\",1,{0})", c(line, MARGIN));
    let left = |of: String| format!("{of}*{reach}*{margin}-{cost}");
    line.formula(GAIN, &[VALUE, COST], &left(c(line, VALUE)), unit(gain.gain), &formats.amount)?;
    for (column, from, end) in [(LOW, LOW_EACH, gain.interval.map(|(low, _)| low)), (HIGH, HIGH_EACH, gain.interval.map(|(_, high)| high))]
    {
        let formula = left(format!("{}*{customers}", c(line, from)));
        line.formula(column, &[CUSTOMERS, from, COST], &formula, unit(end), &formats.amount)?;
    }
    Ok(())
}

/// A cell that a formula names the same wherever it is copied to.
fn absolute(row: u32, column: u16) -> String {
    let name = cell_name(row, column);
    let digits = name.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
    format!("${}${}", &name[..digits], &name[digits..])
}
