//! Lists of those who are to be written to.
//!
//! Who may not be written to is left out at the moment of the export, whatever the segment says: who did not agree, who took it
//! back, whose address is wrong, who called a message spam. The rules are conditions of the segment language, asked together with
//! the segment, and each customer is left out for the first one they meet. How many were is said in the header of the list.
//!
//! - [`Channel`]: on which way, and the rules of each.
//! - [`layout`]: the columns that a network reads.

pub mod layout;

use crate::header::counted;
use crate::segment::members::members_hash;
use crate::segment::{SegmentAsk, SegmentCount};
use crate::workspace::Workspace;
use crate::{Error, Profile, RfmAsk};
use layout::Layout;
use quintile_segment::{Ask, Plan, Refused};
use std::collections::HashSet;

/// The way to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// E-mail.
    Email,
    /// Text messages.
    Sms,
    /// A list by which an advertising network finds people again. It gets their e-mail addresses, so it takes consent to e-mail.
    Ads,
    /// Letters.
    Post,
}

/// Why somebody is left out, in words, and of whom that is true.
type Rule = (&'static str, &'static str);

const UNSUBSCRIBED: Rule = ("unsubscribed from e-mail", "email_subscription_status = 'UNSUBSCRIBED'");
const WRONG: Rule = ("have an address that is invalid or erased", "email_subscription_status IN ('INVALID', 'REDACTED')");
const NOT_ASKED: Rule = ("did not agree to e-mail", "NOT email_subscription_status = 'SUBSCRIBED'");
const NO_ADDRESS: Rule = ("have no e-mail address", "email IS NULL");
const SPAM: Rule = ("marked a message as spam", "messages.marked_as_spam MATCHES ()");
const BOUNCES: Rule = ("have an address that messages came back from in the last 90 days", "shopify_email.bounced MATCHES (date >= -90d)");

impl Channel {
    /// All of them.
    pub const ALL: [Channel; 4] = [Channel::Email, Channel::Sms, Channel::Ads, Channel::Post];

    /// As it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Channel::Email => "email",
            Channel::Sms => "sms",
            Channel::Ads => "ads",
            Channel::Post => "post",
        }
    }

    /// By its name.
    pub fn named(name: &str) -> Option<Channel> {
        Channel::ALL.into_iter().find(|channel| channel.name() == name)
    }

    /// Who is left out: the first that is true of somebody is the reason.
    pub fn rules(self) -> &'static [Rule] {
        match self {
            Channel::Email => &[UNSUBSCRIBED, WRONG, NOT_ASKED, NO_ADDRESS, SPAM, BOUNCES],
            Channel::Ads => &[UNSUBSCRIBED, WRONG, NOT_ASKED, NO_ADDRESS, SPAM],
            Channel::Sms => &[
                ("unsubscribed from SMS", "sms_subscription_status = 'UNSUBSCRIBED'"),
                ("did not agree to SMS", "NOT sms_subscription_status = 'SUBSCRIBED'"),
                SPAM,
            ],
            // No source says who agreed to letters; who asked to be erased is written to on no way.
            Channel::Post => &[("asked to be erased", "email_subscription_status = 'REDACTED' OR sms_subscription_status = 'REDACTED'")],
        }
    }
}

/// What a list is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SendTo {
    /// On which way they are to be written to.
    pub channel: Channel,
    /// The columns of a network, instead of those that are asked for.
    pub layout: Option<Layout>,
}

impl SendTo {
    /// From what was asked: a layout says the way too. `None` where nobody is to be written to.
    pub fn of(channel: Option<&str>, layout: Option<&str>) -> Result<Option<SendTo>, Error> {
        let names = |all: &[&str]| all.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let channel = match channel {
            None => None,
            Some(name) => Some(Channel::named(name).ok_or_else(|| {
                Error::Usage(format!("`{name}` is no way to write to somebody; use one of {}", names(&Channel::ALL.map(Channel::name))))
            })?),
        };
        let layout = match layout {
            None => None,
            Some(name) => Some(Layout::named(name).ok_or_else(|| {
                Error::Usage(format!("`{name}` is no layout that is known; use one of {}", names(&Layout::ALL.map(Layout::name))))
            })?),
        };
        match (channel, layout) {
            (None, None) => Ok(None),
            (Some(channel), Some(layout)) if channel != layout.channel() => Err(Error::Usage(format!(
                "a list for {} is for `{}`, and not for `{}`",
                layout.name(),
                layout.channel().name(),
                channel.name()
            ))),
            (channel, layout) => Ok(channel.or(layout.map(Layout::channel)).map(|channel| SendTo { channel, layout })),
        }
    }
}

/// Those of a segment who may be written to.
pub struct SendList {
    /// Their rows; the header says who was left out.
    pub profile: Profile,
    /// All members of the segment.
    pub count: SegmentCount,
    /// How many were left out, by reason.
    pub left_out: Vec<(&'static str, u64)>,
}

impl SendList {
    /// Who was left out, in a sentence; `None` where nobody was.
    pub fn sentence(&self) -> Option<String> {
        let all: u64 = self.left_out.iter().map(|(_, count)| count).sum();
        let reasons = self.left_out.iter().map(|(reason, count)| format!("{count} {reason}")).collect::<Vec<_>>().join(", ");
        (all > 0).then(|| format!("{} of {} left out: {reasons}", counted(all, "customer", "customers"), self.count.count))
    }
}

impl Workspace {
    /// The profile rows of those in a segment who may be written to. With a layout it has the columns of a network.
    pub fn segment_send_list(&self, ask: &SegmentAsk, to: SendTo, columns: &[String]) -> Result<SendList, Error> {
        let stand = self.stand(&ask.when)?;
        let found = self.run_segment(&stand, ask)?;
        let (count, members) = self.count_of(ask, found)?;
        let rules = to.channel.rules();
        let asks: Vec<Ask<'_>> = rules.iter().map(|(_, text)| Ask::Text(text)).collect();
        let vocabulary = self.words_for(&crate::Asked::Text(String::new()), &[])?;
        let plan = Plan::new(&asks, &vocabulary).map_err(|refused: Refused| Error::Segment(Box::new(refused)))?;
        let ran = self.run_program(&stand, plan.program())?;
        let mut staying = members;
        let mut left_out = Vec::new();
        for ((reason, _), theirs) in rules.iter().zip(ran.members) {
            let before = staying.len();
            let theirs: HashSet<u64> = theirs.iter().collect();
            staying.retain(|key| !theirs.contains(key));
            left_out.push((*reason, (before - staying.len()) as u64));
        }
        left_out.retain(|(_, count)| *count > 0);
        let mut profile = match to.layout {
            Some(layout) => self.profile_shown(stand, &layout.reads().map(str::to_owned), &RfmAsk::default())?,
            None => self.profile_shown(stand, columns, &RfmAsk::default())?,
        };
        profile.header.segment = Some(ask.of.words().to_owned());
        profile.header.members_hash = Some(members_hash(&staying));
        profile.only(staying);
        if let Some(layout) = to.layout {
            profile.lay_out(layout, ask.of.words());
        }
        let mut list = SendList { profile, count, left_out };
        if let Some(sentence) = list.sentence() {
            list.profile.header.warnings.push(sentence);
        }
        self.mark_small(&mut list.profile);
        Ok(list)
    }

    /// Of few people a list says who they are, whatever its columns.
    pub(super) fn mark_small(&self, profile: &mut Profile) {
        let (customers, least) = (profile.customers(), self.settings.export_small);
        if customers > 0 && customers < least {
            profile.small = true;
            profile.header.warnings.push(format!(
                "{} on this list, fewer than {least} (`[export] small`): what it says of them may be told of each",
                counted(customers, "customer is", "customers are")
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layout_says_the_way() {
        let told =
            |channel, layout| SendTo::of(channel, layout).map(|to| to.map(|to| to.channel.name())).map_err(|error| error.to_string());
        assert_eq!(told(None, None), Ok(None));
        assert_eq!(told(Some("sms"), None), Ok(Some("sms")));
        assert_eq!(told(None, Some("meta")), Ok(Some("ads")));
        assert_eq!(told(Some("email"), Some("klaviyo")), Ok(Some("email")));
        assert!(told(Some("sms"), Some("mailchimp")).unwrap_err().contains("`email`"));
        assert!(told(Some("fax"), None).unwrap_err().contains("`email`, `sms`, `ads`, `post`"));
        assert!(told(None, Some("x")).unwrap_err().contains("`klaviyo`, `mailchimp`, `meta`"));
    }
}
