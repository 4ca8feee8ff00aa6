//! A query over facts and profiles.
//!
//! Tables of facts show merged facts, the newest version of each once, with the ids of their customer and order in place
//! of keys. `profiles` is the profile as of the moment asked for, computed for the columns that the query reads.

use crate::ask::FOREVER;
use crate::profile::named;
use crate::settings::LeaveOutSettings;
use crate::table::Answer;
use crate::workspace::Workspace;
use crate::{Error, RfmAsk, When, cell};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions, StringArray, StringBuilder, UInt32Array};
use arrow::compute::kernels::zip::zip;
use arrow::compute::{cast, concat_batches, is_not_null, take};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use quintile_model::batch::{FactColumns, NO_ORDER};
use quintile_model::{AsOf, CustomerBatch, FactKind, Facts};
use quintile_profile::{ProfileQuestion, columns, facts_needed, first_pass};
use quintile_sql::{Batches, ScanError, SqlLimits, SqlTable};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

/// Facts that are tables: all but withdrawals, which are the store's own business: merging heeds them.
fn tables() -> impl Iterator<Item = FactKind> {
    FactKind::ALL.into_iter().filter(|kind| *kind != FactKind::Withdrawals)
}

/// A query.
#[derive(Debug, Clone)]
pub struct SqlAsk {
    /// The moment, for `profiles`.
    pub when: When,
    /// The text.
    pub query: String,
    /// Rows of the answer; more are cut off.
    pub rows: Option<usize>,
    /// How long it may take.
    pub time: Option<Duration>,
    /// Are columns there that say who somebody is? Without them a table has only the others.
    pub personal: bool,
}

impl Workspace {
    /// Answers a query.
    pub fn sql(self: &Arc<Self>, ask: &SqlAsk) -> Result<Answer, Error> {
        let stand = self.stand(&ask.when)?;
        let mut header = stand.header.clone();
        let as_of = AsOf { instant: stand.as_of.instant, zone: self.settings.zone.clone() };
        drop(stand);
        if self.settings.leave_out != LeaveOutSettings::default() {
            header
                .warnings
                .push("`profiles` is without what [leave-out] in quintile.toml leaves out; the tables of facts are whole".to_owned());
        }
        let mut tables: Vec<SqlTable> = self::tables().map(|kind| self.facts_table(kind, ask.personal)).collect();
        tables.push(self.costs_table()?);
        tables.push(self.profiles_table(as_of, ask.personal)?);
        let limits = SqlLimits { memory_bytes: self.settings.memory_bytes, rows: ask.rows, threads: self.settings.threads, time: ask.time };
        let answer = quintile_sql::query(&ask.query, tables, limits)?;
        let rows = match answer.batches.len() {
            1 => answer.batches[0].clone(),
            _ => concat_batches(&answer.schema, &answer.batches)?,
        };
        if answer.cut_off {
            header.warnings.push(format!("cut off after {} rows; --limit 0 gives all", cell::plain_decimal(rows.num_rows() as i128, 0)));
        }
        Ok(Answer { header: Some(header), rows, notes: Vec::new() })
    }

    fn facts_table(self: &Arc<Self>, kind: FactKind, personal: bool) -> SqlTable {
        let mut schema = shown_schema(kind);
        if !personal {
            let plain: Vec<usize> =
                (0..schema.fields().len()).filter(|at| !PERSONAL.contains(&schema.field(*at).name().as_str())).collect();
            schema = Arc::new(schema.project(&plain).unwrap_or_else(|_| Schema::empty()));
        }
        let (workspace, all) = (self.clone(), schema.clone());
        let scan = move |projection: Option<&[usize]>| -> Result<Batches, ScanError> {
            let wanted = projection.map_or_else(|| (0..all.fields().len()).collect(), <[usize]>::to_vec);
            let schema = Arc::new(all.project(&wanted)?);
            let workspace = workspace.clone();
            Ok(on_a_thread(move |out| workspace.scan_facts(kind, &schema, out)))
        };
        SqlTable { name: kind.name().to_owned(), schema, scan: Arc::new(scan) }
    }

    /// Costs are few and read at once.
    fn costs_table(&self) -> Result<SqlTable, Error> {
        let costs = self.store.snapshot()?.costs()?;
        let shown: Vec<usize> = (0..costs.num_columns()).filter(|place| costs.schema().field(*place).name() != "version").collect();
        let costs = costs.project(&shown)?;
        let schema = costs.schema();
        let scan = move |projection: Option<&[usize]>| -> Result<Batches, ScanError> {
            let rows = match projection {
                Some(places) => costs.project(places)?,
                None => costs.clone(),
            };
            Ok(Box::new(std::iter::once(Ok(rows))))
        };
        Ok(SqlTable { name: "costs".to_owned(), schema, scan: Arc::new(scan) })
    }

    fn profiles_table(self: &Arc<Self>, as_of: AsOf, personal: bool) -> Result<SqlTable, Error> {
        let plain = columns::ALL.iter().filter(|column| personal || !column.personal);
        let all: Vec<Field> = plain.map(|column| column.field()).chain(self.trait_fields()?).collect();
        let schema = Arc::new(Schema::new(all));
        let (workspace, all) = (self.clone(), schema.clone());
        let scan = move |projection: Option<&[usize]>| -> Result<Batches, ScanError> {
            let names: Vec<String> = match projection {
                None => all.fields().iter().map(|field| field.name().clone()).collect(),
                Some(places) => places.iter().map(|place| all.field(*place).name().clone()).collect(),
            };
            let (workspace, when) = (workspace.clone(), When::AsOf(as_of.instant.to_iso()));
            Ok(on_a_thread(move |out| {
                // Of a query that counts rows no column is asked.
                let profile = match names.is_empty() {
                    true => workspace.profile_of(&when, Vec::new(), &RfmAsk::default())?,
                    false => workspace.profile_shown(workspace.stand(&when)?, &names, &RfmAsk::default())?,
                };
                profile.each(|batches| Ok(batches.into_iter().all(|batch| out.send(Ok(batch)).is_ok())))?;
                Ok(())
            }))
        };
        Ok(SqlTable { name: "profiles".to_owned(), schema, scan: Arc::new(scan) })
    }

    fn scan_facts(&self, kind: FactKind, schema: &SchemaRef, out: &Sender) -> Result<(), Error> {
        let snapshot = self.store.snapshot()?;
        let asks = |name: &str| schema.fields().iter().any(|field| field.name() == name);
        let own: Vec<&'static str> = names_of(kind).filter(|name| asks(name)).collect();
        // Ids to show are those of the profile, whatever the moment.
        let mut ids = ProfileQuestion::new(AsOf { instant: FOREVER, zone: self.settings.zone.clone() });
        ids.columns = named(&["customer_id".to_owned()])?;
        ids.first_source = snapshot.first_source().map(str::to_owned);
        let mut wanted = if asks("customer_id") { facts_needed(&ids) } else { FactColumns::default() };
        let add = |columns: &mut Vec<&'static str>, more: &[&'static str]| {
            for name in more {
                if !columns.contains(name) {
                    columns.push(name);
                }
            }
        };
        match kind {
            FactKind::Customers => add(&mut wanted.customers, &own),
            FactKind::Orders => add(&mut wanted.orders, &own),
            FactKind::Lines => add(wanted.lines.get_or_insert_default(), &own),
            FactKind::Refunds => add(wanted.refunds.get_or_insert_default(), &own),
            FactKind::Cancellations => add(&mut wanted.cancellations, &own),
            FactKind::Touchpoint(kind) => wanted.touchpoints.push((kind, own.clone())),
            FactKind::Withdrawals => unreachable!("withdrawals are no table"),
        }
        if asks("order_id") {
            add(&mut wanted.orders, &["order_id"]);
        }
        if kind == FactKind::Refunds && asks("currency") {
            add(&mut wanted.orders, &["currency"]);
        }
        snapshot.scan(&wanted, self.settings.threads, |batch| {
            self.go_on()?;
            let rows = shown(&batch, kind, schema, &ids)?;
            out.send(Ok(rows)).map_err(|_| Error::BrokenPipe)
        })?;
        if let FactKind::Touchpoint(touchpoint) = kind {
            let wanted = FactColumns { touchpoints: vec![(touchpoint, own)], ..FactColumns::default() };
            let send = |batch: &CustomerBatch| match batch.touchpoints(touchpoint) {
                Some(facts) if !facts.is_empty() => out.send(Ok(of_nobody(&facts.rows, schema)?)).map_err(|_| Error::BrokenPipe),
                _ => Ok(()),
            };
            snapshot.scan_visitors(&wanted, self.settings.threads, |batch| {
                self.go_on()?;
                send(&batch)
            })?;
            return send(&snapshot.nobody(&wanted)?);
        }
        let nobody = snapshot.nobody(&wanted)?;
        let rows = match kind {
            FactKind::Customers | FactKind::Withdrawals | FactKind::Touchpoint(_) => return Ok(()),
            FactKind::Orders => &nobody.orders.rows,
            FactKind::Lines => &nobody.lines.rows,
            FactKind::Refunds => &nobody.refunds.rows,
            FactKind::Cancellations => &nobody.cancellations.rows,
        };
        if rows.num_rows() > 0 {
            // Nobody may listen any more, which is no error.
            let _ = out.send(of_nobody(rows, schema).map_err(|error| Box::new(error) as ScanError));
        }
        Ok(())
    }
}

/// Columns of facts that say who somebody is, or what they wrote in their own words.
const PERSONAL: [&str; 10] =
    ["email", "phone", "first_name", "last_name", "company", "postcode", "birthday", "answer", "properties", "term"];

type Sender = SyncSender<Result<RecordBatch, ScanError>>;

/// Batches made by a thread of their own, a few ahead of whoever takes them.
fn on_a_thread(work: impl FnOnce(&Sender) -> Result<(), Error> + Send + 'static) -> Batches {
    let (out, batches) = sync_channel(4);
    std::thread::spawn(move || {
        if let Err(error) = work(&out) {
            // Who has gone needs no error.
            let _ = out.send(Err(Box::new(error)));
        }
    });
    Box::new(batches.into_iter())
}

/// Columns of the facts themselves, without keys and bookkeeping.
fn names_of(kind: FactKind) -> impl Iterator<Item = &'static str> {
    let touchpoint = match kind {
        FactKind::Touchpoint(kind) => Some(["at", "source"].into_iter().chain(kind.own_columns().into_iter().map(|column| column.name))),
        _ => None,
    };
    const ALL: &[&str] = &[
        "source",
        "at",
        "order_id",
        "customer_id",
        "registered",
        "email",
        "phone",
        "first_name",
        "last_name",
        "language",
        "tags",
        "account_status",
        "email_consent",
        "sms_consent",
        "country",
        "region",
        "city",
        "postcode",
        "company",
        "gender",
        "birthday",
        "organisation_type",
        "acquisition_source",
        "acquisition_campaign",
        "lead_source",
        "standing",
        "status",
        "currency",
        "total",
        "subtotal",
        "shipping",
        "tax",
        "discount",
        "channel",
        "discount_codes",
        "kind",
        "product",
        "title",
        "category",
        "brand",
        "quantity",
        "unit_price",
        "amount",
        "dated",
    ];
    let schema = kind.schema();
    // The id of a customers row is the source's; the one to show is made from it.
    let names: Vec<&'static str> = touchpoint.map_or_else(|| ALL.to_vec(), Iterator::collect);
    names.into_iter().filter(move |name| schema.field_with_name(name).is_ok() && *name != "customer_id")
}

fn shown_schema(kind: FactKind) -> SchemaRef {
    let facts = kind.schema();
    let mut fields = vec![Field::new("customer_id", DataType::Utf8, true)];
    if matches!(kind, FactKind::Lines | FactKind::Refunds | FactKind::Cancellations) {
        fields.push(Field::new("order_id", DataType::Utf8, true));
    }
    let mut own: Vec<(usize, Field)> = names_of(kind)
        .filter_map(|name| Some((facts.index_of(name).ok()?, facts.field_with_name(name).ok()?.clone().with_nullable(true))))
        .collect();
    own.sort_by_key(|(place, _)| *place);
    fields.extend(own.into_iter().map(|(_, field)| field));
    Arc::new(Schema::new(fields))
}

fn facts_of(batch: &CustomerBatch, kind: FactKind) -> (&Facts, Option<&[u32]>) {
    match kind {
        FactKind::Touchpoint(kind) => (batch.touchpoints(kind).unwrap_or(&batch.cancellations), None),
        FactKind::Customers => (&batch.customers, None),
        FactKind::Orders => (&batch.orders, None),
        FactKind::Lines => (&batch.lines, Some(&batch.line_order)),
        FactKind::Refunds => (&batch.refunds, Some(&batch.refund_order)),
        FactKind::Cancellations => (&batch.cancellations, Some(&batch.cancellation_order)),
        FactKind::Withdrawals => unreachable!("withdrawals are no table"),
    }
}

fn shown(batch: &CustomerBatch, kind: FactKind, schema: &SchemaRef, ids: &ProfileQuestion) -> Result<RecordBatch, Error> {
    let (facts, orders) = facts_of(batch, kind);
    let mut arrays: Vec<ArrayRef> = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        arrays.push(match field.name().as_str() {
            "customer_id" => customer_ids(batch, facts, ids)?,
            "order_id" if orders.is_some() => {
                let known =
                    batch.orders.rows.column_by_name("order_id").ok_or_else(|| Error::Answer("orders lack `order_id`".to_owned()))?;
                let places: UInt32Array = orders.unwrap_or_default().iter().map(|order| (*order != NO_ORDER).then_some(*order)).collect();
                take(known, &places, None)?
            }
            "currency" if kind == FactKind::Refunds => currencies(batch)?,
            name => facts.rows.column_by_name(name).cloned().ok_or_else(|| Error::Answer(format!("facts lack `{name}`")))?,
        });
    }
    let options = RecordBatchOptions::new().with_row_count(Some(facts.len()));
    Ok(RecordBatch::try_new_with_options(schema.clone(), arrays, &options)?)
}

/// The currency of each refund: its own, else that of its order.
fn currencies(batch: &CustomerBatch) -> Result<ArrayRef, Error> {
    let own = batch.refunds.rows.column_by_name("currency").ok_or_else(|| Error::Answer("facts lack `currency`".to_owned()))?;
    let Some(of_orders) = batch.orders.rows.column_by_name("currency").filter(|_| own.null_count() > 0) else { return Ok(own.clone()) };
    let places: UInt32Array = batch.refund_order.iter().map(|order| (*order != NO_ORDER).then_some(*order)).collect();
    let of_orders = cast(&take(of_orders, &places, None)?, &DataType::Utf8)?;
    let both = zip(&is_not_null(own)?, &cast(own, &DataType::Utf8)?, &of_orders)?;
    Ok(cast(&both, own.data_type())?)
}

/// The id to show, for each row of some facts.
fn customer_ids(batch: &CustomerBatch, facts: &Facts, question: &ProfileQuestion) -> Result<ArrayRef, Error> {
    let rows = first_pass(batch, question)?.batch;
    let shown = rows.column_by_name("customer_id").and_then(|ids| ids.as_string_opt::<i32>());
    let shown: &StringArray = shown.ok_or_else(|| Error::Answer("the profile lacks `customer_id`".to_owned()))?;
    if shown.len() != batch.keys.len() {
        return Err(Error::Answer("some customers are not known at any moment".to_owned()));
    }
    let mut ids = StringBuilder::with_capacity(facts.len(), facts.len() * 8);
    for customer in 0..batch.keys.len() {
        for _ in facts.of(customer) {
            if shown.is_valid(customer) { ids.append_value(shown.value(customer)) } else { ids.append_null() }
        }
    }
    Ok(Arc::new(ids.finish()))
}

/// Rows of no customer, whose order may be none that is known.
fn of_nobody(rows: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, Error> {
    let column = |field: &Arc<Field>| match rows.column_by_name(field.name()) {
        Some(column) if field.name() != "customer_id" && column.data_type() == field.data_type() => Ok(column.clone()),
        Some(column) if field.name() != "customer_id" => Ok(cast(column, field.data_type())?),
        _ => Ok(arrow::array::new_null_array(field.data_type(), rows.num_rows())),
    };
    let arrays = schema.fields().iter().map(column).collect::<Result<Vec<_>, Error>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
    Ok(RecordBatch::try_new_with_options(schema.clone(), arrays, &options)?)
}
