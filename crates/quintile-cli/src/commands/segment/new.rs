//! `quintile segment new`: a segment of one's own, as a file.

use super::text_or_input;
use crate::arguments::HELP;
use crate::session::Session;
use clap::Args;
use quintile::segment::{OwnSegment, new_form, parse};
use quintile::{Asked, Error, SegmentAsk};
use std::process::ExitCode;

/// A new segment of one's own: its file in `segments/`, once its text is sound
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile segment new big-and-late --query \"amount_spent > 500 AND last_order_date < -90d\"
  quintile segment new late-tea --from second-order-late
  quintile segment new pasted < segment.txt"
)]
pub struct NewArgs {
    /// Its name: small letters, digits, `-` and `_`
    #[arg(value_name = "NAME")]
    name: String,
    /// Its text [default: from the standard input]
    #[arg(long, value_name = "TEXT", conflicts_with = "from")]
    query: Option<String>,
    /// Begin with the text and the parameters of another segment
    #[arg(long, value_name = "NAME")]
    from: Option<String>,
    /// What it answers, for lists
    #[arg(long, value_name = "SENTENCE")]
    question: Option<String>,
    /// The day on which somebody shall look at it again, as 2026-12-31
    #[arg(long, value_name = "DATE")]
    review_on: Option<String>,
}

pub fn run(arguments: NewArgs, session: &Session) -> Result<ExitCode, Error> {
    let workspace = session.open()?;
    let mut segment = match &arguments.from {
        Some(other) => {
            let entry = workspace.segment(other)?;
            let mut segment = OwnSegment::new(&arguments.name, &entry.text);
            segment.question = entry.question;
            segment.goal = entry.goal;
            segment.parameters = workspace.segment_parameters(other)?;
            segment
        }
        None => {
            let text = text_or_input(arguments.query)?;
            let parsed = parse(&text);
            // Old forms are kept as the new ones; a text with mistakes is kept as it is, so that they are told where they are.
            let text = if parsed.is_sound() && !text.contains("--") { new_form(&parsed.tree).to_string() } else { text };
            OwnSegment::new(&arguments.name, &text)
        }
    };
    segment.question = arguments.question.unwrap_or(segment.question);
    segment.review_on = arguments.review_on;
    let path = workspace.segment_new(&segment)?;
    let of = Asked::Draft(arguments.name);
    let count = workspace.segment_count(&SegmentAsk { when: session.when(), of, parameters: Vec::new() })?;
    session.say(&format!("`{}` is written: {}", path.display(), quintile::segment::count_words(count.count, count.customers)));
    if workspace.ready_segment(&segment.id).is_some() {
        session.warn(&format!("there is a ready segment `{0}` too; from now on `{0}` is yours", segment.id));
    }
    super::say_count(session, &count);
    session.say(&format!(
        "it is in force once you `quintile apply`; add customers inside and outside and ask them with `quintile segment test {}`",
        segment.id
    ));
    session.say_header(&count.header, false);
    Ok(ExitCode::SUCCESS)
}
