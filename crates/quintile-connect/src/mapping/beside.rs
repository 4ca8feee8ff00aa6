//! What the columns of touchpoints and costs are called, and what their values mean.

use quintile_model::records::cost;
use quintile_model::touchpoints::{channel, event, message};
use quintile_model::{RecordKind, Touchpoint};

/// Names, without case, spaces and signs, by which a column of such a kind is known; its own name is the first of them.
pub(super) fn words(kind: RecordKind, column: &str) -> &'static [&'static str] {
    use Touchpoint::{Carts, Consents, Events, Messages, Referrals, Reviews, Surveys, Tickets};
    let RecordKind::Touchpoint(touchpoint) = kind else { return words_of_costs(column) };
    match (touchpoint, column) {
        (Events, "id") => &["eventid", "insertid", "uuid", "messageid", "hitid"],
        (Carts, "id") => &["cartid", "checkoutid", "token", "carttoken"],
        (Messages, "id") => &["messageeventid", "eventid", "uuid"],
        (Tickets, "id") => &["ticketid", "ticket", "number", "casenumber", "caseid"],
        (Reviews, "id") => &["reviewid"],
        (Surveys, "id") => &["answerid"],
        (Referrals, "id") => &["referralid"],
        (Consents, "id") => &["consentid"],
        (Referrals, "customer_id") => &["referrerid", "advocateid", "userid"],
        (Referrals, "email") => &["referreremail", "advocateemail"],
        (_, "customer_id") => &[
            "userid",
            "customer",
            "user",
            "externalid",
            "contactid",
            "memberid",
            "accountid",
            "personid",
            "requesterid",
            "profileid",
            "householdid",
            "householdkey",
        ],
        (_, "email") => {
            &["emailaddress", "mail", "useremail", "customeremail", "requesteremail", "recipient", "recipientemail", "respondentemail"]
        }
        (_, "phone") => &["phonenumber", "mobile", "telephone"],
        (_, "visitor_id") => &["anonymousid", "userpseudoid", "clientid", "deviceid", "cookieid", "distinctid", "visitor"],
        (_, "at") => &[
            "timestamp",
            "time",
            "eventtimestamp",
            "eventtime",
            "occurredat",
            "happenedat",
            "datetime",
            "createdat",
            "submittedat",
            "sentat",
            "senttime",
            "created",
            "date",
            "ts",
            "eventdate",
            "recordeddate",
            "updatedat",
        ],
        (_, "version") => &["modifiedat", "updatedat", "lastmodified", "updated"],
        (Events, "name") => &["event", "eventname", "eventtype", "type", "action"],
        (Events, "visit") => &["visitid", "sessionid", "session", "gasessionid"],
        (Events, "page") => &["path", "pagepath", "url", "pageurl", "pagelocation"],
        (Events, "term") => &["query", "searchterm", "search", "keyword", "formname", "form"],
        (Events, "value") => &["revenue", "amount", "price"],
        (Events, "seconds") => &["duration", "timeonpage", "durationseconds"],
        (Events, "device") => &["devicecategory", "devicetype"],
        (Events, "platform") => &["os", "operatingsystem", "app"],
        (Events, "channel") => &["medium", "source", "utmmedium", "utmsource", "trafficsource", "referrer"],
        (_, "campaign") => &["campaignname", "utmcampaign", "campaignid", "flow", "flowname", "subject"],
        (_, "product") => &["productid", "sku", "itemid", "variantid", "productname"],
        (_, "category") => &["productcategory", "categoryname"],
        (Carts, "checkout") => &["ischeckout", "checkoutstarted", "reachedcheckout"],
        (Carts, "emptied") => &["cleared", "isempty"],
        (_, "order_id") => &["ordernumber", "order", "transactionid"],
        (Carts, "value") => &["total", "cartvalue", "carttotal", "amount", "subtotal", "totalprice"],
        (Carts, "currency") => &["currencycode"],
        (Carts, "units") => &["quantity", "items", "itemcount", "qty"],
        (Messages, "channel") => &["medium", "messagetype"],
        (Messages, "action") => &["event", "eventtype", "metric", "metricname", "status", "activity", "type"],
        (Messages, "message") => &["messageid", "emailid", "sendid"],
        (Messages, "machine") => &["machineopen", "ismachine", "isbot", "bot", "appleprivacyopen", "prefetched"],
        (Messages, "link") => &["url", "linkurl", "clickedurl"],
        (Tickets, "channel") => &["viachannel", "via", "source"],
        (_, "status") => &["state", "ticketstatus", "reviewstatus"],
        (Tickets, "complaint") => &["iscomplaint"],
        (Tickets, "solved_at") => &["resolvedat", "closedat", "solved"],
        (Tickets, "score") => &["csat", "satisfaction", "satisfactionscore", "satisfactionrating", "rating"],
        (Reviews, "rating") => &["stars", "score", "starrating"],
        (Surveys, "survey") => &["surveyname", "surveyid", "form", "formname", "surveytitle"],
        (Surveys, "question") => &["questiontext", "questionid", "field"],
        (Surveys, "measure") => &["metric", "subject"],
        (Surveys, "answer") => &["response", "text", "comment", "answertext"],
        (Surveys, "score") => &["npsscore", "nps", "csat", "rating", "value"],
        (Referrals, "code") => &["referralcode", "couponcode", "sharecode"],
        (Referrals, "referred_id") => &["refereeid", "friendid", "invitedid", "referredcustomerid"],
        (Referrals, "referred_email") => &["refereeemail", "friendemail", "invitedemail"],
        (Consents, "channel") => &["medium", "type", "consenttype"],
        (Consents, "state") => &["status", "consent", "consentstatus", "subscribed", "optin"],
        (Consents, "method") => &["source", "via"],
        _ => &[],
    }
}

fn words_of_costs(column: &str) -> &'static [&'static str] {
    match column {
        "what" => &["kind", "type", "costtype"],
        "channel" => &["source", "medium", "utmsource"],
        "campaign" => &["campaignname", "utmcampaign", "campaignid"],
        "period" => &["month", "day", "date"],
        "amount" => &["cost", "spend", "total", "value"],
        "currency" => &["currencycode"],
        _ => &[],
    }
}

/// What stands for a required column that the file does not have, where the other columns make it plain. `has` tells which
/// columns there are.
pub(super) fn default_of(kind: RecordKind, column: &str, has: &dyn Fn(&str) -> bool) -> Option<&'static str> {
    match (kind, column) {
        (RecordKind::Touchpoint(Touchpoint::Messages | Touchpoint::Consents), "channel") if has("email") => Some(channel::EMAIL),
        (RecordKind::Touchpoint(Touchpoint::Messages | Touchpoint::Consents), "channel") if has("phone") => Some(channel::SMS),
        (RecordKind::Touchpoint(Touchpoint::Surveys), "question") if has("score") => Some("score"),
        (RecordKind::Costs, "what") if has("campaign") => Some(cost::CAMPAIGN),
        (RecordKind::Costs, "what") if has("channel") => Some(cost::ACQUISITION),
        _ => None,
    }
}

/// Does a column have words of ours, into which those of sources are turned?
pub(crate) fn has_words(kind: RecordKind, column: &str) -> bool {
    matches!(
        (kind, column),
        (RecordKind::Touchpoint(Touchpoint::Events), "name" | "page" | "device")
            | (RecordKind::Touchpoint(Touchpoint::Messages), "channel" | "action")
            | (RecordKind::Touchpoint(Touchpoint::Consents), "channel" | "state")
            | (RecordKind::Touchpoint(Touchpoint::Surveys), "measure")
            | (RecordKind::Costs, "what" | "period")
    )
}

/// A value in our words, or why it is none. Of a column without words of ours, the value itself.
pub(crate) fn in_our_words<'a>(kind: RecordKind, column: &str, text: &'a str) -> Result<&'a str, String> {
    let known = |found: Option<&'static str>, all: &[&str]| {
        found.ok_or_else(|| format!("`{}` is none of {}", crate::emit::brief(text), all.join(", ")))
    };
    if text.is_empty() {
        return Ok(text);
    }
    match (kind, column) {
        (RecordKind::Touchpoint(Touchpoint::Events), "name") => Ok(event_name(text)),
        (RecordKind::Touchpoint(Touchpoint::Events), "page") => Ok(path_of(text)),
        (RecordKind::Touchpoint(Touchpoint::Events), "device") => Ok(word(&["desktop", "mobile", "tablet"], text).unwrap_or(text)),
        (RecordKind::Touchpoint(Touchpoint::Messages), "action") => known(action_of(text), &message::ALL),
        (RecordKind::Touchpoint(Touchpoint::Messages | Touchpoint::Consents), "channel") => known(channel_of(text), &channel::ALL),
        (RecordKind::Touchpoint(Touchpoint::Consents), "state") => Ok(super::rows::consent_of(text)),
        (RecordKind::Touchpoint(Touchpoint::Surveys), "measure") => {
            use quintile_model::touchpoints::measure;
            let ours = [measure::NPS, measure::CSAT, measure::INTEREST, measure::NEED, measure::VALUE, measure::REASON];
            Ok(word(&ours, text).unwrap_or(text))
        }
        (RecordKind::Costs, "what") => known(word(&cost::ALL, text), &cost::ALL),
        (RecordKind::Costs, "period") => {
            let digits = |text: &str, length: usize| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
            let parts: Vec<&str> = text.split('-').collect();
            let fits = matches!(&parts[..], [year, rest @ ..] if digits(year, 4) && (1..=2).contains(&rest.len()) && rest.iter().all(|part| digits(part, 2)));
            if fits { Ok(text) } else { Err(format!("`{}` is no day or month such as 2025-03-01 or 2025-03", crate::emit::brief(text))) }
        }
        _ => Ok(text),
    }
}

fn word(words: &[&'static str], text: &str) -> Option<&'static str> {
    words.iter().find(|word| word.eq_ignore_ascii_case(text)).copied()
}

/// Sources' names of events and ours; all others are kept as they are.
const EVENT_NAMES: &[(&str, &str)] = &[
    ("pageviewed", event::PAGE_VIEWED),
    ("pageview", event::PAGE_VIEWED),
    ("page", event::PAGE_VIEWED),
    ("screen", event::PAGE_VIEWED),
    ("viewedpage", event::PAGE_VIEWED),
    ("activeonsite", event::PAGE_VIEWED),
    ("screenview", event::PAGE_VIEWED),
    ("productviewed", event::PRODUCT_VIEWED),
    ("viewedproduct", event::PRODUCT_VIEWED),
    ("viewitem", event::PRODUCT_VIEWED),
    ("viewcontent", event::PRODUCT_VIEWED),
    ("productlistviewed", event::COLLECTION_VIEWED),
    ("viewitemlist", event::COLLECTION_VIEWED),
    ("collectionviewed", event::COLLECTION_VIEWED),
    ("viewedcollection", event::COLLECTION_VIEWED),
    ("categoryviewed", event::COLLECTION_VIEWED),
    ("productssearched", event::SEARCHED),
    ("searched", event::SEARCHED),
    ("search", event::SEARCHED),
    ("searchsubmitted", event::SEARCHED),
    ("viewsearchresults", event::SEARCHED),
    ("submittedsearch", event::SEARCHED),
    ("productadded", event::ADDED_TO_CART),
    ("addedtocart", event::ADDED_TO_CART),
    ("addtocart", event::ADDED_TO_CART),
    ("productaddedtocart", event::ADDED_TO_CART),
    ("wishlistproductaddedtocart", event::ADDED_TO_CART),
    ("productremoved", event::REMOVED_FROM_CART),
    ("removedfromcart", event::REMOVED_FROM_CART),
    ("removefromcart", event::REMOVED_FROM_CART),
    ("productremovedfromcart", event::REMOVED_FROM_CART),
    ("checkoutstarted", event::CHECKOUT_STARTED),
    ("startedcheckout", event::CHECKOUT_STARTED),
    ("begincheckout", event::CHECKOUT_STARTED),
    ("initiatecheckout", event::CHECKOUT_STARTED),
    ("productaddedtowishlist", event::ADDED_TO_WISH_LIST),
    ("addedtowishlist", event::ADDED_TO_WISH_LIST),
    ("addtowishlist", event::ADDED_TO_WISH_LIST),
    ("formsubmitted", event::FORM_SUBMITTED),
    ("formsubmit", event::FORM_SUBMITTED),
    ("submittedform", event::FORM_SUBMITTED),
    ("generatelead", event::FORM_SUBMITTED),
    ("identify", event::IDENTIFIED),
    ("identified", event::IDENTIFIED),
];

/// Is this, without case, spaces and signs, that?
fn is_bare(text: &str, bare: &str) -> bool {
    text.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase()).eq(bare.bytes())
}

/// Our name of an event, or its own.
pub(crate) fn event_name(text: &str) -> &str {
    our_event_name(text).unwrap_or(text)
}

/// Our name of an event, where we have one.
pub(crate) fn our_event_name(text: &str) -> Option<&'static str> {
    EVENT_NAMES.iter().find(|(theirs, _)| is_bare(text, theirs)).map(|(_, ours)| *ours)
}

const ACTIONS: &[(&str, &str)] = &[
    ("sent", message::SENT),
    ("send", message::SENT),
    ("emailsent", message::SENT),
    ("received", message::SENT),
    ("receivedemail", message::SENT),
    ("receivedsms", message::SENT),
    ("receivedpush", message::SENT),
    ("sentsms", message::SENT),
    ("processed", message::SENT),
    ("delivered", message::DELIVERED),
    ("delivery", message::DELIVERED),
    ("emaildelivered", message::DELIVERED),
    ("opened", message::OPENED),
    ("open", message::OPENED),
    ("openedemail", message::OPENED),
    ("emailopened", message::OPENED),
    ("openedpush", message::OPENED),
    ("clicked", message::CLICKED),
    ("click", message::CLICKED),
    ("clickedemail", message::CLICKED),
    ("clickedsms", message::CLICKED),
    ("emaillinkclicked", message::CLICKED),
    ("linkclicked", message::CLICKED),
    ("bounced", message::BOUNCED),
    ("bounce", message::BOUNCED),
    ("bouncedemail", message::BOUNCED),
    ("emailbounced", message::BOUNCED),
    ("hardbounce", message::BOUNCED),
    ("softbounce", message::BOUNCED),
    ("failedtodeliversms", message::BOUNCED),
    ("unsubscribed", message::UNSUBSCRIBED),
    ("unsubscribe", message::UNSUBSCRIBED),
    ("unsub", message::UNSUBSCRIBED),
    ("emailunsubscribed", message::UNSUBSCRIBED),
    ("unsubscribedfromemail", message::UNSUBSCRIBED),
    ("unsubscribedfromemailmarketing", message::UNSUBSCRIBED),
    ("unsubscribedfromsmsmarketing", message::UNSUBSCRIBED),
    ("unsubscribedfromlist", message::UNSUBSCRIBED),
    ("markedasspam", message::MARKED_AS_SPAM),
    ("markedemailasspam", message::MARKED_AS_SPAM),
    ("emailmarkedasspam", message::MARKED_AS_SPAM),
    ("spam", message::MARKED_AS_SPAM),
    ("spamreport", message::MARKED_AS_SPAM),
    ("complaint", message::MARKED_AS_SPAM),
    ("abuse", message::MARKED_AS_SPAM),
];

/// What happened to a message, by the source's word for it.
pub(crate) fn action_of(text: &str) -> Option<&'static str> {
    ACTIONS.iter().find(|(theirs, _)| is_bare(text, theirs)).map(|(_, ours)| *ours)
}

fn channel_of(text: &str) -> Option<&'static str> {
    const CHANNELS: &[(&str, &str)] = &[
        ("email", channel::EMAIL),
        ("mail", channel::EMAIL),
        ("sms", channel::SMS),
        ("text", channel::SMS),
        ("textmessage", channel::SMS),
        ("push", channel::PUSH),
        ("mobilepush", channel::PUSH),
        ("webpush", channel::PUSH),
        ("post", channel::POST),
        ("letter", channel::POST),
        ("directmail", channel::POST),
        ("postalmail", channel::POST),
    ];
    CHANNELS.iter().find(|(theirs, _)| is_bare(text, theirs)).map(|(_, ours)| *ours)
}

/// The path of a page's address, without what follows a `?` or `#`.
pub(crate) fn path_of(address: &str) -> &str {
    let path = match address.find("://") {
        Some(scheme) => {
            let rest = &address[scheme + 3..];
            rest.find('/').map_or("/", |slash| &rest[slash..])
        }
        None => address,
    };
    path.find(['?', '#']).map_or(path, |end| &path[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_our_words_or_are_refused() {
        let events = RecordKind::Touchpoint(Touchpoint::Events);
        let messages = RecordKind::Touchpoint(Touchpoint::Messages);
        assert_eq!(in_our_words(events, "name", "Product Viewed").unwrap(), "product_viewed");
        assert_eq!(in_our_words(events, "name", "add_to_cart").unwrap(), "added_to_cart");
        assert_eq!(in_our_words(events, "name", "Shelf Dusted").unwrap(), "Shelf Dusted");
        assert_eq!(in_our_words(events, "page", "https://shop.example/a/b?c=d#e").unwrap(), "/a/b");
        assert_eq!(in_our_words(events, "page", "https://shop.example").unwrap(), "/");
        assert_eq!(in_our_words(events, "page", "/a#top").unwrap(), "/a");
        assert_eq!(in_our_words(messages, "action", "Opened Email").unwrap(), "opened");
        assert_eq!(in_our_words(messages, "channel", "E-Mail").unwrap(), "email");
        assert!(in_our_words(messages, "action", "juggled").unwrap_err().contains("none of sent, delivered"));
        assert!(in_our_words(RecordKind::Costs, "period", "March").is_err());
        assert_eq!(in_our_words(RecordKind::Costs, "period", "2025-03").unwrap(), "2025-03");
    }
}
