//! Exchange rates: a file of `date,currency,rate`, each from its date on.

use crate::workspace::Workspace;
use crate::{Error, settings};
use jiff::civil;
use quintile_model::money::parse_scaled;
use quintile_store::StoredRate;
use std::path::Path;

/// What came of it.
#[derive(Debug, Clone)]
pub struct RatesReport {
    /// Rates taken.
    pub taken: usize,
    /// Rows that were refused: line and reason.
    pub refused: Vec<(u64, String)>,
    /// The currency the rates lead into.
    pub currency: String,
}

impl Workspace {
    /// Takes in a file of rates: units of the reporting currency for one unit of `currency`.
    pub fn import_rates(&self, path: &Path) -> Result<RatesReport, Error> {
        let currency = self.settings.rates_currency.clone().ok_or_else(|| Error::Settings {
            file: self.root().join(settings::FILE),
            line: None,
            why: "set `currency` first: rates lead into the reporting currency, and it must not change under them".to_owned(),
        })?;
        let file = std::fs::File::open(path).map_err(Error::file("read", path))?;
        let (rates, refused) = read(std::io::BufReader::new(file), &currency)
            .map_err(|why| Error::Usage(format!("`{}`: {why}; a file of rates has the columns date, currency and rate", path.display())))?;
        if !rates.is_empty() {
            self.store.put_rates(&rates)?;
        }
        Ok(RatesReport { taken: rates.len(), refused, currency })
    }
}

type Rates = (Vec<StoredRate>, Vec<(u64, String)>);

fn read(input: impl std::io::Read, into: &str) -> Result<Rates, String> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(input);
    let header = reader.headers().map_err(|error| error.to_string())?.clone();
    let column = |name: &str| {
        let found = header.iter().position(|column| column.trim_start_matches('\u{feff}').eq_ignore_ascii_case(name));
        found.ok_or_else(|| format!("there is no column `{name}`"))
    };
    let (date, currency, rate) = (column("date")?, column("currency")?, column("rate")?);
    let (mut rates, mut refused) = (Vec::new(), Vec::new());
    for row in reader.records() {
        let row = match row {
            Ok(row) => row,
            Err(error) => {
                refused.push((error.position().map_or(0, csv::Position::line), error.to_string()));
                continue;
            }
        };
        let cell = |column: usize| row.get(column).unwrap_or_default();
        let rate = || -> Result<StoredRate, String> {
            let day: civil::Date = cell(date).parse().map_err(|_| format!("`{}` is no date such as 2024-01-31", cell(date)))?;
            let code = settings::currency_code(cell(currency))?;
            if code == into {
                return Err(format!("{code} is the reporting currency itself"));
            }
            let (rate_e9, _) = parse_scaled(cell(rate), 9).map_err(|why| format!("`{}` is {why}", cell(rate)))?;
            let rate_e9 =
                i64::try_from(rate_e9).ok().filter(|rate| *rate > 0).ok_or_else(|| format!("`{}` is no rate above 0", cell(rate)))?;
            let day = (civil::date(1970, 1, 1).until(day).map_err(|error| error.to_string())?).get_days();
            Ok(StoredRate { currency: code, day, rate_e9 })
        };
        match rate() {
            Ok(rate) => rates.push(rate),
            Err(why) => refused.push((row.position().map_or(0, csv::Position::line), why)),
        }
    }
    Ok((rates, refused))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_and_wrong_rows_named() {
        let text = "Date,Currency,Rate\n2024-01-31,usd,0.91\n2024-02-01,EUR,1\nsoon,USD,1\n2024-02-02,GBP,-1\n1970-01-02,JPY,0.006\n";
        let (rates, refused) = read(text.as_bytes(), "EUR").unwrap();
        assert_eq!(rates[0], StoredRate { currency: "USD".into(), day: 19_753, rate_e9: 910_000_000 });
        assert_eq!(rates[1], StoredRate { currency: "JPY".into(), day: 1, rate_e9: 6_000_000 });
        let reasons: Vec<_> = refused.iter().map(|(line, why)| format!("{line}: {why}")).collect();
        assert_eq!(
            reasons,
            ["3: EUR is the reporting currency itself", "4: `soon` is no date such as 2024-01-31", "5: `-1` is no rate above 0"]
        );
        assert_eq!(read("day,rate\n".as_bytes(), "EUR").unwrap_err(), "there is no column `date`");
    }
}
