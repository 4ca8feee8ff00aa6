//! `quintile import`: files into the store.

mod undo;

use crate::arguments::{Face, HELP};
use crate::output::{broken, progress::Bar, to_output};
use crate::session::{PARTIAL, Session};
use clap::Args;
use quintile::header::{counted, grouped};
use quintile::{Error, FileReport, ImportAsk, ImportReport};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Import files and folders: shop exports, CSV, JSON, JSON Lines, Parquet, packed or not
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile import orders_export.csv customers_export.csv
  quintile import exports/
  quintile import sales.csv --dry-run              shows how each column would be read
  quintile import sales.csv --mapping mappings/sales.toml
  quintile import lines.csv --as lines --source till
  quintile import --undo 7                         takes import 7 out again; `quintile imports` lists them
  quintile import visits.jsonl --as events         also carts, messages, tickets, reviews, surveys, consents, costs

Rows that cannot be read are kept in rejects/, and the others are imported (exit code 7).
A file that was imported before changes nothing. After --undo the store is as if that import had never been made, and
its files can be imported again."
)]
pub struct ImportArgs {
    /// Files and folders
    #[arg(value_name = "FILE", required_unless_present = "undo")]
    files: Vec<PathBuf>,
    /// Undo the import of this number
    #[arg(long, value_name = "ID", conflicts_with_all = ["files", "mapping", "as_kind", "source", "dry_run"])]
    undo: Option<u32>,
    /// Read the columns by this mapping
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// What the rows are, where a file does not tell: orders, lines, refunds, cancellations, customers, products, costs,
    /// events, carts, messages, tickets, reviews, surveys, referrals, consents
    #[arg(long = "as", value_name = "KIND")]
    as_kind: Option<String>,
    /// The name of the source; ids of different sources never meet
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// Read everything and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub fn run(arguments: ImportArgs, session: &Session) -> Result<ExitCode, Error> {
    let workspace = session.open()?;
    if let Some(import) = arguments.undo {
        return undo::run(&workspace, import, session);
    }
    let ask = ImportAsk {
        paths: arguments.files,
        mapping: arguments.mapping,
        as_kind: arguments.as_kind,
        source: arguments.source,
        dry_run: arguments.dry_run,
    };
    if session.may_ask() && !ask.dry_run {
        for file in workspace.guessed(&ask)? {
            eprintln!(
                "`{}` has no layout that is known; its columns would be read so:\n\n{}",
                file.path.display(),
                file.mapping.unwrap_or_default()
            );
            if session.ask("Import it so? [Y/n]").is_some_and(|answer| !answer.to_lowercase().starts_with('y')) {
                session.say("nothing was imported; write the mapping to a file with --dry-run, mend it, and give it with --mapping");
                return Ok(ExitCode::SUCCESS);
            }
        }
    }
    let bar = Bar::new(session);
    let report = workspace.import(&ask, &|progress| bar.hear(progress));
    bar.end();
    let report = report?;
    for file in &report.files {
        file.notes.iter().for_each(|note| session.say(&format!("{}: {note}", file.path.display())));
    }
    if !report.assumed.is_empty() && report.summary.as_ref().is_some_and(|summary| summary.commit == 1) {
        session.say(&format!("taken where nothing was said: {}; quintile.toml can say otherwise", report.assumed.join("; ")));
    }
    match session.face() {
        Face::Table => to_output(session, |out| tell(&report, ask.dry_run, out).map_err(broken))?,
        Face::Json | Face::Jsonl => to_output(session, |out| writeln!(out, "{}", json(&report)).map_err(broken))?,
        other => return Err(Error::Usage(format!("an import is told as table or json, not as {other:?}").to_lowercase())),
    }
    Ok(if report.refused() > 0 { ExitCode::from(PARTIAL) } else { ExitCode::SUCCESS })
}

fn tell(report: &ImportReport, dry_run: bool, out: &mut (dyn Write + Send)) -> std::io::Result<()> {
    for file in &report.files {
        let path = file.path.display();
        match file {
            FileReport { not_read: true, .. } => writeln!(out, "{path}: not read")?,
            FileReport { known_since: Some(import), .. } => writeln!(out, "{path}: known since import {import}, passed over")?,
            _ => {
                let refused = if file.refused > 0 { format!(", {} refused", count(file.refused)) } else { String::new() };
                writeln!(out, "{path}: {}, {}{refused}", file.layout, counted(file.rows, "row", "rows"))?;
            }
        }
        if dry_run && let Some(mapping) = &file.mapping {
            writeln!(out, "\n{mapping}")?;
        }
    }
    let records = |of: &mut dyn Iterator<Item = (&str, u64)>| {
        of.filter(|(_, rows)| *rows > 0).map(|(kind, rows)| format!("{} {kind}", count(rows))).collect::<Vec<_>>().join(", ")
    };
    match &report.summary {
        None if dry_run => {
            writeln!(out, "would import {}", none_if_empty(records(&mut report.records.iter().map(|(kind, rows)| (*kind, *rows)))))?;
        }
        None => writeln!(out, "nothing new")?,
        Some(summary) => {
            writeln!(
                out,
                "import {}: read {}",
                summary.commit,
                none_if_empty(records(&mut report.records.iter().map(|(kind, rows)| (*kind, *rows))))
            )?;
            let mut orders = Vec::new();
            if summary.orders_new > 0 || report.records.contains_key("orders") {
                orders.push(counted(summary.orders_new, "new order", "new orders"));
            }
            if summary.orders_known > 0 {
                orders.push(format!("{} known before", count(summary.orders_known)));
            }
            if summary.orders_moved > 0 {
                orders.push(format!("{} went to another customer", count(summary.orders_moved)));
            }
            if !orders.is_empty() {
                writeln!(out, "{}", orders.join(", "))?;
            }
            let nobody = records(&mut summary.rows_of_nobody.iter().map(|(kind, rows)| (*kind, *rows)));
            if !nobody.is_empty() {
                writeln!(out, "of no customer: {nobody}")?;
            }
            let visitors = records(&mut summary.rows_of_visitors.iter().map(|(kind, rows)| (*kind, *rows)));
            if !visitors.is_empty() {
                writeln!(out, "of visitors who have not said who they are: {visitors}")?;
            }
            if summary.waiting > 0 {
                writeln!(out, "{} for their order", counted(summary.waiting, "row waits", "rows wait"))?;
            }
            if summary.refunds_undated > 0 {
                writeln!(
                    out,
                    "{} no date and count from their order's moment",
                    counted(summary.refunds_undated, "refund has", "refunds have")
                )?;
            }
        }
    }
    for mapping in &report.mappings {
        writeln!(out, "mapping kept in `{}`", mapping.display())?;
    }
    if report.refused() > 0 {
        match &report.rejects {
            Some(rejects) => writeln!(
                out,
                "{} refused; the reasons are in `{}`, such as:",
                counted(report.refused(), "row was", "rows were"),
                rejects.display()
            )?,
            None => writeln!(out, "{} would be refused, such as:", counted(report.refused(), "row", "rows"))?,
        }
        for file in &report.files {
            for refusal in &file.first_refusals {
                let column = refusal.column.as_ref().map(|column| format!(", column `{column}`")).unwrap_or_default();
                writeln!(out, "  {}, line {}{column}: {}", file.path.display(), count(refusal.line), refusal.reason)?;
            }
        }
    }
    Ok(())
}

fn none_if_empty(text: String) -> String {
    if text.is_empty() { "nothing".to_owned() } else { text }
}

fn count(number: u64) -> String {
    grouped(&number.to_string())
}

fn json(report: &ImportReport) -> serde_json::Value {
    let path = |path: &PathBuf| path.display().to_string();
    let files = report.files.iter().map(|file| {
        let refusals = file.first_refusals.iter().map(|refusal| {
            serde_json::json!({"line": refusal.line, "column": refusal.column, "reason": refusal.reason, "row": refusal.row})
        });
        serde_json::json!({
            "path": path(&file.path), "layout": file.layout, "source": file.source, "produces": file.produces, "known_since": file.known_since,
            "not_read": file.not_read, "rows": file.rows, "refused": file.refused, "first_refusals": refusals.collect::<Vec<_>>(), "notes": file.notes,
            "mapping": file.mapping,
        })
    });
    let summary = report.summary.as_ref().map(|summary| {
        serde_json::json!({
            "import": summary.commit, "rows": summary.rows, "rows_of_nobody": summary.rows_of_nobody,
            "rows_of_visitors": summary.rows_of_visitors, "orders_new": summary.orders_new,
            "orders_known": summary.orders_known, "orders_moved": summary.orders_moved, "waiting": summary.waiting, "refunds_undated": summary.refunds_undated,
        })
    });
    serde_json::json!({
        "files": files.collect::<Vec<_>>(), "records": report.records, "summary": summary, "refused": report.refused(),
        "rejects": report.rejects.as_ref().map(path), "mappings": report.mappings.iter().map(path).collect::<Vec<_>>(), "assumed": report.assumed,
    })
}
