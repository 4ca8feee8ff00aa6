//! Mail: a report with its findings first, and a test. How it leaves is `[mail]` of `quintile.toml`; name and password of the mail
//! server come from whoever started the server.

use crate::problem::{Problem, whole_text};
use crate::secrets;
use axum::http::StatusCode;
use lettre::message::header::ContentType;
use lettre::message::{Attachment, Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{Message, SmtpTransport, Transport};
use quintile::Workspace;
use quintile::report_model::Finding;
use quintile::schedule::{Encryption, MailSettings};
use std::fmt;
use std::time::Duration;

/// How long the mail server may take for each answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// A larger report is not attached; most mail servers refuse it.
const ATTACHED: usize = 15 << 20;

/// Name and password at the mail server.
#[derive(Clone)]
pub struct SmtpLogin {
    /// The name.
    pub name: String,
    /// The password.
    pub password: String,
}

impl fmt::Debug for SmtpLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SmtpLogin")
    }
}

/// A report that is mailed.
pub struct ReportMail<'a> {
    /// What it is called.
    pub title: &'a str,
    /// As of when, in which zone and currency.
    pub subtitle: &'a str,
    /// What stands first.
    pub findings: &'a [Finding],
    /// The page.
    pub page: &'a str,
    /// The day, for the name of the file.
    pub day: &'a str,
    /// Where the server's page is, where people can reach it.
    pub url: Option<&'a str>,
}

/// Sends a mail that says that mail arrives.
pub fn test(workspace: &Workspace, login: Option<&SmtpLogin>, to: &str) -> Result<(), Problem> {
    let text = "This is the test that you asked for: mail from Quintile arrives.";
    let body = MultiPart::alternative_plain_html(format!("{text}\n"), format!("<!doctype html><html lang=\"en\"><p>{text}</p></html>\n"));
    Way::of(workspace, login)?.send(to, "A test of Quintile", body).map_err(|unsent| unsent.problem)
}

/// Sends a report; for each of them whether it was taken.
pub fn report(
    workspace: &Workspace,
    login: Option<&SmtpLogin>,
    to: &[String],
    mail: &ReportMail<'_>,
) -> Result<Vec<(String, Result<(), Problem>)>, Problem> {
    let body = MultiPart::alternative_plain_html(text(mail), html(mail));
    let body = match mail.page.len() <= ATTACHED {
        false => body,
        true => {
            let page = Attachment::new(format!("report-{}.html", mail.day)).body(mail.page.to_owned(), ContentType::TEXT_HTML);
            MultiPart::mixed().multipart(body).singlepart(page)
        }
    };
    let way = Way::of(workspace, login)?;
    let (mut sent, mut gone) = (Vec::with_capacity(to.len()), None);
    // One mail for each, so that nobody reads who else gets it.
    for to in to {
        let result = gone.clone().map_or_else(|| way.send(to, mail.title, body.clone()), Err);
        // Where nobody answers, nobody will answer the next one; each would be waited for.
        gone = result.as_ref().err().filter(|unsent| !unsent.is_answered).cloned();
        sent.push((to.clone(), result.map_err(|unsent| unsent.problem)));
    }
    Ok(sent)
}

fn text(mail: &ReportMail<'_>) -> String {
    let mut text = format!("{}\n{}\n\n", mail.title, mail.subtitle);
    for (number, finding) in mail.findings.iter().enumerate() {
        text += &format!("{}. {}\n   {}\n\n", number + 1, finding.headline, finding.detail);
    }
    text + &closing(mail) + "\n"
}

fn html(mail: &ReportMail<'_>) -> String {
    let findings = mail
        .findings
        .iter()
        .map(|finding| format!("<li><p><strong>{}</strong><br>{}</p></li>\n", escaped(&finding.headline), escaped(&finding.detail)));
    let findings: String = findings.collect();
    format!(
        "<!doctype html>\n<html lang=\"en\"><body style=\"font-family:sans-serif;max-width:40em\">\n<h1 style=\"font-size:1.3em\">{}</h1>\n\
         <p>{}</p>\n<ol>\n{findings}</ol>\n<p>{}</p>\n</body></html>\n",
        escaped(mail.title),
        escaped(mail.subtitle),
        escaped(&closing(mail))
    )
}

fn closing(mail: &ReportMail<'_>) -> String {
    let attached = match mail.page.len() <= ATTACHED {
        true => "The whole report is attached.",
        false => "The report is too large to be attached.",
    };
    mail.url.map_or_else(|| attached.to_owned(), |url| format!("{attached} It is also at {}/report", url.trim_end_matches('/')))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The way to the mail server.
struct Way<'a> {
    settings: &'a MailSettings,
    from: Mailbox,
    transport: SmtpTransport,
}

impl<'a> Way<'a> {
    fn of(workspace: &'a Workspace, login: Option<&SmtpLogin>) -> Result<Way<'a>, Problem> {
        let none = || Problem::invalid("no mail server is named; set `server` and `from` under `[mail]` in quintile.toml");
        let settings = workspace.settings.mail.as_ref().ok_or_else(none)?;
        let tls = match settings.encryption {
            Encryption::Tls => Tls::Wrapper(parameters(workspace, settings)?),
            Encryption::Starttls => Tls::Required(parameters(workspace, settings)?),
            Encryption::None => Tls::None,
        };
        let transport = SmtpTransport::builder_dangerous(&settings.host).port(settings.port).tls(tls).timeout(Some(PATIENCE));
        let transport = match login {
            Some(login) => transport.credentials(Credentials::new(login.name.clone(), login.password.clone())),
            None => transport,
        };
        Ok(Way { from: mailbox(&settings.from)?, settings, transport: transport.build() })
    }

    fn send(&self, to: &str, subject: &str, body: MultiPart) -> Result<(), Unsent> {
        // What is wrong with one mail says nothing of the next one.
        let of_this = |problem| Unsent { problem, is_answered: true };
        let message = self.message(to, subject, body).map_err(of_this)?;
        self.transport.send(&message).map(drop).map_err(|error| Unsent {
            problem: unsent(failed(self.settings, &error)),
            is_answered: error.is_permanent() || error.is_transient(),
        })
    }

    fn message(&self, to: &str, subject: &str, body: MultiPart) -> Result<Message, Problem> {
        let number = secrets::random(16).map_err(|error| Problem::fault(error.to_string()))?;
        let id = format!("<{number}@{}>", self.from.email.domain());
        let message = Message::builder().from(self.from.clone()).to(mailbox(to)?).subject(subject).message_id(Some(id)).multipart(body);
        message.map_err(|error| Problem::fault(format!("a mail: {error}")))
    }
}

/// A mail that could not be sent.
#[derive(Clone)]
struct Unsent {
    problem: Problem,
    /// Did the mail server answer?
    is_answered: bool,
}

/// A mail could not be sent.
pub fn unsent(detail: String) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "mail", detail)
}

fn mailbox(address: &str) -> Result<Mailbox, Problem> {
    address.parse().map_err(|error| Problem::invalid(format!("`{address}` is no e-mail address: {error}")))
}

fn parameters(workspace: &Workspace, settings: &MailSettings) -> Result<TlsParameters, Problem> {
    let mut parameters = TlsParameters::builder(settings.host.clone());
    if let Some(authority) = &settings.authority {
        let wrong = |why: String| Problem::invalid(format!("`authority` under `[mail]`, `{}`, {why}", authority.display()));
        let pem = std::fs::read(workspace.root().join(authority)).map_err(|error| wrong(format!("cannot be read: {error}")))?;
        let certificate = Certificate::from_pem(&pem).map_err(|error| wrong(format!("is no certificate as PEM: {error}")))?;
        parameters = parameters.add_root_certificate(certificate);
    }
    parameters.build_rustls().map_err(|error| Problem::fault(format!("encryption: {error}")))
}

fn failed(settings: &MailSettings, error: &lettre::transport::smtp::Error) -> String {
    let place = format!("the mail server {}:{}", settings.host, settings.port);
    let why = whole_text(error);
    if error.is_permanent() || error.is_transient() {
        format!("{place} refused the mail: {why}")
    } else if error.is_timeout() {
        format!("{place} does not answer: {why}")
    } else if error.is_tls() {
        format!("no encrypted way to {place}: {why}; see `encryption` and `authority` under `[mail]` in quintile.toml")
    } else {
        format!("{place} cannot be used: {why}")
    }
}
