//! Which way of segmenting parts customers best by what they do later.

use crate::backtest::Deeds;
use crate::movement::PARTITIONS;
use crate::table::{Answer, AnswerColumn};
use crate::workspace::Workspace;
use crate::{Error, Header, RfmAsk, When};
use quintile_insight::quality::league::Parted;
use quintile_model::columns::repeated;
use quintile_model::money::UNIT;
use quintile_model::time::StoreZone;
use quintile_profile::columns;

/// Ways of segmenting that are not partitions of the catalogue.
const OTHERS: [&str; 3] = ["country", "first_channel", "favourite_category"];

impl Workspace {
    /// Each way of segmenting, drawn at the last cut, with how much of what buyers then did lies between its classes.
    pub fn league(&self, when: &When, cut: Option<&str>, horizon: Option<u16>) -> Result<Answer, Error> {
        let stand = self.stand(when)?;
        let (deeds, left) = self.deeds(&stand)?;
        let mut header = stand.header;
        header.leave_out(&left);
        header.thresholds.clear();
        self.league_of(&deeds, cut, horizon, header)
    }

    /// The same by deeds that were read.
    pub(crate) fn league_of(&self, deeds: &Deeds, cut: Option<&str>, horizon: Option<u16>, header: Header) -> Result<Answer, Error> {
        let cuts = deeds.cuts(cut, horizon)?;
        let cut = cuts.last().copied().ok_or_else(|| Error::Usage("there is no cut to look at".to_owned()))?;
        let names: Vec<&str> = PARTITIONS.into_iter().chain(OTHERS).filter(|name| columns::find(name).is_some()).collect();
        let mut wanted = crate::profile::named(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())?;
        wanted.push(columns::customer_key());
        let mut spent: Vec<Parted> = vec![Parted::default(); names.len()];
        let mut bought: Vec<Parted> = vec![Parted::default(); names.len()];
        self.profile_of(&cut.when(), wanted, &RfmAsk::default())?.each(|batches| {
            for rows in &batches {
                for (row, key) in crate::segment::keys_of(rows)?.iter().enumerate() {
                    let Ok(customer) = deeds.keys.binary_search(key) else { continue };
                    if deeds.days_of(customer)[0] > cut.day {
                        continue;
                    }
                    let (came, amount) = deeds.after(customer, cut);
                    let amount = (amount as f64 / UNIT as f64).max(0.0).ln_1p();
                    for (at, name) in names.iter().enumerate() {
                        let class = repeated(rows, name).get(row).unwrap_or("-");
                        spent[at].add(class, amount);
                        bought[at].add(class, f64::from(u8::from(came)));
                    }
                }
            }
            Ok(true)
        })?;
        // What all have alike, or nobody knows, parts nobody.
        let mut order: Vec<usize> = (0..names.len()).filter(|at| spent[*at].classes() > 1).collect();
        order.sort_by(|a, b| spent[*b].between().unwrap_or(-1.0).total_cmp(&spent[*a].between().unwrap_or(-1.0)));
        let columns = vec![
            AnswerColumn::text("way", order.iter().map(|at| Some(names[*at].to_owned()))),
            AnswerColumn::count("classes", order.iter().map(|at| Some(spent[*at].classes() as u64))),
            AnswerColumn::count("customers", order.iter().map(|at| Some(spent[*at].customers()))),
            AnswerColumn::share("of_spending_share", order.iter().map(|at| spent[*at].between())),
            AnswerColumn::share("of_buying_share", order.iter().map(|at| bought[*at].between())),
        ];
        let notes = vec![format!(
            "classes as of {}, held against the {} days after it: of the variance in what buyers spent (by its logarithm) and in whether they bought, the share that lies between the classes, corrected for their number; 0 parts nobody",
            StoreZone::date_of(cut.day),
            cut.horizon
        )];
        Answer::new(header, columns, notes)
    }
}
