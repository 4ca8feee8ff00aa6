//! The two-by-two of `quintile opportunities --tactics`: main goal across, time frame and impact up.

use crate::output::{broken, to_output};
use crate::session::Session;
use quintile::cell::{Cells, Value};
use quintile::{Answer, Error};
use std::io::Write;
use std::process::ExitCode;

/// Width of a column of the two-by-two, in characters.
const WIDTH: usize = 54;

/// Draws the two-by-two; its fields in the order of what to do first.
pub fn two_by_two(session: &Session, answer: &Answer) -> Result<ExitCode, Error> {
    let fields = fields(answer)?;
    to_output(session, |out| draw(session, &fields, out).map_err(broken))?;
    answer.notes.iter().for_each(|note| session.say(note));
    if let Some(header) = &answer.header {
        session.say_header(header, false);
    }
    Ok(ExitCode::SUCCESS)
}

/// The texts of each field, by its place.
fn fields(answer: &Answer) -> Result<[Vec<String>; 4], Error> {
    let schema = answer.rows.schema();
    let column = |name: &str| -> Result<Cells, Error> { Cells::of(answer.rows.column(schema.index_of(name)?)) };
    let (quadrant, stage, tactic, channel) = (column("quadrant")?, column("life_stage")?, column("tactic")?, column("channel")?);
    let mut fields: [Vec<String>; 4] = Default::default();
    for row in 0..answer.rows.num_rows() {
        let text = |cells: &Cells| match cells.get(row) {
            Value::Text(text) => text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect(),
            _ => String::new(),
        };
        if let Value::Count(place @ 1..=4) = quadrant.get(row) {
            fields[place as usize - 1].push(format!("{}: {} ({})", text(&stage), text(&tactic), text(&channel)));
        }
    }
    Ok(fields)
}

fn draw(session: &Session, fields: &[Vec<String>; 4], out: &mut (dyn Write + Send)) -> std::io::Result<()> {
    let line = |first: &str, left: &str, right: &str| format!("{first:<18}{left:<width$}{right}", width = WIDTH + 2).trim_end().to_owned();
    writeln!(out, "{}", session.bold(&line("", "revenue", "engagement")))?;
    for (name, left, right) in [("short and direct", &fields[0], &fields[1]), ("long or indirect", &fields[2], &fields[3])] {
        let (left, right): (Vec<String>, Vec<String>) =
            (left.iter().flat_map(|text| wrapped(text)).collect(), right.iter().flat_map(|text| wrapped(text)).collect());
        for at in 0..left.len().max(right.len()).max(1) {
            let of = |texts: &[String]| texts.get(at).cloned().unwrap_or_default();
            writeln!(out, "{}", line(if at == 0 { name } else { "" }, &of(&left), &of(&right)))?;
        }
        if name.starts_with("short") {
            writeln!(out)?;
        }
    }
    Ok(())
}

/// A text in lines as wide as a column; those after the first stand in.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.last().map_or(0, |line| line.chars().count());
        if last > 0 && last + 1 + word.chars().count() > WIDTH {
            lines.push(format!("  {word}"));
        } else if let Some(line) = lines.last_mut() {
            if last > 0 {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_wrapped_and_none_is_lost() {
        let text = "first-time-buyers: Renewal reminder one to two months later, by product (e-mail)";
        let lines = wrapped(text);
        assert!(lines.len() == 2 && lines.iter().all(|line| line.chars().count() <= WIDTH), "{lines:?}");
        assert_eq!(lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" "), text);
    }
}
