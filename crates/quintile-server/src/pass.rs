//! The way every request takes: who asks, may they, does it come from the page, is there room, and what is said of it afterwards.

use crate::answered::Answered;
use crate::app::App;
use crate::ask::{Ask, Stops};
use crate::caller::Caller;
use crate::log::Line;
use crate::problem::Problem;
use crate::routes::{Answers, Does, May, Route};
use crate::{once, secrets};
use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts, Query, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// The largest body of a request that is no upload.
const BODY_BYTES: usize = 1 << 20;
/// How long a body may take to come.
const BODY_TIME: Duration = Duration::from_secs(30);
/// How long a question waits for others to end.
const WAITING_TIME: Duration = Duration::from_secs(20);

/// What the page sends with changes.
pub const CSRF: &str = "x-csrf-token";

/// What is known of a request while it is answered.
struct Passing {
    request_id: String,
    instance: String,
    method: String,
    who: String,
    start: Instant,
}

/// Answers a request to a route.
pub async fn route(app: Arc<App>, route: &'static Route, peer: SocketAddr, request: Request) -> Answered {
    let mut passing = Passing::begin(&app, &request);
    let result = through(&app, route, peer, request, &mut passing).await;
    passing.end(&app, route.path, result)
}

/// Answers a request that no route is for.
pub async fn other(
    app: Arc<App>,
    name: &'static str,
    request: Request,
    answer: impl FnOnce(&Request) -> Result<Answered, Problem>,
) -> Answered {
    let passing = Passing::begin(&app, &request);
    let result = answer(&request);
    passing.end(&app, name, result)
}

impl Passing {
    fn begin(app: &App, request: &Request) -> Passing {
        app.metrics.in_flight.fetch_add(1, Ordering::Relaxed);
        Passing {
            // Without randomness a request has no id, and is answered all the same.
            request_id: secrets::random(8).unwrap_or_default(),
            instance: request.uri().path().to_owned(),
            method: request.method().to_string(),
            who: "nobody".to_owned(),
            start: Instant::now(),
        }
    }

    fn end(self, app: &App, route: &'static str, result: Result<Answered, Problem>) -> Answered {
        let error = result.as_ref().err().and_then(|problem| problem.secret.clone());
        // Wherever an error comes from, where the store lies is nobody's business.
        let mut answered = result.unwrap_or_else(|problem| problem.within(app.root()).response(&self.instance, &self.request_id));
        let headers = answered.headers_mut();
        if let Ok(id) = HeaderValue::from_str(&self.request_id) {
            headers.insert(HeaderName::from_static("x-request-id"), id);
        }
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
        let (took, status) = (self.start.elapsed(), answered.status().as_u16());
        // What of the time that a request took was ours.
        if let Ok(took) = HeaderValue::from_str(&format!("total;dur={:.1}", took.as_secs_f64() * 1e3)) {
            answered.headers_mut().insert(HeaderName::from_static("server-timing"), took);
        }
        app.metrics.in_flight.fetch_sub(1, Ordering::Relaxed);
        app.metrics.answered(route, &self.method, status, took);
        app.options.log.request(&Line {
            request_id: &self.request_id,
            method: &self.method,
            route,
            status,
            took,
            who: &self.who,
            error: error.as_deref(),
        });
        answered
    }
}

async fn through(
    app: &Arc<App>,
    route: &'static Route,
    peer: SocketAddr,
    request: Request,
    passing: &mut Passing,
) -> Result<Answered, Problem> {
    let (mut parts, body) = request.into_parts();
    let address = address(app, &parts, peer);
    let caller = {
        let (app, headers) = (app.clone(), parts.headers.clone());
        blocking(move || Caller::of(&app, &headers)).await
    };
    // Where anybody may come in, a key or session that has ended is no hindrance.
    let caller = match caller {
        Err(problem) if problem.status == StatusCode::UNAUTHORIZED && matches!(route.may, May::Always | May::Anybody) => Caller::Nobody,
        caller => caller?,
    };
    passing.who = caller.number();
    let bucket = if matches!(caller, Caller::Nobody) { address.to_string() } else { caller.number() };
    if route.may != May::Always
        && let Err(wait) = app.buckets.take(&bucket, Instant::now())
    {
        let mut problem =
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many", format!("too many requests; the promise is {}", app.buckets.policy()));
        problem.wait = Some(wait.as_secs() + 1);
        return Err(problem);
    }
    may(app, route, &caller, address, &parts)?;

    let path = RawPathParams::from_request_parts(&mut parts, app).await.map_err(|_| Problem::not_found("the path is no text"))?;
    let path = path.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let Query(query) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri).map_err(|error| Problem::bad(error.body_text()))?;
    if let Some(known) = app.document.queries(route.method, route.path)
        && let Some((name, _)) = query.iter().find(|(name, _)| !known.contains(name))
    {
        let known = if known.is_empty() { "it has none".to_owned() } else { format!("it has {}", known.join(", ")) };
        return Err(Problem::bad(format!("there is no query parameter `{name}` here; {known}")));
    }
    let mut ask = Ask {
        app: app.clone(),
        caller,
        address,
        path,
        query,
        headers: parts.headers,
        body: Bytes::new(),
        instance: passing.instance.clone(),
        stops: Stops::default(),
    };
    match route.does {
        Does::Upload => crate::routes::uploads::take(ask, body).await,
        Does::Events => crate::routes::jobs::events(ask).await,
        Does::Quick(answer) => {
            ask.body = whole(&ask, body).await?;
            blocking(move || answered(&ask, route, answer)).await
        }
        Does::Work(answer) | Does::Preview(answer) => {
            ask.body = whole(&ask, body).await?;
            let room = if matches!(route.does, Does::Preview(_)) { &app.previews } else { &app.permits };
            let busy = || Problem::busy("as many questions are worked on as there is room for; ask again in a moment");
            let permit = tokio::time::timeout(WAITING_TIME, room.clone().acquire_owned()).await;
            let permit = permit.map_err(|_| busy())?.map_err(|_| busy())?;
            // Whoever goes away, or has waited long enough, wants no answer any more.
            let stop = StopWhenDropped(ask.stops.clone());
            let work = blocking(move || {
                let _permit = permit;
                answered(&ask, route, answer)
            });
            let answered = tokio::time::timeout(app.time_limit(), work).await;
            drop(stop);
            let seconds = app.time_limit().as_secs();
            answered.unwrap_or_else(|_| Err(Problem::busy(format!("it took longer than {seconds} s and was stopped; ask for less"))))
        }
    }
}

fn answered(ask: &Ask, route: &Route, answer: Answers) -> Result<Answered, Problem> {
    if route.once { once::answered(ask, route.method, answer) } else { answer(ask) }
}

struct StopWhenDropped(Stops);

impl Drop for StopWhenDropped {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// The one place where it is decided whether a request may do what it asks.
fn may(app: &App, route: &Route, caller: &Caller, address: IpAddr, parts: &Parts) -> Result<(), Problem> {
    match route.may {
        May::Always | May::Anybody => {}
        May::ThisMachine
            if address.is_loopback() && !parts.headers.contains_key("x-forwarded-for") && !parts.headers.contains_key("forwarded") => {}
        May::SignedIn | May::With(_) | May::ThisMachine if matches!(caller, Caller::Nobody) => {
            return Err(Problem::unknown("sign in, or send a key; the session may be over"));
        }
        May::SignedIn => {
            if matches!(caller, Caller::Key { .. }) {
                return Err(Problem::forbidden("this is for people who signed in, and not for keys"));
            }
        }
        May::With(right) => refuse_without(caller, right)?,
        May::ThisMachine => refuse_without(caller, crate::rights::Right::Read)?,
    }
    let reads = matches!(parts.method.as_str(), "GET" | "HEAD");
    if !reads {
        comes_from_the_page(app, route, caller, parts)?;
        if app.options.read_only && route.changes {
            return Err(Problem::new(StatusCode::FORBIDDEN, "read-only", "the server was started with --read-only"));
        }
    }
    Ok(())
}

fn refuse_without(caller: &Caller, right: crate::rights::Right) -> Result<(), Problem> {
    if caller.may(right) { Ok(()) } else { Err(Problem::forbidden(format!("this needs the right `{right}`"))) }
}

/// Another page in the same browser sends the cookie too. It cannot read the token, and it cannot hide where it comes from.
fn comes_from_the_page(app: &App, route: &Route, caller: &Caller, parts: &Parts) -> Result<(), Problem> {
    let csrf = |detail: &str| Err(Problem::new(StatusCode::FORBIDDEN, "csrf", detail));
    let text = |name: HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if parts.headers.contains_key(header::ORIGIN) && !matches!(caller, Caller::Key { .. }) {
        let origin = text(header::ORIGIN);
        let ours = match &app.options.url {
            Some(url) => origin == url.trim_end_matches('/'),
            None => origin.split_once("://").is_some_and(|(_, host)| host == text(header::HOST)),
        };
        if !ours {
            return csrf("it comes from another page than this server's own");
        }
    }
    if let Caller::Person { csrf: expected, .. } = caller
        && route.may != May::Anybody
        && !secrets::equal(text(HeaderName::from_static(CSRF)), expected)
    {
        return csrf("send `X-CSRF-Token` with the `csrf` of the session (`GET /api/v1/session`)");
    }
    Ok(())
}

/// Behind a proxy the peer is the proxy, which says at the end of `X-Forwarded-For` who came to it.
fn address(app: &App, parts: &Parts, peer: SocketAddr) -> IpAddr {
    let said = parts.headers.get("x-forwarded-for").and_then(|value| value.to_str().ok());
    let last = said.and_then(|list| list.rsplit(',').next()).and_then(|last| last.trim().parse().ok());
    match app.options.is_behind_proxy() {
        true => last.unwrap_or(peer.ip()),
        false => peer.ip(),
    }
}

async fn whole(ask: &Ask, body: Body) -> Result<Bytes, Problem> {
    let too_large = || Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", format!("a body has at most {BODY_BYTES} bytes"));
    let said = ask.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()).and_then(|text| text.parse::<usize>().ok());
    if said.is_some_and(|bytes| bytes > BODY_BYTES) {
        return Err(too_large());
    }
    match tokio::time::timeout(BODY_TIME, axum::body::to_bytes(body, BODY_BYTES)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) if too_long(&error) => Err(too_large()),
        Ok(Err(_)) => Err(Problem::bad("the body ended early")),
        Err(_) => Err(Problem::bad(format!("the body did not come within {} s", BODY_TIME.as_secs()))),
    }
}

fn too_long(error: &axum::Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.to_string().contains("length limit"))
}

/// Work on a thread where it may wait.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Problem> + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(Problem::fault(format!("a thread ended early: {error}"))))
}
