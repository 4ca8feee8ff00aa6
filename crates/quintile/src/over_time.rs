//! Classes and concentration at every month end, week or day of the store's life.

use crate::annotations::before_each;
use crate::concentration::TOP;
use crate::every::{Every, moments_of_life, shown};
use crate::history::{Drawing, History, Partition, Thresholds};
use crate::profile::named;
use crate::table::{Answer, AnswerColumn};
use crate::workspace::{Stand, Workspace};
use crate::write::{Format, RowWriter};
use crate::{Error, Header, RfmAsk, When};
use arrow::array::{ArrayRef, RecordBatch, TimestampMicrosecondArray};
use arrow::datatypes::{Field, Schema, SchemaRef};
use quintile_insight::ClassMoney;
use quintile_insight::concentration::concentration;
use quintile_insight::sizes::sizes;
use quintile_model::records::instant_type;
use quintile_model::{AsOf, Money};
use quintile_profile::Column;
use quintile_profile::history::has_spans;
use std::io::Write;
use std::sync::Arc;

/// Which moments, and by whose thresholds.
#[derive(Debug, Clone, Default)]
pub struct HistoryAsk {
    /// The last moment.
    pub when: When,
    /// How far apart.
    pub every: Every,
    /// Not before this date; from the first order on when `None`.
    pub from: Option<String>,
    /// By the thresholds of the last moment rather than each moment's own.
    pub by_last: bool,
}

impl HistoryAsk {
    fn thresholds(&self) -> Thresholds {
        if self.by_last { Thresholds::OfTheLast } else { Thresholds::OfEach }
    }

    fn note(&self) -> String {
        match self.thresholds() {
            Thresholds::OfEach => "each moment by the thresholds found at it, as if it had been asked then".to_owned(),
            Thresholds::OfTheLast => "all moments by the thresholds of the last, so that who changed class did something".to_owned(),
        }
    }
}

/// Rows of customers at many moments, waiting to be written.
pub struct HistoryOfRows<'a> {
    /// What the last moment holds for.
    pub header: Header,
    schema: SchemaRef,
    source: Source<'a>,
}

enum Source<'a> {
    Read(Box<(History, Drawing)>),
    /// Columns that change by time alone are computed moment by moment.
    ByMoment(&'a Workspace, Vec<AsOf>, Vec<&'static Column>),
}

impl Workspace {
    /// Customers and money by class of one partition or several, at each moment.
    pub fn history(&self, ask: &HistoryAsk, partitions: &[String]) -> Result<Answer, Error> {
        let partitions = partitions.iter().map(|name| self.partition(name)).collect::<Result<Vec<_>, _>>()?;
        let stand = self.stand(&ask.when)?;
        let moments = moments_of_life(&stand, ask.every, ask.from.as_deref())?;
        let names: Vec<String> = partitions.iter().map(|partition| partition.column.clone()).chain(["amount_spent".to_owned()]).collect();
        let columns = named(&names)?;
        let (history, _) = self.history_of(stand, moments, columns.clone(), &RfmAsk::default(), |_, _| Ok(()))?;
        let drawing = history.drawing(columns, ask.thresholds(), |_| true)?;
        let nobody = |id: &String| ClassMoney { id: id.clone(), customers: 0, spent: 0, without_money: 0 };
        // By moment, then by partition, then by class.
        let blank = || -> Vec<Vec<Vec<ClassMoney>>> {
            let of_partition = |partition: &Partition| partition.classes.iter().map(nobody).collect();
            history.moments.all().iter().map(|_| partitions.iter().map(of_partition).collect()).collect()
        };
        let parts = history.each(|part| {
            let mut found = blank();
            for (moment, of_moment) in found.iter_mut().enumerate() {
                let rows = part.rows(&drawing, moment)?;
                for (partition, classes) in partitions.iter().zip(of_moment) {
                    crate::stages::add(&rows, &partition.column, classes)?;
                }
            }
            Ok(found)
        })?;
        let mut all = blank();
        for part in &parts {
            for (own, other) in all.iter_mut().flatten().flatten().zip(part.iter().flatten().flatten()) {
                own.customers += other.customers;
                own.spent += other.spent;
                own.without_money += other.without_money;
            }
        }
        let mut rows = Vec::new();
        let mut stretches = Vec::new();
        let of_moments = before_each(history.moments.all());
        for ((as_of, of_moment), stretch) in history.moments.all().iter().zip(&all).zip(of_moments) {
            for (partition, classes) in partitions.iter().zip(of_moment) {
                rows.extend(sizes(classes).into_iter().map(|size| (shown(as_of), partition.column.clone(), size)));
            }
            stretches.resize(rows.len(), Some(stretch));
        }
        let mut columns = vec![AnswerColumn::text("date", rows.iter().map(|row| Some(row.0.clone())))];
        let class = match &partitions[..] {
            [one] => one.column.as_str(),
            _ => {
                columns.push(AnswerColumn::text("partition", rows.iter().map(|row| Some(row.1.clone()))));
                "class"
            }
        };
        columns.extend([
            AnswerColumn::text(class, rows.iter().map(|row| Some(row.2.id.clone()))),
            AnswerColumn::count("customers", rows.iter().map(|row| Some(row.2.customers))),
            AnswerColumn::share("customer_share", rows.iter().map(|row| row.2.customer_share)),
            AnswerColumn::amount("revenue", rows.iter().map(|row| row.2.revenue)),
            AnswerColumn::share("revenue_share", rows.iter().map(|row| row.2.revenue_share)),
            AnswerColumn::amount("average", rows.iter().map(|row| row.2.average)),
        ]);
        columns.extend(self.read_annotations()?.column(stretches.into_iter()));
        Answer::new(history.header.clone(), columns, vec!["facts before each date count".to_owned(), ask.note()])
    }

    /// One row a customer and moment, with the columns that are named.
    pub fn history_rows(&self, ask: &HistoryAsk, names: &[String]) -> Result<HistoryOfRows<'_>, Error> {
        let columns = named(names)?;
        let stand = self.stand(&ask.when)?;
        let moments = moments_of_life(&stand, ask.every, ask.from.as_deref())?;
        let date = Field::new("as_of", instant_type(), false);
        let schema = Arc::new(Schema::new(std::iter::once(date).chain(columns.iter().map(|column| column.field())).collect::<Vec<_>>()));
        let question = self.question(&stand, columns.clone(), &RfmAsk::default())?;
        if !has_spans(&question) {
            if ask.by_last {
                return Err(Error::Usage(
                    "columns that change by time alone have a history by each moment's own thresholds only".to_owned(),
                ));
            }
            let Stand { header, .. } = stand;
            return Ok(HistoryOfRows { header, schema, source: Source::ByMoment(self, moments.all().to_vec(), columns) });
        }
        let (history, _) = self.history_of(stand, moments, columns.clone(), &RfmAsk::default(), |_, _| Ok(()))?;
        let drawing = history.drawing(columns, ask.thresholds(), |_| true)?;
        Ok(HistoryOfRows { header: history.header.clone(), schema, source: Source::Read(Box::new((history, drawing))) })
    }

    /// The concentration at each moment.
    pub fn concentration_trend(&self, ask: &HistoryAsk) -> Result<Answer, Error> {
        let stand = self.stand(&ask.when)?;
        let moments = moments_of_life(&stand, ask.every, ask.from.as_deref())?;
        let columns = named(&["amount_spent", "number_of_orders"].map(str::to_owned))?;
        let (history, _) = self.history_of(stand, moments, columns, &RfmAsk::default(), |_, _| Ok(()))?;
        let mut rows = Vec::new();
        for (place, as_of) in history.moments.all().iter().enumerate() {
            rows.push((shown(as_of), concentration(history.spent_by_buyers(place)?, &TOP)));
        }
        let top = |share: f64| {
            rows.iter().map(move |(_, found)| found.top.iter().find(|top| top.of_customers == share).and_then(|top| top.of_revenue))
        };
        let four_fifths = rows
            .iter()
            .map(|(_, found)| (found.customers > 0 && found.spent > 0).then(|| found.bring_four_fifths as f64 / found.customers as f64));
        let mut columns = vec![
            AnswerColumn::text("date", rows.iter().map(|(date, _)| Some(date.clone()))),
            AnswerColumn::count("buyers", rows.iter().map(|(_, found)| Some(found.customers))),
            AnswerColumn::amount("revenue", rows.iter().map(|(_, found)| Money::from_sum(found.spent))),
            AnswerColumn::share("top_1_share", top(0.01)),
            AnswerColumn::share("top_5_share", top(0.05)),
            AnswerColumn::share("top_10_share", top(0.1)),
            AnswerColumn::share("top_20_share", top(0.2)),
            AnswerColumn::share("four_fifths_share", four_fifths),
            AnswerColumn::number("gini", rows.iter().map(|(_, found)| found.gini)),
        ];
        columns.extend(self.read_annotations()?.column(before_each(history.moments.all()).into_iter().map(Some)));
        let notes = vec![
            "top_20_share: the share of all revenue until then that the fifth of the buyers who spent most had brought; four_fifths_share: the fewest buyers who brought four fifths, as a share of the buyers".to_owned(),
        ];
        Answer::new(history.header.clone(), columns, notes)
    }
}

impl HistoryOfRows<'_> {
    /// Writes the rows, moment by moment, in the order of customer keys; how many were written.
    pub fn write(self, format: Format, with_names: bool, out: impl Write + Send) -> Result<u64, Error> {
        let mut writer = RowWriter::new(format, with_names, &self.schema, &self.header, out)?;
        let dated = |as_of: &AsOf, rows: &RecordBatch| -> Result<RecordBatch, Error> {
            let date = TimestampMicrosecondArray::from_value(as_of.instant.0, rows.num_rows()).with_data_type(instant_type());
            let columns: Vec<ArrayRef> = std::iter::once(Arc::new(date) as ArrayRef).chain(rows.columns().iter().cloned()).collect();
            Ok(RecordBatch::try_new(self.schema.clone(), columns)?)
        };
        match self.source {
            Source::Read(read) => {
                let (history, drawing) = *read;
                for (moment, as_of) in history.moments.all().iter().enumerate() {
                    let rows = history.each(|part| dated(as_of, &part.rows(&drawing, moment)?))?;
                    writer.write(&rows)?;
                }
            }
            Source::ByMoment(workspace, moments, columns) => {
                for as_of in moments {
                    let stand = workspace.stand(&When::AsOf(as_of.instant.to_iso()))?;
                    workspace.profile_at(stand, columns.clone(), &RfmAsk::default())?.each(|batches| {
                        let rows = batches.iter().map(|rows| dated(&as_of, rows)).collect::<Result<Vec<_>, _>>()?;
                        writer.write(&rows)?;
                        Ok(true)
                    })?;
                }
            }
        }
        writer.finish()
    }
}
