//! The words of this store: the columns of the profile as attributes, the classes of the catalogue as their values, the named
//! segments, and, for those parts of a segment that name texts, the values that have been seen.

use crate::Error;
use crate::segment::own::{Meaning, OwnSegment, Traits};
use crate::segment::{Asked, parameters};
use crate::workspace::{Stand, Workspace};
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Int32Type};
use quintile_model::batch::FactColumns;
use quintile_model::{CustomerBatch, Touchpoint};
use quintile_profile::columns::{self, Column, ColumnType};
use quintile_profile::{ProfileQuestion, facts_needed, first_pass};
use quintile_segment::Vocabulary;
use quintile_segment::syntax::tree::{Call, Expr, ExprKind, Subject, Tree};
use quintile_segment::traits::PREFIX;
use quintile_segment::vocabulary::functions::{self, FactTable, Field, ParamKind};
use quintile_segment::vocabulary::{Attribute, Kind, Moves, NamedSegment, Unit, Values};
use std::collections::{BTreeMap, BTreeSet};

/// More different values than this are no list to check against.
const MOST_VALUES: usize = 20_000;

impl Workspace {
    /// The words for a question: a draft is asked among drafts.
    pub(crate) fn words_for(&self, of: &Asked, given: &[(String, String)]) -> Result<Vocabulary, Error> {
        self.words_of(of.meaning(), given)
    }

    /// The words of the store, as far as they are known without looking at facts, with own segments as they are in force or as
    /// their files are.
    pub(crate) fn words_of(&self, meaning: Meaning, given: &[(String, String)]) -> Result<Vocabulary, Error> {
        self.words_with(self.own(meaning)?.values(), &self.traits(meaning)?, given)
    }

    /// The words of the store with these own segments and traits.
    pub(crate) fn words_with<'a>(
        &self,
        own: impl Iterator<Item = &'a OwnSegment>,
        traits: &Traits,
        given: &[(String, String)],
    ) -> Result<Vocabulary, Error> {
        let closed = |name: &str| -> Option<Vec<String>> {
            if name == "rfm_group" {
                let map = self.rfm_map(&crate::RfmAsk::default()).ok()?;
                let groups = map.groups.iter().map(|group| group.id.clone());
                return Some(groups.chain(["PROSPECTS".to_owned()]).collect());
            }
            let partition = self.catalog.partitions.iter().find(|partition| partition.id == name)?;
            Some(partition.classes.iter().map(|class| class.id.clone()).collect())
        };
        let mut vocabulary = Vocabulary::new(columns::ALL.iter().map(|column| attribute(column, closed(column.name))));
        for segment in &self.catalog.segments {
            let of = segment.parameters.iter().map(|(name, parameter)| (name.clone(), parameter.default.clone())).collect::<Vec<_>>();
            let named = NamedSegment { text: segment.segment.clone(), parameters: parameters(&of)? };
            vocabulary.segments.insert(segment.id.clone(), named);
        }
        // Own ones go before ready ones of the same name, which may be younger than they are.
        for segment in own {
            vocabulary.segments.insert(segment.id.clone(), segment.named()?);
        }
        // They may name segments, so they come after them.
        vocabulary.add_traits(traits.values().filter_map(|read| read.as_ref().ok().cloned()).collect());
        for (name, read) in traits {
            if let Some(why) = read.as_ref().err().map(Error::to_string) {
                vocabulary.break_trait(format!("{PREFIX}{name}"), why);
            }
        }
        vocabulary.parameters = parameters(given)?;
        Ok(vocabulary)
    }

    /// Looks up which values there are where a segment compares texts, and which facts the store has none of.
    pub(crate) fn learn_values(&self, stand: &Stand, vocabulary: &mut Vocabulary, tree: &Tree) -> Result<(), Error> {
        let mut wanted = Wanted::default();
        look(&tree.root, vocabulary, &mut wanted);
        if wanted.is_empty() {
            return Ok(());
        }
        let mut question = ProfileQuestion::new(stand.as_of.clone());
        question.columns = wanted.columns.iter().filter_map(|name| columns::find(name)).filter(|column| !column.second_pass()).collect();
        let facts = facts_needed(&question).and(&wanted.facts());
        let (parts, _) = self.scan(&stand.snapshot, &facts, &question.as_of, |batch| {
            let mut seen = Seen::default();
            if !question.columns.is_empty() {
                let rows = first_pass(&batch, &question)?.batch;
                for column in &question.columns {
                    seen.add(column.name, rows.column_by_name(column.name));
                }
            }
            for (name, table, column) in &wanted.params {
                seen.add(name, column_of(&batch, *table, column));
            }
            for table in &wanted.tables {
                if rows_of(&batch, *table) > 0 {
                    seen.tables.insert(*table);
                }
            }
            Ok::<Seen, Error>(seen)
        })?;
        let mut seen = Seen::default();
        parts.into_iter().for_each(|part| seen.join(part));
        vocabulary.absent = wanted.tables.difference(&seen.tables).copied().collect();
        for (name, values) in seen.values.into_iter().filter(|(_, values)| values.len() < MOST_VALUES) {
            let list: Vec<String> = values.into_iter().collect();
            match name.contains('.') && wanted.params.iter().any(|(known, ..)| *known == name) {
                true => {
                    vocabulary.values.insert(name, list);
                }
                false => vocabulary.see(&name, list),
            }
        }
        Ok(())
    }
}

/// A column of the profile as an attribute.
fn attribute(column: &Column, closed: Option<Vec<String>>) -> Attribute {
    let kind = match column.kind {
        ColumnType::Text | ColumnType::RepeatedText => Kind::Text,
        ColumnType::Texts => Kind::Texts { by_case: column.name != "customer_tags" },
        ColumnType::Count | ColumnType::Small => Kind::Whole,
        ColumnType::Number => Kind::Number,
        ColumnType::Amount => Kind::Amount,
        ColumnType::Instant => Kind::Date,
        ColumnType::Flag => Kind::Flag,
        // Hidden columns are not in the list.
        ColumnType::Day | ColumnType::Gaps | ColumnType::Amounts | ColumnType::Key => Kind::Any,
    };
    Attribute {
        unit: match column.unit {
            "days" => Unit::Days,
            "amount" => Unit::Money,
            _ => Unit::Plain,
        },
        values: closed.map_or(Values::Open, Values::Closed),
        moves: moves(column),
        meaning: column.meaning.to_owned(),
        ..Attribute::new(column.name, kind)
    }
}

/// How a column changes while no fact comes.
fn moves(column: &Column) -> Moves {
    match column.name {
        "days_since_last_order" => Moves::Since("last_order_date".to_owned()),
        "days_since_first_order" => Moves::Since("first_order_date".to_owned()),
        "tenure_days" => Moves::Since("customer_added_date".to_owned()),
        "orders_in_30d" => Moves::Window(30),
        "orders_in_90d" => Moves::Window(90),
        "orders_in_365d" | "spent_in_365d" => Moves::Window(365),
        // Windows over touchpoints and classes: looked at every midnight.
        name if column.second_pass() || name.ends_with("_30d") || name.ends_with("_90d") || matches!(name, "age" | "views_per_order") => {
            Moves::Daily
        }
        _ => Moves::Never,
    }
}

/// What a segment compares with texts.
#[derive(Default)]
struct Wanted {
    columns: BTreeSet<String>,
    /// Name in the vocabulary, table, column.
    params: BTreeSet<(String, FactTable, &'static str)>,
    tables: BTreeSet<FactTable>,
}

impl Wanted {
    fn is_empty(&self) -> bool {
        self.columns.is_empty() && self.params.is_empty() && self.tables.is_empty()
    }

    fn facts(&self) -> FactColumns {
        let mut facts = FactColumns::default();
        let mut add = |table: FactTable, name: &'static str| {
            let list = match table {
                FactTable::Orders => &mut facts.orders,
                FactTable::Sales | FactTable::Returns => facts.lines.get_or_insert_default(),
                FactTable::Refunds => facts.refunds.get_or_insert_default(),
                FactTable::Of(_) | FactTable::Visits | FactTable::Nothing => {
                    let Some(kind) = touchpoint(table) else { return };
                    let known = facts.touchpoints.iter().position(|(other, _)| *other == kind);
                    let at = known.unwrap_or_else(|| {
                        facts.touchpoints.push((kind, Vec::new()));
                        facts.touchpoints.len() - 1
                    });
                    &mut facts.touchpoints[at].1
                }
            };
            if !list.contains(&name) {
                list.push(name);
            }
        };
        self.params.iter().for_each(|(_, table, column)| add(*table, column));
        self.tables.iter().for_each(|table| add(*table, "at"));
        facts
    }
}

fn touchpoint(table: FactTable) -> Option<Touchpoint> {
    match table {
        FactTable::Of(kind) => Some(kind),
        FactTable::Visits => Some(Touchpoint::Events),
        FactTable::Orders | FactTable::Sales | FactTable::Returns | FactTable::Refunds | FactTable::Nothing => None,
    }
}

fn look(expr: &Expr, vocabulary: &Vocabulary, wanted: &mut Wanted) {
    match &expr.kind {
        ExprKind::And(list) | ExprKind::Or(list) => list.iter().for_each(|part| look(part, vocabulary, wanted)),
        ExprKind::Not(inner) => look(inner, vocabulary, wanted),
        ExprKind::Test { subject: Subject::Attribute(name), .. } => {
            if let Some(attribute) = vocabulary.attribute(&name.name)
                && matches!(attribute.kind, Kind::Text | Kind::Texts { .. })
                && !matches!(attribute.values, Values::Closed(_))
                // Who somebody is does not repeat; it is not looked up.
                && columns::find(&attribute.name).is_some_and(|column| !column.personal && column.kind != ColumnType::Text)
            {
                wanted.columns.insert(attribute.name);
            }
        }
        ExprKind::Did { call, .. } => look_at_call(call, wanted),
        ExprKind::Sequence { first, steps } => {
            look_at_call(first, wanted);
            steps.iter().for_each(|step| look_at_call(&step.call, wanted));
        }
        ExprKind::Test { .. } | ExprKind::Segment(_) | ExprKind::Broken => {}
    }
}

fn look_at_call(call: &Call, wanted: &mut Wanted) {
    let Some(function) = functions::find(&call.name.name) else { return };
    if touchpoint(function.table).is_some() {
        wanted.tables.insert(function.table);
    }
    for param in &call.params {
        let Some(known) = function.param(&param.name.name) else { continue };
        if !matches!(known.kind, ParamKind::Text | ParamKind::Country | ParamKind::Id) {
            continue;
        }
        let name = format!("{}.{}", function.name, param.name.name);
        match known.field {
            Field::Own(column) => wanted.params.insert((name, function.table, column)),
            Field::Order(column) => wanted.params.insert((name, FactTable::Orders, column)),
            Field::AnyLine(column) => wanted.params.insert((name, FactTable::Sales, column)),
            Field::At
            | Field::Value
            | Field::Discounted
            | Field::FullPrice
            | Field::Nth
            | Field::Price
            | Field::Abandoned
            | Field::Property
            | Field::Nowhere => false,
        };
    }
}

/// The facts that hold a column of a table, and no more.
pub(super) fn texts_of(table: FactTable, column: &'static str) -> FactColumns {
    Wanted { params: BTreeSet::from([(String::new(), table, column)]), ..Wanted::default() }.facts()
}

pub(super) fn column_of<'a>(batch: &'a CustomerBatch, table: FactTable, name: &str) -> Option<&'a ArrayRef> {
    let facts = match table {
        FactTable::Orders => &batch.orders,
        FactTable::Sales | FactTable::Returns => &batch.lines,
        FactTable::Refunds => &batch.refunds,
        FactTable::Of(_) | FactTable::Visits | FactTable::Nothing => batch.touchpoints(touchpoint(table)?)?,
    };
    facts.rows.column_by_name(name)
}

fn rows_of(batch: &CustomerBatch, table: FactTable) -> usize {
    touchpoint(table).and_then(|kind| batch.touchpoints(kind)).map_or(0, |facts| facts.len())
}

/// Values that were seen.
#[derive(Default)]
struct Seen {
    values: BTreeMap<String, BTreeSet<String>>,
    tables: BTreeSet<FactTable>,
}

impl Seen {
    fn add(&mut self, name: &str, column: Option<&ArrayRef>) {
        let values = self.values.entry(name.to_owned()).or_default();
        let Some(array) = column else { return };
        let texts = match array.data_type() {
            DataType::Utf8 => Some(array.clone()),
            DataType::Dictionary(..) => array.as_dictionary_opt::<Int32Type>().map(|dictionary| dictionary.values().clone()),
            DataType::List(_) => Some(array.as_list::<i32>().values().clone()),
            _ => None,
        };
        if let Some(texts) = texts.as_ref().and_then(|texts| texts.as_string_opt::<i32>()) {
            for text in texts.iter().flatten() {
                if values.len() < MOST_VALUES && !values.contains(text) {
                    values.insert(text.to_owned());
                }
            }
        }
    }

    fn join(&mut self, other: Seen) {
        for (name, values) in other.values {
            self.values.entry(name).or_default().extend(values);
        }
        self.tables.extend(other.tables);
    }
}

/// All words with their kind and meaning.
pub(super) fn listed(vocabulary: &Vocabulary) -> Vec<(String, String, String)> {
    let kind = |attribute: &Attribute| match (attribute.kind, attribute.unit) {
        (Kind::Text, _) => "text",
        (Kind::Texts { .. }, _) => "list of texts",
        (Kind::Whole, _) => "whole number",
        (_, Unit::Days) => "number of days",
        (Kind::Number, _) => "number",
        (Kind::Amount, _) => "amount",
        (Kind::Date, _) => "date",
        (Kind::Flag, _) => "true or false",
        (Kind::Any, _) => "any",
    };
    let meaning = |attribute: &Attribute| match attribute.kept {
        true => attribute.meaning.clone(),
        false => "of Shopify's language; this store keeps nothing under it".to_owned(),
    };
    let attributes =
        vocabulary.attributes().iter().map(|attribute| (attribute.name.clone(), kind(attribute).to_owned(), meaning(attribute)));
    let functions = functions::ALL.iter().map(|function| {
        let params = function.params.iter().map(|param| param.name).collect::<Vec<_>>().join(", ");
        (function.name.to_owned(), "function".to_owned(), format!("{}; asked by {params}", function.did))
    });
    attributes.chain(functions).collect()
}
