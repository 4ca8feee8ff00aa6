//! What is done by itself, as `[schedule]` of `quintile.toml` says it: a folder that is watched, what is computed at night, and the
//! report that is made and mailed; and how mail leaves, as `[mail]` says it.
//!
//! Here is what was written and when it is due. `quintile serve` looks at the clock and does it, as jobs.

use jiff::ToSpan;
use jiff::civil::{Date, Time, Weekday};
use quintile_model::{Instant, StoreZone};
use serde::Deserialize;
use std::fmt;
use std::path::PathBuf;

/// What is done by itself; an empty one does nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schedule {
    /// A folder, from the project's own; files that are complete are imported.
    pub watch: Option<PathBuf>,
    /// When answers are computed for the day.
    pub nightly: Option<Due>,
    /// When the report is made.
    pub report: Option<Due>,
    /// It is made, once a day at most, when the watched folder brought something new.
    pub report_when_ready: bool,
    /// Who it is mailed to.
    pub mail_to: Vec<String>,
}

/// A time of every day, or of one day of the week, in the store's zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    weekday: Option<Weekday>,
    time: Time,
}

/// How mail leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailSettings {
    /// The host of the mail server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way there is encrypted.
    pub encryption: Encryption,
    /// Whom mail is from.
    pub from: String,
    /// The certificate of an authority that is trusted beside the public ones, from the project's folder.
    pub authority: Option<PathBuf>,
}

/// How the way to a mail server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encryption {
    /// From the first byte on; port 465.
    Tls,
    /// After a word in the open, and not without it; port 587.
    Starttls,
    /// Not at all, to a server on this machine.
    None,
}

const DAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct WrittenSchedule {
    watch: Option<PathBuf>,
    nightly: Option<String>,
    report: Option<String>,
    report_when_ready: bool,
    mail_to: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct WrittenMail {
    server: Option<String>,
    encryption: Option<Encryption>,
    from: Option<String>,
    authority: Option<PathBuf>,
}

impl Schedule {
    /// Is there anything to do?
    pub fn is_empty(&self) -> bool {
        *self == Schedule { mail_to: self.mail_to.clone(), ..Schedule::default() }
    }

    pub(crate) fn of(written: WrittenSchedule) -> Result<Schedule, String> {
        let due = |name: &str, text: Option<String>| {
            text.map(|text| Due::of(&text).map_err(|why| format!("`{name}` is `{text}`; {why}"))).transpose()
        };
        if let Some(wrong) = written.mail_to.iter().find(|to| !is_address(to)) {
            return Err(format!("`mail-to` has `{wrong}`, which is no e-mail address"));
        }
        if written.report_when_ready && written.watch.is_none() {
            return Err("`report-when-ready` waits for a watched folder; name one with `watch`".to_owned());
        }
        Ok(Schedule {
            watch: written.watch,
            nightly: due("nightly", written.nightly)?,
            report: due("report", written.report)?,
            report_when_ready: written.report_when_ready,
            mail_to: written.mail_to,
        })
    }
}

impl Due {
    /// `03:00`, `daily 03:00` or `monday 07:00`.
    pub fn of(text: &str) -> Result<Due, String> {
        let wrong = || "write it as `03:00`, or with a day of the week before it, as `monday 07:00`".to_owned();
        let words: Vec<&str> = text.split_whitespace().collect();
        let (day, time) = match words.as_slice() {
            [time] | ["daily", time] => (None, *time),
            [day, time] => {
                let found = DAYS.iter().find(|(name, _)| name.eq_ignore_ascii_case(day));
                (Some(found.ok_or_else(wrong)?.1), *time)
            }
            _ => return Err(wrong()),
        };
        let (hours, minutes) = time.split_once(':').ok_or_else(wrong)?;
        let number = |text: &str| text.parse::<i8>().map_err(|_| wrong());
        Ok(Due { weekday: day, time: Time::new(number(hours)?, number(minutes)?, 0, 0).map_err(|_| wrong())? })
    }

    /// When it was due last, at `now` or before. A time that a clock leaves out in spring is due when the clock has gone on, and one
    /// that comes twice in autumn is due the first time.
    pub fn last(&self, now: Instant, zone: &StoreZone) -> Option<Instant> {
        let today = StoreZone::date_of(zone.day(now.0));
        (0..=7_i64).filter_map(|back| self.on(today.checked_sub(back.days()).ok()?, zone)).find(|at| *at <= now)
    }

    /// When it will be due next, after `now`.
    pub fn next(&self, now: Instant, zone: &StoreZone) -> Option<Instant> {
        let today = StoreZone::date_of(zone.day(now.0));
        (0..=7_i64).filter_map(|on| self.on(today.checked_add(on.days()).ok()?, zone)).find(|at| *at > now)
    }

    /// When on a day, where it is the day.
    fn on(&self, date: Date, zone: &StoreZone) -> Option<Instant> {
        if self.weekday.is_some_and(|weekday| weekday != date.weekday()) {
            return None;
        }
        Some(Instant(date.to_datetime(self.time).to_zoned(zone.zone().clone()).ok()?.timestamp().as_microsecond()))
    }
}

impl fmt::Display for Due {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((name, _)) = DAYS.iter().find(|(_, day)| Some(*day) == self.weekday) {
            write!(f, "{name} ")?;
        }
        write!(f, "{:02}:{:02}", self.time.hour(), self.time.minute())
    }
}

impl MailSettings {
    pub(crate) fn of(written: WrittenMail) -> Result<Option<MailSettings>, String> {
        let WrittenMail { server, encryption, from, authority } = written;
        let (server, from) = match (server, from) {
            (None, None) if encryption.is_none() && authority.is_none() => return Ok(None),
            (Some(server), Some(from)) => (server, from),
            _ => return Err("`[mail]` needs both `server` and `from`".to_owned()),
        };
        if !is_address(&from) {
            return Err(format!("`from` is `{from}`, which is no e-mail address"));
        }
        let encryption = encryption.unwrap_or(Encryption::Starttls);
        let (host, port) = match server.rsplit_once(':') {
            // An address of IPv6 has colons of its own, unless it stands in brackets.
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
                (host, port.parse().map_err(|_| format!("`server` is `{server}`; write it as `smtp.shop.example:587`"))?)
            }
            _ => {
                let port = match encryption {
                    Encryption::Tls => 465,
                    Encryption::Starttls => 587,
                    Encryption::None => 25,
                };
                (server.as_str(), port)
            }
        };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let is_here = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        if encryption == Encryption::None && !is_here {
            return Err(format!("`encryption` is `none`, and `{host}` is another machine; use `tls` or `starttls`"));
        }
        Ok(Some(MailSettings { host, port, encryption, from, authority }))
    }
}

impl Encryption {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Encryption::Tls => "tls",
            Encryption::Starttls => "starttls",
            Encryption::None => "none",
        }
    }
}

/// Something before and something behind one `@`, and nothing that would end a line or a list.
fn is_address(text: &str) -> bool {
    let is_whole = text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'));
    is_whole && text.len() <= 254 && !text.contains(|c: char| c.is_whitespace() || c.is_control() || ",;<>()".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        Instant(text.parse::<jiff::Timestamp>().unwrap().as_microsecond())
    }

    #[test]
    fn what_is_due_goes_by_the_clock_of_the_store() {
        let berlin = StoreZone::named("Europe/Berlin").unwrap();
        let check = |due: &str, now: &str, expected: &str| {
            assert_eq!(Due::of(due).unwrap().last(at(now), &berlin).map(|at| at.to_iso()).as_deref(), Some(expected), "{due} at {now}");
        };
        check("03:00", "2026-01-10T12:00:00Z", "2026-01-10T02:00:00Z");
        check("daily 03:00", "2026-01-10T01:59:59Z", "2026-01-09T02:00:00Z");
        check("03:00", "2026-01-10T02:00:00Z", "2026-01-10T02:00:00Z");
        // 2026-01-05 was a Monday.
        check("Monday 07:00", "2026-01-10T12:00:00Z", "2026-01-05T06:00:00Z");
        check("monday 07:00", "2026-01-12T05:00:00Z", "2026-01-05T06:00:00Z");
        // On 2026-03-29 there is no half past two: it is due at half past three, summer time.
        check("02:30", "2026-03-29T12:00:00Z", "2026-03-29T01:30:00Z");
        // On 2026-10-25 half past two comes twice, and it is done once, the first time.
        check("02:30", "2026-10-25T00:29:00Z", "2026-10-24T00:30:00Z");
        check("02:30", "2026-10-25T00:30:00Z", "2026-10-25T00:30:00Z");
        check("02:30", "2026-10-25T12:00:00Z", "2026-10-25T00:30:00Z");
        for wrong in ["", "3", "25:00", "03:60", "-1:00", "someday 03:00", "monday", "daily monday 03:00"] {
            assert!(Due::of(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_night_of_a_year_comes_once() {
        for (zone, due) in
            [("Europe/Berlin", "02:30"), ("America/New_York", "02:30"), ("Asia/Kolkata", "00:00"), ("Europe/London", "01:30")]
        {
            let (zone, due) = (StoreZone::named(zone).unwrap(), Due::of(due).unwrap());
            // A clock that is looked at every ten minutes.
            let mut done = due.last(at("2025-12-31T12:00:00Z"), &zone).unwrap();
            let (mut days, mut now) = (Vec::new(), at("2025-12-31T12:00:00Z"));
            while now < at("2026-12-31T12:00:00Z") {
                let next = due.next(now, &zone).unwrap();
                let last = due.last(now, &zone).unwrap();
                assert!(last <= now && now < next);
                if last > done {
                    done = last;
                    days.push(StoreZone::date_of(zone.day(now.0)));
                }
                now = Instant(now.0 + 600 * 1_000_000);
            }
            assert_eq!(days.len(), 365, "{due}");
            assert!(days.windows(2).all(|two| two[0].tomorrow().unwrap() == two[1]));
        }
    }

    #[test]
    fn a_rule_is_shown_as_it_is_read() {
        for (text, shown) in [("3:05", "03:05"), ("daily 23:59", "23:59"), ("MONDAY 07:00", "monday 07:00")] {
            assert_eq!(Due::of(text).unwrap().to_string(), shown);
            assert_eq!(Due::of(shown), Due::of(text));
        }
    }

    #[test]
    fn mail_leaves_this_machine_encrypted() {
        let of = |server: &str, encryption| {
            let from = Some("q@shop.example".to_owned());
            MailSettings::of(WrittenMail { server: Some(server.to_owned()), encryption, from, authority: None })
        };
        let told = |server: &str, encryption| of(server, encryption).map(|mail| mail.map(|mail| (mail.host, mail.port)));
        let host = |host: &str, port| Ok(Some((host.to_owned(), port)));
        assert_eq!(told("smtp.shop.example", None), host("smtp.shop.example", 587));
        assert_eq!(told("smtp.shop.example", Some(Encryption::Tls)), host("smtp.shop.example", 465));
        assert_eq!(told("127.0.0.1:2525", Some(Encryption::None)), host("127.0.0.1", 2525));
        assert!(told("smtp.shop.example:25", Some(Encryption::None)).unwrap_err().contains("another machine"));
        assert_eq!(told("[::1]:2525", Some(Encryption::None)), host("::1", 2525));
        assert_eq!(told("::1", Some(Encryption::None)), host("::1", 25));
        assert!(told("smtp.shop.example:x", None).is_err());
        assert_eq!(MailSettings::of(WrittenMail::default()), Ok(None));
    }
}
