//! The user's own traits as columns beside those of the profile.

use super::{Profile, named};
use crate::segment::members::MemberSet;
use crate::segment::own::Meaning;
use crate::segment::run::{figures, wanted_columns};
use crate::workspace::{Stand, Workspace};
use crate::{Error, RfmAsk};
use arrow::array::{BooleanArray, RecordBatch};
use arrow::datatypes::{Field, Schema};
use quintile_model::nearest::nearest;
use quintile_profile::{Column, columns};
use quintile_segment::program::trait_type;
use quintile_segment::traits::PREFIX;
use quintile_segment::vocabulary::Kind;
use quintile_segment::{Ask, Figures, Plan, Program, RestsOn, Told, Vocabulary};
use std::sync::Arc;

/// What traits of each customer are made of.
pub(super) struct Added {
    program: Program,
    figures: Figures,
    /// What facts say, for each batch of rows.
    told: Vec<Told>,
    /// Traits that are conditions, with the customers of whom they hold, ascending.
    conditions: Vec<(String, Vec<u64>)>,
}

impl Added {
    /// The rows of a batch with the traits beside them.
    pub fn beside(&self, batch: usize, rows: &RecordBatch) -> Result<RecordBatch, Error> {
        let none = Told::default();
        let whole = self.program.with_traits(rows, self.told.get(batch).unwrap_or(&none), &self.figures);
        if self.conditions.is_empty() {
            return Ok(whole);
        }
        let keys = crate::segment::keys_of(rows)?;
        let mut fields = whole.schema().fields().to_vec();
        let mut arrays = whole.columns().to_vec();
        for (name, members) in &self.conditions {
            let holds: BooleanArray = keys.iter().map(|key| Some(members.binary_search(key).is_ok())).collect();
            fields.push(Arc::new(Field::new(name, trait_type(Kind::Flag), true)));
            arrays.push(Arc::new(holds));
        }
        Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)?)
    }
}

/// The columns that are shown, and what they are made of.
struct Shown {
    schema: Schema,
    columns: Vec<&'static Column>,
    numbers: Vec<String>,
    conditions: Vec<String>,
}

impl Workspace {
    /// The profile with columns of these names, in this order, traits among them; without names all but the personal columns, and all
    /// traits. The keys of the customers are among the columns, and not shown.
    pub(crate) fn profile_shown(&self, stand: Stand, names: &[String], rfm: &RfmAsk) -> Result<Profile, Error> {
        let vocabulary = self.words_of(Meaning::InForce, &[])?;
        let Shown { schema, mut columns, numbers, conditions } = shown(names, &vocabulary)?;
        let (plan, all) = asked(&conditions, &vocabulary)?;
        let program = all.program_with(&numbers);
        for column in wanted_columns(program.columns(), &[]) {
            if !columns.iter().any(|known| known.name == column.name) {
                columns.push(column);
            }
        }
        let (mut profile, told) = self.profile_told(&stand, &program, columns, rfm)?;
        if !numbers.is_empty() || !conditions.is_empty() {
            let (figures, _) = figures(&program, &profile, &told, &RestsOn::default())?;
            let members = if conditions.is_empty() { Vec::new() } else { self.run_program(&stand, plan.program())?.members };
            let conditions = conditions.into_iter().zip(members.iter().map(MemberSet::keys)).collect();
            profile.traits = Some(Added { program, figures, told, conditions });
        }
        profile.schema = Arc::new(schema);
        Ok(profile)
    }

    /// The columns that traits are.
    #[cfg(feature = "sql")]
    pub(crate) fn trait_fields(&self) -> Result<Vec<Field>, Error> {
        let vocabulary = self.words_of(Meaning::InForce, &[])?;
        let names = vocabulary.trait_names();
        Ok(match names.is_empty() {
            true => Vec::new(),
            false => shown(&names, &vocabulary)?.schema.fields().iter().map(|field| Field::clone(field)).collect(),
        })
    }

    /// Every trait of the user's own that can be asked, for one customer: a row with a column for each.
    pub(crate) fn traits_of(&self, stand: &Stand, key: quintile_model::CustomerKey) -> Result<Option<RecordBatch>, Error> {
        let vocabulary = self.words_of(Meaning::InForce, &[])?;
        let names = vocabulary.trait_names();
        if names.is_empty() {
            return Ok(None);
        }
        let mut profile = self.profile_shown(stand.clone(), &names, &RfmAsk::default())?;
        profile.only(vec![key.0]);
        let mut found = None;
        profile.each(|batches| {
            found = batches.into_iter().find(|rows| rows.num_rows() > 0);
            Ok(found.is_none())
        })?;
        Ok(found)
    }
}

/// The plan of conditions, which are asked, and one of nothing, for the numbers.
fn asked(conditions: &[String], vocabulary: &Vocabulary) -> Result<(Plan, Plan), Error> {
    let asks: Vec<Ask<'_>> = conditions.iter().map(|name| Ask::Name(name)).collect();
    let plan = |asks: &[Ask<'_>]| Plan::new(asks, vocabulary).map_err(|refused| Error::Segment(Box::new(refused)));
    Ok((plan(&asks)?, plan(&[])?))
}

fn shown(names: &[String], vocabulary: &Vocabulary) -> Result<Shown, Error> {
    let mut found = Shown { schema: Schema::empty(), columns: Vec::new(), numbers: Vec::new(), conditions: Vec::new() };
    let mut fields = Vec::new();
    let all: Vec<String>;
    let names = match names.is_empty() {
        true => {
            let plain = columns::default_columns().into_iter().map(|column| column.name.to_owned());
            all = plain.chain(vocabulary.trait_names()).collect();
            &all
        }
        false => names,
    };
    let traits = vocabulary.trait_names();
    for name in names {
        if !name.starts_with(PREFIX) {
            let column = named(std::slice::from_ref(name)).map_err(|error| match error {
                Error::UnknownColumn { name, nearest: None } => Error::UnknownColumn { nearest: near(&name, &traits), name },
                other => other,
            })?;
            fields.extend(column.iter().map(|column| Arc::new(column.field())));
            // A column that is asked for twice is shown twice and made once.
            for column in column {
                if !found.columns.iter().any(|known| known.name == column.name) {
                    found.columns.push(column);
                }
            }
            continue;
        }
        if let Some(why) = vocabulary.broken_trait(name) {
            return Err(Error::Usage(format!("`{name}` cannot be asked: {why}")));
        }
        let Some(own) = vocabulary.attribute(name).filter(|own| own.kept && traits.contains(name)) else {
            return Err(Error::UnknownColumn { name: name.clone(), nearest: near(name, &traits) });
        };
        fields.push(Arc::new(Field::new(name, trait_type(own.kind), true)));
        let list = if own.kind == Kind::Flag { &mut found.conditions } else { &mut found.numbers };
        if !list.contains(name) {
            list.push(name.clone());
        }
    }
    found.schema = Schema::new(fields);
    Ok(found)
}

fn near(name: &str, traits: &[String]) -> Option<String> {
    nearest(name, traits.iter().map(String::as_str).chain(columns::ALL.iter().map(|column| column.name)))
}
